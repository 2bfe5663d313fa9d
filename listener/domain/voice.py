"""Word of mouth: how much is said of a brand, by how many, how far it may reach and how fast it grows."""

from dataclasses import dataclass
from datetime import datetime

from listener.domain.digest import Share


@dataclass(frozen=True, slots=True, kw_only=True)
class Speaker:
    """What one account said of a brand in one hour, reposts apart."""

    author_id: int
    """All accounts of one linked customer bear the least of their ids."""
    account_id: int
    followers: int | None
    platform: str
    lang: str
    hour: datetime
    mentions: int
    messages: int
    """Mentions that carry a message the brand wants repeated."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Velocity:
    """Mentions an hour, over the full hours heard so far, and over the same hours one or more weeks before."""

    mentions: int
    hours: float
    earlier: int | None
    """None where the brand's record doesn't reach back so far."""
    earlier_hours: float
    low: float | None
    high: float | None
    """95 % interval of `change`, as if posts came independently; None where nothing was said in the earlier hours."""

    @property
    def rate(self) -> float | None:
        return self.mentions / self.hours if self.hours else None

    @property
    def earlier_rate(self) -> float | None:
        return self.earlier / self.earlier_hours if self.earlier is not None and self.earlier_hours else None

    @property
    def change(self) -> float | None:
        """Relative: 0.5 is half as many again an hour; None where nothing can be told from."""
        return self.rate / self.earlier_rate - 1 if self.rate is not None and self.earlier_rate else None

    @property
    def n(self) -> int:
        return self.mentions + (self.earlier or 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class VoiceRow:
    """One brand, platform, language, hour, day or week."""

    key: str
    mentions: int
    """People's own words: reposts and the brand's own accounts apart."""
    reposts: int
    own_posts: int | None
    """By the brand's own accounts; None where they can't be told apart so: no language of theirs is kept."""
    authors: int
    """Distinct people, linked accounts as one; without those who only reposted."""
    reach: int
    """Followers of the distinct accounts, summed: an upper bound of who may have seen it."""
    unknown_reach: int
    """Accounts whose followers the platform doesn't tell; they add nothing to `reach`."""
    engagement: int
    """Likes, replies and reposts of the mentions."""
    voice: Share
    """Of the mentions of all configured brands."""
    author_voice: Share
    """The same by distinct authors, each counted once a brand."""
    pull: Share
    """Message pull-through: mentions that carry a configured message, of all."""
    velocity: Velocity
