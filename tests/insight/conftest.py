"""The seeded store, filled once for all tests that only read it."""

from collections.abc import Iterator

import pytest

from listener.ports import Store
from listener.store import open_store
from tests.insight import seeded


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Store, seeded.Seeded]]:
    store = open_store(tmp_path_factory.mktemp("insight") / "listener.db")
    yield store, seeded.fill(store, seeded.posts())
    store.close()
