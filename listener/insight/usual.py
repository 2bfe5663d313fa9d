"""Which earlier days a day, or weeks a week, may be compared with: the same weekday, else the days just before.

A day counts if the source was heard on it: after the brand's record had begun, and not mostly inside a known gap.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from listener.domain.stored import StoredGap, TallyCell
from listener.domain.verdict import Sentiment
from listener.insight.spikes import RECORD_BEGINS, SPARSE_WARM_UP
from listener.insight.windows import DAY, day_of, day_window

WEEKS = 4
FEWEST_WEEKDAYS = 2
"""One Sunday is an anecdote."""

RECENT = 7
SEARCHED = timedelta(days=28)
"""How far back a comparable day may lie; the same weekday four weeks ago is the last."""

BLIND_SHARE = 0.1
"""A day with more of it unseen is no measure."""

SPOKEN_TO = frozenset({*Sentiment, "abstained", "unscored"})
"""Each post to a brand counts under exactly one of these."""


@dataclass(frozen=True, slots=True, kw_only=True)
class UsualDays:
    """The days to average over, and how a person calls them."""

    days: tuple[date, ...]
    basis: str
    recent: tuple[date, ...]
    """Those of the week before, whatever is averaged over."""


def usual_days(
    day: date, zone: ZoneInfo, *, first: datetime | None, cells: Iterable[TallyCell], gaps: Sequence[StoredGap]
) -> UsualDays:
    """Of one brand: `first` is its first mention, `cells` its tallies of the four weeks before and the day."""
    heard = _heard_days(day, zone, first, cells, gaps)
    recent = tuple(earlier for earlier in heard if day - earlier <= RECENT * DAY)
    same = tuple(earlier for earlier in heard if (day - earlier).days % 7 == 0)[:WEEKS]
    if len(same) >= FEWEST_WEEKDAYS:
        return UsualDays(days=same, basis=f"mean of the last {len(same)} {day:%A}s", recent=recent)
    before = tuple(heard[:RECENT])
    if not before:
        return UsualDays(days=(), basis="too little history to compare with", recent=recent)
    named = "the day before" if len(before) == 1 else f"mean of the {len(before)} days before"
    return UsualDays(days=before, basis=f"{named}, for want of earlier {day:%A}s", recent=recent)


def usual_weeks(
    monday: date, zone: ZoneInfo, *, first: datetime | None, cells: Iterable[TallyCell], gaps: Sequence[StoredGap]
) -> UsualDays:
    """The same of a week: `days` are the Mondays of up to four weeks before, each heard on all of its days."""
    heard = set(_heard_days(monday, zone, first, cells, gaps))
    weeks = [monday - n * 7 * DAY for n in range(1, WEEKS + 1)]
    whole = tuple(week for week in weeks if all(week + n * DAY in heard for n in range(7)))
    recent = tuple(sorted(day for day in heard if monday - day <= RECENT * DAY))
    if not whole:
        return UsualDays(days=(), basis="too little history to compare with", recent=recent)
    before = "the week before" if whole == (weeks[0],) else f"mean of {len(whole)} of the four weeks before"
    return UsualDays(days=whole, basis=before if len(whole) < WEEKS else "mean of the four weeks before", recent=recent)


def _heard_days(
    day: date, zone: ZoneInfo, first: datetime | None, cells: Iterable[TallyCell], gaps: Sequence[StoredGap]
) -> list[date]:
    """Days before `day` that may be a measure, the latest first."""
    begun = _begun(first, cells, zone)
    return [
        earlier
        for n in range(1, SEARCHED.days + 1)
        if begun is not None and (earlier := day - n * DAY) > begun and _heard(earlier, zone, gaps)
    ]


def _begun(first: datetime | None, cells: Iterable[TallyCell], zone: ZoneInfo) -> date | None:
    """The day by whose end the brand's record had begun, as the spike rule sees it: ten posts to it, or two weeks.

    A post that only names the brand beside another is not one to it.
    """
    if first is None:
        return None
    patient = first + SPARSE_WARM_UP
    seen = 0
    for cell in sorted((c for c in cells if c.label in SPOKEN_TO), key=lambda c: c.hour):
        seen += cell.mentions
        if cell.hour >= patient:
            break
        if seen >= RECORD_BEGINS:
            return day_of(cell.hour, zone)
    return day_of(patient, zone)


def _heard(day: date, zone: ZoneInfo, gaps: Sequence[StoredGap]) -> bool:
    window = day_window(day, zone)
    blind = max((window.overlap(gap.since, gap.until) for gap in gaps), default=timedelta(0))
    return window.length > timedelta(0) and blind / window.length <= BLIND_SHARE
