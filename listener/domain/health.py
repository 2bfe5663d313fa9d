"""How a source fares, in one word, and why. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from listener.domain.stored import SourceHealth, StoredGap


class Health(StrEnum):
    """From the worst to the best; what a person must act on stands first."""

    AUTH = "auth"
    """The platform refuses our credentials, or what we may do with them."""
    QUOTA = "quota"
    """Calls or money are used up until an instant."""
    DEGRADED = "degraded"
    """It fails, or its stream does, and is tried again; or somebody should look at it."""
    QUIET = "quiet"
    """It is read without an error, but has brought nothing for longer than it may."""
    GAP = "gap"
    """A stretch of time is known to be unseen."""
    NEW = "new"
    """Not read yet."""
    OK = "ok"
    OFF = "off"
    """Switched off in listener.toml."""


_REFUSED = ("Reauthorize", "NotPermitted", "ConfigError")
_SPENT = ("RateLimited", "BudgetSpent")


@dataclass(frozen=True, slots=True, kw_only=True)
class Fares:
    """A source's health with its reason."""

    health: Health
    why: str = ""


def fares(
    row: SourceHealth | None,
    gaps: Sequence[StoredGap],
    *,
    enabled: bool,
    silent_after: timedelta,
    now: datetime,
    streams: bool = False,
) -> Fares:
    """What stands worst. `gaps` are the source's open ones; `streams`: it is to be heard live."""
    if not enabled:
        return Fares(health=Health.OFF)
    if row is None or row.last_attempt is None:
        return Fares(health=Health.NEW, why="not read yet")
    kind, _, _said = row.error.partition(":")
    paused = f"paused until {row.paused_until:%Y-%m-%d %H:%M} UTC" if _ahead(row.paused_until, now) else ""
    why = "; ".join(part for part in (row.error, paused) if part)
    if kind in _REFUSED:
        return Fares(health=Health.AUTH, why=why)
    if kind in _SPENT or paused:
        return Fares(health=Health.QUOTA, why=why)
    if row.failures:
        return Fares(health=Health.DEGRADED, why=f"failed {row.failures} times in a row; {why}")
    if row.warning or (streams and row.stream.startswith("polling:")):
        return Fares(health=Health.DEGRADED, why=row.warning or row.stream)
    return _read(row, gaps, silent_after, now)


def _read(row: SourceHealth, gaps: Sequence[StoredGap], silent_after: timedelta, now: datetime) -> Fares:
    """Of a source that was read without an error."""
    if row.last_mention is not None and now - row.last_mention > silent_after:
        return Fares(health=Health.QUIET, why=f"brought nothing since {row.last_mention:%Y-%m-%d %H:%M} UTC")
    if gaps:
        first = min(gaps, key=lambda gap: gap.since)
        why = f"{len(gaps)} unseen, the first since {first.since:%Y-%m-%d %H:%M} UTC: {first.reason}"
        return Fares(health=Health.GAP, why=why)
    return Fares(health=Health.OK)


def _ahead(instant: datetime | None, now: datetime) -> bool:
    return instant is not None and instant > now
