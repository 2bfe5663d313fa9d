"""Copies of the database that can be trusted: taken while others write, checked, and never put back unchecked.

`cp` of a live file is no backup: of 60 taken under load, 49 were damaged (docs/backups.md). `VACUUM INTO` reads one
snapshot, waits for nobody, and leaves out what was erased.
"""

import hashlib
import json
import os
from contextlib import closing, suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from glob import escape
from pathlib import Path
from typing import Any

from listener.errors import ConfigError, StoreError
from listener.files import PRIVATE, sync, write_whole
from listener.store.database import Database
from listener.store.engine import sqlite_module
from listener.store.erasing_again import erase_again
from listener.store.faults import explained
from listener.store.identity import first_fault, revision_of
from listener.store.migrations import HEAD
from listener.store.turns import in_turn

PATIENCE = 3.0
"""Seconds in which others may still let go of the file that is to be replaced."""
_FORMAT = 1
_CHUNK = 1 << 20
_BESIDE = ("-wal", "-shm", "-journal")


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What stands beside a backup, in JSON: without it a file is not taken for one."""

    format: int
    made_at: str
    """ISO 8601, UTC."""
    schema: str
    sqlite: str
    bytes: int
    sha256: str
    mentions: int
    cases: int
    erased: int
    """Tombstones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Backup:
    """One file with its manifest."""

    file: Path
    manifest: Manifest


def back_up(path: Path, folder: Path, now: datetime) -> Backup:
    """Write a checked copy of the live database into `folder`, readable by its owner alone. Raises `StoreError`."""
    if not path.exists():
        raise StoreError(f"there is no database at {path}")
    _make(folder)
    file = folder / f"{path.stem}-{now:{_STAMP}}.db"
    if file.exists():
        raise StoreError(f"{file} exists already", next_step="try again in a second")
    partial = file.with_suffix(".part")
    partial.unlink(missing_ok=True)
    try:
        with explained(path), closing(_connect(path)) as db:
            in_turn(lambda: db.execute("VACUUM INTO ?", [str(partial)]))
        partial.chmod(0o600)
        manifest = _measured(partial, now)
        sync(partial)
        write_whole(_manifest_of(file), json.dumps(asdict(manifest), indent=1) + "\n", PRIVATE)
        partial.rename(file)  # last: a file that bears its name is whole and has its manifest
        sync(folder)
    except OSError as error:
        raise StoreError(f"{folder}: {error.strerror}", next_step="check the disk's space and permissions") from error
    finally:
        partial.unlink(missing_ok=True)
    return Backup(file=file, manifest=manifest)


def backups(folder: Path, stem: str) -> list[Backup]:
    """Those of one database in a folder, newest first; a manifest that can't be read raises `StoreError`."""
    return [Backup(file=file, manifest=_read(file)) for file in reversed(_named(folder, stem, "db"))]


def prune(folder: Path, stem: str, keep: int) -> list[Path]:
    """Delete all but the newest `keep`; which were deleted."""
    gone = [one.file for one in backups(folder, stem)[keep:]]
    for file in gone:
        file.unlink()
        _manifest_of(file).unlink(missing_ok=True)
    return gone


def latest(folder: Path, stem: str) -> datetime | None:
    """When the newest one was made, as its name says; None where there is none."""
    made = (_instant_of(file, stem) for file in _named(folder, stem, "db"))
    return max(filter(None, made), default=None)


def sweep(folder: Path, stem: str, now: datetime) -> list[Path]:
    """Delete what copies that were killed left behind, once nobody can be at it any more; which were deleted."""
    gone = []
    for file in (*_named(folder, stem, "part"), *_named(folder, stem, "json")):
        made = _instant_of(file, stem)
        if made is not None and now - made > _ABANDONED and not file.with_suffix(".db").exists():
            file.unlink(missing_ok=True)
            gone.append(file)
    return gone


_ABANDONED = timedelta(hours=6)
_STAMP = "%Y%m%dT%H%M%SZ"


def _named(folder: Path, stem: str, ending: str) -> list[Path]:
    return sorted(folder.glob(f"{escape(stem)}-*T*Z.{ending}")) if folder.is_dir() else []


def _instant_of(file: Path, stem: str) -> datetime | None:
    try:
        return datetime.strptime(file.stem.removeprefix(f"{stem}-"), _STAMP).replace(tzinfo=UTC)
    except ValueError:
        return None


def check(file: Path) -> Manifest:
    """Read every byte of a backup. Raises `StoreError` where it isn't what its manifest says."""
    manifest = _read(file)
    if any(file.with_name(file.name + ending).exists() for ending in _BESIDE):
        raise StoreError(f"{file} has a log beside it: it is a live file, or the copy of one", next_step=_TAKE)
    if _digest(file) != manifest.sha256:
        raise StoreError(f"{file} is not what its manifest says: it was changed or damaged", next_step="take another")
    with explained(file), closing(_connect(file)) as db:
        if fault := first_fault(db):
            raise StoreError(f"{file} is damaged: {fault}", next_step="take another")
        revision_of(db, file)
    return manifest


