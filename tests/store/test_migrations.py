"""The schema: the history leads to what the tables say, all of it or nothing, whoever comes first."""

import os
import sqlite3
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateIndex, CreateTable

from listener.alerts.telling import keep_up
from listener.domain.policy import AlertPolicy, Secret, Target
from listener.domain.sla import SlaClock
from listener.domain.verdict import Label, Sentiment
from listener.errors import StoreError
from listener.store import open_store, upgrade
from listener.store.engine import sqlite_module
from listener.store.loyalty_tables import metadata
from listener.store.migrations import HEAD, REVISIONS
from tests.builders import NOON, scored, verdict
from tests.store.steps import save

Schema = dict[str, str]


def _schema(path: Path) -> Schema:
    """Name → the statement that made it, white space apart."""
    db = sqlite3.connect(path)
    rows = db.execute("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL").fetchall()
    db.close()
    # A renamed table's name is quoted.
    return {name: " ".join(sql.replace('"', "").split()) for name, sql in rows if name != "alembic_version"}


def _table(path: Path, name: str) -> list[tuple[object, ...]]:
    db = sqlite3.connect(path)
    rows = db.execute(f"PRAGMA table_xinfo({name})").fetchall()
    db.close()
    return rows


def test_I1_the_migrations_make_what_the_tables_say(path: Path, tmp_path: Path) -> None:
    open_store(path).close()
    plain = tmp_path / "plain.db"
    engine = create_engine(f"sqlite+pysqlite:///{plain}", module=sqlite_module())
    metadata.create_all(engine)
    engine.dispose()
    made, said = _schema(path), _schema(plain)
    tables = ("case_events", "desk_events", "alert_events", "audit", "truths")
    kept = {f"{table}_keep_{what}" for table in tables for what in ("update", "delete")}
    assert set(made) - set(said) == kept
    for name, sql in said.items():
        if sql.startswith("CREATE TABLE"):
            assert _table(path, name) == _table(plain, name)
            assert sorted(_clauses(made[name])) == sorted(_clauses(sql)), name
        else:
            assert made[name] == sql


def _clauses(sql: str) -> list[str]:
    return [clause.strip(" ,()") for clause in sql.replace(", CONSTRAINT", "\nCONSTRAINT").split("\n")]


def test_the_named_revisions_are_those_of_the_scripts() -> None:
    config = Config()
    config.set_main_option("script_location", "listener.store:migrations")
    scripts = ScriptDirectory.from_config(config)
    assert tuple(script.revision for script in reversed(list(scripts.walk_revisions()))) == REVISIONS
    assert scripts.get_heads() == [HEAD]


def test_opening_again_changes_nothing(path: Path) -> None:
    store = open_store(path)
    save(store)
    store.close()
    before = path.read_bytes()
    open_store(path).close()
    assert path.read_bytes() == before


@pytest.mark.parametrize("fails_after", [0, 1, 9])
def test_I1_a_failed_upgrade_leaves_the_file_as_it_was(
    path: Path, monkeypatch: pytest.MonkeyPatch, fails_after: int
) -> None:
    """Fails at some statement of the migration, or after the last."""
    path.touch()
    whole = upgrade.command.upgrade

    def failing(config: Config, to: str) -> None:
        connection = config.attributes["connection"]
        for table in metadata.sorted_tables[:fails_after]:
            connection.execute(CreateTable(table))
        if not fails_after:
            whole(config, to)
        raise ZeroDivisionError

    monkeypatch.setattr(upgrade.command, "upgrade", failing)
    with pytest.raises(ZeroDivisionError):
        open_store(path)
    assert _schema(path) == {}
    monkeypatch.undo()
    store = open_store(path)
    assert len(save(store, scored())) == 1
    store.close()


@pytest.mark.parametrize("old", REVISIONS[:-1])
def test_I1_a_file_of_an_older_schema_is_brought_up_with_its_rows(
    path: Path, monkeypatch: pytest.MonkeyPatch, old: str
) -> None:
    whole = upgrade.command.upgrade
    monkeypatch.setattr(upgrade.command, "upgrade", lambda config, _to: whole(config, old))
    open_store(path).close()
    monkeypatch.undo()
    older = sqlite3.connect(path)
    older.execute("INSERT INTO cursors VALUES ('x', 'kept', 0)")
    older.commit()
    older.close()
    with pytest.raises(StoreError, match="older schema"):
        open_store(path, read_only=True)
    store = open_store(path)
    with store.read() as reads:
        assert (reads.cursor("x"), reads.stats().schema) == ("kept", HEAD)
    store.close()


