"""A real store for every test here."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import stamina

from listener.ports import Store
from listener.store import open_store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(tmp_path / "listener.sqlite")
    yield opened
    opened.close()


@pytest.fixture(autouse=True)
def _no_waiting_between_tries() -> Iterator[None]:
    with stamina.set_testing(True, attempts=3, cap=True):
        yield
