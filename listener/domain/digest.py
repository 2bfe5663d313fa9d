"""The scheduled summary of a day or week: what `listener.insight.digest` builds and `listener.reports` renders."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum

from listener.domain.worth import AtStake

MIN_N = 30
"""Under so many, a share is too few to tell: it is neither ranked nor drawn."""


class Cycle(StrEnum):
    """How often a digest is made, and how long a stretch it is of."""

    DAILY = "daily"
    WEEKLY = "weekly"


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """A part of a whole with its 95 % interval (Wilson)."""

    part: int
    whole: int
    low: float
    high: float

    @property
    def value(self) -> float:
        return self.part / self.whole if self.whole else 0.0

    @property
    def telling(self) -> bool:
        return self.whole >= MIN_N


@dataclass(frozen=True, slots=True, kw_only=True)
class Balance:
    """Advocacy balance: promoters % − detractors % of distinct authors, by each one's latest stand.

    It is inferred from talk, not asked: few customers post, and the vocal ones.
    """

    promoters: int
    passives: int
    detractors: int
    unknown: int
    """Authors of whom nothing could be told; not in n."""
    low: float
    high: float
    """95 % interval in points, -100 to 100."""

    @property
    def n(self) -> int:
        return self.promoters + self.passives + self.detractors

    @property
    def points(self) -> float:
        return 100 * (self.promoters - self.detractors) / self.n if self.n else 0.0

    @property
    def telling(self) -> bool:
        return self.n >= MIN_N


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
class Behind:
    """A number of the digest and the command that lists what it counts, one row each."""

    figure: str
    """`complaints.people`, say: where in the digest it stands."""
    number: int
    command: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ToDo:
    """One line of a list to act on."""

    who: str
    """A stranger's account as `@handle on platform`, hostile; or the name of a theme."""
    why: str
    """In our own words."""
    words: str = ""
    """A stranger's, hostile until escaped."""
    url: str = ""
    command: str = ""
    """Shows what it is about."""
    ours: bool = False
    """`who` is a name from our own settings, no stranger's word."""


class ActOn(StrEnum):
    """What a list is for."""

    WIN_BACK = "win back"
    THANK = "thank"
    ANSWER = "answer"
    FIX = "fix"


@dataclass(frozen=True, slots=True, kw_only=True)
class ActList:
    """Few lines to act on, those first that matter most."""

    act: ActOn
    chosen: str
    """How they were chosen, one phrase."""
    lines: tuple[ToDo, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A share told from a sample that stands for more than itself."""

    value: float
    low: float
    high: float
    """95 % interval."""
    n: int
    """Checked posts that it rests on."""

    @property
    def telling(self) -> bool:
        return self.n >= MIN_N


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """How right the model was about complaints of a brand, by a sample that agents checked."""

    brand: str
    drawn_at: datetime
    checked: int
    precision: Estimate | None
    """Of what it called complaints; None where nothing could be counted."""
    recall: Estimate | None
    """Of what complains."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """How far the figures may be trusted."""

    unsure: Share
    """Of posts with a verdict that speak to the brand: the classifier abstained."""
    backlog: int = 0
    """Posts that wait for a verdict now, of whatever day and brand."""
    measured: tuple[Measured, ...] = ()
    unmeasured: tuple[str, ...] = ()
    """Brands of which no sample was checked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Touchpoint:
    """Who speaks of one touchpoint of a brand, reposts apart."""

    brand: str
    name: str
    people: int
    complain: int
    praise: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LoyaltyScore:
    """One loyalty factor of a week, 0 to 100."""

    brand: str
    factor: str
    score: float
    low: float
    high: float
    """95 % interval."""
    before: float | None
    """Of the week before; None where it can't be compared."""
    command: str
    """Shows the parts it is made of."""

    @property
    def changed(self) -> bool:
        """The week before lies outside what luck alone can do."""
        return self.before is not None and not self.low <= self.before <= self.high


@dataclass(frozen=True, slots=True, kw_only=True)
class Loyal:
    """What became of people's loyalty."""

    recovery: str = ""
    """One sentence with its n and interval; empty where nothing was resolved."""
    stake: AtStake | None = None
    """None where no value of any customer is known."""
    currency: str = ""
    touchpoints: tuple[Touchpoint, ...] = ()
    """The ones most complain at in front."""
    scores: tuple[LoyaltyScore, ...] = ()
    """Of a week only: a day is too short."""


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
