"""What a stored post changes in its case: the draft of a new one, or the change to one that stands. Pure."""

from collections.abc import Mapping
from datetime import datetime

from listener.domain.case import PROGRAM, Case, CaseChange, CaseDraft, CaseState, EventKind, Reason
from listener.domain.policy import TriagePolicy
from listener.domain.stored import SavedMention
from listener.triage import sla
from listener.triage.assess import Assessment
from listener.triage.facts import FACTS
from listener.triage.intake_rules import strongest
from listener.triage.priority import BREACHED, heavier, rank_at, total, waiting_since


def opened(saved: SavedMention, brand: str, found: Assessment, policy: TriagePolicy, now: datetime) -> CaseDraft:
    """A new case. Its age counts from when the customer posted, at most one rescue window back.

    Promises count from now: nobody can keep one for a time before the post was read.
    """
    assert found.reason is not None, "only a post with a reason opens a case"
    mention = saved.scored.mention
    since = min(now, max(mention.created_at, now - policy.rescue_window))
    timed = sla.opening(found.routing.queue, found.priority, policy, now)
    return CaseDraft(
        brand=brand,
        author_id=saved.author_id,
        thread=mention.thread,
        mention_id=saved.id,
        queue=found.routing.queue,
        reason=found.reason,
        priority=found.priority,
        terms=found.terms,
        escalated=found.escalated,
        due_at=timed.due_at,
        opened_at=now,
        rank_at=rank_at(since, found.priority, policy),
        detail=_detail(saved, found),
        clocks=timed.clocks,
        sla_at=timed.sla_at,
        alarm_at=timed.alarm_at,
    )


def attached(case: Case, saved: SavedMention, found: Assessment, policy: TriagePolicy, now: datetime) -> CaseChange:
    """The post joins; a case that it makes worse moves up, and to the better queue while nobody holds it."""
    return CaseChange(
        kind=EventKind.ATTACHED,
        agent=PROGRAM,
        at=now,
        detail=_detail(saved, found),
        set=sla.follow(case, {**_grown(case, found, policy, now), "wrote_at": now}, policy, now),
        add_mention=saved.id,
    )


def woken(case: Case, saved: SavedMention, found: Assessment, policy: TriagePolicy, now: datetime) -> CaseChange:
    """The author wrote again before the snooze was over."""
    awake = {"state": CaseState.OPEN, "snoozed_until": None, "wrote_at": now}
    return CaseChange(
        kind=EventKind.WOKE,
        agent=PROGRAM,
        at=now,
        detail={**_detail(saved, found), "why": "the author wrote again"},
        set=sla.follow(case, {**_grown(case, found, policy, now), **awake}, policy, now),
        add_mention=saved.id,
    )


def reopened(case: Case, saved: SavedMention, found: Assessment, policy: TriagePolicy, now: datetime) -> CaseChange:
    """The author returned; the case goes back to its queue, unassigned, and begins to wait anew."""
    grown = _grown(case, found, policy, now)
    changes = {
        **grown,
        **back_in_queue(),
        "rank_at": rank_at(now, total(heavier(case.terms, found.terms)) if grown else case.priority, policy),
        "wrote_at": now,
    }
    return CaseChange(
        kind=EventKind.REOPENED,
        agent=PROGRAM,
        at=now,
        detail={
            **_detail(saved, found),
            "why": "the author wrote again",
            "was_resolved_by": case.assignee,
            "was_resolved_as": case.resolution,
        },
        set=sla.follow(case, changes, policy, now),
        add_mention=saved.id,
    )


def edited(case: Case, saved: SavedMention, found: Assessment, policy: TriagePolicy, now: datetime) -> CaseChange:
    """The post's text or verdict is another now; a case opened unscored is judged as if it opened now."""
    live = case.state is not CaseState.RESOLVED
    if live and case.reason is Reason.UNSCORED and found.reason is not Reason.UNSCORED:
        return _scored(case, saved, found, policy, now)
    return CaseChange(
        kind=EventKind.EDITED,
        agent=PROGRAM,
        at=now,
        detail=_detail(saved, found),
        set=sla.follow(case, _grown(case, found, policy, now), policy, now) if live else {},
    )


def back_in_queue() -> dict[str, object]:
    """What makes a resolved or snoozed case an open one that anybody may take."""
    return {
        "state": CaseState.OPEN,
        "snoozed_until": None,
        "resolved_at": None,
        "resolution": "",
        "assignee": "",
        "lease_until": None,
        "assigned_at": None,
    }


def _scored(case: Case, saved: SavedMention, found: Assessment, policy: TriagePolicy, now: datetime) -> CaseChange:
    """The classifier has read what it could not read before: route again, or close what nobody needs to answer."""
    settled = {"state": CaseState.RESOLVED, "resolved_at": now, "resolution": "nothing to answer"}
    untouched = case.state is CaseState.OPEN and not case.assignee and case.first_reply_at is None
    if untouched and case.mentions <= 1 and (found.reason is None or found.reason not in policy.open_for):
        return CaseChange(
            kind=EventKind.RESOLVED,
            agent=PROGRAM,
            at=now,
            detail={**_detail(saved, found), "why": "scored at last, and nothing in it asks for an answer"},
            set=sla.follow(case, settled, policy, now),
        )
    return CaseChange(
        kind=EventKind.ROUTED,
        agent=PROGRAM,
        at=now,
        detail={**_detail(saved, found), "from": case.queue},
        set=regraded(case, found.reason, found, policy, now, queue=found.routing.queue),
    )


def regraded(
    case: Case, reason: Reason | None, found: Assessment, policy: TriagePolicy, now: datetime, *, queue: str = ""
) -> dict[str, object]:
    """Reason and points replaced, not added to: what the posts were thought to be no longer counts.

    An empty queue leaves the case in its own. A promise that would have been stricter counts from the beginning.
    """
    broken = {name: points for name, points in case.terms.items() if name == BREACHED}
    terms = {**found.terms, **broken}
    changes = {
        "reason": reason or case.reason,
        "terms": terms,
        "priority": total(terms),
        "escalated": found.escalated or bool(broken),
        "rank_at": rank_at(waiting_since(case, policy), total(terms), policy),
        **({"queue": queue} if queue else {}),
    }
    return sla.follow(case, changes, policy, now, rejudged=True)


def _grown(case: Case, found: Assessment, policy: TriagePolicy, now: datetime) -> dict[str, object]:
    """A post can only make a case more urgent; one without a reason, or praise, leaves it as it is."""
    if found.reason is None or found.reason is Reason.PRAISE:
        return {}
    terms = heavier(case.terms, found.terms)
    priority = total(terms)
    reason = strongest([case.reason, found.reason])
    grown: dict[str, object] = {
        "reason": reason,
        "terms": terms,
        "priority": priority,
        "escalated": case.escalated or found.escalated,
        "rank_at": rank_at(waiting_since(case, policy), priority, policy),
    }
    graver = reason is not case.reason or (found.escalated and not case.escalated)
    if graver and (case.state is CaseState.RESOLVED or not case.holder(now)):
        grown["queue"] = found.routing.queue
    return grown


def _detail(saved: SavedMention, found: Assessment) -> Mapping[str, str]:
    return {
        "mention": str(saved.id),
        "reason": found.reason or "",
        "rule": found.routing.rule,
        "queue": found.routing.queue,
        FACTS: found.facts,
    }
