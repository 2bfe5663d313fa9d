"""Exit codes are an interface; the command line turns each expected error into one of them."""

import errno
from enum import IntEnum

from listener import errors


class Exit(IntEnum):
    OK = 0
    BUG = 1
    USAGE = 2
    RETRY_LATER = 3
    CREDENTIALS = 4
    STORE = 5
    PARTIAL = 6
    DISK_FULL = 74
    INTERRUPTED = 130


_CODES: tuple[tuple[type[errors.ListenerError], Exit], ...] = (
    (errors.Retry, Exit.RETRY_LATER),
    (errors.Reauthorize, Exit.CREDENTIALS),
    (errors.NotPermitted, Exit.CREDENTIALS),
    (errors.DiskFull, Exit.DISK_FULL),
    (errors.StoreError, Exit.STORE),
    (errors.Conflict, Exit.STORE),
    (errors.SkipRecord, Exit.PARTIAL),
)


_MACHINE: dict[int, tuple[str, Exit]] = {
    **dict.fromkeys(
        (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO), ("free some space, and check the disk", Exit.DISK_FULL)
    ),
    **dict.fromkeys((errno.EMFILE, errno.ENFILE), ("raise the limit: ulimit -n 1024", Exit.RETRY_LATER)),
}
"""What the machine is short of, by the system's number for it: no bug of ours."""


def of_the_machine(error: Exception) -> tuple[str, Exit] | None:
    """What to do about a full disk or too many open files, and the exit code; None for any other error."""
    return _MACHINE.get(error.errno or 0) if isinstance(error, OSError) else None


def code_of(error: errors.ListenerError) -> Exit:
    """The exit code that tells a script what to do about `error`."""
    return _code_of_class(type(error))


def _code_of_class(kind: type[errors.ListenerError]) -> Exit:
    return next((code for parent, code in _CODES if issubclass(kind, parent)), Exit.USAGE)


def code_named(name: str) -> Exit:
    """The exit code of an error class by its name; a name that isn't one of ours is a bug."""
    kind = getattr(errors, name, None)
    return _code_of_class(kind) if isinstance(kind, type) and issubclass(kind, errors.ListenerError) else Exit.BUG
