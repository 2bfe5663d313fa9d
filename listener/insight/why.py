"""Why an alert stands: the lines of its body and the facts behind them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from listener.domain.stored import StoredMention
from listener.domain.verdict import Label
from listener.domain.watched import Dimension, Scope
from listener.insight.chart import bars
from listener.insight.copies import Voices, spread
from listener.insight.reasons import BEFORE, top_reasons
from listener.insight.scopes import MEMORY, WEIGHED, Seen
from listener.insight.share import Drive, drive
from listener.insight.spikes import HOUR, Reading
from listener.insight.tails import tail
from listener.ports import Reads

SAMPLES = 3
QUOTE = 160
"""Code points of a quoted post."""

CHARTED = timedelta(hours=48)
CARRIERS = 3
INCIDENTS = 2
EDGE = 0.025
"""On either side of the usual range: 95 in 100 windows lie within."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    lines: Sequence[str]
    facts: Mapping[str, object] = field(default_factory=dict)


def explain(reads: Reads, lead: Seen, said: Voices, since: datetime, until: datetime, now: datetime) -> Told:
    """Rate, range, record, carriers, words, posts, hands, chart, next command; quoting lines start with `> `."""
    scope, reading = lead.scope, lead.reading
    counts = _history(reads, scope, until)
    low, high = usual_range(reading)
    record = highest_since(counts, reading)
    driven = _drive(reads, scope, since, until) if scope.label is Label.COMPLAINT else None
    carried = {
        str(dimension): _carriers(reads, scope, dimension, since, until)
        for dimension in (Dimension.PLATFORM, Dimension.QUEUE)
    }
    risen = _risen(reads, scope, since, until)
    samples = reads.samples(scope.brand, scope.label, since, until, SAMPLES)
    lines = [
        _rate(scope, reading, since, until),
        record_line(record, counts, reading),
        f"Chance of that on a usual day: {odds(reading.p)}.",
        said.note,
        _driven(driven),
        *(_carried(name, found) for name, found in carried.items()),
        _rose(risen),
        *_words(reads, scope, since, until),
        *(line for row in samples for line in _quoted(row)),
        *(_incidents(reads, scope.brand, since) if scope.label is Label.COMPLAINT else []),
        *(_hands(reads, carried["queue"], now) if scope.label is Label.COMPLAINT else []),
        chart(counts, reading.at),
        f"Next: listener inbox --brand {scope.brand!r}",
    ]
    return Told(
        lines=[line for line in lines if line],
        facts={
            "usual_low": low,
            "usual_high": high,
            "highest_since": record.isoformat() if record else None,
            "driven": driven.tag if driven else None,
            "posts": driven.posts if driven else None,
            "share": round(driven.share, 3) if driven else None,
            "usual_share": round(driven.usual_share, 3) if driven else None,
            "platforms": carried["platform"],
            "queues": carried["queue"],
            "touchpoints": {name: now for name, (now, _) in risen.items()},
            "copies": said.copies,
            "samples": [row.mention.url for row in samples],
        },
    )


def _rate(scope: Scope, reading: Reading, since: datetime, until: datetime) -> str:
    verb = "complained" if scope.label is Label.COMPLAINT else "gave praise"
    low, high = usual_range(reading)
    stretch = f"{since:%a %d %b %H:%M} to {until:%a %d %b %H:%M} UTC"
    usual = f"{reading.usual:.1f} is usual ({ratio(reading)}), 95 times in 100 between {low} and {high}"
    return f"{stretch}: {reading.observed} different people {verb}; {usual}."


def usual_range(reading: Reading) -> tuple[int, int]:
    """Between which counts the window usually lies, by the spread that its hour shows."""
    wide = spread(reading)
    return _least(EDGE, reading.usual, wide, upper=False), _least(EDGE, reading.usual, wide, upper=True)


def _least(edge: float, usual: float, wide: float, *, upper: bool) -> int:
    """The last count below which, or above which, no more than `edge` lies; by halving."""
    low, high = 0, 16
    while tail(high + 1, usual, wide) > edge:
        high *= 2
    while low < high:
        middle = (low + high) // 2
        enough = tail(middle + 1, usual, wide) <= (edge if upper else 1 - edge)
        low, high = (low, middle) if enough else (middle + 1, high)
    return low


