"""The tables of listening and insight; those of the desk and of alerts stand in `desk_tables`.

Constraints hold what must always be true; each index says which question it answers.
"""

from sqlalchemy import (
    JSON,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    false,
    func,
    true,
)

from listener.store.types import Id, Instant, Whole

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)

authors = Table(
    "authors",
    metadata,
    Column("id", Id, primary_key=True),
    Column("platform", String, nullable=False),
    # Empty for the one nameless author of a platform, who stands for everybody erased.
    Column("native_id", String, nullable=False),
    Column("handle", String, nullable=False),
    Column("name", String, nullable=False),
    Column("followers", Whole),
    UniqueConstraint("platform", "native_id"),
    CheckConstraint("followers >= 0", name="followers"),
)
# Whom an agent means by a handle, however they write it.
Index("ix_authors_handle", func.lower(authors.c.handle))

mentions = Table(
    "mentions",
    metadata,
    Column("id", Id, primary_key=True),
    Column("platform", String, nullable=False),
    Column("native_id", String, nullable=False),
    Column("author_id", ForeignKey("authors.id"), nullable=False),
    Column("text", Text, nullable=False),
    Column("digest", String, nullable=False),
    # Counts the texts it has had, from 1; a verdict speaks of one of them.
    Column("revision", Whole, nullable=False, server_default="1"),
    Column("version", String, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("url", String, nullable=False),
    Column("thread", String, nullable=False),
    Column("parent", String, nullable=False),
    Column("lang", String, nullable=False),
    Column("is_repost", Boolean, nullable=False),
    Column("likes", Whole, nullable=False),
    Column("replies", Whole, nullable=False),
    Column("reposts", Whole, nullable=False),
    Column("can_reply", Boolean, nullable=False),
    Column("reply_note", String, nullable=False),
    Column("raw", Text, nullable=False),
    Column("seen_at", Instant, nullable=False),
    Column("edited_at", Instant),
    Column("deleted_at", Instant),
    Column("ref", String, nullable=False, server_default=""),
    # When its source last said that it stands, by showing it or on being asked.
    Column("checked_at", Instant),
    # Which tagger looked for themes in its present text; empty if none did.
    Column("tagger", String, nullable=False, server_default=""),
    # The one identity of a mention, and what makes every repeat harmless.
    UniqueConstraint("platform", "native_id"),
    CheckConstraint("revision >= 1", name="revision"),
    CheckConstraint("deleted_at IS NULL OR (text = '' AND raw = '')", name="erased"),
    # Does an erased mention's author have others?
    Index(None, "author_id"),
)
# What is to be looked up again at its source, the longest unseen first.
Index(
    "ix_mentions_recheck",
    mentions.c.platform,
    mentions.c.checked_at,
    sqlite_where=mentions.c.deleted_at.is_(None),
    postgresql_where=mentions.c.deleted_at.is_(None),
)

# What was kept long enough, the oldest first.
Index(
    "ix_mentions_aging",
    mentions.c.seen_at,
    sqlite_where=mentions.c.deleted_at.is_(None),
    postgresql_where=mentions.c.deleted_at.is_(None),
)

mention_versions = Table(
    "mention_versions",
    metadata,
    Column("mention_id", ForeignKey("mentions.id"), primary_key=True),
    Column("revision", Whole, primary_key=True),
    Column("text", Text, nullable=False),
    Column("version", String, nullable=False),
    Column("replaced_at", Instant, nullable=False),
)

tombstones = Table(
    "tombstones",
    metadata,
    # SHA-256 of platform and native id: enough to refuse the post's return, useless for finding it.
    Column("key_hash", String(64), primary_key=True),
    Column("at", Instant, nullable=False),
)

matches = Table(
    "matches",
    metadata,
    Column("mention_id", ForeignKey("mentions.id"), primary_key=True),
    Column("brand", String, primary_key=True),
    Column("term", String, primary_key=True),
    Column("start", Whole, primary_key=True),
    Column("end", Whole, nullable=False),
)

verdicts = Table(
    "verdicts",
    metadata,
    Column("id", Id, primary_key=True),
    Column("mention_id", ForeignKey("mentions.id"), nullable=False),
    Column("model", String, nullable=False),
    # Of the mention's text at the time: a verdict on an older text is kept, but never in force.
    Column("revision", Whole, nullable=False),
    Column("scores", JSON, nullable=False),
    Column("thresholds", JSON, nullable=False),
    Column("labels", JSON, nullable=False),
    Column("sentiment", String),
    Column("abstained", Boolean, nullable=False),
    Column("decided_at", Instant, nullable=False),
    Column("in_force", Boolean, nullable=False),
    UniqueConstraint("mention_id", "model"),
    CheckConstraint("sentiment IN ('negative', 'neutral', 'positive')", name="sentiment"),
)
# A mention's verdict in one step; and at most one is in force.
Index(
    "uq_verdicts_in_force",
    verdicts.c.mention_id,
    unique=True,
    sqlite_where=verdicts.c.in_force == true(),
    postgresql_where=verdicts.c.in_force,
)

voices = Table(
    # One row per mention and brand, with what its verdict in force says: all that counting needs, in narrow rows.
    # Erased mentions have none. A repost has no labels here, since it counts as a repost alone.
    "voices",
    metadata,
    Column("mention_id", ForeignKey("mentions.id"), primary_key=True),
    Column("brand", String, primary_key=True),
    Column("platform", String, nullable=False),
    Column("author_id", ForeignKey("authors.id"), nullable=False),
    Column("hour", Instant, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("is_repost", Boolean, nullable=False),
    # False where the brand is only named beside the one that is spoken to: counted, but without labels.
    Column("addressed", Boolean, nullable=False),
    Column("scored", Boolean, nullable=False),
    Column("abstained", Boolean, nullable=False),
    Column("sentiment", String),
    Column("complaint", Boolean, nullable=False),
    Column("praise", Boolean, nullable=False),
    Column("question", Boolean, nullable=False),
    Column("engagement", Whole, nullable=False),
    # Of the case that holds the mention for this brand; empty if none does.
    Column("queue", String, nullable=False),
    # ISO 639, identified or else as the platform says; empty if unknown.
    Column("lang", String, nullable=False, server_default=""),
    CheckConstraint("NOT is_repost OR (sentiment IS NULL AND NOT complaint AND NOT praise AND NOT question)", "repost"),
)
# Distinct authors, stands and samples of a window.
Index("ix_voices_window", voices.c.brand, voices.c.created_at)
# An author's history on a brand; and everything of an author that is to be erased.
Index("ix_voices_author", voices.c.author_id, voices.c.brand)
# Complaining authors by hour, for a brand as a whole and for each queue; narrow enough to be read alone.
for _name, _columns in {"brand": ["brand", "hour"], "queue": ["brand", "queue", "hour"]}.items():
    Index(
        f"ix_voices_complaints_by_{_name}",
        *(voices.c[column] for column in _columns),
        voices.c.author_id,
        sqlite_where=voices.c.complaint == true(),
        postgresql_where=voices.c.complaint,
    )
# What waits for the classifier: normally nothing.
Index(
    "ix_voices_unscored",
    voices.c.mention_id,
    sqlite_where=voices.c.scored == false(),
    postgresql_where=~voices.c.scored,
)

tallies = Table(
    "tallies",
    metadata,
    Column("brand", String, primary_key=True),
    Column("hour", Instant, primary_key=True),
    Column("platform", String, primary_key=True),
    Column("lang", String, primary_key=True),
    Column("label", String, primary_key=True),
    Column("mentions", Whole, nullable=False),
    Column("engagement", Whole, nullable=False),
    CheckConstraint("mentions >= 0 AND engagement >= 0", name="counts"),
    # Every brand of a window; one brand's is the primary key.
    Index(None, "hour"),
    # The table is its primary key.
    sqlite_with_rowid=False,
)

cursors = Table(
    "cursors",
    metadata,
    Column("source", String, primary_key=True),
    Column("cursor", Text, nullable=False),
    Column("at", Instant, nullable=False),
)

gaps = Table(
    "gaps",
    metadata,
    Column("id", Id, primary_key=True),
    Column("source", String, nullable=False),
    Column("since", Instant, nullable=False),
    Column("until", Instant, nullable=False),
    Column("reason", String, nullable=False),
    Column("found_at", Instant, nullable=False),
    Column("closed_at", Instant),
    # A page read twice finds the same gap.
    UniqueConstraint("source", "since", "until"),
)

quarantine = Table(
    "quarantine",
    metadata,
    Column("id", Id, primary_key=True),
    Column("source", String, nullable=False),
    Column("native_id", String, nullable=False),
    Column("position", String, nullable=False),
    Column("reason", String, nullable=False),
    Column("raw", Text, nullable=False),
    Column("digest", String, nullable=False),
    Column("at", Instant, nullable=False),
    # A page read twice rejects the same record.
    UniqueConstraint("source", "digest"),
)

sources = Table(
    "sources",
    metadata,
    Column("source", String, primary_key=True),
    Column("platform", String, nullable=False),
    Column("last_attempt", Instant),
    Column("last_success", Instant),
    Column("last_mention", Instant),
    Column("failures", Whole, nullable=False),
    Column("error", String, nullable=False),
    Column("paused_until", Instant),
    # Whose calls it counts among, as `rates` and `ledger` name it; empty where nothing is counted.
    Column("credential", String, nullable=False, server_default=""),
    # How it is heard besides polling: "streaming", or "polling: " and why; empty where it only polls.
    Column("stream", String, nullable=False, server_default=""),
    # Before when its stream is not to be tried again.
    Column("stream_until", Instant),
    # What a person should look at though it is read without an error.
    Column("warning", String, nullable=False, server_default=""),
    CheckConstraint("failures >= 0", name="failures"),
)
