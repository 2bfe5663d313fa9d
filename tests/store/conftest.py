"""Real stores, in real files and on a real server: what asks for a `store` alone is asked of both."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from listener.ports import Store
from listener.store import open_store
from tests import postgres


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "listener.db"


@pytest.fixture(scope="session")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new store's file, migrated once for all tests."""
    path = tmp_path_factory.mktemp("fresh") / "listener.db"
    open_store(path).close()
    return path


@pytest.fixture(scope="session")
def fresh_database(server: postgres.Server) -> str:
    """A new store's database, made once for all tests to copy."""
    name = server.create()
    open_store(server.address(name)).close()
    return name


@pytest.fixture
def address(server: postgres.Server, fresh_database: str) -> Iterator[str]:
    """Of a database of the test's own."""
    name = server.create(fresh_database)
    yield server.address(name)
    server.drop(name)


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test that looks at the file, too, or is marked so, is about SQLite."""
    if "place" in metafunc.fixturenames:
        metafunc.parametrize("place", ["sqlite", "postgresql"], indirect=True)
    if "store" in metafunc.fixturenames:
        files_only = "path" in metafunc.fixturenames or metafunc.definition.get_closest_marker("sqlite")
        metafunc.parametrize("store", ["sqlite"] if files_only else ["sqlite", "postgresql"], indirect=True)


@pytest.fixture
def place(request: pytest.FixtureRequest) -> Path | str:
    """Of an empty store, for several processes to open."""
    if request.param == "postgresql":
        return str(request.getfixturevalue("address"))
    path, fresh = request.getfixturevalue("path"), request.getfixturevalue("fresh")
    return Path(shutil.copy(fresh, path))


@pytest.fixture
def store(request: pytest.FixtureRequest) -> Iterator[Store]:
    if getattr(request, "param", "sqlite") == "postgresql":
        store = open_store(request.getfixturevalue("address"))
    else:
        path, fresh = request.getfixturevalue("path"), request.getfixturevalue("fresh")
        shutil.copy(fresh, path)
        store = open_store(path)
    yield store
    store.close()
