"""Everything of ours that writes a file people or programs read, done in a process that may not finish it.

It may run into a limit on the size of its files, as on a full disk, or die at any touch of a file, as at a kill.
"""

import os
import resource
import signal
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from multiprocessing.connection import Connection
from pathlib import Path

from listener.cli import demo
from listener.cli.export import Column, Kind, export
from listener.connectors.sessions import Sessions
from listener.domain.policy import Secret, SourceConfig
from listener.errors import ListenerError
from listener.settings import starter, writing
from listener.store import backup, open_store
from tests.builders import NOON
from tests.spawning import spawner

Write = Callable[[Path], object]
DIED = 77
_processes = spawner("tests.faults.writers")
_COLUMNS = (Column("id", Kind.TEXT), Column("text", Kind.TEXT))


def _init(folder: Path) -> None:
    starter.copy_to(folder)


def _connect(folder: Path) -> None:
    secrets = {"app_password": Secret("s3cret" * 200)}
    source = SourceConfig(name="sky", connector="bluesky", options={"note": "n" * 3_000}, secrets=secrets)
    writing.add_source(folder, source)


def _session(folder: Path) -> None:
    Sessions(folder).save("ann", Secret("t0ken" * 2_000))


def _rows() -> list[dict[str, object]]:
    return [{"id": str(number), "text": "late" * 9} for number in range(400)]


def _csv(folder: Path) -> None:
    export(folder / "rows.csv", _COLUMNS, _rows(), force=True)


def _lines(folder: Path) -> None:
    export(folder / "rows.jsonl", _COLUMNS, _rows(), force=True)


def _demo(folder: Path) -> None:
    demo.prepare(folder, NOON)


def _backup(folder: Path) -> None:
    backup.back_up(folder / "listener.db", folder / "backups", NOON + timedelta(days=1))


WRITERS: Mapping[str, Write] = {
    "init": _init,
    "connect": _connect,
    "session": _session,
    "csv": _csv,
    "json lines": _lines,
    "demo": _demo,
    "backup": _backup,
}


def prepare(name: str, folder: Path) -> None:
    """What stands there before: older files of the same names, where the writer writes over them."""
    folder.mkdir(parents=True)
    match name:
        case "connect":
            (folder / "listener.toml").write_text('agent = "ada"\n' * 1)
            (folder / "secrets.toml").touch(0o600)
            (folder / "secrets.toml").write_text('[mast]\ntoken = "old"\n')
        case "csv" | "json lines":
            (folder / ("rows.csv" if name == "csv" else "rows.jsonl")).write_text("old\n")
        case "demo":
            (folder / "posts.jsonl").write_text("old\n")
        case "backup":
            open_store(folder / "listener.db").close()


@dataclass(frozen=True, slots=True, kw_only=True)
class Hindrance:
    """What befalls the process."""

    limit: int = -1
    """No file of its may outgrow so many bytes."""
    dies_at: int = -1
    """It is gone before it touches a file for the so manieth time."""
    careless: bool = False
    """The seeded bug: files are written in their place."""


def attempted(name: str, folder: Path, hindrance: Hindrance) -> str:
    """`done`, `died`, or the error's words."""
    ours, theirs = _processes.Pipe()
    worker = _processes.Process(target=_work, args=(name, folder, hindrance, theirs))
    worker.start()
    theirs.close()
    try:
        told = str(ours.recv())
    except EOFError:
        told = "nothing said"
    worker.join()
    return "died" if worker.exitcode == DIED else told


def _work(name: str, folder: Path, hindrance: Hindrance, answer: Connection) -> None:
    if hindrance.careless:
        _write_in_place()
    if hindrance.limit >= 0:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (hindrance.limit, hindrance.limit))
    if hindrance.dies_at >= 0:
        _die_at(hindrance.dies_at, str(folder))
    try:
        WRITERS[name](folder)
    except ListenerError as error:
        answer.send(f"refused: {error}" if error.next_step else f"no next step: {error}")
    else:
        answer.send("done")


def _die_at(touch: int, folder: str) -> None:
    touched = 0

    def hook(event: str, given: tuple[object, ...]) -> None:
        nonlocal touched
        if event in ("open", "os.rename", "os.link", "os.remove", "os.chmod") and str(given[0]).startswith(folder):
            if touched == touch:
                os._exit(DIED)
            touched += 1

    sys.addaudithook(hook)


def _write_in_place() -> None:
    """As `listener init` did it until it met a full disk."""
    from listener.settings import starter

    def in_place(path: Path, content: bytes) -> bool:
        with path.open("xb") as stream:
            stream.write(content)
        return True

    starter.write_new = in_place  # type: ignore[assignment]


def seen(folder: Path) -> dict[str, bytes]:
    """Every file under its name; those that bear none yet, which begin with a dot or end in .part, left out."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in files
        if not path.name.startswith(".") and path.suffix != ".part"
    }


def leftovers(folder: Path) -> list[str]:
    return [path.name for path in folder.rglob(".*.*") if path.is_file()]