def highest_since(counts: Mapping[datetime, int], reading: Reading) -> datetime | None:
    """The end of the latest earlier window that held as many; None where none did."""
    size = max(1, reading.window // HOUR)
    at = reading.at - size * HOUR
    begin = min(counts, default=reading.at)
    while at >= begin:
        if sum(counts.get(at - n * HOUR, 0) for n in range(size)) >= reading.observed:
            return at
        at -= HOUR
    return None


def record_line(record: datetime | None, counts: Mapping[datetime, int], reading: Reading) -> str:
    """Since when it was never as high."""
    if record is not None:
        return f"Highest since {record:%a %d %b %H:%M} UTC."
    begin = min(counts, default=None)
    return f"Highest since the record began on {begin:%d %b %Y}." if begin and begin < reading.at else ""


def chart(counts: Mapping[datetime, int], at: datetime) -> str:
    """People an hour, two days up to now, one bar an hour."""
    first = at - CHARTED + HOUR
    shown = [counts.get(first + n * HOUR, 0) for n in range(CHARTED // HOUR)]
    return f"Last 48 h, hour by hour, {max(shown)} at most: {bars(shown)}"


def ratio(reading: Reading) -> str:
    return f"×{reading.ratio:.1f}" if reading.usual >= 0.5 else "next to none"


def odds(p: float) -> str:
    """A probability as one in so many, rounded to one figure."""
    if p < 1e-9:
        return "under one in a billion"
    digits = f"{1 / p:.0e}"
    return f"about one in {int(float(digits)):,}"


def _history(reads: Reads, scope: Scope, until: datetime) -> dict[datetime, int]:
    rows = reads.hourly_by(scope.brand, scope.dimension, scope.label, until - MEMORY, until)
    return {row.hour: row.count for row in rows if row.value == scope.value}


def _drive(reads: Reads, scope: Scope, since: datetime, until: datetime) -> Drive | None:
    """Of the brand, or of the platform that speaks; the usual by the same hours of the day."""
    before = reads.hourly_posts(scope.brand, since - WEIGHED, since, scope.platform)
    now = reads.hourly_posts(scope.brand, since, until, scope.platform)
    hours = {since.hour + n for n in range((until - since) // HOUR)}
    same = [row for row in before if row.hour.hour in {hour % 24 for hour in hours}]
    days = max(1.0, (since - min((row.hour for row in before), default=since)) / timedelta(days=1))
    return drive(now, before, sum(row.posts for row in same) / days)


def _driven(found: Drive | None) -> str:
    if found is None:
        return ""
    shares = f"{found.share:.0%} of posts complain, {found.usual_share:.0%} are usual"
    volume = f"{found.posts} posts, about {found.usual_posts:.0f} are usual"
    return f"Complaint-driven: {shares} ({volume})." if found.by_share else f"Volume-driven: {volume} ({shares})."


def _carriers(reads: Reads, scope: Scope, dimension: Dimension, since: datetime, until: datetime) -> dict[str, int]:
    """The brand's people by platform or queue, the most first."""
    found: dict[str, int] = {}
    for row in reads.hourly_by(scope.brand, dimension, scope.label, since, until):
        found[row.value] = found.get(row.value, 0) + row.count
    return dict(sorted(found.items(), key=lambda pair: (-pair[1], pair[0]))[:CARRIERS])


def _risen(reads: Reads, scope: Scope, since: datetime, until: datetime) -> dict[str, tuple[int, float]]:
    """The touchpoints that rose most: people of the window, and how many the same hours of a day usually bring."""
    now: dict[str, int] = {}
    before: dict[str, int] = {}
    hours = {(since + n * HOUR).hour for n in range((until - since) // HOUR)}
    begin = since
    for row in reads.hourly_by(scope.brand, Dimension.TOUCHPOINT, scope.label, since - WEIGHED, until):
        begin = min(begin, row.hour)
        if row.hour >= since:
            now[row.value] = now.get(row.value, 0) + row.count
        elif row.hour.hour in hours:
            before[row.value] = before.get(row.value, 0) + row.count
    days = max(1.0, (since - begin) / timedelta(days=1))
    usual = {name: before.get(name, 0) / days for name in now}
    found = {name: (count, usual[name]) for name, count in now.items() if count > usual[name]}
    ranked = sorted(found, key=lambda name: (usual[name] - now[name], name))
    return {name: found[name] for name in ranked[:CARRIERS]}


def _rose(found: Mapping[str, tuple[int, float]]) -> str:
    said = ", ".join(f"{name} {now} ({usual:.0f} usual)" for name, (now, usual) in found.items())
    return f"Touchpoints that rose most: {said}." if said else ""


def _carried(name: str, found: Mapping[str, int]) -> str:
    said = ", ".join(f"{value} {count}" for value, count in found.items())
    return f"By {name}: {said}." if said else ""


def _words(reads: Reads, scope: Scope, since: datetime, until: datetime) -> list[str]:
    if scope.label is not Label.COMPLAINT:
        return []
    found = top_reasons(reads, scope.brand, since, until, days=_days_heard(reads, scope.brand, since))
    words = [reason.words for reason in found]
    return [f"> Words that stand out: {', '.join(words)}"] if words else []


def _days_heard(reads: Reads, brand: str, until: datetime) -> float:
    """Days of record before `until`, a week at most."""
    begin = reads.first_mention_hour(brand) or until
    return max(0.0, min(until - begin, BEFORE) / timedelta(days=1))


def _quoted(row: StoredMention) -> list[str]:
    said = " ".join(row.mention.text.split())
    short = said if len(said) <= QUOTE else said[: QUOTE - 1] + "…"
    return [f"> @{row.mention.author.handle}: {short}", f"  {row.mention.url}".rstrip()]


def _incidents(reads: Reads, brand: str, since: datetime) -> list[str]:
    """Open ones that were opened or changed lately, the largest first."""
    lately = [one for one in reads.incidents(brand) if one.updated_at >= since - timedelta(days=1)]
    lines = sorted(reads.incident_lines(lately), key=lambda line: -line.people)
    found = []
    for line in lines[:INCIDENTS]:
        owner = f"owned by {line.incident.owner}" if line.incident.owner else "owned by nobody"
        found += [f"Open incident {line.incident.id}: {line.people} people, {owner}.", f"> {line.incident.title}"]
    return found


def _hands(reads: Reads, queues: Mapping[str, int], now: datetime) -> list[str]:
    """How full the queues are that it falls into, and who is there."""
    counts = reads.queue_counts(now)
    there = sorted(one.agent for one in reads.presences() if one.available and not one.silent)
    full = [f"{queue} {counts[queue][0]} open, {counts[queue][1]} unclaimed" for queue in queues if queue in counts]
    at_work = f"At work: {', '.join(there)}." if there else "Nobody has said that they are at work."
    return [f"Queues: {'; '.join(full)}. {at_work}"] if full else []
