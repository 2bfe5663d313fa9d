"""Room kept for the day the disk is full: a file beside the database that is given up, so that acts still succeed.

Erasing, resolving, even rolling back write before they free anything. So a run keeps 32 MiB beside the database. When
the disk is nearly full the file goes, and what it held is for people's acts alone: posts are taken in again only
when there is room for both.
"""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from listener.errors import DiskFull

BYTES = 32 << 20
LEAST_BYTES = 4 << 20
"""With less than this the disk counts as full: one act may write as much, log and index included."""
_BLOCK = 1 << 20


def beside(database: Path) -> Path:
    """Where it lies."""
    return database.with_name(f"{database.name}.ballast")


def held(database: Path) -> int:
    """Bytes that giving it up would free."""
    try:
        return beside(database).lstat().st_size
    except OSError:
        return 0


def keep(database: Path) -> bool:
    """Make it where it is missing and the disk has room for it twice over; whether it lies there whole."""
    if held(database) >= BYTES:
        return True
    with suppress(OSError):
        release(database)
        if _free(database) >= 2 * BYTES:
            _make(beside(database))
    return held(database) >= BYTES


def release(database: Path) -> bool:
    """Give it up; whether there was anything to give."""
    had = held(database) > 0
    with suppress(OSError):
        beside(database).unlink(missing_ok=True)
    return had and not held(database)


@contextmanager
def at_hand(database: Path) -> Iterator[None]:
    """Given up before work on a full disk, and when that work meets one: then it says so, for the next to succeed."""
    release_if_tight(database)
    try:
        yield
    except DiskFull as full:
        if not release(database):
            raise
        said = f"{full}; the {BYTES >> 20} MiB kept for this were set free"
        raise DiskFull(said, next_step="do it again: there is room for people's acts; then free some space") from full


def release_if_tight(database: Path) -> None:
    """Give it up if the disk is all but full."""
    if held(database) and _free(database) < LEAST_BYTES:
        release(database)


def refuse_posts_when_tight(database: Path) -> None:
    """Raises `DiskFull` where only the room is left that is kept for acts."""
    free = _free(database)
    if free + held(database) < BYTES + LEAST_BYTES:
        raise DiskFull(
            f"the disk is full but for {free >> 20} MiB, which are kept for people's acts; no post was taken in",
            next_step=f"free at least {2 * BYTES >> 20} MiB in {database.parent}",
        )


def _free(database: Path) -> int:
    return shutil.disk_usage(database.parent).free


def _make(file: Path) -> None:
    """Whole or not at all; of chance bytes, which no file system stores as a hole or smaller than they are."""
    begun = file.with_name(f"{file.name}.new")
    begun.unlink(missing_ok=True)
    try:
        handle = os.open(begun, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as out:
            for start in range(0, BYTES, _BLOCK):
                out.write(os.urandom(min(_BLOCK, BYTES - start)))
            out.flush()
            os.fsync(out.fileno())
        begun.replace(file)
    finally:
        begun.unlink(missing_ok=True)
