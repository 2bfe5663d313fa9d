"""When the run copies its own database, and how many copies are kept."""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

MADE = "backups: made"
"""The bookmark of the last one that the run took; monitors ask for it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupPolicy:
    """What `[backup]` says."""

    scheduled: bool = False
    every: timedelta = timedelta(hours=24)
    keep: int = 7
    """Older ones are deleted once a newer one is whole."""
    folder: Path | None = None
    """None: `backups` beside the database."""
    tell: tuple[str, ...] = ()
    """Targets that hear of a failure; none named: those that hear of the desk."""

    def place(self, database: Path) -> Path:
        """The folder of this database's copies."""
        return self.folder or database.parent / "backups"
