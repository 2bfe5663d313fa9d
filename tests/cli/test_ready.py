"""`listener metrics --ready`: whether to count on the listener now, for health checks that know exit codes alone."""

from datetime import timedelta
from pathlib import Path

import pytest

from listener.alerts.telling import TICKED
from listener.cli.exits import Exit
from listener.clock import SystemClock
from listener.store import engine as store_engine
from listener.store import open_store
from tests.cli.office import Counter, counter

MINUTE = timedelta(minutes=1)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Counter:
    return counter(tmp_path / "team", monkeypatch)


def looked(here: Counter, ago: timedelta) -> None:
    store = open_store(here.folder / "listener.db")
    with store.write() as tx:
        tx.set_mark(TICKED, (SystemClock().now() - ago).isoformat())
    store.close()


def test_it_is_ready_while_a_run_looks(here: Counter) -> None:
    looked(here, timedelta(seconds=30))
    said = here.types("metrics", "--ready")
    assert (said.code, said.out) == (Exit.OK, "ready\n")


@pytest.mark.sqlite
def test_it_is_not_before_the_first_run(here: Counter) -> None:
    said = here.types("metrics", "--ready")
    assert (said.code, said.out) == (Exit.RETRY_LATER, "")
    assert "no run has looked at this database yet" in said.err


def test_it_is_not_when_the_run_has_stopped(here: Counter) -> None:
    looked(here, 20 * MINUTE)
    said = here.types("metrics", "--ready")
    assert said.code == Exit.RETRY_LATER
    assert "no run has looked for 20 min" in said.err


def test_it_is_not_without_a_database_and_makes_none(here: Counter) -> None:
    database = here.folder / "listener.db"
    database.unlink()
    for words in (["metrics", "--ready"], ["metrics"]):
        assert here.types(*words).code == Exit.STORE
        assert not database.exists()


@pytest.mark.sqlite
def test_it_is_not_on_a_schema_of_another_version(here: Counter) -> None:
    looked(here, MINUTE)
    db = store_engine.sqlite_module().connect(str(here.folder / "listener.db"))
    db.execute("UPDATE alembic_version SET version_num = '0001'")
    db.commit()
    db.close()
    said = here.types("metrics", "--ready")
    assert said.code == Exit.STORE
    assert "is of an older schema" in said.err
