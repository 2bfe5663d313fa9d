"""The tables of reaching platforms: what a credential may still call, and replies on their way; `metadata` is whole."""

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, String, Table, Text

from listener.store.team_tables import metadata
from listener.store.types import Id, Instant, Whole

__all__ = ["metadata", "rates", "sends"]

rates = Table(
    # What is left of each window, by credential and kind of call.
    "rates",
    metadata,
    Column("credential", String, primary_key=True),
    Column("bucket", String, primary_key=True),
    Column("capacity", Whole),
    # May go below nothing where a platform counts otherwise than we do.
    Column("left", Whole),
    Column("resets_at", Instant),
    Column("blocked_until", Instant),
    Column("at", Instant, nullable=False),
)

sends = Table(
    # Replies on their way to a platform, and those that stand there.
    "sends",
    metadata,
    Column("id", Id, primary_key=True),
    Column("case_id", ForeignKey("cases.id"), nullable=False),
    # The post that is answered.
    Column("mention_id", ForeignKey("mentions.id"), nullable=False),
    Column("source", String, nullable=False),
    Column("platform", String, nullable=False),
    Column("agent", String, nullable=False),
    Column("text", Text, nullable=False),
    # The same in every attempt.
    Column("key", String, nullable=False),
    Column("state", String, nullable=False),
    Column("attempts", Whole, nullable=False),
    Column("created_at", Instant, nullable=False),
    # When it may next be tried; of one being sent, when whoever sends it counts as dead.
    Column("due_at", Instant),
    # Since when it may stand there: nothing older is taken for it.
    Column("began_at", Instant),
    # When the latest call ended, or began where nobody knows its end.
    Column("tried_at", Instant),
    Column("done_at", Instant),
    # Of our own post there; empty until it stands.
    Column("native_id", String, nullable=False),
    Column("url", String, nullable=False),
    Column("error", Text, nullable=False),
    CheckConstraint("state IN ('queued', 'sending', 'unknown', 'sent', 'failed', 'cancelled')", name="state"),
    CheckConstraint("(state IN ('queued', 'sending', 'unknown')) = (done_at IS NULL)", name="done"),
    CheckConstraint("(state IN ('queued', 'sending', 'unknown')) = (due_at IS NOT NULL)", name="due"),
    CheckConstraint("state <> 'sent' OR native_id <> ''", name="sent"),
    CheckConstraint("attempts >= 0", name="attempts"),
    # What is due next.
    Index(None, "state", "due_at"),
    Index(None, "case_id"),
    # Was this said there already?
    Index(None, "mention_id"),
    # Is this post our own?
    Index(None, "platform", "native_id"),
    Index("uq_sends_key", "key", unique=True),
)
