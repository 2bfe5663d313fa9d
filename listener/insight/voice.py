"""Who is talked about, how much, by how many, and how far it may reach; from tallies and one row an author."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from itertools import pairwise
from zoneinfo import ZoneInfo

from listener.domain.brand import Brand
from listener.domain.digest import Share
from listener.domain.stored import AuthorStand, TallyCell
from listener.insight.intervals import share
from listener.insight.windows import DAY, Window, day_of, day_window, hours_of
from listener.ports import Reads


class By(StrEnum):
    BRAND = "brand"
    PLATFORM = "platform"
    DAY = "day"
    HOUR = "hour"


@dataclass(frozen=True, slots=True, kw_only=True)
class VoiceRow:
    """One brand, platform, day or hour."""

    key: str
    mentions: int
    """Reposts apart."""
    reposts: int
    authors: int
    """Distinct; without those who only reposted."""
    reach: int
    """Followers of the distinct authors, summed: an upper bound of who may have seen it."""
    unknown_reach: int
    """Authors whose followers the platform doesn't tell; they add nothing to `reach`."""
    engagement: int
    """Likes, replies and reposts of the mentions."""
    voice: Share
    """Of the mentions of all configured brands."""
    author_voice: Share
    """The same by distinct authors, each counted once a brand."""


def measure(
    reads: Reads, *, brands: Sequence[Brand], window: Window, zone: ZoneInfo, by: By, brand: str = ""
) -> list[VoiceRow]:
    """Rows of `by`; those not by brand are of `brand`, or of all own brands together."""
    cells = [cell for cell in reads.tallies(window.since, window.until) if cell.brand in {b.name for b in brands}]
    everyone = [entry.name for entry in brands]
    own = [brand] if brand else [entry.name for entry in brands if not entry.competitor]
    match by:
        case By.BRAND:
            shown = [brand] if brand else everyone
            stands = {name: reads.stands(name, window.since, window.until) for name in everyone}
            return [_row(name, cells, stands, {name}, lambda _: True) for name in shown]
        case By.PLATFORM:
            stands = {name: reads.stands(name, window.since, window.until) for name in everyone}
            platforms = sorted({cell.platform for cell in cells if cell.brand in own})
            return [_platform(platform, cells, stands, set(own)) for platform in platforms]
        case By.DAY | By.HOUR:
            slices = _days(window, zone) if by is By.DAY else _hours(window, zone)
            return [_slice(reads, key, part, cells, everyone, set(own)) for key, part in slices]


def _platform(
    platform: str, cells: Iterable[TallyCell], stands: dict[str, list[AuthorStand]], own: set[str]
) -> VoiceRow:
    there = {name: [stand for stand in found if stand.platform == platform] for name, found in stands.items()}
    return _row(platform, cells, there, own, lambda cell: cell.platform == platform)


def _slice(
    reads: Reads, key: str, part: Window, cells: Iterable[TallyCell], everyone: Sequence[str], own: set[str]
) -> VoiceRow:
    within = [cell for cell in cells if part.since <= cell.hour < part.until]
    heard = {cell.brand for cell in within}
    stands = {name: reads.stands(name, part.since, part.until) if name in heard else [] for name in everyone}
    return _row(key, within, stands, own, lambda _: True)


def _row(
    key: str,
    cells: Iterable[TallyCell],
    stands: dict[str, list[AuthorStand]],
    own: set[str],
    counts: Callable[[TallyCell], bool],
) -> VoiceRow:
    mentions: defaultdict[bool, int] = defaultdict(int)
    reposts = engagement = 0
    for cell in filter(counts, cells):
        ours = cell.brand in own
        if cell.label == "all":
            mentions[ours] += cell.mentions
            engagement += cell.engagement if ours else 0
        elif cell.label == "repost" and ours:
            reposts += cell.mentions
    people = {stand.author_id: stand for name in own for stand in stands[name]}
    pairs = sum(len(stands[name]) for name in own)
    return VoiceRow(
        key=key,
        mentions=mentions[True],
        reposts=reposts,
        authors=len(people),
        reach=sum(stand.followers or 0 for stand in people.values()),
        unknown_reach=sum(stand.followers is None for stand in people.values()),
        engagement=engagement,
        voice=share(mentions[True], mentions[True] + mentions[False]),
        author_voice=share(pairs, sum(map(len, stands.values()))),
    )


def _days(window: Window, zone: ZoneInfo) -> Iterator[tuple[str, Window]]:
    day: date = day_of(window.since, zone)
    while (whole := day_window(day, zone)).since < window.until:
        yield day.isoformat(), Window(since=max(whole.since, window.since), until=min(whole.until, window.until))
        day += DAY


def _hours(window: Window, zone: ZoneInfo) -> Iterator[tuple[str, Window]]:
    starts: list[datetime] = [*hours_of(window), window.until]
    for since, until in pairwise(starts):
        yield since.astimezone(zone).isoformat(timespec="minutes"), Window(since=since, until=until)
