"""What moves customers, against what they talk about."""

from dataclasses import dataclass
from enum import StrEnum

from listener.domain.digest import Share
from listener.domain.themes import Act


class Outcome(StrEnum):
    """What an author does that themes may move them to."""

    RECOMMEND = Act.RECOMMEND.value
    WARN = Act.WARN.value
    LEAVE = Act.LEAVE.value

    @property
    def wanted(self) -> bool:
        return self is Outcome.RECOMMEND


class Box(StrEnum):
    """Where a theme stands between what is said and what moves."""

    FIX_FIRST = "fix first"
    """It moves people the wrong way."""
    KEEP = "keep"
    """It moves them the right way."""
    TABLE_STAKES = "table stakes"
    """Much talked about, and not seen to move anybody."""
    IGNORE = "ignore"
    """Neither."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Driver:
    """One theme in the model of one outcome."""

    tag: str
    """As `touchpoint:deliver`."""
    stated: Share
    """Authors who mention it, of all: its stated importance."""
    derived: float
    """Standardised coefficient: change of the outcome's log-odds with one standard deviation more of the theme."""
    low: float
    high: float
    """95 % interval."""
    odds: float
    """What mentioning it multiplies the outcome's odds by, the other themes being equal."""
    important: bool
    """The interval leaves out nought, and still does when widened for how many themes are looked at together."""
    box: Box

    @property
    def name(self) -> str:
        return self.tag.partition(":")[2]

    @property
    def spans_nought(self) -> bool:
        return self.low <= 0 <= self.high


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """A theme that the model can't hold, and why."""

    tag: str
    stated: Share
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Drivers:
    """One brand, one outcome; an author counts once."""

    brand: str
    outcome: Outcome
    authors: int
    having: int
    """Of them, those who do it."""
    drivers: tuple[Driver, ...] = ()
    """The strongest first; empty where it was refused."""
    left_out: tuple[LeftOut, ...] = ()
    much: float = 0.0
    """The stated share from which a theme is much talked about: the median of the themes in the model."""
    refused: str = ""
    """Why nothing is told, and how much is missing; empty where it was told."""
    missing: int = 0
    """Authors that are lacking, where it was refused for too few of a kind."""
    looked_at: int = 0
    """Posts in which themes were looked for."""
    posts: int = 0
