"""The clock hour: what tallies, replayed pages and the spike rule all count by."""

from datetime import UTC, datetime


def hour_of(instant: datetime) -> datetime:
    """The start of the UTC hour it falls into."""
    return instant.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
