"""What learning from agents needs of the store."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from listener.domain.truth import Truth, Word


class TruthReads(Protocol):
    """Questions."""

    def truths(self, brand: str | None = None, since: datetime | None = None) -> list[Truth]:
        """The word that stands on each post and brand, told at or after `since`; the earliest told first.

        Those on erased posts are among them, without text or scores.
        """
        ...

    def truthed(self, brand: str, mention_ids: Sequence[int]) -> set[int]:
        """Those of these posts on whose present text somebody's word stands."""
        ...


class TruthWrites(Protocol):
    """Changes."""

    def add_truth(self, word: Word) -> int:
        """Keep an agent's word on the post's present text, beside what the model had said of it; its id.

        Whoever speaks second doesn't replace what the model had said first. Raises `NotFound` for an erased post.
        """
        ...

    def withdraw_truth(self, mention_id: int, brand: str, agent: str, at: datetime) -> None:
        """The last word stands no longer; the one before it does again, if there was one."""
        ...
