"""Stretches in which we didn't listen: nothing that is missing there is calm.

A gap is a source's, and so a platform's. Where every source of a platform fails it isn't heard at all; that is known
only while it lasts, so it is kept in a bookmark for when it is over.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from listener.domain.stored import SourceHealth
from listener.insight.windows import HOUR
from listener.ports import Reads, Transaction

MARK = "spikes: unheard"

KEPT = timedelta(days=60)
MOST = 200
"""Of a platform: beyond that the oldest are forgotten."""

READ_LATELY = timedelta(hours=2)
"""A source without an attempt for longer isn't being read: it was a file, or was removed."""

ANYWHERE = ""
"""Stands for every platform."""

Stretch = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class Unheard:
    """By platform."""

    stretches: Mapping[str, Sequence[Stretch]]

    @classmethod
    def of(cls, reads: Reads, now: datetime) -> "Unheard":
        """Known gaps, what was noted, and what isn't heard now."""
        health = reads.health()
        platforms = {row.source: row.platform for row in health}
        found: dict[str, list[Stretch]] = {}
        for gap in reads.open_gaps():
            found.setdefault(platforms.get(gap.source, ANYWHERE), []).append((gap.since, gap.until))
        for platform, noted in _noted(reads.mark(MARK)).items():
            found.setdefault(platform, []).extend(noted)
        for platform, since in _deaf(health, now).items():
            found.setdefault(platform, []).append((since, now))
        return cls(found)

    def of_platform(self, platform: str, hour: datetime) -> bool:
        """Whether some of this hour wasn't heard there."""
        return any(
            since < hour + HOUR and until > hour
            for place in {platform, ANYWHERE}
            for since, until in self.stretches.get(place, ())
        )

    def share(self, hour: datetime, weights: Mapping[str, float]) -> float:
        """How much of what platforms usually bring wasn't heard in this hour; all of it where that isn't known."""
        total = sum(weights.values())
        if total <= 0:
            return float(any(self.of_platform(platform, hour) for platform in [ANYWHERE, *self.stretches]))
        return sum(weight for platform, weight in weights.items() if self.of_platform(platform, hour)) / total


def note(tx: Transaction, now: datetime) -> None:
    """Keep what isn't heard now."""
    said = tx.mark(MARK)
    deaf = _deaf(tx.health(), now)
    if not deaf:
        return
    kept = _noted(said)
    for platform, since in deaf.items():
        stretches = [one for one in kept.get(platform, []) if one[1] > now - KEPT][-MOST:]
        before = stretches.pop() if stretches and stretches[-1][0] == since else None
        # Ten minutes more or less don't change an hour; each note is a write.
        until = before[1] if before and now - before[1] < timedelta(minutes=10) else now
        kept[platform] = [*stretches, (since, until)]
    written = json.dumps({p: [[a.isoformat(), b.isoformat()] for a, b in found] for p, found in kept.items()})
    if written != said:
        tx.set_mark(MARK, written)


def _noted(said: str) -> dict[str, list[Stretch]]:
    return {
        platform: [(datetime.fromisoformat(since), datetime.fromisoformat(until)) for since, until in stretches]
        for platform, stretches in (json.loads(said) if said else {}).items()
    }


def _deaf(health: Sequence[SourceHealth], now: datetime) -> dict[str, datetime]:
    """Platform → since when every source of it that is being read has failed."""
    read = [row for row in health if row.last_attempt is not None and now - row.last_attempt <= READ_LATELY]
    found = {}
    for platform in {row.platform for row in read}:
        rows = [row for row in read if row.platform == platform]
        heard = [row.last_success for row in rows if row.last_success is not None]
        if heard and all(row.failures for row in rows):
            found[platform] = max(heard)
    return found
