"""Keeps a second process from doing what only one may do at a time."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from listener.errors import Retry


@contextmanager
def only_one(lock_file: Path, otherwise: str) -> Iterator[None]:
    """One process at a time. Raises `Retry` with these words where another is at it."""
    lock = FileLock(lock_file)
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        raise Retry(otherwise, next_step="stop it first, or use --db for another database") from error
    try:
        yield
    finally:
        lock.release()
