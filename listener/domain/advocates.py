"""People who speak up for a brand, and what they were given for it."""

from dataclasses import dataclass
from datetime import datetime

from listener.domain.loyalty import Gift, Person


@dataclass(frozen=True, slots=True, kw_only=True)
class Advocate:
    """One person who recommends or praises, and whose latest word isn't against us."""

    person: Person
    recommendations: int
    """Posts that advise others to."""
    praises: int
    """Posts that praise without that."""
    days: int
    """Distinct days (UTC) with either: ten posts of one day carry no further than one."""
    reach: int | None
    """Followers: an upper bound of who may have seen a post; None where the platform doesn't tell."""
    engagement: int
    """Likes, replies and reposts of those posts."""
    score: float
    """By `listener.insight.advocates.FORMULA`."""
    best_post: int
    """The mention id of the post to thank for: a recommendation before praise, then by engagement, then the latest."""
    last_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """Why somebody isn't asked or given anything now."""

    opted_out: int = 0
    not_allowed: int = 0
    """The platform's terms, or the post itself, allow no answer."""
    had_already: int = 0
    """Within the double-gift window."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ThankQueue:
    """Whom to thank next, the furthest-carrying first."""

    lines: tuple[Advocate, ...]
    kept: Kept


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """What a budget has left."""

    month: str
    """As 2026-03, in the team's time zone."""
    spent_cents: int
    budget_cents: int

    @property
    def left_cents(self) -> int:
        return max(0, self.budget_cents - self.spent_cents)


@dataclass(frozen=True, slots=True, kw_only=True)
class Giving:
    """What an agent means to give."""

    gift: Gift
    what: str
    cost_cents: int
    why: str
    mention_id: int
    """The post it is for."""
    brand: str = ""
    """Empty: of that post."""
