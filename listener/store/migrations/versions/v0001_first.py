"""first"""

from alembic import op

from listener.store.desk_tables import metadata

revision = "0001"
down_revision = None


def upgrade() -> None:
    metadata.create_all(op.get_bind())
    op.execute("""
        CREATE TRIGGER case_events_keep_update BEFORE UPDATE ON case_events
        WHEN NEW.detail <> '{}' OR NEW.id <> OLD.id OR NEW.case_id <> OLD.case_id OR NEW.at <> OLD.at
            OR NEW.agent <> OLD.agent OR NEW.kind <> OLD.kind
        BEGIN SELECT RAISE(ABORT, 'case events are append-only'); END
    """)
    op.execute("""
        CREATE TRIGGER case_events_keep_delete BEFORE DELETE ON case_events
        BEGIN SELECT RAISE(ABORT, 'case events are append-only'); END
    """)
