"""Who may do what on a server, asked of the server itself: every cell of the matrix, by plain connections."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from listener.errors import StoreError
from listener.store import open_store
from listener.store.loyalty_tables import metadata
from listener.store.moving import move
from listener.store.rights import MATRIX, READABLE, Right, Rows, Verb, restricted
from listener.store.roles import apply, standing
from tests import postgres
from tests.store import every_table, rights_page

LOGINS = {"ana": Right.AGENT, "lea": Right.LEAD, "otto": Right.ONCALL, "adam": Right.ADMIN}
SERVING = {"ana": ("support",)}
MINE, OTHERS = 2, 3
"""Cases, and what hangs on them: every table has a row of each."""


@pytest.fixture(scope="module")
def filled(server: postgres.Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A database with rows in every table, roles applied; the logins are of the whole server."""
    path = tmp_path_factory.mktemp("rights") / "listener.db"
    open_store(path).close()
    every_table.fill(path)
    name = server.create()
    address = server.address(name)
    move(path, address, lambda table, rows: None)
    with psycopg.connect(address) as owner:
        owner.execute("UPDATE cases SET queue = CASE WHEN id = 2 THEN 'support' ELSE 'legal' END")
    apply(address, SERVING)
    make_logins(address)
    yield name
    server.drop(name)


def make_logins(address: str) -> None:
    with psycopg.connect(address) as owner:
        for login, right in LOGINS.items():
            if not owner.execute("SELECT FROM pg_roles WHERE rolname = %s", (login,)).fetchall():
                owner.execute(f"CREATE ROLE {login} LOGIN")
            owner.execute(f"GRANT {right} TO {login}")


def as_login(server: postgres.Server, database: str, login: str) -> str:
    return server.address(database).replace(f"//{postgres.USER}@", f"//{login}@")


def _said(connection: Any, statement: str) -> str:
    """`done`, `denied` for the table or column, `row` for a row that a policy refuses, or another fault's state."""
    try:
        with connection.transaction(force_rollback=True):
            connection.execute(statement)
    except psycopg.errors.InsufficientPrivilege as error:
        return "row" if "row-level security" in str(error) else "denied"
    except psycopg.Error as error:
        return str(error.sqlstate)
    return "done"


def _cells(table: str, right: Right) -> Iterator[tuple[str, bool]]:
    """Each statement, and whether the matrix lets it pass the server's grants."""
    rule = MATRIX[table]
    verbs = rule.verbs(right)
    columns = [one.name for one in metadata.tables[table].columns] if table in metadata.tables else ["version_num"]
    readable = READABLE.get(table, columns) if right is Right.AGENT else columns
    changeable = columns if right is Right.ADMIN or not rule.columns else rule.columns
    for column in columns:
        yield f'SELECT "{column}" FROM {table}', Verb.READ in verbs and column in readable
        yield f'UPDATE {table} SET "{column}" = NULL WHERE false', Verb.CHANGE in verbs and column in changeable
    yield f"INSERT INTO {table} DEFAULT VALUES", Verb.ADD in verbs
    yield f"DELETE FROM {table} WHERE false", Verb.REMOVE in verbs
    yield f"TRUNCATE {table}", False


def _wrong(server: postgres.Server, database: str, login: str) -> list[str]:
    with psycopg.connect(as_login(server, database, login), autocommit=True) as connection:
        return [
            statement
            for table in MATRIX
            for statement, allowed in _cells(table, LOGINS[login])
            if (_said(connection, statement) != "denied") is not allowed
        ]


def test_C8_every_table_stands_in_the_matrix() -> None:
    assert set(MATRIX) == {*metadata.tables, "alembic_version"}


@pytest.mark.parametrize("login", LOGINS)
def test_C8_every_cell_is_as_the_matrix_says(server: postgres.Server, filled: str, login: str) -> None:
    assert _wrong(server, filled, login) == []


def test_C8_control_a_grant_too_many_is_seen(server: postgres.Server, filled: str) -> None:
    copy = server.create(filled)
    with psycopg.connect(server.address(copy)) as owner:
        owner.execute(f"GRANT DELETE ON authors TO {Right.AGENT}")
    assert _wrong(server, copy, "ana") == ["DELETE FROM authors WHERE false"]
    server.drop(copy)


KEY = {
    Rows.CASE: "id",
    Rows.OF_CASE: "case_id",
    Rows.OF_BOTH: "case_id",
    Rows.OF_MENTION: "mention_id",
    Rows.MENTION: "id",
    Rows.AUTHOR: "id",
    Rows.OF_AUTHOR: "author_id",
}
BY_ROW = {table: KEY[rule.rows] for table, rule in MATRIX.items() if rule.rows}


def _seen(server: postgres.Server, database: str, login: str) -> dict[str, set[int]]:
    with psycopg.connect(as_login(server, database, login)) as connection:
        return {
            table: {row[0] for row in connection.execute(f"SELECT {key} FROM {table}")}  # type: ignore[arg-type, unused-ignore]
            for table, key in BY_ROW.items()
        }


