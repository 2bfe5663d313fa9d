"""Which act an undo takes back, whether it still can, and what the case was before. Pure.

Undo works like an editor's: the agent's latest act on the case first, then the one before. It is an event by itself,
nothing leaves the history. What somebody else, or the program, has changed since isn't touched: then it refuses, and
says who and when. Where only the author has written since, posts stay, and what follows from them is counted again.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from listener.domain.case import REVOKES, Case, CaseChange, CaseEvent, CaseState, EventKind, Reason
from listener.domain.clocks import clocks_from
from listener.domain.policy import TriagePolicy
from listener.domain.sla import Promise, SlaClock
from listener.domain.stored import CaseCard
from listener.errors import Conflict
from listener.triage import moves
from listener.triage.merging import TIMING, differing, ids_in, timed
from listener.triage.priority import rank_at, waiting_since
from listener.triage.sla import BREACHED, WARNED

UNDOABLE = frozenset(
    {
        EventKind.CLAIMED,
        EventKind.RELEASED,
        EventKind.ASSIGNED,
        EventKind.NOTED,
        EventKind.REPLIED,
        EventKind.SNOOZED,
        EventKind.ESCALATED,
        EventKind.RESOLVED,
        EventKind.REOPENED,
        EventKind.RELABELLED,
        EventKind.MERGED,
        EventKind.SPLIT,
        EventKind.LINKED,
        EventKind.TAGGED,
    }
)

SAYS = {
    EventKind.REPLIED: "what was already posted elsewhere can't be called back; the case is as before the reply",
    EventKind.NOTED: "the note counts as withdrawn; the history keeps it",
}
"""What an agent should know of some undos."""
CALLED_BACK = "the answer was not sent, and won't be"

_WORDS_ONLY = frozenset({EventKind.NOTED, EventKind.LINKED})
"""Acts that change nothing of the case itself: a renewed lease isn't worth restoring."""
_CHANGES_FIELDS = frozenset(
    {EventKind.RELEASED, EventKind.ESCALATED, EventKind.RESOLVED, EventKind.REOPENED, EventKind.TAGGED}
)
"""Acts that always overwrite something."""
_FOLLOWS = frozenset({*TIMING, "rank_at", "wrote_at"})
"""Fields that posts move on: counted again rather than put back, so that they never stand in an undo's way."""
_UNRECORDED: Mapping[EventKind, Mapping[str, object]] = {
    EventKind.WOKE: {"state": CaseState.SNOOZED, "snoozed_until": None},
}
"""What events touched that kept no `before`."""


def taken_back(events: Sequence[CaseEvent]) -> frozenset[int]:
    """Ids of the events that count no more: undone, or answers that never went out."""
    named = (event.detail.get("event", "") for event in events if event.kind in REVOKES)
    return frozenset(int(event_id) for event_id in named if event_id.isdigit())


def act_to_undo(card: CaseCard, agent: str) -> CaseEvent:
    """The agent's latest act that still stands. Raises `Conflict` if there is none, or it can't be taken back."""
    gone = taken_back(card.events)
    acts = [one for one in card.events if one.agent == agent and one.kind not in REVOKES and one.id not in gone]
    look = f"listener case show {card.case.id}"
    if not acts:
        raise Conflict(f"{agent} has done nothing on case {card.case.id} that still stands", next_step=look)
    if acts[-1].kind not in UNDOABLE:
        raise Conflict(
            f"what {agent} did last on case {card.case.id} ({acts[-1].kind}) can't be taken back", next_step=look
        )
    erased = not acts[-1].detail and acts[-1].kind not in (EventKind.CLAIMED, EventKind.RELEASED)
    if not acts[-1].before and (erased or acts[-1].kind in _CHANGES_FIELDS):
        raise Conflict(f"what case {card.case.id} was before ({acts[-1].kind}) isn't kept any more", next_step=look)
    return acts[-1]


def refuse_if_moved_on(card: CaseCard, act: CaseEvent) -> None:
    """What this act changed must not have been changed since."""
    ours = _touched(act) - _FOLLOWS
    for event in _since(card, act):
        if _touched(event) & ours or _same_post(event, act) or _relies(event, act):
            raise Conflict(
                f"case {card.case.id} has changed since: {event.kind} by {event.agent} at "
                f"{event.at:%Y-%m-%d %H:%M:%S} UTC",
                next_step=f"look at it again: listener case show {card.case.id}",
            )


