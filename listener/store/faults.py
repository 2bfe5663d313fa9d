"""What the database refuses, in words a person can act on."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy.exc import DBAPIError, IntegrityError

from listener.errors import DiskFull, StoreError

# By the beginning of SQLite's own name of the error: what happened, and what to do about it.
_FAULTS: tuple[tuple[str, str, str], ...] = (
    ("SQLITE_FULL", "the disk is full; nothing was changed", "free some space and try again"),
    ("SQLITE_READONLY", "the database is read-only; nothing was changed", "check the file's permissions and owner"),
    ("SQLITE_IOERR", "the disk is full or failed; nothing was changed", "check the disk's space and health"),
    ("SQLITE_CORRUPT", "the database is damaged", "restore the latest backup"),
    ("SQLITE_NOTADB", "this file is not a database", "name another file"),
    ("SQLITE_CANTOPEN", "the database can't be opened", "check that its folder exists and may be written to"),
    ("SQLITE_PERM", "the database may not be opened", "check the file's permissions and owner"),
    ("SQLITE_BUSY", "another program keeps the database busy", "end that program and try again"),
)

_FULL = ("SQLITE_FULL", "SQLITE_IOERR")
"""A quota, and a limit on a file's size, are told as errors of input and output; not every driver says more."""


@contextmanager
def explained(path: Path) -> Iterator[None]:
    """Turn what the driver raises about the database as a whole into `StoreError`; broken constraints stay bugs."""
    try:
        yield
    except IntegrityError:
        raise
    except DBAPIError as error:
        raise _explain(error.orig or error, path) from error
    except Exception as error:
        # The driver's own errors, from statements that don't pass through SQLAlchemy; which driver, is known at run
        # time alone, so they are told by what they carry.
        if getattr(error, "sqlite_errorname", ""):
            raise _explain(error, path) from error
        raise


@contextmanager
def in_doubt(path: Path) -> Iterator[None]:
    """A commit that the disk fails to make durable may be there all the same once the file is opened anew."""
    try:
        yield
    except Exception as error:
        name = getattr(error, "sqlite_errorname", "")
        if not name.startswith("SQLITE_IOERR"):
            raise
        raise DiskFull(
            f"the disk is full or failed as this was being kept; most likely nothing was changed ({path}: {name})",
            next_step="check the disk's space and health, and look before you do it again",
        ) from error


@contextmanager
def left_in_the_log(path: Path) -> Iterator[None]:
    """What fails after the commit of an erasure: the rows are gone, the log beside them still has their words."""
    try:
        yield
    except Exception as error:
        name = getattr(error, "sqlite_errorname", "")
        if not name:
            raise
        kind = DiskFull if name.startswith(_FULL) else StoreError
        raise kind(
            f"it was erased, but {path.name}-wal still holds its words: the disk is full or failed ({path}: {name})",
            next_step="free some space, check the disk, then open the database again: closing it empties that file",
        ) from error


def _explain(error: BaseException, path: Path) -> BaseException:
    name = getattr(error, "sqlite_errorname", "")
    for prefix, what, next_step in _FAULTS:
        if name.startswith(prefix):
            kind = DiskFull if prefix in _FULL else StoreError
            return kind(f"{what} ({path}: {name})", next_step=next_step)
    return error
