"""What the clocks have to tell: a promise about to break, a promise broken. Each is told once, however late.

A broken promise escalates its case, if the policy says so. What happens while nothing runs is told at the next look,
with how late it is; a warning that was missed altogether is not made up for: the breach says it all.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from listener.domain.alert import Notice
from listener.domain.case import PROGRAM, Case, CaseChange, EventKind
from listener.domain.policy import TriagePolicy
from listener.domain.sla import Promise
from listener.ports import Transaction
from listener.triage import sla
from listener.triage.alarm_notices import Told, tell
from listener.triage.card_words import PROMISED, span
from listener.triage.moves import raised
from listener.triage.priority import BREACHED

BATCH = 1000
"""Cases in one transaction, at the most; the rest follow in the next."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """One thing a clock has to tell."""

    promise: Promise
    due_at: datetime
    broken: bool
    """False: it is about to be."""


def sound(tx: Transaction, policy: TriagePolicy, now: datetime) -> list[Notice]:
    """Note and, where broken, escalate all that is due; the notices that tell of it, one a queue."""
    told: list[Told] = []
    for found in tx.alarms_due(now, BATCH):
        case = found
        while alarm := due(case, policy, now):
            told.append(_told(case, alarm, policy, now))
            case = tx.change_case(case.id, case.version, decide(case, alarm, policy, now))
    return tell(tx, told, now)


def due(case: Case, policy: TriagePolicy, now: datetime) -> Alarm | None:
    """What is to be told of the case next; None if nothing is."""
    running = sorted(
        ((clock.due_at, Promise(name), clock.told) for name, clock in case.clocks.items() if clock.due_at is not None),
    )
    for due_at, promise, told in running:
        if due_at <= now and told != sla.BREACHED:
            return Alarm(promise=promise, due_at=due_at, broken=True)
    silent = [(due_at, promise) for due_at, promise, told in running if due_at > now and not told]
    for due_at, promise in silent:
        if sla.warns_at(case, promise, policy) <= now:
            return Alarm(promise=promise, due_at=due_at, broken=False)
    if silent and case.alarm_at is not None and case.alarm_at <= now:
        # The policy has changed since the alarm was set: told early rather than looked at again every half minute.
        return Alarm(promise=silent[0][1], due_at=silent[0][0], broken=False)
    return None


def decide(case: Case, alarm: Alarm, policy: TriagePolicy, now: datetime) -> CaseChange:
    """Note that it was told, and escalate what is broken unless it is escalated already."""
    changes = sla.told(case, alarm.promise, sla.BREACHED if alarm.broken else sla.WARNED, policy)
    escalates = alarm.broken and policy.sla.escalate_on_breach and not case.escalated
    if escalates:
        noted: Any = changes
        changes = {**changes, **raised(replace(case, **noted), policy, now, term=BREACHED)}
    return CaseChange(
        kind=EventKind.BREACHED if alarm.broken else EventKind.WARNED,
        agent=PROGRAM,
        at=now,
        detail={
            "promise": alarm.promise,
            "due": alarm.due_at.isoformat(),
            "why": f"{_said(case, alarm, policy, now)}{'; escalated' if escalates else ''}",
        },
        set=changes,
    )


def _said(case: Case, alarm: Alarm, policy: TriagePolicy, now: datetime) -> str:
    """What is owed, how much working time is left or over, and when that is by the calendar."""
    left = span(abs(sla.left_of(case, alarm.promise, policy, now)))
    how = f"overdue by {left}, was due" if alarm.broken else f"due in {left},"
    return f"{PROMISED[alarm.promise]} {how} {alarm.due_at:%Y-%m-%d %H:%M} UTC"


def _told(case: Case, alarm: Alarm, policy: TriagePolicy, now: datetime) -> Told:
    word = sla.BREACHED if alarm.broken else sla.WARNED
    holder = case.holder(now)
    return Told(
        key=f"sla|case:{case.id}|{alarm.promise}|{word}|{alarm.due_at.isoformat()}",
        case_id=case.id,
        queue=case.queue,
        broken=alarm.broken,
        line=f"{_said(case, alarm, policy, now)}; {f'{holder} has it' if holder else 'nobody has it'}",
        headline=case.headline,
        url=case.url,
    )
