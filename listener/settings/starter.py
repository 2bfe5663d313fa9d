"""The commented starter settings that ship with the program, and their copy into a team's folder."""

import os
from dataclasses import dataclass
from pathlib import Path

import listener
from listener.errors import ConfigError
from listener.settings.documents import FILES


@dataclass(frozen=True, slots=True, kw_only=True)
class Copied:
    """What became of each file."""

    written: tuple[Path, ...]
    kept: tuple[Path, ...]
    """Stood there already and were left alone."""


def shipped() -> Path:
    """The folder of the starter settings: inside an installed package, or at the top of a checkout."""
    package = Path(listener.__file__).parent
    installed = package / "default_config"
    return installed if installed.is_dir() else package.parent / "config"


def copy_to(folder: Path) -> Copied:
    """Every starter file that the folder doesn't have yet. Raises `ConfigError`."""
    written: list[Path] = []
    kept: list[Path] = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for file in FILES:
            fresh = _write_new(folder / file, (shipped() / file).read_bytes())
            (written if fresh else kept).append(folder / file)
    except OSError as error:
        raise ConfigError(f"can't write to {folder}: {error.strerror}", next_step="name another folder") from error
    return Copied(written=tuple(written), kept=tuple(kept))


def _write_new(path: Path, content: bytes) -> bool:
    """False, and nothing changed, if something stands there, be it a link to nowhere."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o644)
    except FileExistsError:
        return False
    with os.fdopen(handle, "wb") as stream:
        stream.write(content)
    return True
