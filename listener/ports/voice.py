"""What word of mouth asks of the store."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from listener.domain.stored import StoredMention
from listener.domain.voice import Speaker


class VoiceReads(Protocol):
    """Questions; windows are [since, until) by when posts were posted."""

    def who_spoke(self, brand: str, since: datetime, until: datetime) -> list[Speaker]:
        """Who spoke of the brand in which hour, reposts apart; by hour."""
        ...

    def carried(self, brand: str, since: datetime, until: datetime) -> tuple[int, int]:
        """How many of the posts about the brand others reposted or replied to, and how many there are."""
        ...

    def posts(self, mention_ids: Sequence[int]) -> dict[int, StoredMention]:
        """By id; those that don't exist are absent."""
        ...
