"""How much of its windows Meta says is used up, as the budget understands it."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta

from listener.connectors.budget import Budget
from listener.connectors.http import Answer
from listener.connectors.jsons import count, loads, rows, table
from listener.domain.budget import Rate

LOOK_AGAIN = timedelta(minutes=5)
"""A window rolls: after so long a call finds out how much of it is free again."""
LONGEST = timedelta(hours=24)
"""Meta's longest window."""
PARTS = ("call_count", "total_time", "total_cputime")


class UsageBudget(Budget):
    """A budget that hears percentages too."""

    def heard(self, bucket: str, answer: Answer) -> None:
        super().heard(bucket, answer)
        now = self._clock.now()
        said = usage(answer.headers, now)
        if said is not None:
            self._ledger.heard(self.credential, bucket, said, now)


def usage(headers: Mapping[str, str], now: datetime) -> Rate | None:
    """The fullest of all windows that an answer tells of; None where it tells of none."""
    told = list(_windows(headers))
    if not told:
        return None
    used = max(count(one.get(part)) for one in told for part in PARTS)
    wait = regained(headers)
    return Rate(
        capacity=100,
        left=max(0, 100 - used) if not wait else 0,
        resets_at=now + (wait or LOOK_AGAIN),
        blocked_until=now + wait if wait else None,
    )


def regained(headers: Mapping[str, str]) -> timedelta:
    """How long until calls are taken again; nothing where they are taken."""
    minutes = max((count(one.get("estimated_time_to_regain_access")) for one in _windows(headers)), default=0)
    return min(timedelta(minutes=min(minutes, 10_000)), LONGEST)


def _windows(headers: Mapping[str, str]) -> Iterator[Mapping[str, object]]:
    """Of the app, of the page, and of each business use case."""
    for name in ("x-app-usage", "x-page-usage"):
        if found := _json(headers.get(name, "")):
            yield found
    for cases in _json(headers.get("x-business-use-case-usage", "")).values():
        yield from map(table, rows(cases))


def _json(text: str) -> Mapping[str, object]:
    try:
        return table(loads(text[:65_536])) if text else {}
    except ValueError:
        return {}
