"""Reaching platforms: budgets of calls, replies on their way, and when a post was last seen at its source."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

# As `listener.store.types` had them when this was written: a migration doesn't change when the program does.
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.BigInteger()


def upgrade() -> None:
    op.add_column("mentions", sa.Column("ref", sa.String(), nullable=False, server_default=""))
    op.add_column("mentions", sa.Column("checked_at", INSTANT, nullable=True))
    op.execute("UPDATE mentions SET checked_at = seen_at")
    op.create_index(
        "ix_mentions_recheck",
        "mentions",
        ["platform", "checked_at"],
        unique=False,
        sqlite_where=sa.text("deleted_at IS NULL"),
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.add_column("sources", sa.Column("credential", sa.String(), nullable=False, server_default=""))
    op.add_column("sources", sa.Column("stream", sa.String(), nullable=False, server_default=""))
    op.add_column("sources", sa.Column("stream_until", INSTANT, nullable=True))
    op.add_column("sources", sa.Column("warning", sa.String(), nullable=False, server_default=""))
    op.create_table(
        "rates",
        sa.Column("credential", sa.String(), nullable=False),
        sa.Column("bucket", sa.String(), nullable=False),
        sa.Column("capacity", sa.Integer(), nullable=True),
        sa.Column("left", sa.Integer(), nullable=True),
        sa.Column("resets_at", INSTANT, nullable=True),
        sa.Column("blocked_until", INSTANT, nullable=True),
        sa.Column("at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("credential", "bucket", name=op.f("pk_rates")),
    )
    op.create_table(
        "sends",
        sa.Column("id", ID, nullable=False),
        sa.Column("case_id", ID, nullable=False),
        sa.Column("mention_id", ID, nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("platform", sa.String(), nullable=False),
        sa.Column("agent", sa.String(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("due_at", INSTANT, nullable=True),
        sa.Column("began_at", INSTANT, nullable=True),
        sa.Column("tried_at", INSTANT, nullable=True),
        sa.Column("done_at", INSTANT, nullable=True),
        sa.Column("native_id", sa.String(), nullable=False),
        sa.Column("url", sa.String(), nullable=False),
        sa.Column("error", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "state IN ('queued', 'sending', 'unknown', 'sent', 'failed', 'cancelled')", name=op.f("ck_sends_state")
        ),
        sa.CheckConstraint(
            "(state IN ('queued', 'sending', 'unknown')) = (done_at IS NULL)", name=op.f("ck_sends_done")
        ),
        sa.CheckConstraint(
            "(state IN ('queued', 'sending', 'unknown')) = (due_at IS NOT NULL)", name=op.f("ck_sends_due")
        ),
        sa.CheckConstraint("state <> 'sent' OR native_id <> ''", name=op.f("ck_sends_sent")),
        sa.CheckConstraint("attempts >= 0", name=op.f("ck_sends_attempts")),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_sends_case_id")),
        sa.ForeignKeyConstraint(["mention_id"], ["mentions.id"], name=op.f("fk_sends_mention_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sends")),
    )
    op.create_index(op.f("ix_sends_state_due_at"), "sends", ["state", "due_at"], unique=False)
    op.create_index(op.f("ix_sends_case_id"), "sends", ["case_id"], unique=False)
    op.create_index(op.f("ix_sends_mention_id"), "sends", ["mention_id"], unique=False)
    op.create_index(op.f("ix_sends_platform_native_id"), "sends", ["platform", "native_id"], unique=False)
    op.create_index("uq_sends_key", "sends", ["key"], unique=True)
