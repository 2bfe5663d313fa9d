"""Builds a day's digest from the store's tallies and narrow rows; nothing here scans all mentions."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from shlex import quote as shell
from zoneinfo import ZoneInfo

from listener.domain.brand import Brand
from listener.domain.digest import (
    AlertLine,
    Blind,
    BrandLine,
    DaySentiment,
    Digest,
    Figure,
    Quote,
    TopReason,
)
from listener.domain.stored import StoredMention
from listener.domain.verdict import Label
from listener.insight.advocacy import Stance, balance, stance
from listener.insight.blindness import blind_stretches
from listener.insight.casework import case_counts, slowest
from listener.insight.counts import DayCounts
from listener.insight.hours import hour_points
from listener.insight.intervals import share
from listener.insight.reasons import quote, top_reasons
from listener.insight.story import tell
from listener.insight.usual import SEARCHED, usual_days
from listener.insight.windows import DAY, HOUR, Window, day_window
from listener.ports import Reads

WEEK = 8
"""Days of the sentiment chart: the same weekday stands at both ends."""

PRAISES = 3
THANKED = 5
REASONS = 5
PRAISE_READ = 200


def build(reads: Reads, *, brands: Sequence[Brand], timezone: str, day: date, now: datetime, brand: str = "") -> Digest:
    """The digest of one brand, or of all own brands together; a day without data gets one too."""
    desk = _Day(reads, brands, ZoneInfo(timezone), day, now, brand)
    names, window = desk.names, desk.window
    stands = [stand for name in names for stand in reads.stands(name, window.since, window.until)]
    promoters = {stand.author_id for stand in stands if stance(stand) is Stance.PROMOTER}
    praised = [(row, name) for name in names for row in desk.samples(name, Label.PRAISE)]
    cases = reads.case_facts(window.since - SEARCHED, window.until, brand)
    facts = [fact for fact in cases if fact.brand in names]
    digest = Digest(
        day=day,
        timezone=timezone,
        since=window.since,
        until=window.until,
        made_at=now,
        brand=names[0] if len(names) == 1 else "",
        story=(),
        basis=desk.basis(),
        complaints=desk.figure("complaints", Label.COMPLAINT, names),
        praise=desk.figure("praise", Label.PRAISE, names),
        questions=desk.figure("questions", Label.QUESTION, names),
        mentions=desk.counts.posts(day, names, "all"),
        reposts=desk.counts.posts(day, names, "repost"),
        sentiments=desk.counts.sentiments(day, names),
        balance=balance(stands),
        brands=tuple(desk.line(entry) for entry in brands),
        reasons=desk.reasons(),
        praises=_praises(praised),
        thanks=_thanks([(row, name) for row, name in praised if row.author_id in promoters]),
        cases=case_counts(facts, window, now),
        slowest=slowest(facts, window, now),
        alerts=desk.alerts(),
        blind=desk.blind(),
        hours=hour_points(reads, names, desk.heard, desk.gaps),
        week=tuple(DaySentiment(day=d, sentiments=desk.counts.sentiments(d, names)) for d in desk.week()),
    )
    return replace(digest, story=tell(digest))


@dataclass
class _Day:
    """One day's window and the tallies around it, read once."""

    reads: Reads
    brands: Sequence[Brand]
    zone: ZoneInfo
    day: date
    now: datetime
    brand: str

    def __post_init__(self) -> None:
        self.names = [self.brand] if self.brand else [entry.name for entry in self.brands if not entry.competitor]
        self.window = day_window(self.day, self.zone)
        self.heard = Window(since=self.window.since, until=min(self.window.until, max(self.now, self.window.since)))
        begin = day_window(self.day - SEARCHED, self.zone).since
        cells = self.reads.tallies(begin, self.window.until)
        self.counts = DayCounts(cells, self.zone)
        self.gaps = self.reads.open_gaps()
        self._people: dict[tuple[str, Label, date], int] = {}
        self.usual = {
            entry.name: usual_days(
                self.day,
                self.zone,
                first=self.reads.first_mention_hour(entry.name),
                cells=[cell for cell in cells if cell.brand == entry.name],
                gaps=self.gaps,
            )
            for entry in self.brands
        }

    def samples(self, name: str, label: Label) -> list[StoredMention]:
        return self.reads.samples(name, label, self.window.since, self.window.until, PRAISE_READ)

    def week(self) -> list[date]:
        return [self.day - n * DAY for n in reversed(range(WEEK))]

    def people(self, name: str, label: Label, day: date) -> int:
        key = (name, label, day)
        if key not in self._people:
            window = day_window(day, self.zone)
            self._people[key] = self.reads.distinct_authors(window.since, window.until, name, label)
        return self._people[key]

    def usual_people(self, name: str, label: Label) -> float | None:
        days = self.usual[name].days
        return sum(self.people(name, label, earlier) for earlier in days) / len(days) if days else None

    def figure(self, name: str, label: Label, brands: Sequence[str]) -> Figure:
        """Summed over brands: who speaks of two counts for both. Usual are those that have a history."""
        people = {brand: self.people(brand, label, self.day) for brand in brands}
        usual = {brand: mean for brand in brands if (mean := self.usual_people(brand, label)) is not None}
        return Figure(
            name=name,
            people=sum(people.values()),
            posts=self.counts.posts(self.day, brands, label),
            measured=sum(people[brand] for brand in usual),
            usual=sum(usual.values()) if usual else None,
            command=self._command(label, brands),
        )

    def _command(self, label: Label, brands: Sequence[str]) -> str:
        if label is Label.PRAISE:
            return ""
        return f"listener inbox --brand {shell(brands[0])}" if len(brands) == 1 else "listener inbox"

    def line(self, entry: Brand) -> BrandLine:
        everyone = self.counts.posts(self.day, [other.name for other in self.brands], "all")
        own = self.counts.posts(self.day, [entry.name], "all")
        return BrandLine(
            brand=entry.name,
            competitor=entry.competitor,
            mentions=own,
            reposts=self.counts.posts(self.day, [entry.name], "repost"),
            complaints=self.figure("complaints", Label.COMPLAINT, [entry.name]),
            praise=self.figure("praise", Label.PRAISE, [entry.name]),
            voice=share(own, everyone),
        )

    def basis(self) -> str:
        """How usual was told; brands that differ from most are named."""
        told: dict[str, list[str]] = {}
        for name in self.names:
            told.setdefault(self.usual[name].basis, []).append(name)
        if len(told) <= 1:
            return next(iter(told), "no brand is configured")
        return "; ".join(
            f"{', '.join(names)}: {basis}" for basis, names in sorted(told.items(), key=lambda t: -len(t[1]))
        )

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
                days=len(self.usual[name].recent),
                ignore=known,
                limit=each,
            )
        ]
        ranked = found if len(self.names) == 1 else sorted(found, key=lambda reason: -reason.people)
        return tuple(ranked[:REASONS])

    def alerts(self) -> tuple[AlertLine, ...]:
        found = [a for a in self.reads.alerts(self.window.since, 1000) if a.opened_at < self.window.until]
        own = [a for a in found if not a.brand or a.brand in self.names]
        return tuple(
            AlertLine(opened_at=a.opened_at, closed_at=a.closed_at, title=a.title, level=a.level)
            for a in sorted(own, key=lambda a: a.opened_at)
        )

    def blind(self) -> tuple[Blind, ...]:
        """Known gaps within the day, sources that still fail and were last read before it ended, and those that did."""
        found = [
            Blind(
                source=gap.source,
                since=max(gap.since, self.heard.since),
                until=min(gap.until, self.heard.until),
                reason=gap.reason,
            )
            for gap in self.gaps
            if gap.since < self.heard.until and gap.until > self.heard.since
        ]
        for row in self.reads.health():
            since = max(row.last_success or self.heard.since, self.heard.since)
            if row.failures and self.heard.until - since > HOUR:
                found.append(Blind(source=row.source, since=since, until=self.heard.until, reason=row.error))
        for stretch in blind_stretches(self.reads, self.heard):
            # What is still unseen of it is told as a gap.
            if not any(b.source == stretch.source and b.since <= stretch.since <= b.until for b in found):
                found.append(stretch)
        return tuple(sorted(found, key=lambda b: (b.since, b.source)))


def _praises(rows: Sequence[tuple[StoredMention, str]]) -> tuple[Quote, ...]:
    ranked = sorted(rows, key=lambda pair: -pair[0].mention.metrics.engagement)
    return tuple(quote(row, name) for row, name in ranked[:PRAISES])


def _thanks(rows: Sequence[tuple[StoredMention, str]]) -> tuple[Quote, ...]:
    """Those who praise, by followers; who has none known is left out."""
    ranked = sorted(rows, key=lambda pair: -(pair[0].mention.author.followers or 0))
    return tuple(quote(row, name) for row, name in ranked[:THANKED] if row.mention.author.followers)
