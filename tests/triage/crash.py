"""A store whose user dies in the middle of a transaction."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from listener.ports import Store

WRITES = frozenset({"change_case", "take_posts", "give_posts", "open_case", "save_verdict", "withdraw_verdict"})


class Crash(Exception):
    """Where the process ends."""


class CrashingStore:
    """The real store, up to so many writes."""

    def __init__(self, store: Store, *, after: int) -> None:
        self._store = store
        self._after = after

    @contextmanager
    def write(self) -> Iterator[Any]:
        with self._store.write() as tx:
            yield _Crashing(tx, self._after)
            raise Crash

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)


class _Crashing:
    def __init__(self, tx: Any, left: int) -> None:
        self._tx = tx
        self._left = left

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._tx, name)
        if name not in WRITES:
            return method

        def counted(*given: Any, **named: Any) -> Any:
            self._left -= 1
            made = method(*given, **named)
            if self._left <= 0:
                raise Crash
            return made

        return counted
