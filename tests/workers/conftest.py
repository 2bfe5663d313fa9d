"""A store on a server of the test's own."""

from collections.abc import Iterator

import pytest

from listener.ports import Store
from listener.store import open_store
from tests import postgres


@pytest.fixture(scope="session")
def fresh_server_store(server: postgres.Server) -> str:
    """A database with our tables, made once for all tests to copy."""
    name = server.create()
    open_store(server.address(name)).close()
    return name


@pytest.fixture
def address(server: postgres.Server, fresh_server_store: str) -> Iterator[str]:
    name = server.create(fresh_server_store)
    yield server.address(name)
    server.drop(name)


@pytest.fixture
def store(address: str) -> Iterator[Store]:
    opened = open_store(address)
    yield opened
    opened.close()
