"""Alembic's entry: runs the migrations on the connection that `listener.store.upgrade` hands over."""

from alembic import context

from listener.store.reach_tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
)
context.run_migrations()
