"""The customer behind the accounts: one card, the stand month by month, and linking accounts by hand."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo
from statistics import median_low

from listener.clock import Clock
from listener.domain.case import CaseState
from listener.domain.customer import Account, Basis, CustomerFacts, Said, Stand
from listener.domain.platform import terms_of
from listener.domain.policy import TriagePolicy
from listener.domain.text import clean_name, visible
from listener.errors import ConfigError, Conflict, NotFound
from listener.ports import Reads, Store
from listener.triage.calendar import between
from listener.triage.desk import named


@dataclass(frozen=True, slots=True, kw_only=True)
class Month:
    """One month of one brand."""

    month: str
    """As `2026-03`, in the team's time zone."""
    brand: str
    posts: int
    complaints: int
    praises: int
    stand: Stand


@dataclass(frozen=True, slots=True, kw_only=True)
class BrandTalk:
    """What a customer posted about one brand, reposts apart."""

    brand: str
    posts: int
    complaints: int
    praises: int
    first: datetime
    last: datetime
    stand: Stand
    """By the latest post that says so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """How fast this customer was first answered, in business time."""

    cases: int
    """That were answered."""
    unanswered: int
    """Still open and without any answer."""
    median: timedelta | None
    """The lower one of an even number; None without any answer."""
    longest: timedelta | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerCard:
    """One customer, all accounts together."""

    facts: CustomerFacts
    talk: tuple[BrandTalk, ...]
    """By brand."""
    months: tuple[Month, ...]
    """Newest first."""
    answered: Answered
    value_percentile: float | None
    """Of the customer behind the accounts, the most valuable where several claim them."""
    value: float | None = None
    tier: str = ""


def card_of(facts: CustomerFacts, policy: TriagePolicy, zone: tzinfo) -> CustomerCard:
    """Everything that is shown of a customer. Pure."""
    known = max(facts.accounts, key=lambda one: -1.0 if one.value_percentile is None else one.value_percentile)
    return CustomerCard(
        facts=facts,
        talk=tuple(_talk(brand, said) for brand, said in sorted(_by_brand(facts.said).items())),
        months=tuple(_months(facts.said, zone)),
        answered=_answered(facts, policy),
        value_percentile=known.value_percentile,
        value=known.value,
        tier=known.tier,
    )


def stand_of(said: Sequence[Said]) -> Stand:
    """Of posts in their order: the latest that bears a label decides; praise and complaint in one make a passive."""
    labelled = next((one for one in reversed(said) if one.complaint or one.praise or one.question), None)
    if labelled is None:
        return Stand.PASSIVE if any(one.sentiment is not None for one in said) else Stand.UNKNOWN
    if labelled.praise != labelled.complaint:
        return Stand.PROMOTER if labelled.praise else Stand.DETRACTOR
    return Stand.PASSIVE


def _talk(brand: str, said: Sequence[Said]) -> BrandTalk:
    counts = _counts(said)
    return BrandTalk(brand=brand, first=said[0].at, last=said[-1].at, stand=stand_of(said), **counts)


def _months(said: Iterable[Said], zone: tzinfo) -> list[Month]:
    found: dict[tuple[str, str], list[Said]] = {}
    for one in said:
        found.setdefault((f"{one.at.astimezone(zone):%Y-%m}", one.brand), []).append(one)
    return [
        Month(month=month, brand=brand, stand=stand_of(posts), **_counts(posts))
        for (month, brand), posts in sorted(found.items(), key=lambda pair: pair[0], reverse=True)
    ]


def _counts(said: Sequence[Said]) -> dict[str, int]:
    counts = Counter(posts=len(said))
    counts.update(complaints=sum(one.complaint for one in said), praises=sum(one.praise for one in said))
    return {name: counts[name] for name in ("posts", "complaints", "praises")}


def _by_brand(said: Iterable[Said]) -> Mapping[str, list[Said]]:
    found: dict[str, list[Said]] = {}
    for one in said:
        found.setdefault(one.brand, []).append(one)
    return found


def _answered(facts: CustomerFacts, policy: TriagePolicy) -> Answered:
    spans = [
        between(policy.sla.hours_of(case.queue), case.opened_at, case.first_reply_at)
        for case in facts.cases
        if case.first_reply_at is not None
    ]
    waiting = sum(case.first_reply_at is None and case.state is not CaseState.RESOLVED for case in facts.cases)
    return Answered(
        cases=len(spans),
        unanswered=waiting,
        median=median_low(spans) if spans else None,
        longest=max(spans, default=None),
    )


class Customers:
    """Looking at customers, and saying which accounts are one's; nothing is guessed, and no case is joined by it."""

    def __init__(self, store: Store, policy: TriagePolicy, clock: Clock, zone: tzinfo) -> None:
        self._store = store
        self._policy = policy
        self._clock = clock
        self._zone = zone

    def of_case(self, case_id: int) -> CustomerCard:
        """Whoever wrote what the case holds."""
        with self._store.read() as reads:
            facts = reads.customer(reads.case(case_id).author_id)
        return card_of(facts, self._policy, self._zone)

    def named(self, handle: str, platform: str = "") -> CustomerCard:
        """By a handle, as `ann`, `@ann` or `x:ann`. Raises `NotFound`; `ConfigError` where several bear it."""
        with self._store.read() as reads:
            facts = reads.customer(account_named(reads, handle, platform).id)
        return card_of(facts, self._policy, self._zone)

    def link(self, handle: str, other: str, basis: Basis, agent: str) -> CustomerCard:
        """Both are one customer's, and whatever is linked to either.

        Raises `ConfigError` where a platform's terms forbid it, `Conflict` if they are linked, or are the same.
        """
        name, now = named(agent), self._clock.now()
        with self._store.write() as tx:
            one, two = account_named(tx, handle), account_named(tx, other)
            _refuse_link(one, two)
            tx.link_authors(one.id, two.id, basis, name, now)
            facts = tx.customer(one.id)
        return card_of(facts, self._policy, self._zone)

    def unlink(self, handle: str, agent: str) -> CustomerCard:
        """The account stands alone again."""
        name = named(agent)
        with self._store.write() as tx:
            account = account_named(tx, handle)
            tx.unlink_author(account.id, name, self._clock.now())
            facts = tx.customer(account.id)
        return card_of(facts, self._policy, self._zone)


def account_named(reads: Reads, handle: str, platform: str = "") -> Account:
    """The only account of this handle; `x:ann` names the platform too."""
    bare = clean_name(handle).removeprefix("@")
    before, colon, after = bare.partition(":")
    found = reads.accounts_named(after.removeprefix("@"), before.casefold()) if colon and not platform else []
    found = found or reads.accounts_named(bare, clean_name(platform).casefold())
    if not found:
        on = f" on {visible(platform, 40)}" if platform else ""
        raise NotFound(
            f"nobody called @{visible(bare, 60)}{on} has written",
            next_step="handles are as `listener inbox` shows them; give the case instead: --case 12",
        )
    if len(found) > 1:
        several = ", ".join(f"{one.author.platform}:{one.author.handle}" for one in found[:5])
        raise ConfigError(f"{len(found)} accounts are called so: say which, as {visible(several, 300)}")
    return found[0]


def _refuse_link(one: Account, two: Account) -> None:
    if one.id == two.id:
        raise Conflict(f"{one.author.platform}:{one.author.handle} is one account, not two")
    for account in (one, two):
        terms = terms_of(account.author.platform.casefold())
        if not terms.link_accounts:
            name = f"{visible(account.author.platform, 40)}:{visible(account.author.handle, 60)}"
            raise ConfigError(f"{name}: {terms.why}")
