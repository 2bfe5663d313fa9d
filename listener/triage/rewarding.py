"""Thanking, rewarding and inviting advocates: what may be given is decided here, and the ledger holds what was.

Each verb reads the ledger, decides and writes in one transaction, so two agents can't give the same thing twice, nor
spend the same money.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, tzinfo

from listener.clock import Clock
from listener.domain.advocates import Giving, Spent
from listener.domain.loyalty import LoyaltyPolicy, Person, Reward
from listener.domain.platform import may_answer, terms_of
from listener.domain.stored import StoredMention
from listener.domain.text import clean, visible
from listener.errors import ConfigError, Conflict, NotFound
from listener.ports import Reads, Store
from listener.triage.customers import account_named
from listener.triage.desk import named

YEAR = timedelta(days=365)
LONGEST = 500
"""Code points of `what` and `why`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of the ledger, with who it was for."""

    reward: Reward
    person: Person | None
    """None once they were erased: then the ledger knows what was spent, and no more."""


def decide_gift(
    giving: Giving,
    person: Person,
    post: StoredMention,
    ledger: Sequence[Reward],
    received: Sequence[Reward],
    policy: LoyaltyPolicy,
    agent: str,
    zone: tzinfo,
    now: datetime,
) -> Reward:
    """What is written into the ledger. `received` is what they had before. Raises `ConfigError` or `Conflict`. Pure."""
    _refuse_contact(person, post)
    _refuse_twice(giving, person, received, policy, now)
    _refuse_cost(giving, ledger, received, policy, zone, now)
    return Reward(
        id=0,
        author_id=person.author_id,
        brand=giving.brand,
        gift=giving.gift,
        what=clean(giving.what, LONGEST),
        cost_cents=giving.cost_cents,
        why=clean(giving.why, LONGEST),
        mention_id=post.id,
        agent=agent,
        at=now,
    )


def spent_in(ledger: Sequence[Reward], policy: LoyaltyPolicy, zone: tzinfo, now: datetime) -> Spent:
    """Of this calendar month in the team's time zone, what was taken back apart. Pure."""
    month = f"{now.astimezone(zone):%Y-%m}"
    spent = [one for one in _standing(ledger) if f"{one.at.astimezone(zone):%Y-%m}" == month]
    cents = sum(one.cost_cents for one in spent)
    return Spent(month=month, spent_cents=cents, budget_cents=policy.monthly_budget_cents)


class Rewarding:
    """The verbs of giving."""

    def __init__(self, store: Store, policy: LoyaltyPolicy, clock: Clock, zone: tzinfo) -> None:
        self._store = store
        self._policy = policy
        self._clock = clock
        self._zone = zone

    def give(self, handle: str, giving: Giving, agent: str) -> Entry:
        """Write it into the ledger; nothing is sent. Raises `NotFound`, `ConfigError`, or `Conflict` if they had it."""
        name, now = named(agent), self._clock.now()
        _refuse_words(giving)
        with self._store.write() as tx:
            author_id = account_named(tx, handle).id
            person = tx.people([author_id])[author_id]
            post = _post_for(tx, author_id, giving)
            giving = replace(giving, brand=_brand_of(post, giving))
            ledger = tx.rewards(since=now - max(YEAR, self._policy.double_gift))
            received = tx.rewards(author_id=author_id)
            reward = decide_gift(giving, person, post, ledger, received, self._policy, name, self._zone, now)
            return Entry(reward=replace(reward, id=tx.add_reward(reward)), person=person)

    def undo(self, reward_id: int, agent: str) -> None:
        """Take it back: it counts neither as given nor as spent. Raises `NotFound`, `Conflict` if it was already."""
        name, now = named(agent), self._clock.now()
        with self._store.write() as tx:
            if reward_id not in {one.id for one in tx.rewards()}:
                raise NotFound(f"the ledger has no entry {reward_id}", next_step="listener advocates ledger")
            if not tx.undo_reward(reward_id, name, now):
                raise Conflict(f"entry {reward_id} was taken back already", next_step="listener advocates ledger")

    def ledger(self, brand: str = "", since: datetime | None = None) -> list[Entry]:
        """What was given, oldest first."""
        with self._store.read() as reads:
            given = reads.rewards(brand, since=since)
            people = reads.people([one.author_id for one in given])
        return [Entry(reward=one, person=people.get(one.author_id)) for one in given]

    def spent(self) -> Spent:
        """What this month's budget has left."""
        now = self._clock.now()
        with self._store.read() as reads:
            return spent_in(reads.rewards(since=now - timedelta(days=33)), self._policy, self._zone, now)


