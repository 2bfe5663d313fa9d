"""When nobody is told: planned campaigns and maintenance."""

from dataclasses import dataclass
from datetime import datetime

from listener.domain.alert import Alert
from listener.domain.calendar import WorkingHours


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """A stretch in which alerts are written down and nobody is told; what is open at its end is told then."""

    name: str
    why: str = ""
    since: datetime | None = None
    until: datetime | None = None
    """Both or neither."""
    weekly: WorkingHours | None = None
    """In force within these hours, where no stretch is given."""
    brands: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()
    """Whose alerts it quiets; without brands and sources, all."""
    kinds: tuple[str, ...] = ()
    """Of `AlertKind`; empty: all."""

    def concerns(self, alert: Alert) -> bool:
        """Whether it is about what the alert is about, whatever the time."""
        if self.kinds and alert.kind not in self.kinds:
            return False
        everything = not self.brands and not self.sources
        return everything or (alert.brand in self.brands) or (not alert.brand and alert.subject in self.sources)