def restore(file: Path, path: Path, now: datetime) -> Path | None:
    """Put a checked backup in the database's place, brought to the present schema, without what was erased since.

    What was erased is known from the database that is replaced and from every newer backup beside this one. The
    replaced file is kept; where it went, or None if there was none. Nobody else may have it open.
    """
    check(file)
    _make(path.parent)
    fresh = path.with_name(f"{path.name}.restoring")
    _remove(fresh)
    try:
        _copy(file, fresh)
        _without(fresh, _erased_since(file, path), now)
        aside = _set_aside(path, now) if path.exists() else None
        _close_log(fresh)
        fresh.replace(path)
        sync(path.parent)
    except OSError as error:
        raise StoreError(f"{path}: {error.strerror}; nothing was replaced", next_step="check the disk") from error
    finally:
        _remove(fresh)
    return aside


_TAKE = "listener backup takes one; cp of a live file does not"


def _erased_since(file: Path, path: Path) -> set[str]:
    newer = [one.file for one in backups(file.parent, file.stem.rpartition("-")[0]) if one.file.name > file.name]
    found: set[str] = set()
    for known in (*newer, *([path] if path.exists() else [])):
        # A damaged database is why one restores: what it can't tell is told by the backups.
        with suppress(StoreError), explained(known), closing(_connect(known)) as db:
            found |= {row[0] for row in db.execute("SELECT key_hash FROM tombstones")}
    return found


def _without(fresh: Path, erased: set[str], now: datetime) -> None:
    """Before anybody reads it: what was deleted after the backup was taken stays deleted."""
    store = Database(fresh)
    try:
        erase_again(store, erased, now)
    finally:
        store.close()


def _set_aside(path: Path, now: datetime) -> Path:
    """A second name for the present file; its own stays until the new one takes it in one step."""
    _close_log(path)
    aside = path.with_name(f"{path.name}.before-{now:%Y%m%dT%H%M%SZ}")
    os.link(path, aside)
    return aside


def _close_log(path: Path) -> None:
    """Everything into the file itself, and no log beside it. Raises `StoreError` while others have it open."""
    with closing(_connect(path)) as db:
        try:
            mode = in_turn(lambda: db.execute("PRAGMA journal_mode = DELETE").fetchone()[0], PATIENCE)
        except Exception as error:
            if not getattr(error, "sqlite_errorname", "").startswith(_BROKEN):
                with explained(path):
                    raise
            mode = "delete"  # nothing can be saved from the log of a damaged file
    if mode != "delete":
        raise StoreError(f"{path} is in use", next_step="stop the run, the desks and the web pages, then try again")
    for ending in _BESIDE:
        path.with_name(path.name + ending).unlink(missing_ok=True)


_BROKEN = ("SQLITE_CORRUPT", "SQLITE_NOTADB")


def _measured(file: Path, now: datetime) -> Manifest:
    with explained(file), closing(_connect(file)) as db:
        if fault := first_fault(db):
            raise StoreError(f"the copy is damaged: {fault}", next_step="listener doctor checks the database itself")
        schema = revision_of(db, file)
        rows = {name: db.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in _COUNTED} if schema else {}  # noqa: S608
    return Manifest(
        format=_FORMAT,
        made_at=now.isoformat(),
        schema=schema,
        sqlite=sqlite_module().sqlite_version,
        bytes=file.stat().st_size,
        sha256=_digest(file),
        mentions=rows.get("mentions", 0),
        cases=rows.get("cases", 0),
        erased=rows.get("tombstones", 0),
    )


_COUNTED = ("mentions", "cases", "tombstones")


def _read(file: Path) -> Manifest:
    beside = _manifest_of(file)
    try:
        found = Manifest(**json.loads(beside.read_text(encoding="utf-8")))
    except FileNotFoundError as error:
        raise StoreError(f"{file} has no manifest ({beside.name}): it is no backup", next_step=_TAKE) from error
    except (OSError, ValueError, TypeError) as error:
        raise StoreError(f"{beside} can't be read: {error}", next_step="take another backup") from error
    if found.format != _FORMAT or found.schema > HEAD:
        raise StoreError(f"{file} was made by a newer version of this program", next_step="upgrade this program")
    return found


def _manifest_of(file: Path) -> Path:
    return file.with_suffix(".json")


def _digest(file: Path) -> str:
    found = hashlib.sha256()
    with file.open("rb") as held:
        while chunk := held.read(_CHUNK):
            found.update(chunk)
    return found.hexdigest()


def _copy(file: Path, fresh: Path) -> None:
    fresh.touch(mode=0o600)
    with file.open("rb") as held, fresh.open("wb") as taken:
        while chunk := held.read(_CHUNK):
            taken.write(chunk)
        taken.flush()
        os.fsync(taken.fileno())


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise ConfigError(f"{folder} can't be made: {error.strerror}", next_step="name another folder") from error


def _remove(file: Path) -> None:
    for ending in ("", *_BESIDE):
        file.with_name(file.name + ending).unlink(missing_ok=True)


def _connect(path: Path) -> Any:
    return sqlite_module().connect(path, isolation_level=None, timeout=0)
