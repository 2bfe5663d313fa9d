"""Files that program and people share: written whole or not at all."""

import json
import os
from pathlib import Path
from tempfile import NamedTemporaryFile

from listener.errors import ConfigError


def write_whole(path: Path, text: str, *, mode: int | None = None) -> None:
    """Replace a file in one step, durably; `mode` for a file of secrets, else as it is. Raises `ConfigError`."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        kept = path.stat().st_mode & 0o777 if path.exists() else 0o644
        with NamedTemporaryFile("w", dir=path.parent, delete=False, encoding="utf-8") as new:
            new.write(text)
            new.flush()
            os.fsync(new.fileno())
        Path(new.name).chmod(kept if mode is None else mode)
        Path(new.name).replace(path)
    except (OSError, UnicodeEncodeError) as error:
        raise ConfigError(f"{path} can't be written: {error}", next_step="check the file and the text") from error


def toml_text(text: str) -> str:
    """Text as TOML writes it: as JSON does, but for one character."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
