"""Recovery as rows: what complainers posted once their case was resolved."""

from __future__ import annotations

from typing import TYPE_CHECKING

from listener.domain.recovery import AGAIN, TURNED, said_wait

if TYPE_CHECKING:
    from listener.domain.recovery import Median, RecoveryLine
    from listener.lists import Row

DEFAULT_DAYS = 90
ALL = "all"
COLUMNS = ("key", "resolved", "too early", "silent", "posted again", "recovered", "half within", "now promoters")


def cells(line: RecoveryLine) -> Row:
    """One row of people."""
    from listener.reports.phrasing import said_share

    promoters = said_share(line.promoters) if line.promoters.whole else f"too early (under {TURNED.days} days)"
    told = (
        line.key or ALL,
        line.resolved,
        line.pending,
        line.silent,
        line.recovered.whole,
        said_share(line.recovered),
        _said(line.time),
        promoters if line.recovered.whole else "",
    )
    return dict(zip(COLUMNS, told, strict=True))


def _said(time: Median) -> str:
    from listener.domain.digest import MIN_N

    if time.n < MIN_N:
        return f"too few to tell (n = {time.n})"
    if time.value is None:
        return f"not within {AGAIN.days} days"
    ends = " to ".join(said_wait(end) if end is not None else "?" for end in (time.low, time.high))
    return f"{said_wait(time.value)} ({ends})"
