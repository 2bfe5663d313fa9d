"""What `listener doctor` sees of the machine: room, the clock, where the file lies, who else may read it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from listener.cli.checkup_findings import Finding, bad, doubtful, good
from listener.cli.exits import Exit

if TYPE_CHECKING:
    from listener.domain.policy import Settings

LEAST_FREE_BYTES = 100 << 20
"""Below this a busy day may fill the disk."""
COMFORT_BYTES = 1 << 30
LEAST_MEMORY_BYTES = 384 << 20
"""A run with the shipped model holds about 190 MiB, a desk as much."""
LEAST_FILES = 256
MADE = datetime(2026, 3, 1, tzinfo=UTC)
"""No clock that is right stands before this program was written."""
MEMORY = (Path("/proc/meminfo"), Path("/sys/fs/cgroup/memory.max"))
FLEETING = frozenset({"tmpfs", "ramfs"})


def disk(settings: Settings) -> Iterator[Finding]:
    """Room left where the database lies or will lie, and the right to write there."""
    import os
    import shutil

    folder = standing(settings.database.parent)
    free = shutil.disk_usage(folder).free
    room = f"{free / 2**30:.1f} GiB free in {folder}"
    if not os.access(folder, os.W_OK):
        yield bad("disk", f"{folder} may not be written to", "change its owner, or set another database", Exit.STORE)
    elif free < LEAST_FREE_BYTES:
        yield bad("disk", room, "free some space", Exit.STORE)
    elif free < COMFORT_BYTES:
        yield doubtful("disk", room, "free some space soon")
    else:
        yield good("disk", room)


def standing(folder: Path) -> Path:
    """The folder, or the nearest above it that is there."""
    return next(one for one in (folder, *folder.parents) if one.is_dir())


def place(settings: Settings) -> Iterator[Finding]:
    """Whether the database lies on this machine, and stays there when it is switched off."""
    from listener.store.place import REMOTE, file_system

    if settings.on_server:
        return
    kind = file_system(standing(settings.database.parent).resolve())
    if kind in REMOTE:
        message = (
            f"{settings.database} lies on another machine's disk ({kind}), where SQLite's locks can't be trusted; "
            "the slower rollback journal is used there"
        )
        yield bad("disk", message, "set database to a folder on this machine's own disk", Exit.STORE)
    elif kind in FLEETING:
        message = f"{settings.database} lies in memory ({kind}) and is gone after a restart"
        yield doubtful("disk", message, "set database to a folder on a disk")


def ballast(settings: Settings) -> Iterator[Finding]:
    """Whether the room is kept that lets people erase and resolve on a full disk."""
    from listener.store import ballast as kept

    if settings.on_server or not settings.database.exists():
        return
    size = f"{kept.BYTES >> 20} MiB"
    if kept.held(settings.database) >= kept.BYTES:
        yield good("ballast", f"{size} are kept for a full disk in {kept.beside(settings.database)}")
    else:
        message = f"the {size} that let people erase and resolve on a full disk are not kept"
        yield doubtful("ballast", message, f"have {2 * kept.BYTES >> 20} MiB free; listener run, or poll, keeps them")


def clock(settings: Settings) -> Iterator[Finding]:
    """Whether this machine's clock can be right: promises, leases and spikes are told by it."""
    from listener.cli.checkup_store import last_written, reading
    from listener.clock import SystemClock

    now = SystemClock().now()
    fix = "set the clock, and keep it right: timedatectl set-ntp true"
    if now < MADE:
        yield bad("clock", f"it stands at {now:%Y-%m-%d %H:%M} UTC, before this program was written", fix, Exit.USAGE)
        return
    with reading(settings) as reads:
        last = last_written(reads) if reads else None
    if last is not None and (last - now).total_seconds() > 60:
        said = f"it stands at {now:%Y-%m-%d %H:%M} UTC, and the run last wrote at {last:%Y-%m-%d %H:%M} UTC"
        yield bad("clock", f"{said}: one of the two was wrong", fix, Exit.USAGE)
    else:
        yield good("clock", f"{now:%Y-%m-%d %H:%M} UTC")


def limits(settings: Settings) -> Iterator[Finding]:
    """Memory, open files and processors that a run needs."""
    import os

    room = _memory()
    if room is not None and room < LEAST_MEMORY_BYTES:
        fix = "close other programs, or give this one more (in a container: its memory limit)"
        yield doubtful("memory", f"{room / 2**20:.0f} MiB left; a run with the shipped model takes about 190", fix)
    files = _open_files()
    if files is not None and files < LEAST_FILES:
        fix = f"raise the limit: ulimit -n {4 * LEAST_FILES}, or LimitNOFILE= in its unit"
        yield doubtful("files", f"a process may hold {files} files open; a busy run needs more", fix)
    cores, threads = os.cpu_count() or 1, settings.classifier.threads
    if threads > cores:
        message = f"the model is given {threads} threads on {cores} processors, which is slower than {cores}"
        yield doubtful("model", message, f"set threads = {cores} under [classifier]")


def _memory() -> int | None:
    """Bytes that are left, or that this container may have in all; None where the system doesn't say."""
    found = []
    whole, container = MEMORY
    if whole.exists():
        lines = (line.split() for line in whole.read_text(encoding="utf-8").splitlines())
        found += [int(words[1]) * 1024 for words in lines if words[:1] == ["MemAvailable:"]]
    if container.exists() and (said := container.read_text(encoding="utf-8").strip()).isdigit():
        found.append(int(said))
    return min(found, default=None)


def _open_files() -> int | None:
    try:
        import resource
    except ModuleNotFoundError:  # there is none on Windows
        return None
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]


def privacy(settings: Settings) -> Iterator[Finding]:
    """Whether other accounts may change the settings, or read what lies beside the database."""
    if mode_of(settings.root) & 0o022:
        message = f"{settings.root} may be written to by other accounts: they could send alerts and answers elsewhere"
        yield doubtful("settings", message, f"chmod go-w {settings.root}")
    beside = settings.database.with_name(f"{settings.database.name}.private")
    copies = settings.backups.place(settings.database)
    kept = [beside, *sorted(copies.glob(f"{settings.database.stem}-*Z.db"))] if copies.is_dir() else [beside]
    for path in kept:
        if path.exists() and mode_of(path) & 0o077:
            fix = f"chmod go-rwx {path}"
            yield doubtful("privacy", f"{path} is open to other accounts (mode {mode_of(path):03o})", fix)


def mode_of(path: Path) -> int:
    """Who may do what."""
    return path.stat().st_mode & 0o777
