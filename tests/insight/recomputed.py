"""A digest's figures again: slow, obvious, from the database's rows, with nothing of the product but its nouns.

Not here: what the spike rule expects of an hour, and the scores of `listener loyalty`, each recounted by its own tests.
"""

import re
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from math import sqrt
from pathlib import Path
from statistics import mean, median
from zoneinfo import ZoneInfo

from listener.domain.digest import Digest

DAY = timedelta(days=1)
LABELS = ("complaint", "praise", "question")
MOODS = ("negative", "neutral", "positive")


@dataclass(frozen=True)
class Post:
    """One mention of one brand."""

    id: int
    brand: str
    author: int
    at: datetime
    text: str
    repost: bool
    engagement: int
    labels: frozenset[str]
    mood: str | None
    """None: the classifier abstained, or hasn't read it."""
    scored: bool
    tags: frozenset[str]


@dataclass(frozen=True)
class Case:
    id: int
    brand: str
    opened: datetime
    due: datetime | None
    sla: datetime | None
    replied: datetime | None
    resolved: datetime | None
    state: str
    reason: str
    priority: float


def instant(micros: int | None) -> datetime | None:
    return None if micros is None else datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=micros)


@dataclass
class Rows:
    """Everything, read plainly."""

    posts: list[Post]
    cases: list[Case]
    gaps: list[tuple[str, datetime, datetime]]
    alerts: list[datetime]
    zone: ZoneInfo
    competitors: frozenset[str]
    now: datetime

    def __post_init__(self) -> None:
        self._by_day: defaultdict[tuple[str, date], list[Post]] = defaultdict(list)
        for post in self.posts:
            self._by_day[post.brand, self.day(post.at)].append(post)
        self._begun: dict[str, date] = {}

    @classmethod
    def of(cls, file: Path, zone: str, competitors: frozenset[str], now: datetime) -> "Rows":
        db = sqlite3.connect(file)
        brand_of = {}
        for mention_id, brand in db.execute("SELECT DISTINCT mention_id, brand FROM matches"):
            assert mention_id not in brand_of, "these rows know posts to one brand only"
            brand_of[mention_id] = brand
        tags = defaultdict(set)
        for mention_id, tag in db.execute("SELECT mention_id, tag FROM tags"):
            tags[mention_id].add(tag)
        said = {
            row[0]: row[1:]
            for row in db.execute("SELECT mention_id, labels, sentiment, abstained FROM verdicts WHERE in_force")
        }
        posts = []
        columns = "id, author_id, created_at, text, is_repost, likes + replies + reposts"
        for i, author, at, text, repost, engagement in db.execute(f"SELECT {columns} FROM mentions"):
            labels, mood, abstained = said.get(i, ("[]", None, False))
            known = frozenset(re.findall(r"\w+", labels))
            posts.append(
                Post(i, brand_of[i], author, instant(at) or now, text, bool(repost), engagement, known,
                     None if abstained else mood, i in said, frozenset(tags[i]))
            )  # fmt: skip
        columns = "id, brand, opened_at, due_at, sla_at, first_reply_at, resolved_at, state, reason, priority"
        cases = [
            Case(i, brand, instant(opened) or now, *map(instant, times), state, reason, priority)
            for i, brand, opened, *times, state, reason, priority in db.execute(f"SELECT {columns} FROM cases")
        ]
        gaps = [
            (source, instant(since) or now, instant(until) or now)
            for source, since, until in db.execute("SELECT source, since, until FROM gaps WHERE closed_at IS NULL")
        ]
        alerts = [instant(at) or now for (at,) in db.execute("SELECT opened_at FROM alerts")]
        db.close()
        return cls(posts, cases, gaps, alerts, ZoneInfo(zone), competitors, now)

    def day(self, at: datetime) -> date:
        return at.astimezone(self.zone).date()

    def within(self, at: datetime | None, days: Sequence[date]) -> bool:
        return at is not None and self.day(at) in days

    def about(self, brand: str, days: Sequence[date], label: str = "all") -> list[Post]:
        return [p for day in days for p in self._by_day.get((brand, day), ()) if bears(p, label)]

    def people(self, brand: str, days: Sequence[date], label: str) -> int:
        return len({p.author for p in self.about(brand, days, label)})

    def begun(self, brand: str) -> date:
        """The day of the tenth post, or two weeks after the first: by the hour."""
        if brand in self._begun:
            return self._begun[brand]
        hours = sorted(
            p.at.replace(minute=0, second=0, microsecond=0) for p in self.posts if p.brand == brand and not p.repost
        )
        first = min(p.at.replace(minute=0, second=0, microsecond=0) for p in self.posts if p.brand == brand)
        tenth = hours[9] if len(hours) > 9 else None
        patient = first + timedelta(days=14)
        self._begun[brand] = self.day(tenth if tenth is not None and tenth < patient else patient)
        return self._begun[brand]

    def heard(self, brand: str, day: date) -> bool:
        """Its record had begun, and no known gap covers more than a tenth."""
        begin = datetime(day.year, day.month, day.day, tzinfo=self.zone).astimezone(UTC)
        following = day + DAY
        end = datetime(following.year, following.month, following.day, tzinfo=self.zone).astimezone(UTC)
        unheard = [min(end, until) - max(begin, since) for _, since, until in self.gaps]
        return day > self.begun(brand) and all(one <= (end - begin) / 10 for one in unheard)

    def usual(self, brand: str, days: Sequence[date], label: str) -> float | None:
        """Of a day, four same weekdays, or seven days for want of two; of a week, up to four whole weeks."""
        first = days[0]
        before = [first - n * DAY for n in range(1, 29) if self.heard(brand, first - n * DAY)]
        if len(days) == 7:
            weeks = [[first - n * 7 * DAY + k * DAY for k in range(7)] for n in range(1, 5)]
            chosen = [week for week in weeks if all(day in before for day in week)]
        else:
            same = [[day] for day in before if day.weekday() == first.weekday()][:4]
            chosen = same if len(same) >= 2 else [[day] for day in before][:7]
        return mean(self.people(brand, one, label) for one in chosen) if chosen else None


