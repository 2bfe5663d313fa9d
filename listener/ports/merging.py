"""What merging, splitting, linking and undoing need of the store."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from listener.domain.case import Case


class MergingReads(Protocol):
    """Questions."""

    def heirs(self, case_ids: Sequence[int]) -> Mapping[int, Case]:
        """By merged case: the one that has its posts now, however often that was merged in turn."""
        ...


class MergingWrites(Protocol):
    """Changes to what belongs to a case; the cases themselves change by `change_case`."""

    def take_posts(self, case_id: int, mention_ids: Sequence[int]) -> None:
        """The case gives these up. Raises `Conflict` if it doesn't hold them all."""
        ...

    def give_posts(self, case_id: int, mention_ids: Sequence[int]) -> None:
        """Posts that no case holds join it."""
        ...

    def link_cases(self, case_id: int, other_id: int, kind: str, agent: str, now: datetime) -> bool:
        """`related`, or `split`: the other came out of this one. False if they are linked already."""
        ...

    def unlink_cases(self, case_id: int, other_id: int) -> None: ...

    def withdraw_verdict(self, mention_id: int, model: str) -> None:
        """It no longer counts: the best of those that are left is in force; tallies follow."""
        ...
