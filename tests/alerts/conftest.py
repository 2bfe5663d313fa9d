"""Real stores in real files."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from listener.ports import Store
from listener.store import open_store


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new store's file, made once for all tests."""
    path = tmp_path_factory.mktemp("alerts") / "listener.sqlite"
    open_store(path).close()
    return path


@pytest.fixture
def path(tmp_path: Path, migrated: Path) -> Path:
    return Path(shutil.copy(migrated, tmp_path / "listener.sqlite"))


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    opened = open_store(path)
    yield opened
    opened.close()
