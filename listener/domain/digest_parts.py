"""Parts of a digest beside its figures: the rows behind them, lists to act on, how far to trust it, and loyalty."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from listener.domain.comparing import Compared
from listener.domain.nps import Nps
from listener.domain.shares import MIN_N, Share
from listener.domain.worth import AtStake


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
    compared: Compared | None = None
    """What sources list beside what is stored; None where nothing was compared in a week."""


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
class Survey:
    """What those say who were asked, beside what the others say unasked."""

    nps: Nps
    before: Nps | None
    """Of as many days just before; None where nobody answered then."""
    days: int
    command: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Loyal:
    """What became of people's loyalty."""

    recovery: str = ""
    """One sentence with its n and interval; empty where nothing was resolved."""
    recovery_command: str = ""
    """Shows what that sentence is told from: cases resolved in the latest four weeks whose 30 days are over."""
    stake: AtStake | None = None
    """None where no value of any customer is known."""
    currency: str = ""
    touchpoints: tuple[Touchpoint, ...] = ()
    """The ones most complain at in front."""
    survey: Survey | None = None
    """None where nobody answered."""
    scores: tuple[LoyaltyScore, ...] = ()
    """Of a week only: a day is too short."""
