"""The desk: cases, the mentions they hold, and their history, which can only grow."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

# As `listener.store.types` had them when this was written: a migration doesn't change when the program does.
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.BigInteger()


def upgrade() -> None:
    op.create_table(
        "cases",
        sa.Column("id", ID, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("brand", sa.String(), nullable=False),
        sa.Column("platform", sa.String(), nullable=False),
        sa.Column("author_id", ID, nullable=False),
        sa.Column("thread", sa.String(), nullable=False),
        sa.Column("queue", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("priority", sa.Float(), nullable=False),
        sa.Column("terms", sa.JSON(), nullable=False),
        sa.Column("rank_at", INSTANT, nullable=False),
        sa.Column("escalated", sa.Boolean(), nullable=False),
        sa.Column("assignee", sa.String(), nullable=False),
        sa.Column("lease_until", INSTANT, nullable=True),
        sa.Column("lapsed", sa.String(), nullable=False),
        sa.Column("opened_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.Column("due_at", INSTANT, nullable=True),
        sa.Column("first_reply_at", INSTANT, nullable=True),
        sa.Column("snoozed_until", INSTANT, nullable=True),
        sa.Column("resolved_at", INSTANT, nullable=True),
        sa.Column("resolution", sa.Text(), nullable=False),
        sa.Column("mentions", sa.Integer(), nullable=False),
        sa.Column("headline_id", ID, nullable=False),
        sa.CheckConstraint("lease_until IS NULL OR assignee <> ''", name=op.f("ck_cases_lease")),
        sa.CheckConstraint("queue <> ''", name=op.f("ck_cases_queue")),
        sa.CheckConstraint(
            "reason IN ('complaint', 'question', 'praise', 'unsure', 'unscored')", name=op.f("ck_cases_reason")
        ),
        sa.CheckConstraint("state <> 'resolved' OR resolved_at IS NOT NULL", name=op.f("ck_cases_resolution")),
        sa.CheckConstraint("state <> 'snoozed' OR snoozed_until IS NOT NULL", name=op.f("ck_cases_snooze")),
        sa.CheckConstraint("state IN ('open', 'snoozed', 'resolved')", name=op.f("ck_cases_state")),
        sa.CheckConstraint("mentions >= 1", name=op.f("ck_cases_mentions")),
        sa.CheckConstraint("version >= 1", name=op.f("ck_cases_version")),
        sa.ForeignKeyConstraint(["author_id"], ["authors.id"], name=op.f("fk_cases_author_id")),
        sa.ForeignKeyConstraint(["headline_id"], ["mentions.id"], name=op.f("fk_cases_headline_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cases")),
    )
    op.create_index(op.f("ix_cases_author_id_brand"), "cases", ["author_id", "brand"], unique=False)
    op.create_index(op.f("ix_cases_first_reply_at"), "cases", ["first_reply_at"], unique=False)
    op.create_index(op.f("ix_cases_opened_at"), "cases", ["opened_at"], unique=False)
    op.create_index(
        "ix_cases_queue_order",
        "cases",
        [
            "state",
            sa.literal_column("escalated DESC"),
            "rank_at",
            "id",
            "queue",
            "assignee",
            "lease_until",
            "brand",
            "platform",
        ],
        unique=False,
    )
    op.create_index(op.f("ix_cases_resolved_at"), "cases", ["resolved_at"], unique=False)
    op.create_index(op.f("ix_cases_state_snoozed_until"), "cases", ["state", "snoozed_until"], unique=False)
    op.create_table(
        "case_events",
        sa.Column("id", ID, nullable=False),
        sa.Column("case_id", ID, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("agent", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.CheckConstraint("agent <> ''", name=op.f("ck_case_events_agent")),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_case_events_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_events")),
    )
    op.create_index(op.f("ix_case_events_case_id"), "case_events", ["case_id"], unique=False)
    op.create_table(
        "case_mentions",
        sa.Column("case_id", ID, nullable=False),
        sa.Column("mention_id", ID, nullable=False),
        sa.Column("brand", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_case_mentions_case_id")),
        sa.ForeignKeyConstraint(["mention_id"], ["mentions.id"], name=op.f("fk_case_mentions_mention_id")),
        sa.PrimaryKeyConstraint("case_id", "mention_id", name=op.f("pk_case_mentions")),
        sa.UniqueConstraint("mention_id", "brand", name=op.f("uq_case_mentions_mention_id_brand")),
    )
    op.execute("""
        CREATE TRIGGER case_events_keep_update BEFORE UPDATE ON case_events
        WHEN NEW.detail <> '{}' OR NEW.id <> OLD.id OR NEW.case_id <> OLD.case_id OR NEW.at <> OLD.at
            OR NEW.agent <> OLD.agent OR NEW.kind <> OLD.kind
        BEGIN SELECT RAISE(ABORT, 'case events are append-only'); END
    """)
    op.execute("""
        CREATE TRIGGER case_events_keep_delete BEFORE DELETE ON case_events
        BEGIN SELECT RAISE(ABORT, 'case events are append-only'); END
    """)
