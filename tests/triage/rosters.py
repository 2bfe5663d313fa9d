"""Agents and waiting cases out of thin air."""

from datetime import datetime, time, timedelta
from typing import Any

from listener.domain.calendar import WorkingHours
from listener.domain.roster import (
    AgentProfile,
    AgentState,
    GivenCase,
    Mode,
    Order,
    Presence,
    QueueWay,
    Roster,
    Skills,
    WaitingCase,
)
from tests.builders import NOON

PUSH = QueueWay(mode=Mode.PUSH, order=Order.BALANCED)
TURNS = QueueWay(mode=Mode.PUSH, order=Order.ROUND_ROBIN)
OFFICE = WorkingHours(zone="UTC", week={day: ((time(9), time(17)),) for day in range(5)})
"""Nine to five, Monday to Friday."""


def agent(name: str = "ana", *, capacity: int = 8, hours: WorkingHours | None = None, **skills: Any) -> AgentProfile:
    return AgentProfile(name=name, capacity=capacity, hours=hours or WorkingHours(), skills=Skills(**skills))


def presence(name: str = "ana", **more: Any) -> Presence:
    """Available since an hour before noon, and given nothing yet."""
    facts: dict[str, Any] = {
        "available": True,
        "changed_at": NOON - timedelta(hours=1),
        "given_at": None,
        "acted_at": None,
        "silent_at": None,
    }
    return Presence(agent=name, **{**facts, **more})


def state(name: str = "ana", *, load: int = 0, here: Presence | None = None, **more: Any) -> AgentState:
    return AgentState(profile=agent(name, **more), presence=here, load=load)


def waits(number: int, **more: Any) -> WaitingCase:
    """A German complaint about Acme on X, in support; each by another author."""
    facts: dict[str, Any] = {
        "version": 1,
        "queue": "support",
        "brand": "Acme",
        "platform": "x",
        "reason": "complaint",
        "lang": "de",
        "author_id": number,
    }
    return WaitingCase(id=number, **{**facts, **more})


def given(number: int = 1, name: str = "ana", *, at: datetime = NOON, **more: Any) -> GivenCase:
    facts: dict[str, Any] = {"version": 2, "touched_at": None, "wrote_at": None}
    return GivenCase(id=number, agent=name, given_at=at, **{**facts, **more})


def roster(*agents: AgentProfile, way: QueueWay = PUSH, **more: Any) -> Roster:
    return Roster(agents=agents, way=way, **more)
