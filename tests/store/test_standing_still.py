"""A session on a server that stands still in the middle of a change, and what others see of it."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest

from listener.clock import SystemClock, monotonic
from listener.errors import StoreError
from listener.store import open_store, server
from tests.builders import NOON


def _stand_still(address: str) -> None:
    """Until the server has had enough of it, or for as long as it takes to see that it hasn't."""
    holder = open_store(address)
    pace, until = SystemClock(), monotonic() + 1
    try:
        with holder.write() as tx, psycopg.connect(address, autocommit=True) as watch:
            tx.set_mark("held", NOON.isoformat())
            while monotonic() < until and _in_transaction(watch):
                pace.sleep(0.02)
            tx.set_mark("held", NOON.isoformat())
    finally:
        holder.close()


def _in_transaction(watch: "psycopg.Connection[tuple[object, ...]]") -> bool:
    asked = "SELECT FROM pg_stat_activity WHERE datname = current_database() AND state = 'idle in transaction'"
    return watch.execute(asked).fetchone() is not None


def _held(address: str) -> str:
    store = open_store(address)
    with store.read() as reads:
        found = reads.mark("held")
    store.close()
    return found


@contextmanager
def _patience(monkeypatch: pytest.MonkeyPatch, seconds: float) -> Iterator[None]:
    with monkeypatch.context() as patched:
        patched.setattr(server, "_STANDS_STILL_SECONDS", seconds)
        yield


def test_C7_whoever_stands_still_in_its_turn_loses_it(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with _patience(monkeypatch, 0.1), pytest.raises(StoreError, match="stood still"):
        _stand_still(address)
    assert _held(address) == ""


def test_C7_control_without_that_the_turn_is_held_for_as_long_as_it_stands(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with _patience(monkeypatch, 0):  # as servers are by themselves
        _stand_still(address)
    assert _held(address)
