"""The scheduled summary of a day or week: what `listener.insight.digest` builds and `listener.reports` renders."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum

from listener.domain.digest_parts import ActList, Behind, Loyal, Trust
from listener.domain.shares import MIN_N, Balance, Share

__all__ = [
    "MIN_N",
    "AlertLine",
    "Balance",
    "Blind",
    "BrandLine",
    "CaseCounts",
    "CaseLine",
    "Cycle",
    "DaySentiment",
    "Digest",
    "Figure",
    "HourPoint",
    "Quote",
    "Sentiments",
    "Share",
    "TopReason",
]


class Cycle(StrEnum):
    """How often a digest is made, and how long a stretch it is of."""

    DAILY = "daily"
    WEEKLY = "weekly"


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One count of the day beside what is usual."""

    name: str
    people: int
    """Distinct authors."""
    posts: int
    measured: int
    """Of the people, those about brands with a history: what `usual` may be compared with."""
    usual: float | None
    """People on a usual day, or in a usual week; None where there is too little history to say."""
    command: str
    """Lists the people behind the number."""

    @property
    def change(self) -> float | None:
        """Relative to the usual: 0.5 is half as many again; None where nothing is usual."""
        return self.measured / self.usual - 1 if self.usual else None


@dataclass(frozen=True, slots=True, kw_only=True)
class BrandLine:
    """One brand's day."""

    brand: str
    competitor: bool
    mentions: int
    reposts: int
    complaints: Figure
    praise: Figure
    voice: Share
    """Of all configured brands' mentions."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentiments:
    """Mentions by sentiment; reposts apart."""

    negative: int
    neutral: int
    positive: int
    unsure: int
    """The classifier abstained."""
    unscored: int
    """Not classified yet."""
    aside: int
    """Spoken to another brand; this one is only named."""

    @property
    def total(self) -> int:
        return self.negative + self.neutral + self.positive + self.unsure + self.unscored + self.aside


@dataclass(frozen=True, slots=True, kw_only=True)
class DaySentiment:
    day: date
    sentiments: Sentiments


@dataclass(frozen=True, slots=True, kw_only=True)
class HourPoint:
    """Distinct complaining authors of one hour beside what the spike rule expected."""

    hour: datetime
    complaints: int
    usual: float | None
    upper: float | None
    """End of the usual range; both None where there is too little history."""
    blind: bool
    """Some of this hour is known to be unseen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """A stranger's words; everything in it is hostile until escaped."""

    brand: str
    platform: str
    handle: str
    text: str
    url: str
    followers: int | None
    engagement: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TopReason:
    """What complaints are about, in the customers' own words."""

    words: str
    people: int
    usual: float | None
    """People on a usual day, or in a usual week; None without history."""
    quote: Quote
    estimated: bool = False
    """`people` was told from a part of the complaints."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseLine:
    """One case and how long its author waited, or still waits, for the first answer."""

    id: int
    brand: str
    handle: str
    headline: str
    url: str
    waited: timedelta
    answered: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseCounts:
    """What happened to cases in the day."""

    opened: int
    answered: int
    breached: int
    """Promised for this day and not answered in time."""
    resolved: int
    median_first_response: timedelta | None
    """Of those answered; None if none was."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertLine:
    opened_at: datetime
    closed_at: datetime | None
    title: str
    level: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Blind:
    """A stretch of the day in which a source was not heard; figures are too low by what it said."""

    source: str
    since: datetime
    until: datetime
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """The summary of a day or week, the story first."""

    day: date
    """The first, of a week."""
    timezone: str
    since: datetime
    until: datetime
    made_at: datetime
    brand: str
    """Empty: several own brands together."""
    story: tuple[str, ...]
    """At most five plain sentences."""
    basis: str
    """What "usual" means here, for people."""
    complaints: Figure
    praise: Figure
    questions: Figure
    mentions: int
    """Reposts apart."""
    reposts: int
    sentiments: Sentiments
    balance: Balance
    brands: tuple[BrandLine, ...]
    reasons: tuple[TopReason, ...]
    praises: tuple[Quote, ...]
    thanks: tuple[Quote, ...]
    """Promoters with the largest reach."""
    cases: CaseCounts
    slowest: tuple[CaseLine, ...]
    alerts: tuple[AlertLine, ...]
    blind: tuple[Blind, ...]
    hours: tuple[HourPoint, ...]
    """Empty for a week."""
    week: tuple[DaySentiment, ...]
    """The days up to its last: eight of a day's digest, fourteen of a week's."""
    cycle: Cycle = Cycle.DAILY
    lists: tuple[ActList, ...] = ()
    """Those with lines."""
    loyal: Loyal = field(default_factory=Loyal)
    trust: Trust = field(default_factory=lambda: Trust(unsure=Share(part=0, whole=0, low=0.0, high=1.0)))
    behind: tuple[Behind, ...] = ()
    """Every number that counts rows, with the command that lists them."""

    def command(self, figure: str) -> str:
        """The one behind a number; empty if none is."""
        return next((one.command for one in self.behind if one.figure == figure), "")

    @property
    def partial(self) -> bool:
        """It wasn't over when this was made."""
        return self.made_at < self.until
