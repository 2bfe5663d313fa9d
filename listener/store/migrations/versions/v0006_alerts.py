"""Alerts have a life among people: events, acknowledgement, mutes; messages know what they are about."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

# As `listener.store.types` had them when this was written: a migration doesn't change when the program does.
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.BigInteger()

ALERTS = "key, kind, subject, opened_at, title, body, facts, closed_at, level"
OUTBOX = "id, key, target, title, body, state, attempts, error, created_at, not_before, sent_at"


def upgrade() -> None:
    _rebuild_alerts()
    _rebuild_outbox()
    op.create_table(
        "alert_events",
        sa.Column("id", ID, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("agent", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.CheckConstraint("agent <> ''", name=op.f("ck_alert_events_agent")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alert_events")),
    )
    op.create_index(op.f("ix_alert_events_subject"), "alert_events", ["subject"], unique=False)
    op.create_table(
        "alert_mutes",
        sa.Column("brand", sa.String(), nullable=False),
        sa.Column("until", INSTANT, nullable=False),
        sa.Column("agent", sa.String(), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("brand", name=op.f("pk_alert_mutes")),
    )
    _remember()
    for what in ("update", "delete"):
        op.execute(f"""
            CREATE TRIGGER alert_events_keep_{what} BEFORE {what.upper()} ON alert_events
            BEGIN SELECT RAISE(ABORT, 'alert events are append-only'); END
        """)


def _rebuild_alerts() -> None:
    op.create_table(
        "alerts_new",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("opened_at", INSTANT, nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=False),
        sa.Column("closed_at", INSTANT, nullable=True),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("severity", sa.String(), nullable=False),
        sa.Column("acked_by", sa.String(), nullable=False),
        sa.Column("acked_at", INSTANT, nullable=True),
        sa.Column("acked_level", sa.Integer(), nullable=False),
        sa.Column("muted_until", INSTANT, nullable=True),
        sa.Column("told_level", sa.Integer(), nullable=False),
        sa.Column("told_at", INSTANT, nullable=True),
        sa.Column("held", sa.String(), nullable=False),
        sa.Column("closed_by", sa.String(), nullable=False),
        sa.Column("closed_why", sa.Text(), nullable=False),
        sa.CheckConstraint("level >= 1", name=op.f("ck_alerts_level")),
        sa.CheckConstraint(
            "kind IN ('spike', 'silence', 'praise', 'blind', 'backlog', 'cold')", name=op.f("ck_alerts_kind")
        ),
        sa.CheckConstraint("severity IN ('', 'page', 'notice')", name=op.f("ck_alerts_severity")),
        sa.CheckConstraint("(acked_by = '') = (acked_at IS NULL)", name=op.f("ck_alerts_acked")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_alerts")),
    )
    # Whoever was to be told of those that stand has been: an upgrade pages nobody.
    op.execute(
        f"INSERT INTO alerts_new ({ALERTS}, severity, acked_by, acked_level, told_level, told_at, held, closed_by,"  # noqa: S608
        f" closed_why) SELECT {ALERTS}, '', '', level, level, opened_at, '', '', '' FROM alerts"
    )
    op.drop_table("alerts")
    op.rename_table("alerts_new", "alerts")
    op.create_index(op.f("ix_alerts_closed_at"), "alerts", ["closed_at"], unique=False)
    op.create_index(op.f("ix_alerts_opened_at"), "alerts", ["opened_at"], unique=False)
    op.create_index(op.f("ix_alerts_subject_told_at"), "alerts", ["subject", "told_at"], unique=False)


def _rebuild_outbox() -> None:
    op.create_table(
        "outbox_new",
        sa.Column("id", ID, nullable=False),
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("target", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("error", sa.String(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("not_before", INSTANT, nullable=False),
        sa.Column("sent_at", INSTANT, nullable=True),
        sa.Column("alert", sa.String(), nullable=False),
        sa.Column("step", sa.String(), nullable=False),
        sa.Column("severity", sa.String(), nullable=False),
        sa.Column("folded_into", ID, nullable=True),
        sa.CheckConstraint("(state = 'sent') = (sent_at IS NOT NULL)", name=op.f("ck_outbox_sent")),
        sa.CheckConstraint("(state = 'folded') = (folded_into IS NOT NULL)", name=op.f("ck_outbox_folded")),
        sa.CheckConstraint("severity IN ('page', 'notice')", name=op.f("ck_outbox_severity")),
        sa.CheckConstraint("state IN ('waiting', 'sent', 'failed', 'folded')", name=op.f("ck_outbox_state")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outbox")),
        sa.UniqueConstraint("key", name=op.f("uq_outbox_key")),
    )
    op.execute(
        f"INSERT INTO outbox_new ({OUTBOX}, alert, step, severity) SELECT {OUTBOX}, '', '', 'notice' FROM outbox"  # noqa: S608
    )
    _name_alerts()
    op.drop_table("outbox")
    op.rename_table("outbox_new", "outbox")
    op.create_index(op.f("ix_outbox_state_not_before"), "outbox", ["state", "not_before"], unique=False)
    op.create_index(op.f("ix_outbox_alert"), "outbox", ["alert"], unique=False)
    op.create_index(op.f("ix_outbox_target_sent_at"), "outbox", ["target", "sent_at"], unique=False)


def _name_alerts() -> None:
    """A key was the alert's, a bar, the step, a bar, the target: whoever was told of the opening hears of the end."""
    rest = "substr(o.key, length(a.key) + 2)"
    for name, value in (("alert", "a.key"), ("step", f"substr({rest}, 1, instr({rest}, '|') - 1)")):
        op.execute(
            f"UPDATE outbox_new AS o SET {name} = (SELECT {value} FROM alerts a"  # noqa: S608
            " WHERE substr(o.key, 1, length(a.key) + 1) = a.key || '|')"
            " WHERE EXISTS (SELECT 1 FROM alerts a WHERE substr(o.key, 1, length(a.key) + 1) = a.key || '|')"
        )


def _remember() -> None:
    """The beginning of a life that was not written down."""
    op.execute(
        "INSERT INTO alert_events (at, agent, subject, kind, detail)"
        " SELECT at, 'listener', 'alert:' || key, kind, '{}' FROM ("
        " SELECT opened_at AS at, key, 'opened' AS kind FROM alerts UNION ALL"
        " SELECT closed_at, key, 'resolved' FROM alerts WHERE closed_at IS NOT NULL)"
        " ORDER BY at, key, kind"
    )
