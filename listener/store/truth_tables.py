"""The tables of what agents know: their words on posts, and samples drawn to be checked."""

from sqlalchemy import JSON, Boolean, CheckConstraint, Column, ForeignKey, Index, String, Table

from listener.store.reach_tables import metadata
from listener.store.types import Id, Instant, Whole

__all__ = ["metadata", "sample_posts", "samples", "truths"]

samples = Table(
    "samples",
    metadata,
    Column("id", Id, primary_key=True),
    Column("brand", String, nullable=False),
    Column("since", Instant, nullable=False),
    Column("until", Instant, nullable=False),
    Column("seed", Whole, nullable=False),
    Column("at", Instant, nullable=False),
    Column("agent", String, nullable=False),
    # Each [floor, ceiling, population, drawn, {label: given}]; what makes the weights known.
    Column("strata", JSON, nullable=False),
    # The latest of a brand.
    Index(None, "brand"),
)

sample_posts = Table(
    "sample_posts",
    metadata,
    Column("sample_id", ForeignKey("samples.id"), primary_key=True),
    Column("mention_id", ForeignKey("mentions.id"), primary_key=True),
    # Served in this order, which chance chose.
    Column("place", Whole, nullable=False),
    # Place in the sample's `strata`.
    Column("stratum", Whole, nullable=False),
)

truths = Table(
    # Append-only; the latest of a mention and brand counts. Triggers in the migration refuse anything else, but for
    # emptying `said_scores` when the post is erased.
    "truths",
    metadata,
    Column("id", Id, primary_key=True),
    Column("mention_id", ForeignKey("mentions.id"), nullable=False),
    Column("brand", String, nullable=False),
    # Of the mention's text that the agent read.
    Column("revision", Whole, nullable=False),
    Column("step", String, nullable=False),
    Column("asked", String, nullable=False),
    Column("agent", String, nullable=False),
    Column("at", Instant, nullable=False),
    Column("labels", JSON, nullable=False),
    Column("sentiment", String),
    Column("sample_id", ForeignKey("samples.id")),
    # What the model had said before any correction of this text; `said_model` is empty where it had said nothing.
    Column("said_model", String, nullable=False),
    Column("said_labels", JSON, nullable=False),
    Column("said_sentiment", String),
    Column("said_abstained", Boolean, nullable=False),
    Column("said_scores", JSON, nullable=False),
    CheckConstraint("agent <> ''", name="agent"),
    CheckConstraint("step IN ('told', 'skipped', 'undone', 'restored')", name="step"),
    CheckConstraint("asked IN ('relabel', 'review', 'sample')", name="asked"),
    CheckConstraint("(asked = 'sample') = (sample_id IS NOT NULL)", name="sample"),
    CheckConstraint("sentiment IN ('negative', 'neutral', 'positive')", name="sentiment"),
    CheckConstraint("said_sentiment IN ('negative', 'neutral', 'positive')", name="said_sentiment"),
    # The latest of each mention of a brand.
    Index("ix_truths_latest", "brand", "mention_id", "id"),
    # Erasing a post.
    Index(None, "mention_id"),
    # What was answered of a sample.
    Index(None, "sample_id"),
)
