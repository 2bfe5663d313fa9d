"""What is watched for spikes, and the counts it is judged by."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from listener.domain.verdict import Label


class Dimension(StrEnum):
    """By what a brand's posts are counted apart."""

    WHOLE = "whole"
    """Not at all: the brand's total."""
    QUEUE = "queue"
    PLATFORM = "platform"
    LANG = "language"
    TOUCHPOINT = "touchpoint"
    """A post can be at several."""
    INCIDENT = "incident"


@dataclass(frozen=True, slots=True, order=True)
class Scope:
    """One series: distinct authors of one label about one brand, all of them or a part."""

    brand: str
    label: Label = Label.COMPLAINT
    dimension: Dimension = Dimension.WHOLE
    value: str = ""

    @property
    def whole(self) -> bool:
        """Whether it is a parent: what its children see is told as part of its alert."""
        return self.dimension is Dimension.WHOLE

    @property
    def platform(self) -> str:
        """The only platform it is heard on; empty where any will do."""
        return self.value if self.dimension is Dimension.PLATFORM else ""


@dataclass(frozen=True, slots=True)
class HourOf:
    """A count of one hour, for one value of a dimension."""

    hour: datetime
    value: str
    count: int


@dataclass(frozen=True, slots=True)
class HourPosts:
    """How much was written in an hour, how much of it complained, and how much is still unread by the classifier."""

    hour: datetime
    posts: int
    complaints: int
    unscored: int


@dataclass(frozen=True, slots=True)
class Worded:
    """One author's post, for telling copies from voices."""

    author_id: int
    text: str


@dataclass(frozen=True, slots=True)
class Backlog:
    """Posts stored without a verdict."""

    posts: int
    oldest: datetime | None
    """When the one that waits longest was stored."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchPolicy:
    """When it is told that we don't hear. It is looked at every half minute, so nine minutes are told within ten."""

    failing_after: timedelta = timedelta(minutes=9)
    """A source that fails, and was last read so long ago."""
    held_back_after: timedelta = timedelta(hours=1)
    """The same where a platform's limit holds us back: shorter pauses are its everyday."""
    backlog_posts: int = 2000
    """Posts without a verdict."""
    backlog_age: timedelta = timedelta(minutes=9)
    """How long a post may wait for one."""
    nearly_gone: float = 0.1
    """Share of the month's money, or of a long window's calls, that is little."""
    x_cap_micro_usd: int = 0
    """`x_monthly_cap_usd` of listener.toml."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LanguageCount:
    """Posts of a window in one language, reposts apart."""

    code: str
    """ISO 639; empty where it couldn't be told."""
    posts: int
    unscored: int
    """Without a verdict, and so without a language."""
    abstained: int
    """The classifier was too unsure of the mood, or didn't read the language."""
    unread: int
    """Of those, the ones in a language that no model here reads."""
