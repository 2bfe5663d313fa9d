"""The tables of loyalty: themes found in posts, our own posts, customers, surveys, rewards."""

from sqlalchemy import Boolean, CheckConstraint, Column, Float, ForeignKey, Index, String, Table, Text, false

from listener.store.head_tables import metadata
from listener.store.types import Id, Instant, Whole

__all__ = ["customer_accounts", "customers", "metadata", "own_posts", "rewards", "survey_answers", "tags"]

tags = Table(
    # Of a mention's present text, by the tagger named in `mentions.tagger`; gone once it is erased.
    "tags",
    metadata,
    Column("mention_id", ForeignKey("mentions.id"), primary_key=True),
    Column("tag", String, primary_key=True),
    Column("score", Float, nullable=False),
    # The table is its primary key: all that is said of a mention lies together.
    sqlite_with_rowid=False,
)

own_posts = Table(
    # Posts of the brands' own accounts: never mentions, but what word of mouth is compared with. No words are kept.
    "own_posts",
    metadata,
    Column("platform", String, primary_key=True),
    Column("native_id", String, primary_key=True),
    Column("brand", String, nullable=False),
    Column("created_at", Instant, nullable=False),
    # Those of a window.
    Index(None, "brand", "created_at"),
    sqlite_with_rowid=False,
)

customers = Table(
    "customers",
    metadata,
    Column("id", Id, primary_key=True),
    Column("ref", String, nullable=False, unique=True),
    Column("value", Float),
    # Of the value among all customers; computed anew with each import.
    Column("percentile", Float),
    Column("tier", String, nullable=False),
    # A day, as 2024-03-01; empty if unknown.
    Column("since", String, nullable=False),
    Column("no_contact", Boolean, nullable=False, server_default=false()),
    Column("imported_at", Instant, nullable=False),
    CheckConstraint("ref <> ''", name="ref"),
    CheckConstraint("value >= 0", name="value"),
    CheckConstraint("percentile BETWEEN 0 AND 1", name="percentile"),
)

customer_accounts = Table(
    "customer_accounts",
    metadata,
    Column("platform", String, primary_key=True),
    # Without @, case folded.
    Column("handle", String, primary_key=True),
    Column("customer_id", ForeignKey("customers.id"), nullable=False),
    # Tells what an import named from what stood before it.
    Column("imported_at", Instant, nullable=False),
    # Erasing a customer.
    Index(None, "customer_id"),
    sqlite_with_rowid=False,
)

survey_answers = Table(
    "survey_answers",
    metadata,
    Column("id", Id, primary_key=True),
    Column("brand", String, nullable=False),
    Column("survey", String, nullable=False),
    Column("respondent", String, nullable=False),
    Column("score", Whole, nullable=False),
    Column("at", Instant, nullable=False),
    Column("comment", Text, nullable=False),
    Column("imported_at", Instant, nullable=False),
    CheckConstraint("score BETWEEN 0 AND 10", name="score"),
)
# The same file imported again adds nothing.
Index(
    "uq_survey_answers_once",
    survey_answers.c.survey,
    survey_answers.c.respondent,
    survey_answers.c.at,
    survey_answers.c.brand,
    unique=True,
)
# Those of a window.
Index("ix_survey_answers_window", survey_answers.c.brand, survey_answers.c.at)

rewards = Table(
    "rewards",
    metadata,
    Column("id", Id, primary_key=True),
    # The nameless author of the platform once its receiver was erased; then `what` and `why` are empty.
    Column("author_id", ForeignKey("authors.id"), nullable=False),
    Column("brand", String, nullable=False),
    Column("gift", String, nullable=False),
    Column("what", String, nullable=False),
    Column("cost_cents", Whole, nullable=False),
    Column("why", String, nullable=False),
    Column("mention_id", ForeignKey("mentions.id")),
    Column("agent", String, nullable=False),
    Column("at", Instant, nullable=False),
    Column("undone_at", Instant),
    CheckConstraint("gift IN ('thanks', 'reward', 'invitation')", name="gift"),
    CheckConstraint("cost_cents >= 0", name="cost"),
    CheckConstraint("agent <> ''", name="agent"),
    # What somebody got already.
    Index(None, "author_id"),
    # What was spent in a window.
    Index(None, "brand", "at"),
)
