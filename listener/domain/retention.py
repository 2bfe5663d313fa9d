"""For how long what people wrote is kept."""

from dataclasses import dataclass
from datetime import timedelta

AT_REST = timedelta(days=30)
"""A case that was resolved, or touched, less long ago keeps its posts: its customer may come back to it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionPolicy:
    """None: for ever."""

    posts: timedelta | None = timedelta(days=90)
    """Since they were stored, but for those in cases that aren't at rest."""
    counts: timedelta | None = timedelta(days=400)
    """Of posts, by hour, brand, platform, language and label."""