def refuse_if_theirs(case: Case, act: CaseEvent, agent: str, now: datetime) -> None:
    """A case that another agent holds is theirs alone, unless they hold it by the very act that is taken back."""
    if act.kind in _WORDS_ONLY or act.kind is EventKind.TAGGED or "assignee" in _touched(act):
        return
    if case.state is not CaseState.RESOLVED:
        moves.refuse_if_held(case, agent, now)


def undone(card: CaseCard, act: CaseEvent, agent: str, policy: TriagePolicy, now: datetime) -> CaseChange:
    """The event that takes `act` back, with what it restores."""
    says = {"why": CALLED_BACK if "send" in act.detail else SAYS[act.kind]} if act.kind in SAYS else {}
    return CaseChange(
        kind=EventKind.UNDONE,
        agent=agent,
        at=now,
        detail={"event": str(act.id), "kind": act.kind, **says},
        set=restored(card, act, agent, policy, now),
    )


def restored(card: CaseCard, act: CaseEvent, agent: str, policy: TriagePolicy, now: datetime) -> dict[str, object]:
    """The fields as they were before the act; promises and rank as if it had never been."""
    if act.kind in _WORDS_ONLY:
        return {}
    case, was = card.case, decoded(_before(act))
    later = _since(card, act)
    core = {name: value for name, value in was.items() if name not in _FOLLOWS}
    core |= _hold(case, core, agent, policy, now)
    if "wrote_at" in was and not any("wrote_at" in _touched(event) for event in later):
        core["wrote_at"] = was["wrote_at"]
    if "rank_at" in was:
        core["rank_at"] = _rank(case, core, was, later, policy)
    # What posts have made of it since counts against the promises from before.
    then: Any = {name: _then(name, case, was, later) for name in ("priority", "queue")}
    if not set(TIMING) & set(was):
        return differing(case, core)
    changes: Any = core
    back = replace(case, **changes)
    timing: Any = {name: was.get(name, getattr(case, name)) for name in TIMING}
    timing["clocks"] = _clocks(back, case.clocks, timing["clocks"], now, regraded="priority" in was or "queue" in was)
    since = {name: getattr(back, name) for name in then}
    return differing(case, {**core, **timed(replace(back, **timing, **then), since, policy, now)})


def decoded(before: Mapping[str, object]) -> dict[str, object]:
    """Stored values as a case has them."""
    return {
        name: _READ[name](value) if name in _READ and value is not None else value for name, value in before.items()
    }


def post_of(event: CaseEvent) -> int | None:
    """The post that an event speaks of."""
    said = event.detail.get("mention", "")
    return int(said) if said.isdigit() else None


def posts_of(event: CaseEvent) -> list[int]:
    """The posts that a merge or a split moved."""
    return ids_in(event.detail.get("mentions", ""))


def counterpart(card: CaseCard, act: CaseEvent, of_id: int) -> CaseEvent:
    """The other case's event of the same merge, split or link."""
    gone = taken_back(card.events)
    pointing = [
        event
        for event in card.events
        if event.kind is act.kind and event.agent == act.agent and event.id not in gone and other_of(event) == of_id
    ]
    if not pointing:
        raise Conflict(f"case {card.case.id} knows nothing of it any more", next_step=f"listener case show {of_id}")
    return pointing[-1]


def other_of(event: CaseEvent) -> int | None:
    """The case on the other side of a merge, split or link."""
    said = next((event.detail[name] for name in ("into", "from", "other") if event.detail.get(name, "").isdigit()), "")
    return int(said) if said else None


def refuse_if_touched(card: CaseCard, act: CaseEvent) -> None:
    """Nothing at all may have happened to the case since."""
    later = _since(card, act)
    if later:
        source = other_of(act)
        raise Conflict(
            f"case {card.case.id} has changed since: {later[0].kind} by {later[0].agent} at "
            f"{later[0].at:%Y-%m-%d %H:%M:%S} UTC",
            next_step=f"bring them together again: listener case merge {card.case.id} --into {source}",
        )


