"""Files written whole or not at all: what bears a name was on the disk before it bore it.

A full disk, a kill or a power cut leaves the old file, or none, and never the beginning of the new one. Whoever writes
a file that somebody reads comes here; `OSError` is theirs to put into words.
"""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PRIVATE, PUBLIC = 0o600, 0o644


@contextmanager
def in_one_piece(path: Path, mode: int | None = PRIVATE) -> Iterator[Path]:
    """An empty file beside `path` to write to; it takes the other's place once the block has ended without an error.

    Without a `mode` it is the replaced file's, or what this person's new files have.
    """
    if mode is None and path.exists():
        mode = path.stat().st_mode & 0o777
    temporary = _beside(path, PUBLIC if mode is None else PRIVATE)
    try:
        yield temporary
        if mode is not None:
            temporary.chmod(mode)
        sync(temporary)
        temporary.replace(path)
        sync(path.parent)
    finally:
        temporary.unlink(missing_ok=True)


def write_whole(path: Path, content: str | bytes, mode: int | None = None) -> None:
    """Replace a file, or make it."""
    with in_one_piece(path, mode) as temporary:
        temporary.write_bytes(_bytes(content))


def write_new(path: Path, content: str | bytes) -> bool:
    """False, and nothing changed, if something stands there, be it a link to nowhere."""
    if os.path.lexists(path):
        return False
    temporary = _beside(path, PUBLIC)
    try:
        temporary.write_bytes(_bytes(content))
        sync(temporary)
        _give(temporary, path)
        sync(path.parent)
    except FileExistsError:  # somebody else was first
        return False
    finally:
        temporary.unlink(missing_ok=True)
    return True


def sync(place: Path) -> None:
    """What was written to a file, or the names in a folder, outlast a power cut from here on."""
    held = os.open(place, os.O_RDONLY)
    try:
        os.fsync(held)
    finally:
        os.close(held)


def _bytes(content: str | bytes) -> bytes:
    return content.encode() if isinstance(content, str) else content


def _beside(path: Path, mode: int) -> Path:
    """In the same folder, so that one step takes it to its place; hidden, under a name that nobody else has.

    The mode is less what this person takes off new files.
    """
    temporary = path.with_name(f".{path.name[:100]}.{secrets.token_hex(6)}")
    os.close(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode))
    return temporary


def _give(temporary: Path, path: Path) -> None:
    """A second name, which the first loses; refused where the name is taken."""
    try:
        os.link(temporary, path)
    except FileExistsError:
        raise
    except OSError:  # a file system without second names
        if os.path.lexists(path):
            raise FileExistsError(path) from None
        temporary.replace(path)
