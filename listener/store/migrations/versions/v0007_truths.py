"""What agents know of posts is kept as truth, beside what the model had said; samples to be checked have a place."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

# As `listener.store.types` had them when this was written: a migration doesn't change when the program does.
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.BigInteger()


def upgrade() -> None:
    _samples()
    op.create_table(
        "truths",
        sa.Column("id", ID, nullable=False),
        sa.Column("mention_id", ID, nullable=False),
        sa.Column("brand", sa.String(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("step", sa.String(), nullable=False),
        sa.Column("asked", sa.String(), nullable=False),
        sa.Column("agent", sa.String(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("labels", sa.JSON(), nullable=False),
        sa.Column("sentiment", sa.String(), nullable=True),
        sa.Column("sample_id", ID, nullable=True),
        sa.Column("said_model", sa.String(), nullable=False),
        sa.Column("said_labels", sa.JSON(), nullable=False),
        sa.Column("said_sentiment", sa.String(), nullable=True),
        sa.Column("said_abstained", sa.Boolean(), nullable=False),
        sa.Column("said_scores", sa.JSON(), nullable=False),
        sa.CheckConstraint("agent <> ''", name=op.f("ck_truths_agent")),
        sa.CheckConstraint("step IN ('told', 'skipped', 'undone', 'restored')", name=op.f("ck_truths_step")),
        sa.CheckConstraint("asked IN ('relabel', 'review', 'sample')", name=op.f("ck_truths_asked")),
        sa.CheckConstraint("(asked = 'sample') = (sample_id IS NOT NULL)", name=op.f("ck_truths_sample")),
        sa.CheckConstraint("sentiment IN ('negative', 'neutral', 'positive')", name=op.f("ck_truths_sentiment")),
        sa.CheckConstraint(
            "said_sentiment IN ('negative', 'neutral', 'positive')", name=op.f("ck_truths_said_sentiment")
        ),
        sa.ForeignKeyConstraint(["mention_id"], ["mentions.id"], name=op.f("fk_truths_mention_id")),
        sa.ForeignKeyConstraint(["sample_id"], ["samples.id"], name=op.f("fk_truths_sample_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_truths")),
    )
    op.create_index("ix_truths_latest", "truths", ["brand", "mention_id", "id"], unique=False)
    op.create_index(op.f("ix_truths_mention_id"), "truths", ["mention_id"], unique=False)
    op.create_index(op.f("ix_truths_sample_id"), "truths", ["sample_id"], unique=False)
    _remember()
    _keep()


def _samples() -> None:
    op.create_table(
        "samples",
        sa.Column("id", ID, nullable=False),
        sa.Column("brand", sa.String(), nullable=False),
        sa.Column("since", INSTANT, nullable=False),
        sa.Column("until", INSTANT, nullable=False),
        sa.Column("seed", sa.Integer(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("agent", sa.String(), nullable=False),
        sa.Column("strata", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_samples")),
    )
    op.create_index(op.f("ix_samples_brand"), "samples", ["brand"], unique=False)
    op.create_table(
        "sample_posts",
        sa.Column("sample_id", ID, nullable=False),
        sa.Column("mention_id", ID, nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("stratum", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["sample_id"], ["samples.id"], name=op.f("fk_sample_posts_sample_id")),
        sa.ForeignKeyConstraint(["mention_id"], ["mentions.id"], name=op.f("fk_sample_posts_mention_id")),
        sa.PrimaryKeyConstraint("sample_id", "mention_id", name=op.f("pk_sample_posts")),
    )


def _remember() -> None:
    """Corrections in force, each for the brand of the case that holds the post.

    The mood is taken over where the agent must have said it: the labels imply it, or it isn't what the model had said.
    A correction of a text that was edited since is not in force, and stays out.
    """
    blames, praises = "v.labels LIKE '%\"complaint\"%'", "v.labels LIKE '%\"praise\"%'"
    model = (
        "SELECT m.id FROM verdicts m WHERE m.mention_id = v.mention_id AND m.revision = v.revision"
        " AND substr(m.model, 1, 6) <> 'agent:' ORDER BY m.decided_at DESC, m.id DESC LIMIT 1"
    )
    op.execute(
        "INSERT INTO truths (mention_id, brand, revision, step, asked, agent, at, labels, sentiment,"  # noqa: S608
        " said_model, said_labels, said_sentiment, said_abstained, said_scores)"
        " SELECT v.mention_id, c.brand, v.revision, 'told', 'relabel', substr(v.model, 7), v.decided_at, v.labels,"
        f" CASE WHEN ({blames}) <> ({praises}) OR s.sentiment IS NOT v.sentiment THEN v.sentiment END,"
        " coalesce(s.model, ''), coalesce(s.labels, '[]'), s.sentiment, coalesce(s.abstained, 0),"
        " CASE WHEN s.id IS NULL THEN '{}' ELSE json_object('scores', json(s.scores), 'thresholds', json(s.thresholds))"
        " END FROM verdicts v JOIN case_mentions c ON c.mention_id = v.mention_id"
        f" LEFT JOIN verdicts s ON s.id = ({model})"
        " WHERE v.in_force AND substr(v.model, 1, 6) = 'agent:' AND length(v.model) > 6"
        " ORDER BY v.decided_at, v.id"
    )


def _keep() -> None:
    """Words can only be added, but for emptying the scores of a post that is erased."""
    kept = (
        "id", "mention_id", "brand", "revision", "step", "asked", "agent", "at", "labels", "sentiment", "sample_id",
        "said_model", "said_labels", "said_sentiment", "said_abstained",
    )  # fmt: skip
    changed = " OR ".join(f"NEW.{name} IS NOT OLD.{name}" for name in kept)
    op.execute(f"""
        CREATE TRIGGER truths_keep_update BEFORE UPDATE ON truths
        WHEN NEW.said_scores <> '{{}}' OR {changed}
        BEGIN SELECT RAISE(ABORT, 'truths are append-only'); END
    """)
    op.execute("""
        CREATE TRIGGER truths_keep_delete BEFORE DELETE ON truths
        BEGIN SELECT RAISE(ABORT, 'truths are append-only'); END
    """)