def test_C8_an_agent_sees_no_row_of_a_queue_that_it_does_not_serve(server: postgres.Server, filled: str) -> None:
    seen = _seen(server, filled, "ana")
    # A link is seen by who sees both its ends.
    assert {table: rows for table, rows in seen.items() if rows != {MINE}} == {"case_links": set()}
    assert all(OTHERS in rows for rows in _seen(server, filled, "lea").values())


def test_C8_an_agent_changes_no_row_of_a_queue_that_it_does_not_serve(server: postgres.Server, filled: str) -> None:
    with psycopg.connect(as_login(server, filled, "ana"), autocommit=True) as ana:
        change = "UPDATE cases SET assignee = 'ana' WHERE id = %s"
        with ana.transaction(force_rollback=True):
            assert ana.execute(change, (MINE,)).rowcount == 1
            assert ana.execute(change, (OTHERS,)).rowcount == 0
        note = (
            "INSERT INTO case_events (case_id, at, agent, kind, detail, before) VALUES ({}, 1, '{}', 'noted', {}, {})"
        )
        assert _said(ana, note.format(MINE, "ana", "'{}'", "'{}'")) == "done"
        assert _said(ana, note.format(OTHERS, "ana", "'{}'", "'{}'")) == "row"
        assert _said(ana, f"UPDATE cases SET queue = 'legal' WHERE id = {MINE}") == "row"


@pytest.mark.parametrize("login", ["ana", "lea"])
@pytest.mark.parametrize("other", ["ben", "listener"])
def test_C8_nobody_acts_under_another_name(server: postgres.Server, filled: str, login: str, other: str) -> None:
    with psycopg.connect(as_login(server, filled, login), autocommit=True) as connection:
        note = "INSERT INTO case_events (case_id, at, agent, kind, detail, before) VALUES (2, 1, '{}', 'noted', {}, {})"
        assert _said(connection, note.format(login, "'{}'", "'{}'")) == "done"
        assert _said(connection, note.format(other, "'{}'", "'{}'")) == "row"
        assert _said(connection, f"SET ROLE {postgres.USER}") == "denied"


def test_C8_an_agent_approves_no_answer(server: postgres.Server, filled: str) -> None:
    decide = "UPDATE replies SET state = '{}', decided_by = 'ana', decided_at = 1 WHERE case_id = 2"
    with psycopg.connect(as_login(server, filled, "ana"), autocommit=True) as ana:
        assert _said(ana, decide.format("approved")) == "row"
        assert _said(ana, decide.format("withdrawn")) == "done"


@pytest.mark.parametrize("table", [table for table in BY_ROW if table != "case_links"])
def test_C8_control_a_policy_left_out_is_seen(server: postgres.Server, filled: str, table: str) -> None:
    with psycopg.connect(server.address(filled)) as owner:
        owner.execute(f"ALTER TABLE {table} DISABLE ROW LEVEL SECURITY")  # type: ignore[arg-type, unused-ignore]
    try:
        assert OTHERS in _seen(server, filled, "ana")[table]
    finally:
        apply(server.address(filled), SERVING)


def test_C8_a_login_without_a_queue_sees_nothing_and_one_without_a_role_is_refused(
    server: postgres.Server, filled: str
) -> None:
    apply(server.address(filled), {})
    try:
        assert not any(_seen(server, filled, "ana").values())
    finally:
        apply(server.address(filled), SERVING)
    with psycopg.connect(server.address(filled)) as owner:
        owner.execute("DROP ROLE IF EXISTS nora")
        owner.execute("CREATE ROLE nora LOGIN")
    with pytest.raises(StoreError, match="may not"):
        open_store(as_login(server, filled, "nora"))


def test_C8_a_login_is_told_what_it_is(server: postgres.Server, filled: str) -> None:
    assert standing(as_login(server, filled, "ana")) == "listener_agent"
    assert standing(server.address(filled)).startswith("owner")


def test_C8_only_the_owner_gives_roles(server: postgres.Server, filled: str) -> None:
    with pytest.raises(StoreError, match="may not"):
        apply(as_login(server, filled, "adam"), SERVING)


def test_C8_what_has_no_row_rule_says_so() -> None:
    assert {table for table in MATRIX if restricted(table)} >= set(BY_ROW)


def test_C8_a_name_is_quoted(server: postgres.Server, filled: str, tmp_path: Path) -> None:
    odd = "o'neil\\'; DROP TABLE cases; -- %s"
    apply(server.address(filled), {**SERVING, odd: (odd,)})
    with psycopg.connect(server.address(filled)) as owner:
        assert (odd, odd) in owner.execute("SELECT * FROM listener_rights.serving").fetchall()
    apply(server.address(filled), SERVING)


def test_C8_the_page_shows_the_matrix_as_it_is() -> None:
    page = Path(__file__).parents[2] / "docs" / "postgresql.md"
    assert rights_page.table() in page.read_text(encoding="utf-8")
