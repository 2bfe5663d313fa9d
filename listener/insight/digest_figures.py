"""A digest's counts and what is usual for them, read once from tallies and narrow rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from listener.domain.brand import Brand
from listener.domain.digest import BrandLine, Cycle, DaySentiment, Figure, Sentiments, TopReason
from listener.domain.loyalty import Saying
from listener.domain.verdict import Label
from listener.insight.counts import DayCounts
from listener.insight.intervals import share
from listener.insight.period import DAYS, Period, same_stretch
from listener.insight.reasons import top_reasons
from listener.insight.rows_behind import posts
from listener.insight.usual import SEARCHED, UsualDays, usual_days, usual_weeks
from listener.insight.windows import DAY, Window, day_window
from listener.ports import Reads

SHOWN = {Cycle.DAILY: 8, Cycle.WEEKLY: 14}
"""Days of the sentiment chart up to the last: the same weekday at both ends, or this week and the one before."""

REASONS = 5


@dataclass
class Figures:
    """One period's counts and those around it."""

    reads: Reads
    brands: Sequence[Brand]
    period: Period
    now: datetime
    brand: str

    def __post_init__(self) -> None:
        self.names = [self.brand] if self.brand else [entry.name for entry in self.brands if not entry.competitor]
        self.window, self.heard = self.period.window, self.period.heard(self.now)
        begin = day_window(self.period.first - SEARCHED, self.period.zone).since
        cells = self.reads.tallies(begin, self.window.until)
        self.counts = DayCounts(cells, self.period.zone)
        self.gaps = self.reads.open_gaps()
        self._sayings: dict[str, list[Saying]] = {}
        self._people: dict[tuple[str, Label, date], int] = {}
        told = usual_days if self.period.cycle is Cycle.DAILY else usual_weeks
        self.usual: dict[str, UsualDays] = {
            entry.name: told(
                self.period.first,
                self.period.zone,
                first=self.reads.first_mention_hour(entry.name),
                cells=[cell for cell in cells if cell.brand == entry.name],
                gaps=self.gaps,
            )
            for entry in self.brands
        }

    def sayings(self, name: str) -> list[Saying]:
        """Every post of the period about a brand, reposts apart."""
        if name not in self._sayings:
            self._sayings[name] = self.reads.sayings(name, self.window.since, self.window.until)
        return self._sayings[name]

    def posts(self, brands: Sequence[str], label: str) -> int:
        return sum(self.counts.posts(day, brands, label) for day in self.period.days)

    def sentiments(self) -> Sentiments:
        of_days = [self.counts.sentiments(day, self.names) for day in self.period.days]
        names = ("negative", "neutral", "positive", "unsure", "unscored", "aside")
        return Sentiments(**{name: sum(getattr(one, name) for one in of_days) for name in names})

    def days(self) -> tuple[DaySentiment, ...]:
        shown = [self.period.last - n * DAY for n in reversed(range(SHOWN[self.period.cycle]))]
        return tuple(DaySentiment(day=day, sentiments=self.counts.sentiments(day, self.names)) for day in shown)

    def people(self, name: str, label: Label, first: date) -> int:
        """Of a running day, earlier ones count up to the same hour."""
        key = (name, label, first)
        if key not in self._people:
            window = same_stretch(self.period.at(first).window, self._elapsed)
            self._people[key] = self.reads.distinct_authors(window.since, window.until, name, label)
        return self._people[key]

    @property
    def _elapsed(self) -> timedelta:
        """All of it where it is over: periods may be an hour longer than each other."""
        over = self.heard.until >= self.window.until
        return DAYS[self.period.cycle] * 2 * DAY if over else self.heard.length

    def figure(self, name: str, label: Label, brands: Sequence[str]) -> Figure:
        """Summed over brands: who speaks of two counts for both. Usual are those that have a history."""
        people = {brand: self.people(brand, label, self.period.first) for brand in brands}
        usual = {brand: mean for brand in brands if (mean := self._usual_people(brand, label)) is not None}
        one = brands[0] if len(brands) == 1 else ""
        return Figure(
            name=name,
            people=sum(people.values()),
            posts=self.posts(brands, label),
            measured=sum(people[brand] for brand in usual),
            usual=sum(usual.values()) if usual else None,
            command=posts(self.period, label.value, brand=one, people=True),
        )

    def _usual_people(self, name: str, label: Label) -> float | None:
        firsts = self.usual[name].days
        return sum(self.people(name, label, earlier) for earlier in firsts) / len(firsts) if firsts else None

    def line(self, entry: Brand) -> BrandLine:
        everyone = self.posts([other.name for other in self.brands], "all")
        own = self.posts([entry.name], "all")
        return BrandLine(
            brand=entry.name,
            competitor=entry.competitor,
            mentions=own,
            reposts=self.posts([entry.name], "repost"),
            complaints=self.figure("complaints", Label.COMPLAINT, [entry.name]),
            praise=self.figure("praise", Label.PRAISE, [entry.name]),
            voice=share(own, everyone),
        )

    def basis(self) -> str:
        """How usual was told; brands that differ from most are named."""
        told: dict[str, list[str]] = {}
        for name in self.names:
            told.setdefault(self.usual[name].basis, []).append(name)
        if not told:
            return "no brand is configured"
        ranked = sorted(told.items(), key=lambda one: -len(one[1]))
        parts = [basis if len(told) == 1 else f"{', '.join(names)}: {basis}" for basis, names in ranked]
        so_far = "" if self.heard.until >= self.window.until else ", each up to the same hour"
        return "; ".join(parts) + so_far

    def earlier(self) -> Window:
        """The same weekday, or the week, seven days before; as much of it as of this one is over."""
        return same_stretch(self.period.at(self.period.first - 7 * DAY).window, self._elapsed)

    def was_tagged(self, name: str) -> bool:
        """Whether touchpoints of seven days before are a measure: the record reaches back, and they were looked for."""
        first, then = self.reads.first_mention_hour(name), self.earlier()
        if first is None or first > then.since:
            return False
        looked = self.reads.taggers(name, then.since, then.until)
        return looked.get("", 0) * 2 <= sum(looked.values())

    def reasons(self) -> tuple[TopReason, ...]:
        known = [word for entry in self.brands for word in (entry.name, *entry.names, *entry.handles)]
        each = REASONS if len(self.names) == 1 else 2
        found = [
            reason
            for name in self.names
            for reason in top_reasons(
                self.reads,
                name,
                self.window.since,
                self.window.until,
                days=len(self.usual[name].recent) / DAYS[self.period.cycle],
                ignore=known,
                limit=each,
            )
        ]
        ranked = found if len(self.names) == 1 else sorted(found, key=lambda reason: -reason.people)
        return tuple(ranked[:REASONS])
