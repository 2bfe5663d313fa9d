"""Applying the matrix of `rights` to a server, and telling what a login is there."""

from collections.abc import Mapping, Sequence

from listener.store.rights import Right, statements
from listener.store.server import connect_to, explained, shown


def apply(address: str, serving: Mapping[str, Sequence[str]]) -> int:
    """All of it or nothing; as the owner of the tables. Raises `StoreError` for whoever may not."""
    engine = connect_to(address)
    try:
        with explained(shown(address)), engine.begin() as connection:
            said = list(statements(serving))
            for statement in said:
                connection.exec_driver_sql(statement.replace("%", "%%"))
            return len(said)
    finally:
        engine.dispose()


def standing(address: str) -> str:
    """What this login is in the database: a role's name, several, or its owner."""
    asked = (
        "SELECT (SELECT pg_has_role(session_user, tableowner, 'USAGE') FROM pg_tables"
        " WHERE schemaname = current_schema() AND tablename = 'cases'),"
        " (SELECT array_agg(rolname::text ORDER BY rolname) FROM pg_roles"
        " WHERE rolname = ANY(%(rights)s) AND pg_has_role(session_user, oid, 'USAGE'))"
    )
    engine = connect_to(address)
    try:
        with explained(shown(address)), engine.connect() as connection:
            owns, held = connection.exec_driver_sql(asked, {"rights": [str(right) for right in Right]}).one()
    finally:
        engine.dispose()
    if owns:
        return "owner: no right is refused"
    return ", ".join(held or ()) or "no role of listener db roles"
