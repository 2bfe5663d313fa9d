"""The tables of the desk, of alerts and of money."""

from sqlalchemy import (
    JSON,
    Boolean,
    CheckConstraint,
    Column,
    Float,
    ForeignKey,
    Index,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from listener.store.tables import metadata
from listener.store.types import Id, Instant, Whole

__all__ = ["alerts", "case_events", "case_mentions", "cases", "ledger", "marks", "metadata", "outbox"]

cases = Table(
    "cases",
    metadata,
    Column("id", Id, primary_key=True),
    Column("version", Whole, nullable=False),
    Column("brand", String, nullable=False),
    Column("platform", String, nullable=False),
    Column("author_id", ForeignKey("authors.id"), nullable=False),
    Column("thread", String, nullable=False),
    Column("queue", String, nullable=False),
    Column("state", String, nullable=False),
    Column("reason", String, nullable=False),
    Column("priority", Float, nullable=False),
    Column("terms", JSON, nullable=False),
    Column("rank_at", Instant, nullable=False),
    Column("escalated", Boolean, nullable=False),
    Column("assignee", String, nullable=False),
    Column("lease_until", Instant),
    # Whom the present holder's claim took the case from, because the lease had run out; empty if from nobody.
    Column("lapsed", String, nullable=False),
    Column("opened_at", Instant, nullable=False),
    Column("updated_at", Instant, nullable=False),
    Column("due_at", Instant),
    Column("first_reply_at", Instant),
    Column("snoozed_until", Instant),
    Column("resolved_at", Instant),
    Column("resolution", Text, nullable=False),
    Column("mentions", Whole, nullable=False),
    Column("headline_id", ForeignKey("mentions.id"), nullable=False),
    Column("tags", JSON, nullable=False),
    # As `listener.domain.clocks` writes them.
    Column("clocks", JSON, nullable=False),
    Column("sla_at", Instant),
    Column("alarm_at", Instant),
    Column("wrote_at", Instant),
    Column("answered_at", Instant),
    Column("assigned_at", Instant),
    Column("incident_id", ForeignKey("incidents.id")),
    Column("merged_into", ForeignKey("cases.id")),
    CheckConstraint("version >= 1", name="version"),
    CheckConstraint("mentions >= 1", name="mentions"),
    CheckConstraint("queue <> ''", name="queue"),
    CheckConstraint("state IN ('open', 'snoozed', 'resolved')", name="state"),
    CheckConstraint("reason IN ('complaint', 'question', 'praise', 'unsure', 'unscored')", name="reason"),
    CheckConstraint("lease_until IS NULL OR assignee <> ''", name="lease"),
    CheckConstraint("state <> 'snoozed' OR snoozed_until IS NOT NULL", name="snooze"),
    CheckConstraint("state <> 'resolved' OR resolved_at IS NOT NULL", name="resolution"),
    CheckConstraint("merged_into IS NULL OR state = 'resolved'", name="merged"),
    # An author's cases, for attaching; and everything of an author that is to be erased.
    Index(None, "author_id", "brand"),
    # Which cases a day's digest speaks of.
    Index(None, "opened_at"),
    Index(None, "first_reply_at"),
    Index(None, "resolved_at"),
    # Whom to wake.
    Index(None, "state", "snoozed_until"),
    # Whose promise is about to break; and what breaks within the quarter hour.
    Index(None, "state", "alarm_at"),
    Index(None, "state", "sla_at"),
    # An agent's own, to count their load and to take back what lies still.
    Index(None, "state", "assignee"),
    # How many wait in each queue, and how many of them nobody holds: narrow, and in the order of the counts.
    Index("ix_cases_queue_counts", "state", "queue", "assignee", "lease_until"),
    # An incident's cases.
    Index(None, "incident_id"),
)
# The queue in its order. All that a list or a claim filters by comes after the order, so that neither sorts nor
# visits the table for a case it skips.
Index(
    "ix_cases_queue_order",
    cases.c.state,
    cases.c.escalated.desc(),
    cases.c.rank_at,
    cases.c.id,
    cases.c.queue,
    cases.c.assignee,
    cases.c.lease_until,
    cases.c.brand,
    cases.c.platform,
    cases.c.reason,
)

case_mentions = Table(
    "case_mentions",
    metadata,
    Column("case_id", ForeignKey("cases.id"), primary_key=True),
    Column("mention_id", ForeignKey("mentions.id"), primary_key=True),
    Column("brand", String, nullable=False),
    # For one brand a mention belongs to one case: a page read twice can't open a second.
    UniqueConstraint("mention_id", "brand"),
)

case_events = Table(
    # Append-only; triggers in the migration refuse anything else, but for emptying `detail` when somebody is erased.
    "case_events",
    metadata,
    Column("id", Id, primary_key=True),
    Column("case_id", ForeignKey("cases.id"), nullable=False),
    Column("at", Instant, nullable=False),
    Column("agent", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("detail", JSON, nullable=False),
    # What the changed fields were until then: what undoing restores.
    Column("before", JSON, nullable=False),
    CheckConstraint("agent <> ''", name="agent"),
    # A case's history in order.
    Index(None, "case_id"),
    # What was done in a window, for the board and for rules seen over a week.
    Index(None, "at"),
)

alerts = Table(
    "alerts",
    metadata,
    Column("key", String, primary_key=True),
    Column("kind", String, nullable=False),
    Column("subject", String, nullable=False),
    Column("opened_at", Instant, nullable=False),
    Column("title", String, nullable=False),
    Column("body", Text, nullable=False),
    Column("facts", JSON, nullable=False),
    Column("closed_at", Instant),
    Column("level", Whole, nullable=False),
    # What people did about it; its history is in `alert_events`. Empty: the settings decide.
    Column("severity", String, nullable=False),
    Column("acked_by", String, nullable=False),
    Column("acked_at", Instant),
    Column("acked_level", Whole, nullable=False),
    Column("muted_until", Instant),
    Column("told_level", Whole, nullable=False),
    Column("told_at", Instant),
    Column("held", String, nullable=False),
    Column("closed_by", String, nullable=False),
    Column("closed_why", Text, nullable=False),
    CheckConstraint("level >= 1", name="level"),
    CheckConstraint("kind IN ('spike', 'silence', 'praise', 'blind', 'backlog', 'cold')", name="kind"),
    CheckConstraint("severity IN ('', 'page', 'notice')", name="severity"),
    CheckConstraint("(acked_by = '') = (acked_at IS NULL)", name="acked"),
    # Those still open, and the latest ones.
    Index(None, "closed_at"),
    Index(None, "opened_at"),
    # When a subject was last told of.
    Index(None, "subject", "told_at"),
)

outbox = Table(
    "outbox",
    metadata,
    Column("id", Id, primary_key=True),
    # What a crash makes us send again carries the same key.
    Column("key", String, nullable=False, unique=True),
    Column("target", String, nullable=False),
    Column("title", String, nullable=False),
    Column("body", Text, nullable=False),
    Column("state", String, nullable=False),
    Column("attempts", Whole, nullable=False),
    Column("error", String, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("not_before", Instant, nullable=False),
    Column("sent_at", Instant),
    # The alert it is about, and which step of its life; both empty for what the desk says.
    Column("alert", String, nullable=False),
    Column("step", String, nullable=False),
    Column("severity", String, nullable=False),
    # The summary that told of it.
    Column("folded_into", Id),
    CheckConstraint("state IN ('waiting', 'sent', 'failed', 'folded')", name="state"),
    CheckConstraint("(state = 'sent') = (sent_at IS NOT NULL)", name="sent"),
    CheckConstraint("(state = 'folded') = (folded_into IS NOT NULL)", name="folded"),
    CheckConstraint("severity IN ('page', 'notice')", name="severity"),
    # What is due.
    Index(None, "state", "not_before"),
    # Who was told of an alert.
    Index(None, "alert"),
    # How many messages a target took lately.
    Index(None, "target", "sent_at"),
)

marks = Table(
    "marks",
    metadata,
    Column("name", String, primary_key=True),
    Column("value", Text, nullable=False),
)

ledger = Table(
    "ledger",
    metadata,
    Column("credential", String, primary_key=True),
    # YYYY-MM, in UTC.
    Column("month", String(7), primary_key=True),
    Column("reserved", Whole, nullable=False),
    Column("spent", Whole, nullable=False),
    CheckConstraint("reserved >= 0 AND spent >= 0", name="amounts"),
)
