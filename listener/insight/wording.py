"""How an alert says what happened: its title, its facts, and what to do next; the reasons stand in `why`."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from listener.domain.alert import Alert, AlertKind
from listener.domain.policy import SourceConfig
from listener.domain.stored import SourceHealth
from listener.domain.verdict import Label
from listener.domain.watched import Dimension, Scope
from listener.insight import why
from listener.insight.copies import Voices
from listener.insight.scopes import Seen
from listener.insight.spikes import HOUR, Reading
from listener.ports import Reads

WORDS = {Label.COMPLAINT: "complaints to", Label.PRAISE: "praise of"}


def spike(reads: Reads, lead: Seen, speak: Sequence[Scope], said: Voices, now: datetime) -> Alert:
    """A spike's alert: how many, how many are usual, since when, why, and three posts to read."""
    scope, reading = lead.scope, lead.reading
    since, until = window(reading)
    kind = AlertKind.SPIKE if scope.label is Label.COMPLAINT else AlertKind.PRAISE
    hours = reading.window // HOUR
    stretch = "an hour" if hours <= 1 else f"{hours} hours"
    rate = f"{reading.observed} people in {stretch}, about {reading.usual:.0f} are usual"
    told = why.explain(reads, lead, said, since, until, now)
    what = WORDS[scope.label]
    return Alert(
        key=f"{kind}:{subject(scope.brand)}:{reading.at:%Y-%m-%dT%H}",
        kind=kind,
        subject=subject(scope.brand),
        opened_at=reading.at,
        title=f"{what[0].upper()}{what[1:]} {where(scope)}: {rate}",
        body="\n".join(told.lines),
        facts={
            "brand": scope.brand,
            "queue": scope.value if scope.dimension is Dimension.QUEUE else "",
            "series": _series(scope),
            "speaking": [_series(one) for one in speak],
            "hour": reading.at.isoformat(),
            "since": since.isoformat(),
            "until": until.isoformat(),
            "observed": reading.observed,
            "counted": said.counted,
            "usual": round(reading.usual, 2),
            "p": reading.p,
            "novelty": round(min(reading.novelty, 1e6), 3),
            **told.facts,
        },
    )


def window(reading: Reading) -> tuple[datetime, datetime]:
    """The stretch that a reading speaks of."""
    return reading.at + HOUR - reading.window, reading.at + HOUR


def subject(brand: str) -> str:
    """What a spike's alert is about: the brand, whichever of its series speaks."""
    return f"{brand}/"


def where(scope: Scope) -> str:
    """The brand, and the part of it that speaks."""
    if scope.whole:
        return scope.brand
    named = {
        Dimension.QUEUE: f"{scope.value} queue",
        Dimension.PLATFORM: f"on {scope.value}",
        Dimension.LANG: f"in {scope.value}",
        Dimension.TOUCHPOINT: f"touchpoint {scope.value}",
        Dimension.INCIDENT: f"incident {scope.value}",
    }
    return f"{scope.brand} ({named[scope.dimension]})"


def _series(scope: Scope) -> str:
    return "whole brand" if scope.whole else f"{scope.dimension} {scope.value}"


def calm_again(brand: str, label: Label, reading: Reading) -> str:
    return f"Over: {WORDS[label]} {brand} are back to usual ({reading.count} in the last hour)"


def cold(brand: str, at: datetime, people: int, warm_up: timedelta) -> Alert:
    """A brand whose record only begins: it is heard, but nothing says yet what is usual."""
    return Alert(
        key=f"cold:{brand}/:{at:%Y-%m-%dT%H}",
        kind=AlertKind.COLD,
        subject=subject(brand),
        opened_at=at,
        title=f"Not judged yet: complaints to {brand}, {people} people in three hours",
        body="\n".join(
            [
                f"Its record only begins: after {_span(warm_up)} of it there is a usual to compare with.",
                "Until then a rise of its complaints raises no alarm; they are in the queue like all others.",
                f"Next: listener inbox --brand {brand!r}",
            ]
        ),
        facts={"brand": brand, "people": people},
    )


def warm(brand: str) -> str:
    return f"Judged from now on: complaints to {brand}"


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


def quiet(subject: str, last: datetime, expected: float, now: datetime) -> Alert:
    """A source, or a platform, that is read without an error and brings less than is its way."""
    return Alert(
        key=f"silence:{subject}:{last:%Y-%m-%dT%H:%M}",
        kind=AlertKind.SILENCE,
        subject=subject,
        opened_at=now,
        title=f"Quiet: nothing from {subject} for {_span(now - last)}, where about {expected:.0f} posts are usual",
        body="\n".join(
            [
                f"Last mention {last:%Y-%m-%d %H:%M} UTC; about {expected:.0f} posts are usual meanwhile.",
                "Reading it works; it brings nothing.",
                "A changed search, a revoked permission or a fault of the platform looks like this.",
                "Next: listener doctor --online",
            ]
        ),
        facts={"last_mention": last.isoformat(), "usual": round(expected, 1), "failures": 0},
    )


def heard_again(source: str) -> str:
    return f"Heard again: {source}"