def _post_for(reads: Reads, author_id: int, giving: Giving) -> StoredMention:
    """The post that was named. Raises `NotFound`, `ConfigError`."""
    post = reads.mention(giving.mention_id)
    mine = {one.id for one in reads.customer(author_id).accounts}
    if post.deleted or post.author_id not in mine:
        raise ConfigError(f"post {giving.mention_id} isn't theirs", next_step="leave --post out: the best is taken")
    return post


def _brand_of(post: StoredMention, giving: Giving) -> str:
    about = {match.brand for match in post.matches}
    if giving.brand and giving.brand not in about:
        raise ConfigError(f"post {post.id} isn't about {visible(giving.brand, 60)}")
    return giving.brand or min(about, default="")


def _refuse_words(giving: Giving) -> None:
    if not giving.why.strip():
        raise ConfigError("say why: the ledger is read by people", next_step="add --why TEXT")
    if not giving.what.strip():
        raise ConfigError("say what it is", next_step="add --what TEXT")
    if giving.cost_cents < 0:
        raise ConfigError("a gift can't cost less than nothing")


def _refuse_contact(person: Person, post: StoredMention) -> None:
    who = f"{visible(person.platform, 40)}:{visible(person.handle, 60)}"
    if person.no_contact:
        raise ConfigError(f"{who} asked not to be contacted", next_step="choose another: listener advocates")
    if not may_answer(post.mention):
        why = terms_of(person.platform.casefold()).why or "its platform takes no answer under this post"
        raise ConfigError(f"{who} can't be contacted: {why}", next_step="choose another: listener advocates")


def _refuse_twice(
    giving: Giving, person: Person, received: Sequence[Reward], policy: LoyaltyPolicy, now: datetime
) -> None:
    since = now - policy.double_gift
    again = [one for one in _standing(received) if one.gift is giving.gift and one.at > since]
    if again:
        last = again[-1]
        raise Conflict(
            f"{visible(person.handle, 60)} had {last.gift} on {last.at:%Y-%m-%d} from {visible(last.agent, 60)}"
            f" (entry {last.id}), and not twice within {policy.double_gift.days} days",
            next_step=f"if it never arrived: listener advocates undo {last.id}",
        )


def _refuse_cost(
    giving: Giving,
    ledger: Sequence[Reward],
    received: Sequence[Reward],
    policy: LoyaltyPolicy,
    zone: tzinfo,
    now: datetime,
) -> None:
    if giving.cost_cents == 0:
        return
    had = sum(one.cost_cents for one in _standing(received) if one.at > now - YEAR)
    if had + giving.cost_cents > policy.most_per_person_cents:
        raise ConfigError(
            f"{money(giving.cost_cents, policy)} would make {money(had + giving.cost_cents, policy)} in a year for one"
            f" person; the most is {money(policy.most_per_person_cents, policy)}",
            next_step="give less, or raise rewards.most_per_person in loyalty.toml",
        )
    month = spent_in(ledger, policy, zone, now)
    if giving.cost_cents > month.left_cents:
        raise ConfigError(
            f"{money(giving.cost_cents, policy)} is more than the {money(month.left_cents, policy)} that {month.month}"
            f" has left of {money(month.budget_cents, policy)}",
            next_step="wait for the next month, or raise rewards.monthly_budget in loyalty.toml",
        )


def money(cents: int, policy: LoyaltyPolicy) -> str:
    """An amount with its currency."""
    return f"{cents / 100:,.2f} {policy.currency}"


def _standing(ledger: Sequence[Reward]) -> list[Reward]:
    return [one for one in ledger if one.undone_at is None]