def bears(post: Post, label: str) -> bool:
    if label == "repost" or post.repost:
        return post.repost and label == "repost"
    return {
        "all": True,
        "unsure": post.scored and post.mood is None,
        "unscored": not post.scored,
        "aside": False,
    }.get(label, label in post.labels or label == post.mood)


def wilson(part: int, whole: int) -> tuple[float, float]:
    """The two shares whose test against `part` of `whole` just fails at 95 %: roots of a quadratic."""
    if not whole:
        return 0.0, 1.0
    z2, share = 1.959963984540054**2, part / whole
    a, b, c = 1 + z2 / whole, -(2 * share + z2 / whole), share * share
    root = sqrt(max(0.0, b * b - 4 * a * c))
    return (-b - root) / (2 * a), (-b + root) / (2 * a)


def check(digest: Digest, rows: Rows, brands: Sequence[str]) -> None:
    """Fails at the first figure that isn't what the rows say."""
    every = sorted({p.brand for p in rows.posts})
    days = [digest.day + n * DAY for n in range(7 if digest.cycle == "weekly" else 1)]
    for figure, label in ((digest.complaints, "complaint"), (digest.praise, "praise"), (digest.questions, "question")):
        usual = {b: found for b in brands if (found := rows.usual(b, days, label)) is not None}
        assert figure.people == sum(rows.people(b, days, label) for b in brands)
        assert figure.posts == sum(len(rows.about(b, days, label)) for b in brands)
        assert figure.usual == (near(sum(usual.values())) if usual else None), (figure, usual)
        assert figure.measured == sum(rows.people(b, days, label) for b in usual)
    assert digest.mentions == sum(len(rows.about(b, days)) for b in brands)
    assert digest.reposts == sum(len(rows.about(b, days, "repost")) for b in brands)
    for one in digest.week:
        for mood in (*MOODS, "unsure", "unscored", "aside"):
            assert getattr(one.sentiments, mood) == sum(len(rows.about(b, [one.day], mood)) for b in brands)
    for mood in (*MOODS, "unsure", "unscored", "aside"):
        assert getattr(digest.sentiments, mood) == sum(len(rows.about(b, days, mood)) for b in brands)
    whole = sum(len(rows.about(b, days)) for b in every)
    for line in digest.brands:
        assert (line.voice.part, line.voice.whole) == (len(rows.about(line.brand, days)), whole)
        assert (line.voice.low, line.voice.high) == near(wilson(line.voice.part, whole))
        assert line.complaints.people == rows.people(line.brand, days, "complaint")
        assert line.praise.people == rows.people(line.brand, days, "praise")
        assert line.complaints.usual == (None if (u := rows.usual(line.brand, days, "complaint")) is None else near(u))
    _balance(digest, rows, brands, days)
    _hours(digest, rows, brands)
    _cases(digest, rows, brands, days)
    _touchpoints(digest, rows, brands, days)
    _reasons(digest, rows, brands, days)
    told = sum(len(rows.about(b, days, mood)) for b in brands for mood in (*MOODS, "unsure"))
    assert (digest.trust.unsure.part, digest.trust.unsure.whole) == (digest.sentiments.unsure, told)
    assert digest.trust.backlog == sum(not p.scored for p in rows.posts)
    assert len(digest.alerts) == sum(rows.within(at, days) for at in rows.alerts)
    assert {(b.source, b.since, b.until) for b in digest.blind} == {
        (source, max(since, digest.since), min(until, digest.until))
        for source, since, until in rows.gaps
        if since < digest.until and until > digest.since
    }


def near(value: float | tuple[float, float]) -> object:
    import pytest

    return pytest.approx(value, abs=1e-9)


