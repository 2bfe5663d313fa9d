"""Word of mouth: who is talked about, how much, by how many, how far it may reach and how fast it grows.

Volumes come from tallies, people from one narrow row an author and hour; no post is read.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from itertools import pairwise
from zoneinfo import ZoneInfo

from listener.domain.brand import Brand
from listener.domain.hours import hour_of
from listener.domain.stored import TallyCell
from listener.domain.voice import Speaker, Velocity, VoiceRow
from listener.insight.intervals import share, wilson
from listener.insight.windows import DAY, HOUR, Window, day_of, day_window, hours_of
from listener.ports import Reads

WEEK = 7 * DAY


class By(StrEnum):
    BRAND = "brand"
    PLATFORM = "platform"
    LANGUAGE = "language"
    DAY = "day"
    HOUR = "hour"
    WEEK = "week"


UNKNOWN_LANGUAGE = "(unknown)"
TIMES = frozenset({By.DAY, By.HOUR, By.WEEK})

_Key = Callable[[str, str, str, datetime], str]
"""(brand, platform, lang, hour) → the row that counts it; empty for none."""


def measure(
    reads: Reads,
    *,
    brands: Sequence[Brand],
    window: Window,
    zone: ZoneInfo,
    by: By,
    brand: str = "",
    now: datetime | None = None,
) -> list[VoiceRow]:
    """Rows of `by`; those not by brand are of `brand`, or of all own brands together.

    Velocities count the full hours up to `now`; without it, the whole window.
    """
    everyone = [entry.name for entry in brands]
    own = {brand} if brand else {entry.name for entry in brands if not entry.competitor or by is By.BRAND}
    slices = _slices(by, window, zone)
    key = _key(by, slices)
    said = _Said(own=own, key=key, by=by)
    said.count(cell for cell in reads.tallies(window.since, window.until) if cell.brand in everyone)
    for name in everyone:
        said.hear(name, reads.who_spoke(name, window.since, window.until))
    for name in own:
        said.post(name, reads.own_posts(name, window.since, window.until))
    pace = _Pace(reads, own, window, zone, by, now or window.until)
    keys = list(slices) if by in TIMES else said.keys(everyone)
    return [said.row(one, pace.of(one, slices.get(one, window), key)) for one in keys]


def weeks_of(window: Window, zone: ZoneInfo) -> dict[str, Window]:
    """Monday → what of its week lies in the window."""
    return {key: part for key, part in _slices(By.WEEK, window, zone).items() if part.length > timedelta(0)}


@dataclass
class _Said:
    """What was counted, row by row."""

    own: set[str]
    key: _Key
    by: By
    mentions: Counter[str] = field(default_factory=Counter)
    everyones: Counter[str] = field(default_factory=Counter)
    reposts: Counter[str] = field(default_factory=Counter)
    engagement: Counter[str] = field(default_factory=Counter)
    posted: Counter[str] = field(default_factory=Counter)
    messages: Counter[str] = field(default_factory=Counter)
    people: defaultdict[str, set[int]] = field(default_factory=lambda: defaultdict(set))
    accounts: defaultdict[str, dict[int, int | None]] = field(default_factory=lambda: defaultdict(dict))
    pairs: defaultdict[str, set[tuple[str, int]]] = field(default_factory=lambda: defaultdict(set))
    own_pairs: defaultdict[str, set[tuple[str, int]]] = field(default_factory=lambda: defaultdict(set))

    def count(self, cells: Iterable[TallyCell]) -> None:
        for cell in cells:
            key, ours = self.key(cell.brand, cell.platform, cell.lang, cell.hour), cell.brand in self.own
            if cell.label == "all":
                self.everyones[self._all(key)] += cell.mentions
                self.mentions[key] += cell.mentions if ours else 0
                self.engagement[key] += cell.engagement if ours else 0
            elif cell.label == "repost" and ours:
                self.reposts[key] += cell.mentions

    def hear(self, brand: str, speakers: Iterable[Speaker]) -> None:
        for one in speakers:
            key = self.key(brand, one.platform, one.lang, one.hour)
            self.pairs[self._all(key)].add((brand, one.author_id))
            if brand in self.own:
                self.own_pairs[key].add((brand, one.author_id))
                self.people[key].add(one.author_id)
                self.accounts[key][one.account_id] = one.followers
                self.messages[key] += one.messages

    def post(self, brand: str, posts: Iterable[tuple[datetime, str]]) -> None:
        for at, platform in posts:
            self.posted[self.key(brand, platform, "", hour_of(at))] += 1

    def keys(self, brands: Sequence[str]) -> list[str]:
        if self.by is By.BRAND:
            return [name for name in brands if name in self.own]
        return sorted(key for key in {*self.mentions, *self.reposts} if self.mentions[key] or self.reposts[key])

    def row(self, key: str, velocity: Velocity) -> VoiceRow:
        followers = list(self.accounts[key].values())
        return VoiceRow(
            key=key,
            mentions=self.mentions[key],
            reposts=self.reposts[key],
            own_posts=None if self.by is By.LANGUAGE else self.posted[key],
            authors=len(self.people[key]),
            reach=sum(one or 0 for one in followers),
            unknown_reach=followers.count(None),
            engagement=self.engagement[key],
            voice=share(self.mentions[key], self.everyones[self._all(key)]),
            author_voice=share(len(self.own_pairs[key]), len(self.pairs[self._all(key)])),
            pull=share(self.messages[key], self.mentions[key]),
            velocity=velocity,
        )

    def _all(self, key: str) -> str:
        """The row's competitors are counted there: rows by brand compete with each other."""
        return "" if self.by is By.BRAND else key


