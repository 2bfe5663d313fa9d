"""What an agent may do with a case, and what that changes. Pure: the case and now in, a change out, or a refusal.

A case held by a live lease is its holder's alone, except for notes, which anybody may add. A case assigned by hand has
no lease and stays with its agent until it is assigned or released. Whatever a holder does renews the lease, even one
that ran out, as long as nobody took the case since.
"""

from collections.abc import Mapping
from datetime import datetime

from listener.domain.case import Case, CaseChange, CaseState, EventKind
from listener.domain.policy import TriagePolicy
from listener.errors import ConfigError, Conflict
from listener.triage import sla
from listener.triage.arrivals import back_in_queue
from listener.triage.priority import rank_at, total, waiting_since

MAX_TEXT = 10_000
"""Code points of a note, a reply or a reason."""

GIVEN_BACK: Mapping[str, object] = {"assignee": "", "lease_until": None, "assigned_at": None}
"""What makes a case nobody's."""


def decide_claim(case: Case, agent: str, policy: TriagePolicy, now: datetime) -> CaseChange:
    """Take it for the length of a lease; again by its holder: renew."""
    _refuse_unless_open(case)
    refuse_if_held(case, agent, now)
    lapsed = {"lapsed": case.assignee} if case.assignee and not case.holder(now) else {}
    return CaseChange(kind=EventKind.CLAIMED, agent=agent, at=now, detail=lapsed, set=_taken(case, agent, policy, now))


def decide_release(case: Case, agent: str, now: datetime) -> CaseChange:
    """Give it back to its queue."""
    refuse_if_resolved(case)
    if not case.holder(now):
        raise Conflict(f"nobody holds case {case.id}")
    refuse_if_held(case, agent, now)
    return CaseChange(kind=EventKind.RELEASED, agent=agent, at=now, set=dict(GIVEN_BACK))


def decide_assign(case: Case, to: str, agent: str, now: datetime) -> CaseChange:
    """Give it to somebody, without a lease; a hand assignment may be changed by anybody, a live lease may not."""
    refuse_if_resolved(case)
    if case.lease_until is not None:
        refuse_if_held(case, agent, now)
    name = _said(to, "whom to assign it to")
    return CaseChange(
        kind=EventKind.ASSIGNED,
        agent=agent,
        at=now,
        detail={"to": name, "from": case.holder(now)},
        set={"assignee": name, "lease_until": None, "assigned_at": _since(case, name, now)},
    )


def decide_note(case: Case, text: str, agent: str, policy: TriagePolicy, now: datetime) -> CaseChange:
    """Write something down; colleagues may too, in any state."""
    return CaseChange(
        kind=EventKind.NOTED,
        agent=agent,
        at=now,
        detail={"text": _said(text, "the note's text")},
        set=renewed(case, agent, policy, now),
    )


def decide_reply(case: Case, text: str, agent: str, policy: TriagePolicy, now: datetime) -> CaseChange:
    """Record an answer: the agent takes an open case with it, and the case begins to wait anew."""
    refuse_if_resolved(case)
    refuse_if_held(case, agent, now)
    taken = _taken(case, agent, policy, now) if case.state is CaseState.OPEN else {}
    return CaseChange(
        kind=EventKind.REPLIED,
        agent=agent,
        at=now,
        detail={"text": _said(text, "the reply's text")},
        set=sla.follow(
            case,
            {
                **taken,
                "first_reply_at": case.first_reply_at or now,
                "answered_at": now,
                "rank_at": rank_at(now, case.priority, policy),
            },
            policy,
            now,
        ),
    )


def decide_snooze(case: Case, until: datetime, agent: str, policy: TriagePolicy, now: datetime) -> CaseChange:
    """Hide it until then or until its author writes. A claim ends with it; a hand assignment stays."""
    refuse_if_resolved(case)
    refuse_if_held(case, agent, now)
    if until <= now:
        raise ConfigError(f"{until:%Y-%m-%d %H:%M} UTC is over: snooze until a later time")
    kept = {} if case.lease_until is None else GIVEN_BACK
    return CaseChange(
        kind=EventKind.SNOOZED,
        agent=agent,
        at=now,
        detail={"until": until.isoformat()},
        set=sla.follow(case, {**kept, "state": CaseState.SNOOZED, "snoozed_until": until}, policy, now),
    )


def decide_escalate(case: Case, why: str, agent: str, policy: TriagePolicy, now: datetime) -> CaseChange:
    """Put it before all that are not escalated, with a reason; a snoozed case returns at once."""
    refuse_if_resolved(case)
    refuse_if_held(case, agent, now)
    if case.escalated:
        raise Conflict(f"case {case.id} is escalated already: add a note if there is more to say")
    return CaseChange(
        kind=EventKind.ESCALATED,
        agent=agent,
        at=now,
        detail={"why": _said(why, "why it is escalated")},
        set=raised(case, policy, now) | renewed(case, agent, policy, now),
    )


