"""What watching for spikes and for blindness asks of the store."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from listener.domain.verdict import Label
from listener.domain.watched import Backlog, Dimension, HourOf, HourPosts, LanguageCount, Worded


class WatchReads(Protocol):
    """Questions."""

    def languages(self, brands: Sequence[str], since: datetime, until: datetime) -> list[LanguageCount]:
        """Posts about any of these brands in [since, until) by language, the most first; reposts apart."""
        ...

    def hourly_by(
        self, brand: str, dimension: Dimension, label: Label, since: datetime, until: datetime
    ) -> list[HourOf]:
        """Distinct authors of a label per hour of posting in [since, until), for each queue, language and so on.

        Reposts apart. Hours without any are absent, and so is what has no value: a complaint in no queue.
        """
        ...

    def hourly_posts(self, brand: str, since: datetime, until: datetime, platform: str = "") -> list[HourPosts]:
        """Posts per hour, reposts apart: all of them, those that complain, and those without a verdict yet."""
        ...

    def platform_hours(self, since: datetime, until: datetime) -> list[HourOf]:
        """Posts of each platform per hour, of all brands together, reposts as well."""
        ...

    def worded(self, brand: str, label: Label, since: datetime, until: datetime, limit: int) -> list[Worded]:
        """The latest posts of a label in [since, until) with their words, at most one an author; reposts apart."""
        ...

    def repeats(self, brand: str, label: Label, since: datetime, until: datetime) -> int:
        """Hours in [since, until) in which somebody posted under a label who had in two others already."""
        ...

    def backlog(self) -> Backlog:
        """What waits for a verdict."""
        ...
