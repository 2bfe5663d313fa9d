"""Copies of the database on schedule: taken by the run, old ones deleted, and a failure told.

The folder itself says when the last one was made, so a restart forgets nothing and a copy taken by hand counts too.
"""

import logging
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from listener.alerts import telling
from listener.clock import Clock
from listener.domain.alert import Notice
from listener.domain.backups import MADE, BackupPolicy
from listener.domain.policy import AlertPolicy
from listener.errors import ListenerError
from listener.ports import Store
from listener.store import backup

log = logging.getLogger(__name__)

EVERY = timedelta(minutes=1)
"""How often it is looked whether one is due."""
AGAIN = timedelta(hours=1)
"""After a failure."""


@dataclass
class BackingUp:
    """What takes them."""

    database: Path
    policy: BackupPolicy
    alerts: AlertPolicy
    store: Store
    clock: Clock
    _not_before: datetime | None = field(default=None, init=False)

    def take_due(self) -> backup.Backup | None:
        """Take one if it is time, and delete those that are too many. A failure is told, never raised."""
        now = self.clock.now()
        if not self.policy.scheduled or not self._due(now):
            return None
        self._not_before = now + min(AGAIN, self.policy.every)
        folder = self.policy.place(self.database)
        try:
            backup.sweep(folder, self.database.stem, now)
            made = backup.back_up(self.database, folder, now)
            gone = backup.prune(folder, self.database.stem, self.policy.keep)
        except (ListenerError, OSError) as error:
            log.warning("backup failed", extra={"error": str(error)})
            self._tell(error, now)
            return None
        with self.store.write() as tx:
            tx.set_mark(MADE, now.isoformat())
        log.info(
            "backup made", extra={"bytes": made.manifest.bytes, "mentions": made.manifest.mentions, "old": len(gone)}
        )
        return made

    def _due(self, now: datetime) -> bool:
        if self._not_before is not None and now < self._not_before:
            return False
        last = backup.latest(self.policy.place(self.database), self.database.stem)
        # One that bears a later time than now was made before the clock was set back: it says nothing.
        return last is None or last > now or now - last >= self.policy.every

    def _tell(self, error: Exception, now: datetime) -> None:
        """Once a day: whoever is told every hour stops reading."""
        folder = self.policy.place(self.database)
        last = backup.latest(folder, self.database.stem)
        since = f"The last one is of {last:%Y-%m-%d %H:%M} UTC." if last else "There is none yet."
        next_step = getattr(error, "next_step", "") or "look at the folder, then: listener backup"
        notice = Notice(
            key=f"backup:failed:{now:%Y-%m-%d}",
            title="No backup of the database could be taken",
            body=f"Why: {error}\n{since} It is tried again every hour.\nNext: {next_step}",
            targets=frozenset(self.policy.tell),
        )
        with self.store.write() as tx:
            telling.tell_notice(tx, notice, self.alerts, now)
