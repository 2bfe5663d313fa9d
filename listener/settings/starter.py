"""The commented starter settings that ship with the program, and their copy into a team's folder."""

from dataclasses import dataclass
from pathlib import Path

import listener
from listener.errors import ConfigError
from listener.files import write_new
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
            fresh = write_new(folder / file, (shipped() / file).read_bytes())
            (written if fresh else kept).append(folder / file)
    except OSError as error:
        step = "free some room, or name another folder"
        raise ConfigError(f"can't write to {folder}: {error.strerror}", next_step=step) from error
    return Copied(written=tuple(written), kept=tuple(kept))
