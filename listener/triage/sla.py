"""When a first answer is due, and whether that was kept. Counted round the clock."""

from datetime import datetime, timedelta

from listener.domain.case import Case, CaseState
from listener.domain.policy import TriagePolicy


def due_at(since: datetime, band: str, policy: TriagePolicy) -> datetime | None:
    """When the first answer of a case in this band is due; None where nothing was promised."""
    promised = policy.first_response.get(band)
    return None if promised is None else since + promised


def tightened(case: Case, offered: datetime | None) -> datetime | None:
    """The earlier of two promises: a case that got worse is due sooner, one that got better keeps its word.

    Once answered, the promise of a first answer is settled and stays as it was.
    """
    if case.first_reply_at is not None or offered is None:
        return case.due_at
    return offered if case.due_at is None else min(case.due_at, offered)


def left(case: Case, now: datetime) -> timedelta | None:
    """Time left until the first answer is due, negative once breached; None where nothing is owed."""
    if case.due_at is None or case.first_reply_at is not None or case.state is CaseState.RESOLVED:
        return None
    return case.due_at - now
