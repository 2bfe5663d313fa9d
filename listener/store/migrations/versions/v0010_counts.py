"""Counting the open cases of each queue reads a narrow index in its order."""

from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.create_index("ix_cases_queue_counts", "cases", ["state", "queue", "assignee", "lease_until"], unique=False)
