"""Who says what of a brand: the rows that loyalty is counted from, and what customers told us themselves."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
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
    """None where the file doesn't say: what is known stays. So with the three below."""
    tier: str = ""
    since: date | None = None
    no_contact: bool | None = None
    percentile: float | None = None
    """As the store computed it; of no meaning in an import."""
    line: int = 0
    """Where it stood in the file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Clash:
    """A row of an import that contradicts an earlier one of the same file, or repeats it."""

    line: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomersSaved:
    """What became of an import."""

    customers: int
    """Distinct ones in it."""
    new: int
    accounts: int
    """Written."""
    moved: int
    """Accounts that another customer had before."""
    clashed: int
    clashes: tuple[Clash, ...]
    """The first of them."""


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


@dataclass(frozen=True, slots=True, kw_only=True)
class LoyaltyPolicy:
    """What the team decided on customers' value and on giving: loyalty.toml."""

    currency: str = "EUR"
    """Of customers' value and of rewards alike; ISO 4217."""
    valuable: float = 0.8
    """The percentile of value from which a customer is called valuable."""
    repeated: int = 2
    """As many complaints in the window, the last case unresolved, put a customer at risk of leaving."""
    monthly_budget_cents: int = 0
    """Of all rewards together, by calendar month; 0: nothing that costs is given."""
    most_per_person_cents: int = 5_000
    """In any 365 days."""
    double_gift: timedelta = timedelta(days=90)
    """Nobody gets the same kind of gift twice within."""
