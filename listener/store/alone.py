"""Keeps a second process from doing what only one may do at a time."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from listener.errors import Retry


@contextmanager
def only_one(database: Path, task: str) -> Iterator[None]:
    """One process on this machine; the lock ends with it, however it dies. Raises `Retry` where another is at it."""
    from filelock import FileLock, Timeout

    lock = FileLock(f"{database}.{task}-lock")
    try:
        lock.acquire(timeout=0)
    except Timeout as error:
        raise somebody_else(task) from error
    try:
        yield
    finally:
        lock.release()


def somebody_else(task: str) -> Retry:
    """What is said where another process is at it."""
    return Retry(
        f"another listener {task} is reading into this database",
        next_step="stop it first, or use --db for another database",
    )
