"""Real stores in real files."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from listener.ports import Store
from listener.store import open_store


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "listener.db"


@pytest.fixture(scope="session")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new store's file, migrated once for all tests."""
    path = tmp_path_factory.mktemp("fresh") / "listener.db"
    open_store(path).close()
    return path


@pytest.fixture
def store(path: Path, fresh: Path) -> Iterator[Store]:
    shutil.copy(fresh, path)
    store = open_store(path)
    yield store
    store.close()
