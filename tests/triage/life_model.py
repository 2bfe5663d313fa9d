"""What the model knows of a case: its state, who holds it, its posts, and what was done to it."""

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from listener.domain.verdict import Label, Verdict
from tests.builders import verdict
from tests.triage.builders import CHATTER, POLICY, THANKS

KINDS: dict[str, Verdict] = {"complaint": verdict(Label.COMPLAINT), "thanks": THANKS, "chatter": CHATTER}
AGENTS = ("ann", "bob")

which = st.integers(0, 2)
agents = st.sampled_from(AGENTS)

PROGRAM = "listener"
COUNTED = {"version", "updated_at", "mentions", "headline", "url", "handle", "author_id", "thread"}
"""What no verb sets."""
FOLLOWS = {"clocks", "due_at", "sla_at", "alarm_at", "rank_at", "wrote_at"}
"""What undo counts again: it never stands in the way."""
RAM = Path("/dev/shm")
"""Spares the disk: durability is another test's."""


@dataclass(eq=False)
class Act:
    """Something that happened to a case, and what the case was before."""

    agent: str
    before: dict[str, Any]
    words_only: bool = False
    stands: bool = True
    pair: "Pair | None" = None

    @property
    def touched(self) -> set[str]:
        return set() if self.words_only else set(self.before) - FOLLOWS


@dataclass(eq=False)
class Pair:
    """A merge or a split: both cases have their act of it."""

    giver: "Life"
    taker: "Life"
    posts: set[str]
    is_split: bool
    acts: list[Act] = field(default_factory=list)


@dataclass(eq=False)
class Life:
    """What the model knows of a case."""

    author: str
    thread: str
    state: str = "open"
    agent: str = ""
    lease: datetime | None = None
    until: datetime | None = None
    closed: datetime | None = None
    escalated: bool = False
    answered: bool = False
    posts: set[str] = field(default_factory=set)
    events: int = 1
    merged: "Life | None" = None
    acts: list[Act] = field(default_factory=list)

    def holder(self, now: datetime) -> str:
        return "" if self.lease is not None and self.lease <= now else self.agent

    def free_for(self, agent: str, now: datetime) -> bool:
        return self.holder(now) in ("", agent)

    def renew(self, agent: str, now: datetime) -> None:
        if self.lease is not None and self.agent == agent:
            self.lease = now + POLICY.lease

    def take(self, agent: str, now: datetime) -> None:
        by_hand = self.agent == agent and self.lease is None
        self.agent, self.lease = agent, None if by_hand else now + POLICY.lease

    def to_queue(self) -> None:
        self.state, self.closed, self.until, self.agent, self.lease = "open", None, None, "", None

    def settle(self, agent: str, now: datetime) -> None:
        self.state, self.closed, self.until, self.agent, self.lease = "resolved", now, None, agent, None

    @property
    def heir(self) -> "Life":
        return self if self.merged is None else self.merged.heir

    def latest(self, agent: str) -> Act | None:
        return next((act for act in reversed(self.acts) if act.stands and act.agent == agent), None)

    def since(self, act: Act) -> list[Act]:
        return [one for one in self.acts[self.acts.index(act) + 1 :] if one.stands]
