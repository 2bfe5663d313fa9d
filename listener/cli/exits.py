"""Exit codes are an interface; the command line turns each expected error into one of them."""

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
    (errors.StoreError, Exit.STORE),
    (errors.Conflict, Exit.STORE),
    (errors.SkipRecord, Exit.PARTIAL),
)


def code_of(error: errors.ListenerError) -> Exit:
    """The exit code that tells a script what to do about `error`."""
    return next((code for kind, code in _CODES if isinstance(error, kind)), Exit.USAGE)
