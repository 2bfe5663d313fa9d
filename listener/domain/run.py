"""What a run did: the pipeline returns it, the command line shows it."""

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(slots=True, kw_only=True)
class SourceReport:
    """Counts of one source in one round; grows page by page."""

    source: str
    pages: int = 0
    read: int = 0
    matched: int = 0
    """Of those read, that concern a brand."""
    stored: int = 0
    """New, edited or newly scored."""
    unscored: int = 0
    rejected: int = 0
    gaps: int = 0
    rechecked: int = 0
    """Stored posts of which their source said what became of them."""
    deleted: int = 0
    """Erased here because they are gone there."""
    opened: int = 0
    attached: int = 0
    reopened: int = 0
    alerts: int = 0
    """Opened, escalated or closed."""
    ended: bool = False
    """Whether it was read to its end."""
    error: str = ""
    """Why it stopped early; empty if it ended."""
    next_step: str = ""
    code: str = ""
    """Name of the error's class."""
    paused_until: datetime | None = None


@dataclass(slots=True, kw_only=True)
class RunReport:
    """One round over all sources."""

    sources: list[SourceReport] = field(default_factory=list)
    alerts: int = 0
    """Those that came of time passing, not of a page."""
    delivered: int = 0
    undelivered: int = 0

    @property
    def rechecked(self) -> int:
        return sum(source.rechecked for source in self.sources)

    @property
    def deleted(self) -> int:
        return sum(source.deleted for source in self.sources)

    @property
    def failed(self) -> list[SourceReport]:
        return [source for source in self.sources if source.error]