def test_an_open_case_of_schema_0003_still_owes_its_answer(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = upgrade.command.upgrade
    monkeypatch.setattr(upgrade.command, "upgrade", lambda config, _to: whole(config, "0003"))
    open_store(path).close()
    monkeypatch.undo()
    past, ahead = datetime(2026, 3, 2, 12, 0, 0, 250, UTC), datetime(2199, 1, 1, tzinfo=UTC)
    older = sqlite3.connect(path)
    older.execute("INSERT INTO authors (id, platform, native_id, handle, name) VALUES (1, 'x', '1', 'ann', '')")
    for number, due in enumerate((past, ahead), 1):
        _old_case(older, number, due)
    older.commit()
    older.close()
    store = open_store(path)
    with store.read() as reads:
        broken, kept = reads.case(1), reads.case(2)
    store.close()
    clock = SlaClock(due_at=past, told="breached")
    assert (broken.clocks, broken.sla_at, broken.alarm_at) == ({"first_response": clock}, past, None)
    assert (kept.clocks["first_response"], kept.alarm_at) == (SlaClock(due_at=ahead), ahead)


def test_alerts_and_messages_of_schema_0005_are_taken_over_and_nobody_is_paged(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = upgrade.command.upgrade
    monkeypatch.setattr(upgrade.command, "upgrade", lambda config, _to: whole(config, "0005"))
    open_store(path).close()
    monkeypatch.undo()
    older = sqlite3.connect(path)
    for key, closed in (("spike:Acme/:1", "NULL"), ("silence:x", "7")):
        older.execute(f"INSERT INTO alerts VALUES ('{key}', 'spike', 'Acme/', 5, 't', 'b', '{{}}', {closed}, 2)")
    for number, key in enumerate(("spike:Acme/:1|level2|console", "desk:9|console"), 1):
        older.execute(
            f"INSERT INTO outbox VALUES ({number}, '{key}', 'console', 't', 'b', 'waiting', 1, '', 5, 6, NULL)"
        )
    older.commit()
    older.close()
    store = open_store(path)
    with store.write() as tx:
        keep_up(
            tx, AlertPolicy(targets=(Target(name="new", url=Secret("console:")),)), datetime(2026, 3, 2, tzinfo=UTC)
        )
        rows = tx.outbox_due(datetime(2026, 3, 2, tzinfo=UTC), 9)
        alert = tx.alert("spike:Acme/:1")
        steps = [(event.subject, str(event.step)) for event in tx.alert_events(0, 9)]
    store.close()
    assert [(row.alert, row.step) for row in rows] == [("spike:Acme/:1", "level2"), ("", "")]
    assert (alert.level, alert.handling.told_level, alert.closed_at) == (2, 2, None)
    assert sorted(steps) == [
        ("alert:silence:x", "opened"), ("alert:silence:x", "resolved"), ("alert:spike:Acme/:1", "opened"),
    ]  # fmt: skip


def _old_case(db: sqlite3.Connection, number: int, due: datetime) -> None:
    """A post and its open case, as the older schema had them."""
    micro = round((due - datetime(1970, 1, 1, tzinfo=UTC)) / timedelta(microseconds=1))
    for table, values in (
        ("mentions", {"id": number, "platform": "x", "native_id": str(number), "author_id": 1}),
        ("cases", {"id": number, "author_id": 1, "headline_id": number, "due_at": micro, "queue": "support"}),
    ):
        fixed = {"state": "open", "reason": "complaint", "version": 1, "mentions": 1, "terms": "{}"}
        row = {}
        for _, name, kind, needed, *_ in db.execute(f"PRAGMA table_info({table})").fetchall():
            if name in values or (table == "cases" and name in fixed):
                row[name] = {**fixed, **values}[name]
            elif needed:
                row[name] = "" if "CHAR" in kind or kind in ("TEXT", "JSON") else 1
        db.execute(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({', '.join('?' * len(row))})", list(row.values()))


def test_I1_counts_of_schema_0008_are_counted_anew_with_their_languages(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = open_store(path)
    save(
        store,
        scored(native_id="1", lang="en-GB"),
        scored(native_id="2", lang="de", said=verdict(Label.PRAISE, sentiment=Sentiment.POSITIVE)),
        scored(native_id="3", is_repost=True),
        replace(scored(native_id="4"), verdict=None),
    )
    with store.read() as reads:
        counted = reads.tallies(NOON - timedelta(days=1), NOON + timedelta(days=1))
    store.close()
    older = sqlite3.connect(path)
    voices = [row[:-1] for row in older.execute("SELECT * FROM voices")]
    mentions = [row[:-1] for row in older.execute("SELECT * FROM mentions")]
    rest = {name: older.execute(f"SELECT * FROM {name}").fetchall() for name in ("authors", "verdicts")}
    rest["authors"] = [(*row, 0.5) for row in rest["authors"]]
    older.close()
    path.unlink()
    whole = upgrade.command.upgrade
    monkeypatch.setattr(upgrade.command, "upgrade", lambda config, _to: whole(config, "0008"))
    open_store(path).close()
    monkeypatch.undo()
    older = sqlite3.connect(path)
    for name, rows in {**rest, "mentions": mentions, "voices": voices}.items():
        older.executemany(f"INSERT INTO {name} VALUES ({','.join('?' * len(rows[0]))})", rows)
    older.commit()
    older.close()
    store = open_store(path)
    with store.read() as reads:
        assert reads.tallies(NOON - timedelta(days=1), NOON + timedelta(days=1)) == counted
        assert {cell.lang for cell in counted} == {"en", "de", ""}
        assert [one.author.handle for one in reads.accounts_named("ANN")] == ["ann"]
    store.close()


def test_an_upgrade_that_would_orphan_rows_is_undone(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With foreign keys on, rebuilding a table deletes its children; with them off, the check at the end finds out."""
    whole = upgrade.command.upgrade

    def orphaning(config: Config, to: str) -> None:
        whole(config, to)
        config.attributes["connection"].exec_driver_sql(
            "INSERT INTO mention_versions (mention_id, revision, text, version, replaced_at) VALUES (1, 1, '', '', 0)"
        )

    monkeypatch.setattr(upgrade.command, "upgrade", orphaning)
    with pytest.raises(StoreError, match="1 link"):
        open_store(path)
    assert _schema(path) == {}


def test_processes_that_meet_at_a_new_file_all_get_their_store(path: Path) -> None:
    program = "import sys; from pathlib import Path; from listener.store import open_store; sys.stdin.readline(); "
    program += (
        "store = open_store(Path(sys.argv[1])); tx = store.write(); tx.__enter__().set_mark(sys.argv[2], 'here'); "
    )
    program += "tx.__exit__(None, None, None); store.close()"
    running = [
        subprocess.Popen(
            [sys.executable, "-c", program, str(path), name],
            stdin=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": "."},
        )
        for name in ("one", "two", "three")
    ]
    for process in running:
        assert process.stdin
        process.stdin.write("\n")
        process.stdin.flush()
    for process in running:
        process.communicate()
    assert [process.returncode for process in running] == [0, 0, 0]
    store = open_store(path)
    with store.read() as reads:
        assert [reads.mark(name) for name in ("one", "two", "three")] == ["here"] * 3
    store.close()


def test_opening_waits_while_another_holds_the_file_for_itself(path: Path) -> None:
    open_store(path).close()
    # The same SQLite library: two of them in one process don't see each other's locks.
    other = sqlite_module().connect(str(path), isolation_level=None)
    other.execute("PRAGMA journal_mode = truncate")
    other.execute("BEGIN EXCLUSIVE")
    waited: list[float] = []

    def give_up(seconds: float) -> None:
        if not waited:
            other.execute("COMMIT")
            other.close()
        waited.append(seconds)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("listener.store.turns._clock.sleep", give_up)
        open_store(path).close()
    assert waited


def test_a_start_does_not_import_alembic(path: Path) -> None:
    open_store(path).close()
    program = "import sys; from pathlib import Path; from listener.store import open_store; "
    program += "open_store(Path(sys.argv[1])); print(sorted({'alembic', 'mako', 'msgspec'} & set(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", program, str(path)],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONPATH": "."},
    )
    assert done.stdout == "[]\n"


def test_every_table_and_index_can_be_made_on_postgresql() -> None:
    dialect = postgresql.dialect()
    for table in metadata.sorted_tables:
        assert str(CreateTable(table).compile(dialect=dialect))
        for index in table.indexes:
            assert str(CreateIndex(index).compile(dialect=dialect))
