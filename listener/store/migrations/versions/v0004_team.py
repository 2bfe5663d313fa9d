"""Team work: incidents, answers, rules, presence, links, an audit; a case's clocks, and what a change overwrote."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

# As `listener.store.types` had them when this was written: a migration doesn't change when the program does.
ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
INSTANT = sa.BigInteger()

CASES = (
    "id, version, brand, platform, author_id, thread, queue, state, reason, priority, terms, rank_at, escalated, "
    "assignee, lapsed, lease_until, opened_at, updated_at, due_at, first_reply_at, snoozed_until, resolved_at, "
    "resolution, mentions, headline_id"
)
EVENTS = "id, case_id, at, agent, kind, detail"


def upgrade() -> None:
    op.create_table(
        "incidents",
        sa.Column("id", ID, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("brand", sa.String(), nullable=False),
        sa.Column("title", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("owner", sa.String(), nullable=False),
        sa.Column("answer", sa.Text(), nullable=False),
        sa.Column("approved_by", sa.String(), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.Column("opened_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.Column("closed_at", INSTANT, nullable=True),
        sa.CheckConstraint("(state = 'closed') = (closed_at IS NOT NULL)", name=op.f("ck_incidents_closed")),
        sa.CheckConstraint("kind IN ('alike', 'theme', 'by_hand')", name=op.f("ck_incidents_kind")),
        sa.CheckConstraint("state IN ('open', 'closed')", name=op.f("ck_incidents_state")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_incidents")),
    )
    op.create_index(op.f("ix_incidents_state_brand"), "incidents", ["state", "brand"], unique=False)
    _rebuild_cases()
    _rebuild_events()
    op.create_table(
        "signatures",
        sa.Column("brand", sa.String(), nullable=False),
        sa.Column("band", sa.Integer(), nullable=False),
        sa.Column("value", ID, nullable=False),
        sa.Column("mention_id", ID, nullable=False),
        sa.ForeignKeyConstraint(["mention_id"], ["mentions.id"], name=op.f("fk_signatures_mention_id")),
        sa.PrimaryKeyConstraint("brand", "band", "value", "mention_id", name=op.f("pk_signatures")),
    )
    op.create_index(op.f("ix_signatures_mention_id"), "signatures", ["mention_id"], unique=False)
    op.create_table(
        "case_links",
        sa.Column("case_id", ID, nullable=False),
        sa.Column("other_id", ID, nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("agent", sa.String(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.CheckConstraint("kind IN ('related', 'split')", name=op.f("ck_case_links_kind")),
        sa.CheckConstraint("case_id <> other_id", name=op.f("ck_case_links_itself")),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_case_links_case_id")),
        sa.ForeignKeyConstraint(["other_id"], ["cases.id"], name=op.f("fk_case_links_other_id")),
        sa.PrimaryKeyConstraint("case_id", "other_id", name=op.f("pk_case_links")),
    )
    op.create_index(op.f("ix_case_links_other_id"), "case_links", ["other_id"], unique=False)
    op.create_table(
        "presence",
        sa.Column("agent", sa.String(), nullable=False),
        sa.Column("available", sa.Boolean(), nullable=False),
        sa.Column("changed_at", INSTANT, nullable=False),
        sa.Column("given_at", INSTANT, nullable=True),
        sa.PrimaryKeyConstraint("agent", name=op.f("pk_presence")),
    )
    op.create_table(
        "rule_log",
        sa.Column("id", ID, nullable=False),
        sa.Column("rule", sa.String(), nullable=False),
        sa.Column("case_id", ID, nullable=False),
        sa.Column("mention_id", ID, nullable=True),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("did", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_rule_log_case_id")),
        sa.ForeignKeyConstraint(["mention_id"], ["mentions.id"], name=op.f("fk_rule_log_mention_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rule_log")),
    )
    op.create_index(op.f("ix_rule_log_at"), "rule_log", ["at"], unique=False)
    op.create_index(op.f("ix_rule_log_case_id"), "rule_log", ["case_id"], unique=False)
    op.create_index(op.f("ix_rule_log_rule_at"), "rule_log", ["rule", "at"], unique=False)
    op.create_table(
        "replies",
        sa.Column("id", ID, nullable=False),
        sa.Column("case_id", ID, nullable=False),
        sa.Column("agent", sa.String(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("created_at", INSTANT, nullable=False),
        sa.Column("decided_by", sa.String(), nullable=False),
        sa.Column("decided_at", INSTANT, nullable=True),
        sa.Column("why", sa.Text(), nullable=False),
        sa.CheckConstraint("(state = 'waiting') = (decided_at IS NULL)", name=op.f("ck_replies_decided")),
        sa.CheckConstraint("state <> 'approved' OR decided_by <> agent", name=op.f("ck_replies_two_people")),
        sa.CheckConstraint("state IN ('waiting', 'approved', 'declined', 'withdrawn')", name=op.f("ck_replies_state")),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_replies_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_replies")),
    )
    op.create_index(op.f("ix_replies_case_id"), "replies", ["case_id"], unique=False)
    op.create_index(op.f("ix_replies_state_created_at"), "replies", ["state", "created_at"], unique=False)
    op.create_table(
        "author_links",
        sa.Column("author_id", ID, nullable=False),
        sa.Column("person", ID, nullable=False),
        sa.Column("agent", sa.String(), nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.ForeignKeyConstraint(["author_id"], ["authors.id"], name=op.f("fk_author_links_author_id")),
        sa.PrimaryKeyConstraint("author_id", name=op.f("pk_author_links")),
    )
    op.create_index(op.f("ix_author_links_person"), "author_links", ["person"], unique=False)
    op.create_table(
        "desk_events",
        sa.Column("id", ID, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("agent", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.CheckConstraint("agent <> ''", name=op.f("ck_desk_events_agent")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_desk_events")),
    )
    op.create_index(op.f("ix_desk_events_at"), "desk_events", ["at"], unique=False)
    op.create_index(op.f("ix_desk_events_subject"), "desk_events", ["subject"], unique=False)
    op.create_table(
        "audit",
        sa.Column("id", ID, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("agent", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("subject", sa.String(), nullable=False),
        sa.Column("event_id", ID, nullable=False),
        sa.Column("salt", sa.LargeBinary(), nullable=False),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("link", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit")),
    )
    op.create_index(op.f("ix_audit_agent_at"), "audit", ["agent", "at"], unique=False)
    op.create_index(op.f("ix_audit_at"), "audit", ["at"], unique=False)
    op.create_index("ix_authors_handle", "authors", [sa.text("lower(handle)")], unique=False)
    _keep("case_events", "NEW.case_id <> OLD.case_id")
    _keep("desk_events", "NEW.subject <> OLD.subject")
    _keep_sealed()


def _rebuild_cases() -> None:
    op.create_table(
        "cases_new",
        sa.Column("id", ID, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("brand", sa.String(), nullable=False),
        sa.Column("platform", sa.String(), nullable=False),
        sa.Column("author_id", ID, nullable=False),
        sa.Column("thread", sa.String(), nullable=False),
        sa.Column("queue", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("priority", sa.Float(), nullable=False),
        sa.Column("terms", sa.JSON(), nullable=False),
        sa.Column("rank_at", INSTANT, nullable=False),
        sa.Column("escalated", sa.Boolean(), nullable=False),
        sa.Column("assignee", sa.String(), nullable=False),
        sa.Column("lease_until", INSTANT, nullable=True),
        sa.Column("lapsed", sa.String(), nullable=False),
        sa.Column("opened_at", INSTANT, nullable=False),
        sa.Column("updated_at", INSTANT, nullable=False),
        sa.Column("due_at", INSTANT, nullable=True),
        sa.Column("first_reply_at", INSTANT, nullable=True),
        sa.Column("snoozed_until", INSTANT, nullable=True),
        sa.Column("resolved_at", INSTANT, nullable=True),
        sa.Column("resolution", sa.Text(), nullable=False),
        sa.Column("mentions", sa.Integer(), nullable=False),
        sa.Column("headline_id", ID, nullable=False),
        sa.Column("tags", sa.JSON(), nullable=False),
        sa.Column("clocks", sa.JSON(), nullable=False),
        sa.Column("sla_at", INSTANT, nullable=True),
        sa.Column("alarm_at", INSTANT, nullable=True),
        sa.Column("wrote_at", INSTANT, nullable=True),
        sa.Column("answered_at", INSTANT, nullable=True),
        sa.Column("assigned_at", INSTANT, nullable=True),
        sa.Column("incident_id", ID, nullable=True),
        sa.Column("merged_into", ID, nullable=True),
        sa.CheckConstraint("lease_until IS NULL OR assignee <> ''", name=op.f("ck_cases_lease")),
        sa.CheckConstraint("merged_into IS NULL OR state = 'resolved'", name=op.f("ck_cases_merged")),
        sa.CheckConstraint("queue <> ''", name=op.f("ck_cases_queue")),
        sa.CheckConstraint(
            "reason IN ('complaint', 'question', 'praise', 'unsure', 'unscored')", name=op.f("ck_cases_reason")
        ),
        sa.CheckConstraint("state <> 'resolved' OR resolved_at IS NOT NULL", name=op.f("ck_cases_resolution")),
        sa.CheckConstraint("state <> 'snoozed' OR snoozed_until IS NOT NULL", name=op.f("ck_cases_snooze")),
        sa.CheckConstraint("state IN ('open', 'snoozed', 'resolved')", name=op.f("ck_cases_state")),
        sa.CheckConstraint("mentions >= 1", name=op.f("ck_cases_mentions")),
        sa.CheckConstraint("version >= 1", name=op.f("ck_cases_version")),
        sa.ForeignKeyConstraint(["author_id"], ["authors.id"], name=op.f("fk_cases_author_id")),
        sa.ForeignKeyConstraint(["headline_id"], ["mentions.id"], name=op.f("fk_cases_headline_id")),
        sa.ForeignKeyConstraint(["incident_id"], ["incidents.id"], name=op.f("fk_cases_incident_id")),
        sa.ForeignKeyConstraint(["merged_into"], ["cases.id"], name=op.f("fk_cases_merged_into")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cases")),
    )
    op.execute(
        f"INSERT INTO cases_new ({CASES}, tags, clocks, wrote_at, answered_at, assigned_at)"  # noqa: S608
        f" SELECT {CASES}, '[]', '{{}}', opened_at, first_reply_at,"
        " CASE WHEN assignee <> '' THEN updated_at END FROM cases"
    )
    _start_clocks()
    op.drop_table("cases")
    op.rename_table("cases_new", "cases")
    op.create_index(op.f("ix_cases_author_id_brand"), "cases", ["author_id", "brand"], unique=False)
    op.create_index(op.f("ix_cases_first_reply_at"), "cases", ["first_reply_at"], unique=False)
    op.create_index(op.f("ix_cases_incident_id"), "cases", ["incident_id"], unique=False)
    op.create_index(op.f("ix_cases_opened_at"), "cases", ["opened_at"], unique=False)
    op.create_index(
        "ix_cases_queue_order",
        "cases",
        [
            "state",
            sa.literal_column("escalated DESC"),
            "rank_at",
            "id",
            "queue",
            "assignee",
            "lease_until",
            "brand",
            "platform",
            "reason",
        ],
        unique=False,
    )
    op.create_index(op.f("ix_cases_resolved_at"), "cases", ["resolved_at"], unique=False)
    op.create_index(op.f("ix_cases_state_alarm_at"), "cases", ["state", "alarm_at"], unique=False)
    op.create_index(op.f("ix_cases_state_assignee"), "cases", ["state", "assignee"], unique=False)
    op.create_index(op.f("ix_cases_state_sla_at"), "cases", ["state", "sla_at"], unique=False)
    op.create_index(op.f("ix_cases_state_snoozed_until"), "cases", ["state", "snoozed_until"], unique=False)


def _start_clocks() -> None:
    """An open case still owes its first answer: what is overdue already counts as told, the rest alarms when due.

    A sleeping one gets its clock when it wakes. SQLite alone has files of the older schemas.
    """
    if op.get_bind().dialect.name != "sqlite":
        return
    due = "strftime('%Y-%m-%dT%H:%M:%S', due_at / 1000000, 'unixepoch') || printf('.%06d+00:00', due_at % 1000000)"
    over = "due_at <= CAST(strftime('%s', 'now') AS INTEGER) * 1000000"
    told = f"CASE WHEN {over} THEN 'breached' ELSE '' END"
    clock = f"json_object('due', {due}, 'left', NULL, 'told', {told})"
    op.execute(
        f"UPDATE cases_new SET sla_at = due_at, alarm_at = CASE WHEN {over} THEN NULL ELSE due_at END,"  # noqa: S608
        f" clocks = json_object('first_response', {clock})"
        " WHERE state = 'open' AND first_reply_at IS NULL AND due_at IS NOT NULL"
    )


def _rebuild_events() -> None:
    op.create_table(
        "case_events_new",
        sa.Column("id", ID, nullable=False),
        sa.Column("case_id", ID, nullable=False),
        sa.Column("at", INSTANT, nullable=False),
        sa.Column("agent", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.Column("before", sa.JSON(), nullable=False),
        sa.CheckConstraint("agent <> ''", name=op.f("ck_case_events_agent")),
        sa.ForeignKeyConstraint(["case_id"], ["cases.id"], name=op.f("fk_case_events_case_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_events")),
    )
    op.execute(f"INSERT INTO case_events_new ({EVENTS}, before) SELECT {EVENTS}, '{{}}' FROM case_events")  # noqa: S608
    op.drop_table("case_events")
    op.rename_table("case_events_new", "case_events")
    op.create_index(op.f("ix_case_events_at"), "case_events", ["at"], unique=False)
    op.create_index(op.f("ix_case_events_case_id"), "case_events", ["case_id"], unique=False)


def _keep(table: str, unless: str) -> None:
    """History can only grow, but for emptying the words of somebody who is erased."""
    emptied = " OR NEW.before <> '{}'" if table == "case_events" else ""
    op.execute(f"""
        CREATE TRIGGER {table}_keep_update BEFORE UPDATE ON {table}
        WHEN NEW.detail <> '{{}}'{emptied} OR NEW.id <> OLD.id OR {unless} OR NEW.at <> OLD.at
            OR NEW.agent <> OLD.agent OR NEW.kind <> OLD.kind
        BEGIN SELECT RAISE(ABORT, '{table.replace("_", " ")} are append-only'); END
    """)
    op.execute(f"""
        CREATE TRIGGER {table}_keep_delete BEFORE DELETE ON {table}
        BEGIN SELECT RAISE(ABORT, '{table.replace("_", " ")} are append-only'); END
    """)


def _keep_sealed() -> None:
    """The audit can only grow, but for emptying the salt of words that were erased."""
    kept = ("id", "at", "agent", "kind", "subject", "event_id", "digest", "link")
    changed = " OR ".join(f"NEW.{name} <> OLD.{name}" for name in kept)
    op.execute(f"""
        CREATE TRIGGER audit_keep_update BEFORE UPDATE ON audit
        WHEN NEW.salt <> x'' OR {changed}
        BEGIN SELECT RAISE(ABORT, 'audit is append-only'); END
    """)
    op.execute("""
        CREATE TRIGGER audit_keep_delete BEFORE DELETE ON audit
        BEGIN SELECT RAISE(ABORT, 'audit is append-only'); END
    """)
