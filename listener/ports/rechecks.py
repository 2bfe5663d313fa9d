"""What asking about stored posts again needs of the store."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from listener.domain.mention import Mention, MentionKey


class RecheckReads(Protocol):
    """Questions."""

    def recheck_open(self, platform: str, before: datetime, limit: int) -> list[Mention]:
        """Posts in cases that aren't resolved, last seen at their source before that; the longest unseen first."""
        ...

    def recheck_stored(self, platform: str, before: datetime, limit: int) -> list[Mention]:
        """The same of all posts that are still asked for."""
        ...


class RecheckWrites(Protocol):
    """Changes."""

    def mark_checked(self, keys: Sequence[MentionKey], at: datetime) -> None:
        """When their source last said that they stand; an earlier instant brings their next turn forward."""
        ...

    def ask_no_more(self, platform: str, before: datetime, posted_before: datetime, limit: int) -> int:
        """Of posts last seen before that, take out those posted long ago; how many. Open cases' come back by
        themselves."""
        ...
