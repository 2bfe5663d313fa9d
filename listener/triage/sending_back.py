"""What becomes of a case whose answer never went out: the customer has none, so it is as before, and in hand. Pure."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from listener.domain.case import REVOKES, Case, CaseChange, CaseEvent, CaseState, EventKind
from listener.domain.policy import TriagePolicy
from listener.domain.sending import Send
from listener.domain.stored import CaseCard
from listener.triage import moves, undo
from listener.triage.merging import differing, timed

SEND, EVENT, AS = "send", "event", "as"
"""Keys of the events' details: the reply's number, the event that counts no more, the source."""
INCIDENT = "incident"


def answer_of(events: Sequence[CaseEvent], send: Send) -> CaseEvent | None:
    """The event that recorded this answer."""
    mine = str(send.id)
    return next((one for one in events if one.kind is EventKind.REPLIED and one.detail.get(SEND) == mine), None)


def came_back(
    card: CaseCard, act: CaseEvent, send: Send, change: CaseChange, policy: TriagePolicy, now: datetime
) -> CaseChange:
    """`change` says who ends it and why; it gets what the case becomes.

    Where another answer was given since, that one counts. Else the case is open and waits for us as it did, and
    whoever wrote the answer goes on with it, unless a colleague has it by now.
    """
    given = _answers_but(card.events, act)
    later = [at for at in given if at > act.at]
    detail = {**change.detail, EVENT: str(act.id), SEND: str(send.id)}
    if later:
        facts = differing(card.case, {"first_reply_at": min(given)})
        return replace(change, detail=detail, set=facts)
    hold = _hold(card.case, act, send.agent, policy, now)
    if hold.get("assignee"):
        detail["to"] = send.agent
    return replace(change, detail=detail, set=_as_before(card, act, send.agent, given, hold, policy, now))


def heir_hears(heir: Case, act: CaseEvent, send: Send, change: CaseChange, policy: TriagePolicy) -> CaseChange:
    """The case was merged meanwhile: the one that has its posts goes on, unless it was answered by itself."""
    now = change.at
    detail = {**change.detail, EVENT: str(act.id), SEND: str(send.id)}
    if heir.answered_at is not None and heir.answered_at > act.at:
        return replace(change, detail=detail)
    opened: Any = _opened(heir)
    hold = _hold(heir, act, send.agent, policy, now)
    if hold.get("assignee"):
        detail["to"] = send.agent
    return replace(change, detail=detail, set=differing(heir, timed(heir, {**opened, **hold}, policy, now)))


def _answers_but(events: Sequence[CaseEvent], act: CaseEvent) -> list[datetime]:
    """When the other answers that stand were given."""
    gone = undo.taken_back(events) | {act.id}
    return [event.at for event in events if event.kind is EventKind.REPLIED and event.id not in gone]


def _as_before(
    card: CaseCard,
    act: CaseEvent,
    agent: str,
    given: Sequence[datetime],
    hold: dict[str, object],
    policy: TriagePolicy,
    now: datetime,
) -> dict[str, object]:
    """The fields as if the answer had never been, of a case that is open."""
    opened: Any = _opened(card.case)
    here = replace(card, case=replace(card.case, **opened))
    restored = undo.restored(here, _root(card.events, act), agent, policy, now)
    core = {name: value for name, value in restored.items() if name not in moves.GIVEN_BACK}
    core |= {"first_reply_at": min(given, default=None), "answered_at": max(given, default=None)}
    back: Any = core
    base = replace(here.case, **back)
    return differing(card.case, {**opened, **core, **timed(base, hold, policy, now)})


def _opened(case: Case) -> dict[str, object]:
    if case.state is CaseState.OPEN:
        return {}
    return {"state": CaseState.OPEN, "snoozed_until": None, "resolved_at": None, "resolution": ""}


def _root(events: Sequence[CaseEvent], act: CaseEvent) -> CaseEvent:
    """The first of the answers before it that came to nothing only after it was given: it kept what they changed."""
    ended = {event.detail.get(EVENT, ""): event.id for event in events if event.kind in REVOKES}
    root = act
    for event in reversed(events):
        if event.kind is EventKind.REPLIED and event.id < act.id:
            if ended.get(str(event.id), 0) < act.id:
                break
            root = event
    return root


def _hold(case: Case, act: CaseEvent, agent: str, policy: TriagePolicy, now: datetime) -> dict[str, object]:
    """Whoever wrote it; of an answer to many, whoever had the case."""
    settled = case.state is CaseState.RESOLVED
    if INCIDENT in act.detail:
        return dict(moves.GIVEN_BACK) if settled else {}
    holder = "" if settled else case.holder(now)
    if holder == agent:
        return moves.renewed(case, agent, policy, now)
    return {} if holder else {"assignee": agent, "lease_until": now + policy.lease, "assigned_at": now}
