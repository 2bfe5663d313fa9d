"""Listening: authors, mentions, what was decided of them, and the counts."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

# As `listener.store.types` had them when this was written: a migration doesn't change when the program does.
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.BigInteger()


def upgrade() -> None:
    op.create_table(
        "authors",
        sa.Column("id", ID, nullable=False),
        sa.Column("platform", sa.String(), nullable=False),
        sa.Column("native_id", sa.String(), nullable=False),
        sa.Column("handle", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("followers", sa.Integer(), nullable=True),
        sa.Column("value_percentile", sa.Float(), nullable=True),
        sa.CheckConstraint("followers >= 0", name=op.f("ck_authors_followers")),
        sa.CheckConstraint("value_percentile BETWEEN 0 AND 1", name=op.f("ck_authors_percentile")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_authors")),
        sa.UniqueConstraint("platform", "native_id", name=op.f("uq_authors_platform_native_id")),
    )
    op.create_table(
        "cursors",
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("cursor", sa.Text(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("source", name=op.f("pk_cursors")),
    )
    op.create_table(
        "gaps",
        sa.Column("id", ID, nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("since", INSTANT, nullable=False),
        sa.Column("until", INSTANT, nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("found_at", INSTANT, nullable=False),
        sa.Column("closed_at", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gaps")),
        sa.UniqueConstraint("source", "since", "until", name=op.f("uq_gaps_source_since_until")),
    )
    op.create_table(
        "quarantine",
        sa.Column("id", ID, nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("native_id", sa.String(), nullable=False),
        sa.Column("position", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("raw", sa.Text(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_quarantine")),
        sa.UniqueConstraint("source", "digest", name=op.f("uq_quarantine_source_digest")),
    )
    op.create_table(
        "sources",
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("platform", sa.String(), nullable=False),
        sa.Column("last_attempt", INSTANT, nullable=True),
        sa.Column("last_success", INSTANT, nullable=True),
        sa.Column("last_mention", INSTANT, nullable=True),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("error", sa.String(), nullable=False),
        sa.Column("paused_until", INSTANT, nullable=True),
        sa.CheckConstraint("failures >= 0", name=op.f("ck_sources_failures")),
        sa.PrimaryKeyConstraint("source", name=op.f("pk_sources")),
    )
    op.create_table(
        "tallies",
        sa.Column("brand", sa.String(), nullable=False),
        sa.Column("hour", INSTANT, nullable=False),
        sa.Column("platform", sa.String(), nullable=False),
        sa.Column("label", sa.String(), nullable=False),
        sa.Column("mentions", sa.Integer(), nullable=False),
        sa.Column("engagement", sa.Integer(), nullable=False),
        sa.CheckConstraint("mentions >= 0 AND engagement >= 0", name=op.f("ck_tallies_counts")),
        sa.PrimaryKeyConstraint("brand", "hour", "platform", "label", name=op.f("pk_tallies")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_tallies_hour"), "tallies", ["hour"], unique=False)
    op.create_table(
        "tombstones",
        sa.Column("key_hash", sa.String(length=64), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("key_hash", name=op.f("pk_tombstones")),
    )
    op.create_table(
        "mentions",
        sa.Column("id", ID, nullable=False),
        sa.Column("platform", sa.String(), nullable=False),
        sa.Column("native_id", sa.String(), nullable=False),
        sa.Column("author_id", ID, nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("revision", sa.Integer(), server_default="1", nullable=False),
        sa.Column("version", sa.String(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("url", sa.String(), nullable=False),
        sa.Column("thread", sa.String(), nullable=False),
        sa.Column("parent", sa.String(), nullable=False),
        sa.Column("lang", sa.String(), nullable=False),
        sa.Column("is_repost", sa.Boolean(), nullable=False),
        sa.Column("likes", sa.Integer(), nullable=False),
        sa.Column("replies", sa.Integer(), nullable=False),
        sa.Column("reposts", sa.Integer(), nullable=False),
        sa.Column("can_reply", sa.Boolean(), nullable=False),
        sa.Column("reply_note", sa.String(), nullable=False),
        sa.Column("raw", sa.Text(), nullable=False),
        sa.Column("seen_at", INSTANT, nullable=False),
        sa.Column("edited_at", INSTANT, nullable=True),
        sa.Column("deleted_at", INSTANT, nullable=True),
        sa.CheckConstraint("deleted_at IS NULL OR (text = '' AND raw = '')", name=op.f("ck_mentions_erased")),
        sa.CheckConstraint("revision >= 1", name=op.f("ck_mentions_revision")),
        sa.ForeignKeyConstraint(["author_id"], ["authors.id"], name=op.f("fk_mentions_author_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mentions")),
        sa.UniqueConstraint("platform", "native_id", name=op.f("uq_mentions_platform_native_id")),
    )
    op.create_index(op.f("ix_mentions_author_id"), "mentions", ["author_id"], unique=False)
    op.create_table(
        "matches",
        sa.Column("mention_id", ID, nullable=False),
        sa.Column("brand", sa.String(), nullable=False),
        sa.Column("term", sa.String(), nullable=False),
        sa.Column("start", sa.Integer(), nullable=False),
        sa.Column("end", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["mention_id"], ["mentions.id"], name=op.f("fk_matches_mention_id")),
        sa.PrimaryKeyConstraint("mention_id", "brand", "term", "start", name=op.f("pk_matches")),
    )
    op.create_table(
        "mention_versions",
        sa.Column("mention_id", ID, nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("version", sa.String(), nullable=False),
        sa.Column("replaced_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["mention_id"], ["mentions.id"], name=op.f("fk_mention_versions_mention_id")),
        sa.PrimaryKeyConstraint("mention_id", "revision", name=op.f("pk_mention_versions")),
    )
    op.create_table(
        "verdicts",
        sa.Column("id", ID, nullable=False),
        sa.Column("mention_id", ID, nullable=False),
        sa.Column("model", sa.String(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("scores", sa.JSON(), nullable=False),
        sa.Column("thresholds", sa.JSON(), nullable=False),
        sa.Column("labels", sa.JSON(), nullable=False),
        sa.Column("sentiment", sa.String(), nullable=True),
        sa.Column("abstained", sa.Boolean(), nullable=False),
        sa.Column("decided_at", INSTANT, nullable=False),
        sa.Column("in_force", sa.Boolean(), nullable=False),
        sa.CheckConstraint("sentiment IN ('negative', 'neutral', 'positive')", name=op.f("ck_verdicts_sentiment")),
        sa.ForeignKeyConstraint(["mention_id"], ["mentions.id"], name=op.f("fk_verdicts_mention_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_verdicts")),
        sa.UniqueConstraint("mention_id", "model", name=op.f("uq_verdicts_mention_id_model")),
    )
    op.create_index(
        "uq_verdicts_in_force",
        "verdicts",
        ["mention_id"],
        unique=True,
        sqlite_where=sa.text("in_force = 1"),
        postgresql_where="in_force",
    )
    op.create_table(
        "voices",
        sa.Column("mention_id", ID, nullable=False),
        sa.Column("brand", sa.String(), nullable=False),
        sa.Column("platform", sa.String(), nullable=False),
        sa.Column("author_id", ID, nullable=False),
        sa.Column("hour", INSTANT, nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("is_repost", sa.Boolean(), nullable=False),
        sa.Column("addressed", sa.Boolean(), nullable=False),
        sa.Column("scored", sa.Boolean(), nullable=False),
        sa.Column("abstained", sa.Boolean(), nullable=False),
        sa.Column("sentiment", sa.String(), nullable=True),
        sa.Column("complaint", sa.Boolean(), nullable=False),
        sa.Column("praise", sa.Boolean(), nullable=False),
        sa.Column("question", sa.Boolean(), nullable=False),
        sa.Column("engagement", sa.Integer(), nullable=False),
        sa.Column("queue", sa.String(), nullable=False),
        sa.CheckConstraint(
            "NOT is_repost OR (sentiment IS NULL AND NOT complaint AND NOT praise AND NOT question)",
            name=op.f("ck_voices_repost"),
        ),
        sa.ForeignKeyConstraint(["author_id"], ["authors.id"], name=op.f("fk_voices_author_id")),
        sa.ForeignKeyConstraint(["mention_id"], ["mentions.id"], name=op.f("fk_voices_mention_id")),
        sa.PrimaryKeyConstraint("mention_id", "brand", name=op.f("pk_voices")),
    )
    op.create_index("ix_voices_author", "voices", ["author_id", "brand"], unique=False)
    op.create_index(
        "ix_voices_complaints_by_brand",
        "voices",
        ["brand", "hour", "author_id"],
        unique=False,
        sqlite_where=sa.text("complaint = 1"),
        postgresql_where="complaint",
    )
    op.create_index(
        "ix_voices_complaints_by_queue",
        "voices",
        ["brand", "queue", "hour", "author_id"],
        unique=False,
        sqlite_where=sa.text("complaint = 1"),
        postgresql_where="complaint",
    )
    op.create_index(
        "ix_voices_unscored",
        "voices",
        ["mention_id"],
        unique=False,
        sqlite_where=sa.text("scored = 0"),
        postgresql_where=sa.text("scored = 0"),
    )
    op.create_index("ix_voices_window", "voices", ["brand", "created_at"], unique=False)
