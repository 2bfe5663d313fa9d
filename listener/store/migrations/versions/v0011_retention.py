"""Posts that were kept long enough are found by when they were stored."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    kept = sa.text("deleted_at IS NULL")
    op.create_index("ix_mentions_aging", "mentions", ["seen_at"], sqlite_where=kept, postgresql_where=kept)
