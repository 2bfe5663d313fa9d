"""The tables of an alert's life: what happened to it, and brands of which nothing is told."""

from sqlalchemy import JSON, CheckConstraint, Column, Index, String, Table, Text

from listener.store.desk_tables import metadata
from listener.store.types import Id, Instant

__all__ = ["alert_events", "alert_mutes", "metadata"]

alert_events = Table(
    # Append-only, like `case_events`; triggers in the migration refuse anything else.
    "alert_events",
    metadata,
    Column("id", Id, primary_key=True),
    Column("at", Instant, nullable=False),
    Column("agent", String, nullable=False),
    # "alert:" and an alert's key, or "alert:brand:" and a brand
    Column("subject", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("detail", JSON, nullable=False),
    CheckConstraint("agent <> ''", name="agent"),
    Index(None, "subject"),
)

alert_mutes = Table(
    "alert_mutes",
    metadata,
    Column("brand", String, primary_key=True),
    Column("until", Instant, nullable=False),
    Column("agent", String, nullable=False),
    Column("why", Text, nullable=False),
)
