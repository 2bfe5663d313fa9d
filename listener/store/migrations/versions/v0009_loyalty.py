"""Loyalty: themes found in posts, languages in the counts, our own posts, customers, surveys, rewards."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

# As `listener.store.types` had them when this was written: a migration doesn't change when the program does.
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.BigInteger()


def upgrade() -> None:
    op.add_column("mentions", sa.Column("tagger", sa.String(), nullable=False, server_default=""))
    op.add_column("voices", sa.Column("lang", sa.String(), nullable=False, server_default=""))
    _languages()
    _tallies()
    _themes()
    _customers()
    _surveys()
    _rewards()
    _authors()


def _languages() -> None:
    """Identified by the verdict in force, else as the platform says; without a region."""
    op.execute("""
        UPDATE voices SET lang = coalesce(
            (SELECT nullif(json_extract(v.scores, '$.language.code'), '') FROM verdicts v
             WHERE v.mention_id = voices.mention_id AND v.in_force),
            (SELECT lower(substr(m.lang, 1, instr(m.lang || '-', '-') - 1)) FROM mentions m
             WHERE m.id = voices.mention_id))
    """)


def _tallies() -> None:
    """The primary key takes the language in, so the table is made anew from what it sums."""
    op.drop_table("tallies")
    op.create_table(
        "tallies",
        sa.Column("brand", sa.String(), nullable=False),
        sa.Column("hour", INSTANT, nullable=False),
        sa.Column("platform", sa.String(), nullable=False),
        sa.Column("lang", sa.String(), nullable=False),
        sa.Column("label", sa.String(), nullable=False),
        sa.Column("mentions", sa.Integer(), nullable=False),
        sa.Column("engagement", sa.Integer(), nullable=False),
        sa.CheckConstraint("mentions >= 0 AND engagement >= 0", name=op.f("ck_tallies_counts")),
        sa.PrimaryKeyConstraint("brand", "hour", "platform", "lang", "label", name=op.f("pk_tallies")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_tallies_hour"), "tallies", ["hour"], unique=False)
    said = {name: f"NOT is_repost AND {name}" for name in ("complaint", "praise", "question", "abstained")}
    said |= {mood: f"NOT is_repost AND sentiment = '{mood}'" for mood in ("negative", "neutral", "positive")}
    said |= {"all": "NOT is_repost", "repost": "is_repost", "unscored": "NOT is_repost AND NOT scored"}
    for label, holds in said.items():
        op.execute(
            "INSERT INTO tallies (brand, hour, platform, lang, label, mentions, engagement)"  # noqa: S608
            f" SELECT brand, hour, platform, lang, '{label}', count(*), sum(engagement) FROM voices"
            f" WHERE {holds} GROUP BY brand, hour, platform, lang"
        )


def _themes() -> None:
    op.create_table(
        "tags",
        sa.Column("mention_id", ID, nullable=False),
        sa.Column("tag", sa.String(), nullable=False),
        sa.Column("score", sa.Float(), nullable=False),
        sa.ForeignKeyConstraint(["mention_id"], ["mentions.id"], name=op.f("fk_tags_mention_id")),
        sa.PrimaryKeyConstraint("mention_id", "tag", name=op.f("pk_tags")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "own_posts",
        sa.Column("platform", sa.String(), nullable=False),
        sa.Column("native_id", sa.String(), nullable=False),
        sa.Column("brand", sa.String(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.PrimaryKeyConstraint("platform", "native_id", name=op.f("pk_own_posts")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_own_posts_brand_created_at"), "own_posts", ["brand", "created_at"], unique=False)


def _customers() -> None:
    op.create_table(
        "customers",
        sa.Column("id", ID, nullable=False),
        sa.Column("ref", sa.String(), nullable=False),
        sa.Column("value", sa.Float(), nullable=True),
        sa.Column("percentile", sa.Float(), nullable=True),
        sa.Column("tier", sa.String(), nullable=False),
        sa.Column("since", sa.String(), nullable=False),
        sa.Column("no_contact", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("imported_at", INSTANT, nullable=False),
        sa.CheckConstraint("ref <> ''", name=op.f("ck_customers_ref")),
        sa.CheckConstraint("value >= 0", name=op.f("ck_customers_value")),
        sa.CheckConstraint("percentile BETWEEN 0 AND 1", name=op.f("ck_customers_percentile")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_customers")),
        sa.UniqueConstraint("ref", name=op.f("uq_customers_ref")),
    )
    op.create_table(
        "customer_accounts",
        sa.Column("platform", sa.String(), nullable=False),
        sa.Column("handle", sa.String(), nullable=False),
        sa.Column("customer_id", ID, nullable=False),
        sa.Column("imported_at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["customer_id"], ["customers.id"], name=op.f("fk_customer_accounts_customer_id")),
        sa.PrimaryKeyConstraint("platform", "handle", name=op.f("pk_customer_accounts")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_customer_accounts_customer_id"), "customer_accounts", ["customer_id"], unique=False)


def _surveys() -> None:
    op.create_table(
        "survey_answers",
        sa.Column("id", ID, nullable=False),
        sa.Column("brand", sa.String(), nullable=False),
        sa.Column("survey", sa.String(), nullable=False),
        sa.Column("respondent", sa.String(), nullable=False),
        sa.Column("score", sa.Integer(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("imported_at", INSTANT, nullable=False),
        sa.CheckConstraint("score BETWEEN 0 AND 10", name=op.f("ck_survey_answers_score")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_survey_answers")),
    )
    once = ["survey", "respondent", "at", "brand"]
    op.create_index("uq_survey_answers_once", "survey_answers", once, unique=True)
    op.create_index("ix_survey_answers_window", "survey_answers", ["brand", "at"], unique=False)


def _rewards() -> None:
    op.create_table(
        "rewards",
        sa.Column("id", ID, nullable=False),
        sa.Column("author_id", ID, nullable=False),
        sa.Column("brand", sa.String(), nullable=False),
        sa.Column("gift", sa.String(), nullable=False),
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("cost_cents", sa.Integer(), nullable=False),
        sa.Column("why", sa.String(), nullable=False),
        sa.Column("mention_id", ID, nullable=True),
        sa.Column("agent", sa.String(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("undone_at", INSTANT, nullable=True),
        sa.CheckConstraint("gift IN ('thanks', 'reward', 'invitation')", name=op.f("ck_rewards_gift")),
        sa.CheckConstraint("cost_cents >= 0", name=op.f("ck_rewards_cost")),
        sa.CheckConstraint("agent <> ''", name=op.f("ck_rewards_agent")),
        sa.ForeignKeyConstraint(["author_id"], ["authors.id"], name=op.f("fk_rewards_author_id")),
        sa.ForeignKeyConstraint(["mention_id"], ["mentions.id"], name=op.f("fk_rewards_mention_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rewards")),
    )
    op.create_index(op.f("ix_rewards_author_id"), "rewards", ["author_id"], unique=False)
    op.create_index(op.f("ix_rewards_brand_at"), "rewards", ["brand", "at"], unique=False)


def _authors() -> None:
    """Without the percentile that nothing ever filled: it is the imported customer's now.

    SQLite drops no column that a constraint names, so the table is made anew; foreign keys are off meanwhile, and
    name it as before.
    """
    op.create_table(
        "authors_new",
        sa.Column("id", ID, nullable=False),
        sa.Column("platform", sa.String(), nullable=False),
        sa.Column("native_id", sa.String(), nullable=False),
        sa.Column("handle", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("followers", sa.Integer(), nullable=True),
        sa.CheckConstraint("followers >= 0", name=op.f("ck_authors_followers")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_authors")),
        sa.UniqueConstraint("platform", "native_id", name=op.f("uq_authors_platform_native_id")),
    )
    kept = "id, platform, native_id, handle, name, followers"
    op.execute(f"INSERT INTO authors_new ({kept}) SELECT {kept} FROM authors")  # noqa: S608
    op.drop_table("authors")
    op.rename_table("authors_new", "authors")
    op.create_index("ix_authors_handle", "authors", [sa.text("lower(handle)")], unique=False)
