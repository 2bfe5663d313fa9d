"""How an alert says what happened: rate, baseline, words, links, and what to do next."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from listener.domain.alert import Alert, AlertKind
from listener.domain.policy import SourceConfig
from listener.domain.stored import SourceHealth, StoredMention
from listener.domain.verdict import Label
from listener.insight.reasons import BEFORE, top_reasons
from listener.insight.spikes import HOUR, Reading
from listener.ports import Reads

SAMPLES = 3
QUOTE = 160
"""Code points of a quoted post."""


def spike(reads: Reads, brand: str, queue: str, reading: Reading) -> Alert:
    """A spike's alert: how many, how many are usual, since when, why, and three posts to read."""
    since, until = reading.at + HOUR - reading.window, reading.at + HOUR
    samples = reads.samples(brand, Label.COMPLAINT, since, until, SAMPLES)
    hours = reading.window // HOUR
    stretch = "an hour" if hours == 1 else f"{hours} hours"
    rate = f"{reading.observed} people in {stretch}, about {reading.usual:.0f} are usual"
    return Alert(
        key=f"spike:{subject(brand, queue)}:{reading.at:%Y-%m-%dT%H}",
        kind=AlertKind.SPIKE,
        subject=subject(brand, queue),
        opened_at=reading.at,
        title=f"Complaints to {_where(brand, queue)}: {rate}",
        body="\n".join(_reasons(reads, brand, reading, since, until, samples)),
        facts={
            "hour": reading.at.isoformat(),
            "since": since.isoformat(),
            "until": until.isoformat(),
            "observed": reading.observed,
            "usual": round(reading.usual, 2),
            "p": reading.p,
            "novelty": round(min(reading.novelty, 1e6), 3),
            "samples": [row.mention.url for row in samples],
        },
    )


def subject(brand: str, queue: str) -> str:
    """What a spike's alert is about; an empty queue means the whole brand."""
    return f"{brand}/{queue}"


def _where(brand: str, queue: str) -> str:
    return f"{brand} ({queue} queue)" if queue else brand


def _reasons(
    reads: Reads, brand: str, reading: Reading, since: datetime, until: datetime, samples: Sequence[StoredMention]
) -> list[str]:
    """Rate, baseline, rarity, words, posts, next command; lines that quote a stranger start with `> `."""
    stretch = f"{since:%a %d %b %H:%M} to {until:%a %d %b %H:%M} UTC"
    lines = [
        f"{stretch}: {reading.observed} different people complained; {reading.usual:.1f} is usual ({ratio(reading)}).",
        f"Chance of that on a usual day: {odds(reading.p)}.",
    ]
    words = [reason.words for reason in top_reasons(reads, brand, since, until, days=_days_heard(reads, brand, since))]
    if words:
        lines.append(f"> Words that stand out: {', '.join(words)}")
    for row in samples:
        lines += [f"> @{row.mention.author.handle}: {_quote(row.mention.text)}", f"  {row.mention.url}".rstrip()]
    lines.append(f"Next: listener inbox --brand {brand!r}")
    return [line for line in lines if line]


def _days_heard(reads: Reads, brand: str, until: datetime) -> float:
    """Days of record before `until`, a week at most."""
    begin = reads.first_mention_hour(brand) or until
    return max(0.0, min(until - begin, BEFORE) / timedelta(days=1))


def ratio(reading: Reading) -> str:
    return f"×{reading.ratio:.1f}" if reading.usual >= 0.5 else "next to none"


def odds(p: float) -> str:
    """A probability as one in so many, rounded to one figure."""
    if p < 1e-9:
        return "under one in a billion"
    digits = f"{1 / p:.0e}"
    return f"about one in {int(float(digits)):,}"


def _quote(text: str) -> str:
    one_line = " ".join(text.split())
    return one_line if len(one_line) <= QUOTE else one_line[: QUOTE - 1] + "…"


def calm_again(brand: str, queue: str, reading: Reading) -> str:
    return f"Over: complaints to {_where(brand, queue)} are back to usual ({reading.count} in the last hour)"


def lasted(since: datetime, until: datetime) -> str:
    return f"Open from {since:%Y-%m-%d %H:%M} to {until:%Y-%m-%d %H:%M} UTC ({_span(until - since)})."


def _span(length: timedelta) -> str:
    hours, rest = divmod(round(length.total_seconds() / 60), 60)
    return f"{hours} h {rest} min" if hours else f"{rest} min"


def silence(source: SourceConfig, health: SourceHealth, now: datetime) -> Alert:
    """A source that has gone quiet: since when, and whether reading it fails or it just has nothing."""
    last = health.last_mention or now
    why = f"Reading it fails: {health.error}" if health.failures else "Reading it works; it brings nothing."
    return Alert(
        key=f"silence:{source.name}:{last:%Y-%m-%dT%H:%M}",
        kind=AlertKind.SILENCE,
        subject=source.name,
        opened_at=now,
        title=f"Silent: nothing from {source.name} for {_span(now - last)}",
        body="\n".join(
            [
                f"Last mention {last:%Y-%m-%d %H:%M} UTC; expected at least every {_span(source.silent_after)}.",
                why,
                "Until it is heard again, complaints there are not counted. Next: listener doctor --online",
            ]
        ),
        facts={"last_mention": last.isoformat(), "failures": health.failures},
    )


def heard_again(source: str) -> str:
    return f"Heard again: {source}"
