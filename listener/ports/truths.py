"""What learning from agents needs of the store."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from listener.domain.truth import Candidate, Judged, Sample, Truth, Word


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

    def judged_posts(self, brand: str, since: datetime, until: datetime) -> list[Judged]:
        """Every post in [since, until) that speaks to the brand and that a model has judged, whatever agents said
        since; reposts apart."""
        ...

    def unasked(self, brand: str, agent: str, since: datetime, until: datetime, limit: int) -> list[Candidate]:
        """The latest of those on which nobody has spoken and which this agent hasn't skipped."""
        ...

    def candidates(self, mention_ids: Sequence[int]) -> list[Candidate]:
        """These posts, in this order; erased ones are absent."""
        ...

    def drawn_samples(self, brand: str) -> list[Sample]:
        """Those drawn for a brand, the latest first."""
        ...

    def sampled_truths(self, sample_id: int) -> list[Truth]:
        """The words that stand on posts that were checked for this sample."""
        ...

    def skipped(self, sample_id: int) -> set[int]:
        """Posts of this sample that somebody left open."""
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

    def skip_post(self, word: Word) -> None:
        """The agent was asked and left it open; what the word says is of no account."""
        ...

    def add_sample(self, sample: Sample) -> int:
        """Keep a draw; its id, whatever id was given."""
        ...
