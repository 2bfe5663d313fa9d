"""The tables of team work: incidents, answers, rules, presence, links and the audit; `reach_tables` completes them."""

from sqlalchemy import (
    JSON,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    Table,
    Text,
)

from listener.store.desk_tables import metadata
from listener.store.types import Id, Instant, Whole

__all__ = [
    "audit",
    "author_links",
    "case_links",
    "desk_events",
    "incidents",
    "metadata",
    "presence",
    "replies",
    "rule_log",
    "signatures",
]

incidents = Table(
    "incidents",
    metadata,
    Column("id", Id, primary_key=True),
    Column("version", Whole, nullable=False),
    Column("brand", String, nullable=False),
    Column("title", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("state", String, nullable=False),
    Column("owner", String, nullable=False),
    # The answer that was agreed on, and by whom; both empty until then.
    Column("answer", Text, nullable=False),
    Column("approved_by", String, nullable=False),
    # What its cases have in common: words, the post that it began with.
    Column("detail", JSON, nullable=False),
    Column("opened_at", Instant, nullable=False),
    Column("updated_at", Instant, nullable=False),
    Column("closed_at", Instant),
    CheckConstraint("kind IN ('alike', 'theme', 'by_hand')", name="kind"),
    CheckConstraint("state IN ('open', 'closed')", name="state"),
    CheckConstraint("(state = 'closed') = (closed_at IS NOT NULL)", name="closed"),
    # Those that new cases may join.
    Index(None, "state", "brand"),
)

signatures = Table(
    # MinHash bands of complaints: posts that share a band may say the same.
    "signatures",
    metadata,
    Column("brand", String, primary_key=True),
    Column("band", Whole, primary_key=True),
    Column("value", Id, primary_key=True),
    Column("mention_id", ForeignKey("mentions.id"), primary_key=True),
    # Erasing a post, and forgetting those too old to matter.
    Index(None, "mention_id"),
)

case_links = Table(
    "case_links",
    metadata,
    Column("case_id", ForeignKey("cases.id"), primary_key=True),
    Column("other_id", ForeignKey("cases.id"), primary_key=True),
    Column("kind", String, nullable=False),
    Column("agent", String, nullable=False),
    Column("at", Instant, nullable=False),
    CheckConstraint("kind IN ('related', 'split')", name="kind"),
    CheckConstraint("case_id <> other_id", name="itself"),
    Index(None, "other_id"),
)

presence = Table(
    "presence",
    metadata,
    Column("agent", String, primary_key=True),
    Column("available", Boolean, nullable=False),
    Column("changed_at", Instant, nullable=False),
    # When the program last gave the agent a case: whose turn it is.
    Column("given_at", Instant),
)

rule_log = Table(
    "rule_log",
    metadata,
    Column("id", Id, primary_key=True),
    Column("rule", String, nullable=False),
    Column("case_id", ForeignKey("cases.id"), nullable=False),
    # The post that it acted on; none for a rule of time.
    Column("mention_id", ForeignKey("mentions.id")),
    Column("at", Instant, nullable=False),
    Column("did", JSON, nullable=False),
    Index(None, "rule", "at"),
    Index(None, "case_id"),
    Index(None, "at"),
)

replies = Table(
    # Answers that wait for a second person, and what became of them.
    "replies",
    metadata,
    Column("id", Id, primary_key=True),
    Column("case_id", ForeignKey("cases.id"), nullable=False),
    Column("agent", String, nullable=False),
    Column("text", Text, nullable=False),
    Column("state", String, nullable=False),
    Column("created_at", Instant, nullable=False),
    Column("decided_by", String, nullable=False),
    Column("decided_at", Instant),
    Column("why", Text, nullable=False),
    CheckConstraint("state IN ('waiting', 'approved', 'declined', 'withdrawn')", name="state"),
    CheckConstraint("(state = 'waiting') = (decided_at IS NULL)", name="decided"),
    CheckConstraint("state <> 'approved' OR decided_by <> agent", name="two_people"),
    Index(None, "case_id"),
    Index(None, "state", "created_at"),
)

author_links = Table(
    # Accounts that staff found to be one customer's; `person` is the smallest author id among them.
    "author_links",
    metadata,
    Column("author_id", ForeignKey("authors.id"), primary_key=True),
    Column("person", Id, nullable=False),
    Column("agent", String, nullable=False),
    Column("at", Instant, nullable=False),
    Index(None, "person"),
)

desk_events = Table(
    # Append-only, like `case_events`: what people did that concerns no single case.
    "desk_events",
    metadata,
    Column("id", Id, primary_key=True),
    Column("at", Instant, nullable=False),
    Column("agent", String, nullable=False),
    # "incident:3", "agent:ana", "author:12"
    Column("subject", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("detail", JSON, nullable=False),
    CheckConstraint("agent <> ''", name="agent"),
    Index(None, "subject"),
    Index(None, "at"),
)

audit = Table(
    # What people did, each row sealed with the one before it. `digest` is of the event's words with a random salt;
    # erasing somebody empties words and salt, and the chain still holds.
    "audit",
    metadata,
    Column("id", Id, primary_key=True),
    Column("at", Instant, nullable=False),
    Column("agent", String, nullable=False),
    Column("kind", String, nullable=False),
    Column("subject", String, nullable=False),
    # Of `case_events` where the subject is a case, else of `desk_events`.
    Column("event_id", Id, nullable=False),
    Column("salt", LargeBinary, nullable=False),
    Column("digest", String(64), nullable=False),
    Column("link", String(64), nullable=False),
    Index(None, "agent", "at"),
    Index(None, "at"),
)
