"""What the customer behind the accounts needs of the store."""

from datetime import datetime
from typing import Protocol

from listener.domain.customer import Account, Basis, CustomerFacts


class CustomerReads(Protocol):
    """Questions."""

    def accounts_named(self, handle: str, platform: str = "") -> list[Account]:
        """Accounts of this handle, capitals apart, on one platform or on any; nobody who was erased."""
        ...

    def customer(self, author_id: int) -> CustomerFacts:
        """Of this account and all linked to it. Raises `NotFound` if it is unknown, or stands for those erased."""
        ...


class CustomerWrites(Protocol):
    """Changes."""

    def link_authors(self, author_id: int, other_id: int, basis: Basis, agent: str, now: datetime) -> None:
        """Both accounts, and whatever is linked to either, are one customer. Raises `Conflict` if they are already."""
        ...

    def unlink_author(self, author_id: int, agent: str, now: datetime) -> None:
        """The account stands alone again. Raises `Conflict` if it does."""
        ...
