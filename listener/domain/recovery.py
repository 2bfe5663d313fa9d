"""Whether complainers came round: what they posted after their case was resolved."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from listener.domain.digest import MIN_N, Share

AGAIN = timedelta(days=30)
"""How long after a resolution somebody's next posts are looked at."""

TURNED = timedelta(days=90)
"""How long after it somebody may have become a promoter."""


class RecoveryBy(StrEnum):
    """What a row of recoveries is."""

    AGENT = "agent"
    QUEUE = "queue"
    TOUCHPOINT = "touchpoint"


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolution:
    """A complaint case was resolved, and nobody took that back."""

    case_id: int
    author_id: int
    """All accounts of one linked customer bear the least of their ids."""
    brand: str
    queue: str
    agent: str
    """Who resolved it; the program's name where nobody did."""
    at: datetime
    touchpoints: tuple[str, ...] = ()
    """What its posts speak of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Median:
    """Half had it happen by then (Kaplan–Meier), with the 95 % interval; None where the curve never falls so far."""

    value: timedelta | None
    low: timedelta | None
    high: timedelta | None
    n: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RecoveryLine:
    """Recovery of some of the people; `key` says of which, empty of all."""

    key: str
    resolved: int
    """People with a complaint case that was resolved in the window; each counts once, from the first on."""
    pending: int
    """Of them, those whose 30 days aren't over; they are in nothing below."""
    silent: int
    """Those who posted nothing that could be read in their 30 days; they tell nothing."""
    recovered: Share
    """Of those who posted again: none of their posts in those 30 days complains."""
    time: Median
    """From the resolution to their first post that doesn't complain; of those who posted again, seen for 30 days."""
    promoters: Share
    """Of those who posted again and whose 90 days are over: whose latest stand in these promotes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovery:
    """What became of complainers whose case was resolved in a window."""

    brands: tuple[str, ...]
    since: datetime
    until: datetime
    at: datetime
    """When it was asked: nothing later is known."""
    whole: RecoveryLine
    lines: tuple[RecoveryLine, ...] = ()
    """By agent, queue or touchpoint, the most people first."""
    complete_on: datetime | None = None
    """When the last of the pending 30 days ends; None if none is pending."""

    @property
    def headline(self) -> str:
        """One plain sentence, with its n and interval, that needs nothing beside it."""
        line = self.whole
        if not line.resolved:
            return "Recovery: no complaint was resolved."
        begin = f"Recovery: {_people(line.resolved)} had a complaint resolved"
        if line.recovered.whole < MIN_N:
            return f"{begin}; {self._too_few()}."
        again = line.recovered
        return (
            f"{begin}; of the {again.whole:,} who posted again within 30 days, {100 * again.value:.0f} %"
            f" ({100 * again.low:.0f} to {100 * again.high:.0f}) no longer complained{self._waited()}{self._early()}."
        )

    def _too_few(self) -> str:
        line = self.whole
        again = f"{line.recovered.whole:,} posted again within 30 days"
        said = f"too few to tell how many no longer complain ({again}, {MIN_N} are needed)"
        return said + self._early()

    def _waited(self) -> str:
        value = self.whole.time.value
        return "" if value is None else f", half of those {self.whole.time.n:,} within {said_wait(value)}"

    def _early(self) -> str:
        if not self.whole.pending or self.complete_on is None:
            return ""
        return f"; for {self.whole.pending:,} more it is too early, until {self.complete_on:%Y-%m-%d}"


def said_wait(wait: timedelta) -> str:
    """`5 hours`, `3 days`."""
    hours = wait / timedelta(hours=1)
    if hours < 1:
        return "an hour"
    number, unit = (hours, "hour") if hours < 48 else (hours / 24, "day")
    return f"{number:.0f} {unit}{'' if round(number) == 1 else 's'}"


def _people(count: int) -> str:
    return "1 person" if count == 1 else f"{count:,} people"
