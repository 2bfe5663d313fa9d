"""What loyalty needs of the store: who says what of a brand, and what customers told us themselves."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from listener.domain.case import Case
from listener.domain.loyalty import Answer, Customer, CustomersSaved, Gift, Person, Reward, Saying
from listener.domain.mention import MentionKey
from listener.domain.recovery import Resolution
from listener.domain.themes import Tagging
from listener.domain.worth import Unresolved


class LoyaltyReads(Protocol):
    """Questions; windows are [since, until) by when posts were posted."""

    def sayings(self, brand: str, since: datetime, until: datetime) -> list[Saying]:
        """Every post about the brand, reposts apart, oldest first."""
        ...

    def sayings_of(self, brand: str, author_ids: Sequence[int], since: datetime, until: datetime) -> list[Saying]:
        """The same of some authors only, and of the accounts linked to theirs."""
        ...

    def people(self, author_ids: Sequence[int]) -> dict[int, Person]:
        """By author id; erased ones are absent. Whoever is linked to another shares that one's customer."""
        ...

    def own_posts(self, brand: str, since: datetime, until: datetime) -> list[tuple[datetime, str]]:
        """(when, platform) of posts by the brand's own accounts, oldest first."""
        ...

    def taggers(self, brand: str, since: datetime, until: datetime) -> dict[str, int]:
        """Tagger → how many posts it looked at, reposts apart; the empty one stands for those nobody looked at."""
        ...

    def untagged(self, tagger: str, since: datetime, limit: int) -> list[tuple[int, str, tuple[str, ...]]]:
        """(mention id, text, brands) of posts that another tagger looked at, or none; newest first."""
        ...

    def untagged_count(self, tagger: str, since: datetime) -> int:
        """How many of them there are."""
        ...

    # recovery
    def resolutions(self, brand: str, since: datetime, until: datetime) -> list[Resolution]:
        """Complaint cases by when they were resolved, those opened anew since among them, oldest first.

        Left out are resolutions that were undone, cases that another one took in, and people who are erased.
        """
        ...

    # surveys
    def answers(self, brand: str, since: datetime, until: datetime) -> list[Answer]:
        """Survey answers of the window, oldest first."""
        ...

    # customers
    def customer_refs(self) -> list[str]:
        """Of all imported customers, in order."""
        ...

    def imported(self, after: str = "", limit: int = 1000) -> list[Customer]:
        """Imported customers by `ref`, those after this one; each with its accounts and percentile."""
        ...

    def unresolved(self, brand: str) -> list[Unresolved]:
        """Cases that aren't resolved, of people who aren't erased, by id."""
        ...

    def ranked_by_value(self, after: int, limit: int) -> list[tuple[Case, float | None]]:
        """Unresolved cases by id, those after this one, each with its author's percentile of value as of now."""
        ...

    # rewards
    def rewards(self, brand: str = "", *, author_id: int = 0, since: datetime | None = None) -> list[Reward]:
        """The ledger, oldest first, what was taken back included; of an author with all other accounts of theirs."""
        ...

    def had_gift(self, gift: Gift, since: datetime) -> set[int]:
        """Author ids of whoever got such a one after `since`, all accounts of theirs among them."""
        ...


class LoyaltyWrites(Protocol):
    """Changes."""

    def save_tags(self, found: Mapping[int, Tagging]) -> None:
        """Put what was found in the place of what stood there, by mention id."""
        ...

    def note_own_posts(self, posts: Sequence[tuple[MentionKey, str, datetime]]) -> None:
        """(key, brand, when) of posts by brands' own accounts; a repeat changes nothing."""
        ...

    def save_answers(self, answers: Sequence[Answer], now: datetime) -> int:
        """How many of them were new."""
        ...

    def forget_answers(self, respondent: str) -> int:
        """Erase whoever asks to be erased; how many answers there were."""
        ...

    def save_customers(self, customers: Iterable[Customer], now: datetime, *, replace: bool = False) -> CustomersSaved:
        """Upsert by `ref`, each with its accounts; percentiles of value are computed anew over all customers.

        What a row leaves out stays as it was. Several rows of one customer add their accounts up; one that
        contradicts an earlier one of the same call, or repeats it, is a clash and left out. An account that another
        customer had goes over to the one named last. `replace` forgets everybody else first.
        """
        ...

    def forget_customer(self, ref: str) -> bool:
        """Erase a customer with accounts; what they posted in public stays. False if there was none."""
        ...

    def note_customers(self, kind: str, agent: str, detail: dict[str, str], now: datetime) -> None:
        """Put an import or an erasure into the audit; no customer is named."""
        ...

    def add_reward(self, reward: Reward) -> int:
        """The id it got; the given one is ignored."""
        ...

    def undo_reward(self, reward_id: int, agent: str, now: datetime) -> bool:
        """Taken back: it counts neither against the budget nor as received. False if it was already, or isn't there."""
        ...