def _since(card: CaseCard, act: CaseEvent) -> list[CaseEvent]:
    """What came after and still stands; an undo and what it undid cancel each other."""
    gone = taken_back(card.events)
    return [
        event
        for event in card.events
        if event.id > act.id and event.kind is not EventKind.UNDONE and event.id not in gone
    ]


def _before(event: CaseEvent) -> Mapping[str, object]:
    return event.before or _UNRECORDED.get(event.kind, {})


def _touched(event: CaseEvent) -> frozenset[str]:
    return frozenset() if event.kind in _WORDS_ONLY else frozenset(_before(event))


def _relies(event: CaseEvent, act: CaseEvent) -> bool:
    """Whether an earlier answer came to nothing since, so that the case counts as answered by this one alone."""
    return act.kind is EventKind.REPLIED and event.kind in (EventKind.SEND_FAILED, EventKind.SEND_CANCELLED)


def _same_post(event: CaseEvent, act: CaseEvent) -> bool:
    """Whether the verdict that a relabel set has been overtaken."""
    overtakes = event.kind in (EventKind.RELABELLED, EventKind.EDITED, EventKind.ROUTED)
    return act.kind is EventKind.RELABELLED and overtakes and post_of(event) == post_of(act)


def _hold(case: Case, core: Mapping[str, object], agent: str, policy: TriagePolicy, now: datetime) -> dict[str, object]:
    """Whose it is again: the agent's own claim begins anew, another's stands as long as its lease did."""
    if "lease_until" not in core and "assignee" not in core:
        return {}
    lease = core.get("lease_until", case.lease_until)
    if not isinstance(lease, datetime):
        return {}
    if core.get("assignee", case.assignee) == agent:
        return {"lease_until": now + policy.lease}
    return {} if lease > now else dict(moves.GIVEN_BACK)


def _rank(
    case: Case,
    core: Mapping[str, object],
    was: Mapping[str, object],
    later: Sequence[CaseEvent],
    policy: TriagePolicy,
) -> datetime:
    """Its place by how long it had waited then, and by its points now."""
    then: Any = _then("priority", case, was, later)
    now_worth: Any = core.get("priority", case.priority)
    rank: Any = was["rank_at"]
    return rank_at(waiting_since(replace(case, rank_at=rank, priority=then), policy), now_worth, policy)


def _then(name: str, case: Case, was: Mapping[str, object], later: Sequence[CaseEvent]) -> object:
    """What a field was just before the act: as it recorded, or as the first that changed it since did."""
    known = [was, *(event.before for event in later)]
    return next((before[name] for before in known if name in before), getattr(case, name))


def _clocks(
    back: Case,
    present: Mapping[str, SlaClock],
    was: Mapping[str, SlaClock],
    now: datetime,
    *,
    regraded: bool,
) -> dict[str, SlaClock]:
    """The clocks from before, with what was told of them since and what later posts have made stricter."""
    clocks = {
        name: _carried(clock, present[name], now, regraded=regraded) if name in present else clock
        for name, clock in was.items()
    }
    asked = present.get(Promise.NEXT_RESPONSE)
    if asked is not None and Promise.NEXT_RESPONSE not in clocks and back.answered_at and not back.awaits_author:
        clocks[Promise.NEXT_RESPONSE] = asked
    return clocks


def _carried(was: SlaClock, present: SlaClock, now: datetime, *, regraded: bool) -> SlaClock:
    clock = was
    if not regraded and was.due_at is not None and present.due_at is not None:
        clock = replace(was, due_at=min(was.due_at, present.due_at))
    broken = clock.due_at is not None and clock.due_at <= now
    told = max(was.told, present.told, key=("", WARNED, BREACHED).index)
    return replace(clock, told=told if broken or told != BREACHED else was.told)


def _instant(value: Any) -> datetime:
    return datetime.fromisoformat(value)


_INSTANTS = (
    "rank_at",
    "lease_until",
    "due_at",
    "first_reply_at",
    "snoozed_until",
    "resolved_at",
    "sla_at",
    "alarm_at",
    "wrote_at",
    "answered_at",
    "assigned_at",
)
_READ: dict[str, Callable[[Any], object]] = {
    **dict.fromkeys(_INSTANTS, _instant),
    "state": CaseState,
    "reason": Reason,
    "tags": tuple,
    "clocks": clocks_from,
}
