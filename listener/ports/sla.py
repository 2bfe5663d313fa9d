"""What the promises need of the store."""

from datetime import datetime
from typing import Protocol

from listener.domain.case import Case


class SlaReads(Protocol):
    """Questions."""

    def sleepers_due(self, now: datetime, limit: int) -> list[Case]:
        """Snoozed cases whose time has come, the earliest first."""
        ...

    def alarms_due(self, now: datetime, limit: int) -> list[Case]:
        """Cases that aren't resolved and whose `alarm_at` has come, the earliest first."""
        ...
