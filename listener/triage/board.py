"""The board's figures: counts of now, and how long people waited, in business time. Pure.

Shares are by nearest rank: of n waits in order the median is number ⌈n/2⌉ and the 90th percentile number ⌈0.9 n⌉, so
that each is some case's own wait, and the rows behind a figure show which.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from operator import attrgetter

from listener.domain.board import BoardBy, BoardCase, BoardView, Flow, Standing, Wait
from listener.domain.case import CaseState
from listener.domain.policy import TriagePolicy
from listener.domain.sla import SlaPolicy
from listener.triage.calendar import between
from listener.triage.priority import band

ALL = "all"
_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How long n cases waited; no figures where there are none."""

    n: int = 0
    median: float | None = None
    """Business minutes, to a tenth."""
    p90: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardLine:
    """One line of the board."""

    standing: Standing
    opened: int | None
    """None where a line is an agent."""
    answered: Pace
    resolved: Pace
    reopened: int
    """Of those resolved."""
    total: bool = False
    """Whether it is the sum of the lines before."""

    @property
    def reopen_rate(self) -> float | None:
        return self.reopened / self.resolved.n if self.resolved.n else None


def lines(standings: Sequence[Standing], flow: Flow, by: BoardBy, sla: SlaPolicy) -> list[BoardLine]:
    """One a key in order, nobody's last; then the sum of all, if there are several."""
    standing = {one.key: one for one in standings}
    keys = {*standing, *flow.opened, *(wait.key for wait in (*flow.answered, *flow.resolved))}
    answered, resolved = _by_key(flow.answered), _by_key(flow.resolved)
    counted = by is not BoardBy.AGENT
    found = [
        _line(
            standing.get(key, Standing(key=key)),
            flow.opened.get(key, 0) if counted else None,
            answered.get(key, []),
            resolved.get(key, []),
            sla,
        )
        for key in sorted(keys, key=lambda key: (not key, key))
    ]
    if len(found) == 1:
        return found
    opened = sum(flow.opened.values()) if counted else None
    whole = _line(_whole(standings), opened, flow.answered, flow.resolved, sla)
    return [*found, replace(whole, total=True)] if found else []


def business_minutes(sla: SlaPolicy, queue: str, since: datetime, until: datetime) -> float:
    """From one instant to another in the queue's working hours, to a tenth of a minute."""
    return round(between(sla.hours_of(queue), since, until) / _MINUTE, 1)


def nearest_rank(ordered: Sequence[float], percent: int) -> float | None:
    """The value at this share of an ordered list, one of its own; None of an empty one."""
    return ordered[max(0, -(-len(ordered) * percent // 100) - 1)] if ordered else None


def facts(row: BoardCase, view: BoardView, policy: TriagePolicy) -> dict[str, object]:
    """A case in columns: all that the board counts it by, and no word of a stranger but a handle."""
    case = row.case
    return {
        "id": case.id,
        "brand": case.brand,
        "platform": case.platform,
        "queue": case.queue,
        "state": case.state.value,
        "reason": case.reason.value,
        "band": band(case.priority, policy),
        "priority": case.priority,
        "escalated": case.escalated,
        "holder": case.holder(view.now),
        "author": case.handle,
        "opened_at": case.opened_at,
        "first_reply_at": case.first_reply_at,
        "first_reply_by": row.answered_by,
        "first_reply_minutes": _minutes(row, case.first_reply_at, policy),
        "resolved_at": row.settled_at,
        "resolved_by": row.settled_by,
        "resolution_minutes": _minutes(row, row.settled_at, policy),
        "reopened": row.reopened,
        "posts": case.mentions,
        "tags": list(case.tags),
        "incident": case.incident_id,
        "waits_for_author": case.state is not CaseState.RESOLVED and case.awaits_author,
        "due_at": case.sla_at,
        "breached": list(row.breached),
        "snoozed_until": case.snoozed_until,
        "url": case.url,
    }


def _minutes(row: BoardCase, until: datetime | None, policy: TriagePolicy) -> float | None:
    if until is None:
        return None
    return business_minutes(policy.sla, row.case.queue, row.case.opened_at, until)


def _by_key(waits: Iterable[Wait]) -> Mapping[str, list[Wait]]:
    found: dict[str, list[Wait]] = {}
    for wait in waits:
        found.setdefault(wait.key, []).append(wait)
    return found


def _line(
    standing: Standing, opened: int | None, answered: Sequence[Wait], resolved: Sequence[Wait], sla: SlaPolicy
) -> BoardLine:
    return BoardLine(
        standing=standing,
        opened=opened,
        answered=_pace(answered, sla),
        resolved=_pace(resolved, sla),
        reopened=sum(wait.reopened for wait in resolved),
    )


def _pace(waits: Sequence[Wait], sla: SlaPolicy) -> Pace:
    ordered = sorted(business_minutes(sla, wait.queue, wait.since, wait.until) for wait in waits)
    return Pace(n=len(ordered), median=nearest_rank(ordered, 50), p90=nearest_rank(ordered, 90))


def _whole(standings: Sequence[Standing]) -> Standing:
    """All lines in one; the oldest of them all stands for it."""
    with_open = [one for one in standings if one.oldest_at is not None]
    first = min(with_open, key=attrgetter("oldest_at", "oldest_id"), default=None)
    counts = {
        name: sum(getattr(one, name) for one in standings)
        for name in asdict(Standing(key=ALL))
        if name not in ("key", "oldest_at", "oldest_id")
    }
    return Standing(
        key=ALL,
        **counts,
        oldest_at=first.oldest_at if first else None,
        oldest_id=first.oldest_id if first else None,
    )
