"""What the rules that acted make of a case: its draft, or the changes to one that stands. Pure."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from listener.domain.case import PROGRAM, Case, CaseChange, CaseDraft, CaseState, EventKind
from listener.domain.mention import Mention
from listener.domain.policy import TriagePolicy
from listener.triage import sla
from listener.triage.assess import Assessment
from listener.triage.priority import rank_at, total, waiting_since
from listener.triage.rules import Fired, Stand, Subject, in_words, subject_of

RULED = "ruled"
"""The key of an `opened` event's detail that names the rules which acted."""


def subject_of_post(mention: Mention, found: Assessment) -> Subject:
    """What rules see of a post that has just been judged."""
    return subject_of(found.reason, found.standing, mention.text, mention.lang)


def new_stand(brand: str, mention: Mention, found: Assessment) -> Stand:
    """A case that is about to open."""
    return Stand(
        brand=brand,
        platform=mention.key.platform,
        queue=found.routing.queue,
        terms=found.terms,
        escalated=found.escalated,
    )


def stand_of(case: Case, now: datetime) -> Stand:
    """A case as it stands."""
    return Stand(
        brand=case.brand,
        platform=case.platform,
        queue=case.queue,
        terms=case.terms,
        tags=case.tags,
        escalated=case.escalated,
        assignee=case.assignee,
        held=bool(case.holder(now)),
        asleep_until=case.snoozed_until if case.state is CaseState.SNOOZED else None,
    )


def judged_by(found: Assessment, fired: Sequence[Fired]) -> Assessment:
    """The assessment with the rules' word in it: queue and points, on which the promises rest."""
    if not fired:
        return found
    last = fired[-1].after
    movers = [one.rule.name for one in fired if "queue" in one.did]
    routing = replace(found.routing, queue=last.queue, rule=movers[-1] if movers else found.routing.rule)
    return replace(found, terms=dict(last.terms), escalated=last.escalated, routing=routing)


def drafted(draft: CaseDraft, fired: Sequence[Fired]) -> CaseDraft:
    """The draft with the rest of their word, but for sleep, which only a case that stands can do."""
    if not fired:
        return draft
    last = fired[-1].after
    said = " · ".join(f"{one.rule.name}: {in_words(one.did)}" for one in fired)
    return replace(
        draft, tags=last.tags, assignee=last.assignee, detail={**draft.detail, RULED: said, **_raised(fired)}
    )


def ruled(case: Case, one: Fired, policy: TriagePolicy, now: datetime) -> CaseChange:
    """One rule's change to a case."""
    moved = {"queue": one.did["queue"]} if "queue" in one.did else {}
    return CaseChange(
        kind=EventKind.RULED,
        agent=PROGRAM,
        at=now,
        detail={"rule": one.rule.name, "did": in_words(one.did), **moved, **_raised([one])},
        set=sla.follow(case, _changes(case, one.after, policy, now), policy, now),
    )


def to_sleep(case: Case, fired: Sequence[Fired], policy: TriagePolicy, now: datetime) -> CaseChange | None:
    """The change that puts a case to sleep which has just been opened; None if no rule asks for it."""
    sleepers = [one for one in fired if "snooze" in one.did]
    if not sleepers:
        return None
    (one,) = sleepers
    asleep = {"state": CaseState.SNOOZED, "snoozed_until": one.after.asleep_until}
    return CaseChange(
        kind=EventKind.RULED,
        agent=PROGRAM,
        at=now,
        detail={"rule": one.rule.name, "did": in_words({"snooze": one.did["snooze"]})},
        set=sla.follow(case, asleep, policy, now),
    )


def _raised(fired: Sequence[Fired]) -> dict[str, str]:
    return next(({"escalated_by": one.rule.name} for one in fired if "escalate" in one.did), {})


def _changes(case: Case, after: Stand, policy: TriagePolicy, now: datetime) -> dict[str, object]:
    priority = total(after.terms)
    changes: dict[str, object] = {
        "queue": after.queue,
        "tags": after.tags,
        "escalated": after.escalated,
        "terms": dict(after.terms),
        "priority": priority,
        "rank_at": rank_at(waiting_since(case, policy), priority, policy),
    }
    if after.assignee != case.assignee:
        changes |= {"assignee": after.assignee, "lease_until": None, "assigned_at": now}
    if after.asleep_until is not None and case.state is CaseState.OPEN:
        changes |= {"state": CaseState.SNOOZED, "snoozed_until": after.asleep_until}
    return {name: value for name, value in changes.items() if getattr(case, name) != value}
