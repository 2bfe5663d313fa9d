"""Settings that program and people share: written whole or not at all, in words where they can't be."""

import json
from pathlib import Path

from listener import files
from listener.errors import ConfigError


def write_whole(path: Path, text: str, *, mode: int | None = None) -> None:
    """Replace a file in one step, durably; `mode` for a file of secrets, else as it is. Raises `ConfigError`."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        files.write_whole(path, text, mode)
    except (OSError, UnicodeEncodeError) as error:
        raise ConfigError(f"{path} can't be written: {error}", next_step="check the file and the text") from error


def toml_text(text: str) -> str:
    """Text as TOML writes it: as JSON does, but for one character."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")
