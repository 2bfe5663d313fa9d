"""The table of brands' heads: what was learnt on top of the model, version by version."""

from sqlalchemy import JSON, CheckConstraint, Column, Index, LargeBinary, String, Table, text

from listener.store.truth_tables import metadata
from listener.store.types import Id, Instant, Whole

__all__ = ["heads", "metadata"]

heads = Table(
    "heads",
    metadata,
    Column("id", Id, primary_key=True),
    Column("brand", String, nullable=False),
    Column("version", Whole, nullable=False),
    Column("model", String, nullable=False),
    Column("agent", String, nullable=False),
    Column("at", Instant, nullable=False),
    Column("n", Whole, nullable=False),
    Column("facts", JSON, nullable=False),
    Column("body", LargeBinary, nullable=False),
    Column("state", String, nullable=False),
    Column("lived", Instant),
    CheckConstraint("version >= 1", name="version"),
    CheckConstraint("state IN ('proposed', 'live', 'retired')", name="state"),
    CheckConstraint("state <> 'live' OR lived IS NOT NULL", name="lived"),
)
# The versions of a brand, each once.
Index("uq_heads_version", heads.c.brand, heads.c.version, unique=True)
# At most one judges a brand's posts.
Index(
    "uq_heads_live",
    heads.c.brand,
    unique=True,
    sqlite_where=text("state = 'live'"),
    postgresql_where=text("state = 'live'"),
)
