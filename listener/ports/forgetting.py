"""What the right to see, and to be forgotten, needs of the store."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime
from typing import Protocol

from listener.domain.forgetting import Dossier
from listener.domain.mention import MentionKey


class ForgettingReads(Protocol):
    """Questions."""

    def keys_of(self, author_ids: Sequence[int], limit: int) -> list[MentionKey]:
        """Of posts by these accounts that aren't erased, in no order."""
        ...

    def erased_keys(self) -> Iterator[str]:
        """A hash of every post and person that was ever erased, in no order."""
        ...

    def posts_among(self, erased: Collection[str]) -> list[MentionKey]:
        """Of all stored posts, those whose hash is among these; reads every key once."""
        ...

    def people_among(self, erased: Collection[str]) -> list[int]:
        """Of all authors, those who were forgotten: their own hash is among these."""
        ...

    def dossier(self, author_ids: Sequence[int]) -> Dossier:
        """Everything stored of the person behind these accounts."""
        ...


class ForgettingWrites(Protocol):
    """Changes."""

    def empty_histories(self, author_ids: Sequence[int]) -> int:
        """Empty what was said in the cases of these accounts, words and salt, so that the audit's chain still holds;
        how many cases there were."""
        ...

    def bury(self, hashes: Iterable[str], now: datetime) -> None:
        """Keep these from ever coming back."""
        ...

    def note_forgotten(self, author_ids: Sequence[int], agent: str, now: datetime) -> None:
        """One act in the audit for each account: its number, and who erased it."""
        ...
