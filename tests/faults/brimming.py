"""What people can still do on a disk without a byte to spare: `python -m tests.faults.brimming FOLDER` prints it.

Run as root in a mount namespace of its own (`unshare --mount`): it mounts a small file system on FOLDER and fills it.
"""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from listener.domain.case import CaseChange, EventKind
from listener.domain.mention import MentionKey
from listener.errors import ListenerError
from listener.ports import Store
from listener.store import ballast, open_store
from listener.store.integrity import damage
from tests.builders import NOON, scored
from tests.store.steps import draft, save

SIZE = "80m"
DENIED = 99
"""The exit code that says that nothing may be mounted here."""


def main() -> None:
    folder = Path(sys.argv[1])
    if subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "none", folder], check=False).returncode:
        sys.exit(DENIED)
    sys.stdout.write(json.dumps({"kept": _day(folder / "kept", keep=True), "bare": _day(folder / "bare", keep=False)}))


def _day(folder: Path, *, keep: bool) -> dict[str, object]:
    """Fill the disk over a case that stands open, then try each act."""
    folder.mkdir()
    path = folder / "listener.db"
    _begin(path)
    told: dict[str, object] = {"made": keep and ballast.keep(path)}
    filler = _fill(folder)
    told["read"] = _tried(path, lambda store: _count(store) == 9)
    told["posts"] = _tried(path, lambda store: save(store, *(scored(native_id=f"late-{n}") for n in range(40))))
    told["resolve"] = _tried(path, _resolve)
    told["erase"] = _tried(path, _erase)
    told["left"] = ballast.held(path)
    filler.unlink()
    told["made again"] = keep and ballast.keep(path)
    told["posts later"] = _tried(path, lambda store: save(store, scored(native_id="later")))
    told["damage"] = damage(path)
    for file in folder.iterdir():
        file.unlink()
    return told


def _begin(path: Path) -> None:
    store = open_store(path)
    saved = save(store, *(scored(native_id=str(n)) for n in range(9)))
    with store.write() as tx:
        tx.open_case(draft(saved[0]))
    store.close()


def _fill(folder: Path) -> Path:
    filler = folder / "filler"
    with suppress(OSError), filler.open("wb", buffering=0) as out:
        while out.write(bytes(4096)):
            pass
    assert os.statvfs(folder).f_bavail == 0
    return filler


def _tried(path: Path, act: Callable[[Store], object]) -> str:
    """Empty if it succeeded, else what was said."""
    try:
        store = open_store(path)
        try:
            assert act(store)
        finally:
            store.close()
    except ListenerError as error:
        return f"{type(error).__name__}: {error} -> {error.next_step}"
    return ""


def _count(store: Store) -> int:
    with store.read() as reads:
        return reads.stats().mentions


def _resolve(store: Store) -> bool:
    change = CaseChange(kind=EventKind.RESOLVED, agent="ada", at=NOON, set={"resolved_at": NOON})
    with store.write() as tx:
        tx.change_case(1, tx.case(1).version, change)
    return True


def _erase(store: Store) -> bool:
    with store.write() as tx:
        return bool(tx.delete_mentions([MentionKey(platform="x", native_id="3")], NOON))


if __name__ == "__main__":
    main()
