"""What a digest's lists and the rows behind its numbers ask of the store."""

from datetime import datetime
from typing import Protocol

from listener.domain.case import Case
from listener.domain.listing import Poster, Sighted, Sought, Wanted, Words
from listener.domain.stored import StoredMention


class ListingReads(Protocol):
    """Questions."""

    def said(self, want: Wanted, limit: int, after: tuple[datetime, int] | None = None) -> list[StoredMention]:
        """A page of posts, oldest first; `after` is (when posted, id) of the last of the page before."""
        ...

    def search(self, want: Sought, limit: int) -> Sighted:
        """Up to so many posts among the newest that it reads; none that was erased."""
        ...

    def sampled_words(self, brand: str, label: str, since: datetime, until: datetime, limit: int) -> list[Words]:
        """The words alone of what `samples` gives."""
        ...

    def posters(self, want: Wanted) -> list[Poster]:
        """Distinct authors of such posts, the one with the latest post first."""
        ...

    def tagged_authors(self, want: Wanted, beginning: str) -> dict[str, int]:
        """Tag that begins so → distinct authors of such posts that bear it."""
        ...

    def owed(self, brand: str, limit: int) -> list[Case]:
        """Open cases to which a promise runs, the one due first in front; of all brands if none is named."""
        ...

    def unanswered(self, brand: str, since: datetime, until: datetime) -> list[Case]:
        """Complaints' cases opened in the window that are neither answered nor resolved, the most pressing first."""
        ...