def _balance(digest: Digest, rows: Rows, brands: Sequence[str], days: Sequence[date]) -> None:
    """One stand an author and brand: of the latest post that takes one; else passive if any could be read."""
    stands: Counter[str] = Counter()
    for brand in brands:
        by_author = defaultdict(list)
        for post in sorted(rows.about(brand, days), key=lambda p: (p.at, p.id)):
            by_author[post.author].append(post)
        for said in by_author.values():
            labelled = [p for p in said if p.labels & {"praise", "complaint"}]
            labels = labelled[-1].labels if labelled else frozenset()
            if ("praise" in labels) != ("complaint" in labels):
                stands["promoter" if "praise" in labels else "detractor"] += 1
            else:
                stands["passive" if labels or any(p.mood or "question" in p.labels for p in said) else "unknown"] += 1
    found = digest.balance
    assert (found.promoters, found.detractors) == (stands["promoter"], stands["detractor"])
    assert (found.passives, found.unknown) == (stands["passive"], stands["unknown"])
    n = stands["promoter"] + stands["detractor"] + stands["passive"]
    if not n:
        return
    p, q = stands["promoter"] / n, stands["detractor"] / n
    assert found.points == near(100 * (p - q))
    (pl, pu), (ql, qu) = wilson(stands["promoter"], n), wilson(stands["detractor"], n)
    r = -sqrt(p * q / ((1 - p) * (1 - q))) if (1 - p) * (1 - q) else -1.0
    low = p - q - sqrt((p - pl) ** 2 + (qu - q) ** 2 - 2 * r * (p - pl) * (qu - q))
    high = p - q + sqrt((pu - p) ** 2 + (q - ql) ** 2 - 2 * r * (pu - p) * (q - ql))
    assert (found.low, found.high) == near((max(-100.0, 100 * low), min(100.0, 100 * high)))


def _hours(digest: Digest, rows: Rows, brands: Sequence[str]) -> None:
    told = [p for p in rows.posts if p.brand in brands and bears(p, "complaint")]
    for point in digest.hours:
        complaining = {(p.brand, p.author) for p in told if point.hour <= p.at < point.hour + timedelta(hours=1)}
        assert point.complaints == len(complaining)


def _cases(digest: Digest, rows: Rows, brands: Sequence[str], days: Sequence[date]) -> None:
    cases = [case for case in rows.cases if case.brand in brands]
    answered = [case for case in cases if rows.within(case.replied, days)]
    late = [
        case
        for case in cases
        if case.due is not None and case.due <= rows.now
        and rows.within(case.due, days)
        and not any(at is not None and at <= case.due for at in (case.replied, case.resolved))
    ]  # fmt: skip
    told = digest.cases
    assert told.opened == sum(rows.within(case.opened, days) for case in cases)
    assert told.answered == len(answered)
    assert told.breached == len(late)
    assert told.resolved == sum(rows.within(case.resolved, days) for case in cases)
    waits = [(case.replied - case.opened).total_seconds() for case in answered if case.replied]
    assert told.median_first_response == (timedelta(seconds=median(waits)) if waits else None)
    shown = {one.act: [line.command for line in one.lines] for one in digest.lists}
    back = [c for c in cases if rows.within(c.opened, days) and c.replied is None and c.state != "resolved"]
    back = sorted((c for c in back if c.reason == "complaint"), key=lambda c: (-c.priority, c.id))
    assert shown.get("win back", []) == [f"listener case show {c.id}" for c in back[:5]]  # type: ignore[call-overload]
    owed = sorted((c for c in cases if c.state == "open" and c.sla), key=lambda c: (c.sla or rows.now, c.id))
    assert shown.get("answer", []) == [f"listener case show {c.id}" for c in owed[:5]]  # type: ignore[call-overload]


def _touchpoints(digest: Digest, rows: Rows, brands: Sequence[str], days: Sequence[date]) -> None:
    found = {(one.brand, one.name): (one.people, one.complain, one.praise) for one in digest.loyal.touchpoints}
    told = {}
    for brand in brands:
        for name in {t.removeprefix("touchpoint:") for p in rows.about(brand, days) for t in p.tags}:
            at = [p for p in rows.about(brand, days) if f"touchpoint:{name}" in p.tags]
            told[brand, name] = tuple(
                len({p.author for p in at if bears(p, label)}) for label in ("all", "complaint", "praise")
            )
    # The ones most complain at, in front.
    most = sorted(told, key=lambda at: (-told[at][1], -told[at][0], *at))[: len(found)]
    assert found == {at: told[at] for at in most}
    assert len(found) == min(10, len(told))


def _reasons(digest: Digest, rows: Rows, brands: Sequence[str], days: Sequence[date]) -> None:
    """Of each author, the complaint that most engaged speaks; a word must stand in it by itself."""
    for reason in digest.reasons:
        if " " in reason.words or reason.estimated:
            continue
        best: dict[int, Post] = {}
        for post in sorted(rows.about(reason.quote.brand, days, "complaint"), key=lambda p: (-p.engagement, p.id)):
            best.setdefault(post.author, post)
        letter = r"[^\W\d_]"
        alone = rf"(?<!{letter})(?<!{letter}['’]){re.escape(reason.words)}(?!{letter}|['’]{letter})"
        noise = r"https?://\S+|www\.\S+|\S+@\S+\.\S+|@\w+|&\w+;"
        said = [p for p in best.values() if re.search(alone, re.sub(noise, " ", p.text), re.IGNORECASE)]
        assert reason.quote.brand in brands
        assert reason.people == len(said), reason.words
