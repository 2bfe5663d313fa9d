"""Real stores in real files."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from listener.ports import Store
from listener.store import open_store


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "listener.db"


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    store = open_store(path)
    yield store
    store.close()
