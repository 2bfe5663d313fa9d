"""Who says what of a brand: the rows that loyalty is counted from, and what customers told us themselves."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum


@dataclass(frozen=True, slots=True, kw_only=True)
class Saying:
    """One post about one brand, with all that was found in it. Reposts are nobody's own words and never among them."""

    mention_id: int
    author_id: int
    """All accounts of one linked customer bear the least of their ids."""
    platform: str
    lang: str
    at: datetime
    addressed: bool
    """False where the brand is only named beside the one that is spoken to: such a post bears no labels for it."""
    scored: bool
    sentiment: str | None
    """None where the classifier abstained, or hasn't read it."""
    complaint: bool
    praise: bool
    question: bool
    engagement: int
    queue: str
    """Of the case that holds it; empty if none does."""
    tags: frozenset[str]
    """As `listener.domain.themes.tag` writes them; empty too where nobody looked for themes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """One account, as lists name it; `value` and what follows are of the customer behind it, where one was imported."""

    author_id: int
    platform: str
    handle: str
    name: str
    followers: int | None
    customer: str = ""
    """The company's own id of the customer; empty for nobody known."""
    value: float | None = None
    """Money a year, in the currency of the import."""
    percentile: float | None = None
    """Of the value among all imported customers, 0 to 1."""
    tier: str = ""
    since: date | None = None
    no_contact: bool = False
    """Asked not to be contacted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    """One row of a customer import."""

    ref: str
    """The company's own id."""
    accounts: tuple[tuple[str, str], ...]
    """(platform, handle) pairs, handles without @, case folded."""
    value: float | None = None
    tier: str = ""
    since: date | None = None
    no_contact: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One answer to "how likely are you to recommend us, 0 to 10?", imported from a survey."""

    brand: str
    survey: str
    respondent: str
    """Whoever answered, as the survey names them; one answer each a survey and instant."""
    score: int
    at: datetime
    comment: str = ""


class Gift(StrEnum):
    THANKS = "thanks"
    REWARD = "reward"
    INVITATION = "invitation"


@dataclass(frozen=True, slots=True, kw_only=True)
class Reward:
    """What an advocate was given, or is to be given; the ledger is never rewritten, only taken back."""

    id: int
    author_id: int
    brand: str
    gift: Gift
    what: str
    cost_cents: int
    why: str
    mention_id: int | None
    """The post it is for."""
    agent: str
    at: datetime
    undone_at: datetime | None = None