@dataclass
class _Pace:
    """Mentions an hour, now and in the same hours one or more weeks before."""

    reads: Reads
    own: set[str]
    window: Window
    zone: ZoneInfo
    by: By
    now: datetime

    def __post_init__(self) -> None:
        weeks = 1 if self.by in TIMES else max(1, -(-self.window.length // WEEK))
        self._back = weeks * WEEK
        since = self._earlier(self.window).since
        cells = self.reads.tallies(since, self.window.until)
        self._cells = [cell for cell in cells if cell.label == "all" and cell.brand in self.own]
        firsts = {name: self.reads.first_mention_hour(name) for name in self.own}
        self._firsts = {name: first for name, first in firsts.items() if first is not None}
        self._hourly: Counter[datetime] = Counter()
        for cell in self._cells:
            self._hourly[cell.hour] += cell.mentions

    def of(self, key: str, part: Window, key_of: _Key) -> Velocity:
        heard = Window(since=part.since, until=max(part.since, min(part.until, hour_of(self.now))))
        before = self._earlier(heard)
        counts: Mapping[datetime, int] = self._hourly
        if self.by not in TIMES:
            counts = self._of_key(key, key_of)
        begun = max((first for name, first in self._firsts.items() if self._counts(name, key)), default=None)
        known = begun is not None and begun <= before.since
        return _velocity(heard, before, _sum(counts, heard), _sum(counts, before) if known else None)

    def _counts(self, name: str, key: str) -> bool:
        return self.by is not By.BRAND or name == key

    def _of_key(self, key: str, key_of: _Key) -> Counter[datetime]:
        found: Counter[datetime] = Counter()
        for cell in self._cells:
            if key_of(cell.brand, cell.platform, cell.lang, cell.hour) == key:
                found[cell.hour] += cell.mentions
        return found

    def _earlier(self, part: Window) -> Window:
        """The same hours by the wall clock, weeks before; whole hours also where a change of clocks lies between."""
        since = _wall(part.since, -self._back, self.zone)
        return Window(since=since, until=max(since, _wall(part.until, -self._back, self.zone)))


def _velocity(heard: Window, before: Window, mentions: int, earlier: int | None) -> Velocity:
    hours, earlier_hours = heard.length / HOUR, before.length / HOUR
    low = high = None
    if earlier and hours:
        # Given how many came in both, those that came now are a binomial share; its odds are the ratio of rates.
        ends = wilson(mentions, mentions + earlier)
        low, high = (end / (1 - end) * earlier_hours / hours - 1 for end in ends)
    return Velocity(mentions=mentions, hours=hours, earlier=earlier, earlier_hours=earlier_hours, low=low, high=high)


def _sum(counts: Mapping[datetime, int], window: Window) -> int:
    return sum(counts[hour] for hour in hours_of(window) if hour in counts)


def _wall(instant: datetime, by: timedelta, zone: ZoneInfo) -> datetime:
    local = (instant.astimezone(zone).replace(tzinfo=None) + by).replace(tzinfo=zone).astimezone(UTC)
    whole = hour_of(local)
    return whole if whole == local else whole + HOUR


def _key(by: By, slices: Mapping[str, Window]) -> _Key:
    match by:
        case By.BRAND:
            return lambda brand, _platform, _lang, _hour: brand
        case By.PLATFORM:
            return lambda _brand, platform, _lang, _hour: platform
        case By.LANGUAGE:
            return lambda _brand, _platform, lang, _hour: lang or UNKNOWN_LANGUAGE
        case By.DAY | By.HOUR | By.WEEK:
            starts = {hour: key for key, part in slices.items() for hour in hours_of(part)}
            return lambda _brand, _platform, _lang, hour: starts.get(hour, "")


def _slices(by: By, window: Window, zone: ZoneInfo) -> dict[str, Window]:
    """What each row of a time holds of the window; nothing for rows of other kinds."""
    match by:
        case By.DAY:
            return _days(window, zone, 1)
        case By.WEEK:
            return _days(window, zone, 7)
        case By.HOUR:
            starts: list[datetime] = [*hours_of(window), window.until]
            return {
                since.astimezone(zone).isoformat(timespec="minutes"): Window(since=since, until=until)
                for since, until in pairwise(starts)
            }
        case _:
            return {}


def _days(window: Window, zone: ZoneInfo, step: int) -> dict[str, Window]:
    """Stretches of `step` days, those of seven from Monday on."""
    day: date = day_of(window.since, zone)
    day -= day.weekday() * DAY if step == 7 else timedelta(0)
    found = {}
    while (since := day_window(day, zone).since) < window.until:
        until = day_window(day + step * DAY, zone).since
        found[day.isoformat()] = Window(since=max(since, window.since), until=min(until, window.until))
        day += step * DAY
    return found