def raised(case: Case, policy: TriagePolicy, now: datetime, *, term: str = "escalated") -> dict[str, object]:
    """What puts a case before all that are not escalated, and back into its queue if it sleeps.

    `term` gets the points: they tell what a person raised from what only a broken promise did.
    """
    terms = {**case.terms, term: round(policy.weights.get(term, 0.0), 1)}
    priority = total(terms)
    changes = {
        "state": CaseState.OPEN,
        "snoozed_until": None,
        "escalated": True,
        "terms": terms,
        "priority": priority,
        "rank_at": rank_at(waiting_since(case, policy), priority, policy),
    }
    return sla.follow(case, changes, policy, now)


def decide_resolve(case: Case, how: str, agent: str, policy: TriagePolicy, now: datetime) -> CaseChange:
    """Close it, and say how."""
    refuse_if_resolved(case)
    refuse_if_held(case, agent, now)
    said = _said(how, "how it was resolved")
    return CaseChange(
        kind=EventKind.RESOLVED,
        agent=agent,
        at=now,
        detail={"how": said},
        set=sla.follow(
            case,
            {
                "state": CaseState.RESOLVED,
                "assignee": agent,
                "assigned_at": _since(case, agent, now),
                "lease_until": None,
                "snoozed_until": None,
                "resolved_at": now,
                "resolution": said,
            },
            policy,
            now,
        ),
    )


def decide_reopen(case: Case, why: str, agent: str, policy: TriagePolicy, now: datetime) -> CaseChange:
    """Bring a resolved or snoozed case back to its queue, unassigned; a resolved one begins to wait anew."""
    if case.state is CaseState.OPEN:
        raise Conflict(f"case {case.id} is open")
    if case.merged_into is not None:
        refuse_if_resolved(case)
    if case.state is CaseState.SNOOZED:
        refuse_if_held(case, agent, now)
    since = now if case.state is CaseState.RESOLVED else waiting_since(case, policy)
    return CaseChange(
        kind=EventKind.REOPENED,
        agent=agent,
        at=now,
        detail={"why": why.strip(), "was_resolved_as": case.resolution},
        set=sla.follow(case, {**back_in_queue(), "rank_at": rank_at(since, case.priority, policy)}, policy, now),
    )


def refuse_relabel(case: Case, agent: str, now: datetime) -> None:
    """A correction changes where a case stands: not while another agent holds it."""
    if case.state is not CaseState.RESOLVED:
        refuse_if_held(case, agent, now)


def _refuse_unless_open(case: Case) -> None:
    refuse_if_resolved(case)
    if case.state is CaseState.SNOOZED:
        until = f"{case.snoozed_until:%Y-%m-%d %H:%M} UTC" if case.snoozed_until else "later"
        raise Conflict(f"case {case.id} is snoozed until {until}", next_step=f"listener case reopen {case.id}")


def refuse_if_resolved(case: Case) -> None:
    """A merged case can't be reopened either: its posts are elsewhere."""
    if case.merged_into is not None:
        raise Conflict(
            f"case {case.id} was merged into case {case.merged_into}",
            next_step=f"listener case show {case.merged_into}, or take it back: listener case undo {case.id}",
        )
    if case.state is CaseState.RESOLVED:
        by = f" by {case.assignee}" if case.assignee else ""
        at = f" at {case.resolved_at:%Y-%m-%d %H:%M} UTC" if case.resolved_at else ""
        raise Conflict(f"case {case.id} is resolved already{by}{at}", next_step=f"listener case reopen {case.id}")


def refuse_if_held(case: Case, agent: str, now: datetime) -> None:
    """Another agent's live lease, or their name set by hand."""
    holder = case.holder(now)
    if not holder or holder == agent:
        return
    if case.lease_until is not None:
        raise Conflict(
            f"case {case.id} is held by {holder} until {case.lease_until:%Y-%m-%d %H:%M} UTC",
            next_step=f"ask {holder} to release it, or take another: listener next",
        )
    raise Conflict(f"case {case.id} is assigned to {holder}", next_step=f"listener case assign {case.id} --to {agent}")


def _taken(case: Case, agent: str, policy: TriagePolicy, now: datetime) -> dict[str, object]:
    """The case is the agent's: with a lease, unless it was assigned to them by hand."""
    by_hand = case.assignee == agent and case.lease_until is None
    lease = None if by_hand else now + policy.lease
    return {"assignee": agent, "lease_until": lease, "assigned_at": _since(case, agent, now)}


def _since(case: Case, agent: str, now: datetime) -> datetime:
    """Since when this agent has it."""
    return case.assigned_at or now if case.holder(now) == agent else now


def renewed(case: Case, agent: str, policy: TriagePolicy, now: datetime) -> dict[str, object]:
    """Their claim goes on, also where the lease ran out and nobody took the case since."""
    theirs = case.lease_until is not None and case.assignee == agent
    return {"lease_until": now + policy.lease} if theirs else {}


def _said(text: str, what: str) -> str:
    said = text.strip()
    if not said:
        raise ConfigError(f"say {what}: it is empty")
    if len(said) > MAX_TEXT:
        raise ConfigError(f"{what} has {len(said)} characters: {MAX_TEXT} at the most")
    return said
