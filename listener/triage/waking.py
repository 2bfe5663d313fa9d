"""Snoozed cases whose time has come go back to their queue, and their clocks go on."""

from datetime import datetime

from listener.domain.case import PROGRAM, Case, CaseChange, CaseState, EventKind
from listener.domain.policy import TriagePolicy
from listener.ports import Transaction
from listener.triage import sla

BATCH = 1000
"""Woken in one transaction, at the most; the rest follow in the next."""


def wake(tx: Transaction, policy: TriagePolicy, now: datetime) -> int:
    """How many woke."""
    due = tx.sleepers_due(now, BATCH)
    for case in due:
        tx.change_case(case.id, case.version, decide_wake(case, policy, now))
    return len(due)


def decide_wake(case: Case, policy: TriagePolicy, now: datetime) -> CaseChange:
    """Open again, in whose hands it was; its clocks have run since the snooze was over."""
    awake = {"state": CaseState.OPEN, "snoozed_until": None}
    return CaseChange(kind=EventKind.WOKE, agent=PROGRAM, at=now, set=sla.follow(case, awake, policy, now))
