"""What happened to cases in a window, from their facts."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from statistics import median

from listener.domain.digest import CaseCounts, CaseLine
from listener.domain.stored import CaseFacts
from listener.insight.windows import Window

SLOWEST = 5


def case_counts(facts: Sequence[CaseFacts], window: Window, now: datetime) -> CaseCounts:
    """Opened, answered, breached and resolved within the window; response times of those answered in it."""
    answered = happened(facts, "answered", window, now)
    waits = [wait.total_seconds() for fact in answered if (wait := _response(fact)) is not None]
    return CaseCounts(
        opened=len(happened(facts, "opened", window, now)),
        answered=len(answered),
        breached=len(happened(facts, "late", window, now)),
        resolved=len(happened(facts, "resolved", window, now)),
        median_first_response=timedelta(seconds=median(waits)) if waits else None,
    )


def happened(facts: Iterable[CaseFacts], what: str, window: Window, now: datetime) -> list[CaseFacts]:
    """Those that were `opened`, `answered` or `resolved` in the window, or whose first answer was due then: `late`."""
    when: Mapping[str, Callable[[CaseFacts], datetime | None]] = {
        "opened": lambda fact: fact.opened_at,
        "answered": lambda fact: fact.first_reply_at,
        "resolved": lambda fact: fact.resolved_at,
        "late": lambda fact: fact.due_at if _breached(fact, now) else None,
    }
    return [fact for fact in facts if _within(when[what](fact), window)]


def slowest(facts: Iterable[CaseFacts], window: Window, now: datetime) -> tuple[CaseLine, ...]:
    """Those that waited longest for a first answer: answered in the window, or still waiting at its end."""
    end = min(window.until, now)
    lines = [
        CaseLine(
            id=fact.id,
            brand=fact.brand,
            handle=fact.handle,
            headline=fact.headline,
            url=fact.url,
            waited=(fact.first_reply_at if answered and fact.first_reply_at else end) - fact.opened_at,
            answered=answered,
        )
        for fact in facts
        if (answered := _within(fact.first_reply_at, window)) or _waits(fact, end)
    ]
    return tuple(sorted(lines, key=lambda line: (-line.waited, line.id))[:SLOWEST])


def _within(instant: datetime | None, window: Window) -> bool:
    return instant is not None and window.since <= instant < window.until


def _response(fact: CaseFacts) -> timedelta | None:
    return fact.first_reply_at - fact.opened_at if fact.first_reply_at is not None else None


def _breached(fact: CaseFacts, now: datetime) -> bool:
    """Past due with neither answer nor resolution by then."""
    if fact.due_at is None or fact.due_at > now:
        return False
    ends = [instant for instant in (fact.first_reply_at, fact.resolved_at) if instant is not None]
    return not ends or min(ends) > fact.due_at


def _waits(fact: CaseFacts, end: datetime) -> bool:
    ends = [instant for instant in (fact.first_reply_at, fact.resolved_at) if instant is not None]
    return fact.opened_at < end and (not ends or min(ends) >= end)
