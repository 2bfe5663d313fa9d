"""What a brand's agents taught the classifier has a place, version by version."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

# As `listener.store.types` had them when this was written: a migration doesn't change when the program does.
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.BigInteger()


def upgrade() -> None:
    op.create_table(
        "heads",
        sa.Column("id", ID, nullable=False),
        sa.Column("brand", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("model", sa.String(), nullable=False),
        sa.Column("agent", sa.String(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("lived", INSTANT, nullable=True),
        sa.CheckConstraint("version >= 1", name=op.f("ck_heads_version")),
        sa.CheckConstraint("state IN ('proposed', 'live', 'retired')", name=op.f("ck_heads_state")),
        sa.CheckConstraint("state <> 'live' OR lived IS NOT NULL", name=op.f("ck_heads_lived")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_heads")),
    )
    op.create_index("uq_heads_version", "heads", ["brand", "version"], unique=True)
    live = sa.text("state = 'live'")
    op.create_index("uq_heads_live", "heads", ["brand"], unique=True, sqlite_where=live, postgresql_where=live)
