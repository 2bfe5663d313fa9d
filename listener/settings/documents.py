"""Where the settings folder is, and its files as data with line numbers."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from listener.errors import ConfigError
from listener.settings import positions
from listener.settings.problems import Problem

MAIN = "listener.toml"
REQUIRED = (MAIN, "brands.toml")
OPTIONAL = (
    "routing.toml",
    "rules.toml",
    "sla.toml",
    "agents.toml",
    "answers.toml",
    "alerts.toml",
    "mappings.toml",
    "themes.toml",
    "loyalty.toml",
)
FILES = REQUIRED + OPTIONAL

MAX_BYTES = 1 << 20

_AT = re.compile(r" ?\(at line (\d+), column (\d+)\)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One TOML file; empty where it could not be read, which `problems` then says."""

    file: str
    data: Mapping[str, object] = field(default_factory=dict)
    lines: Mapping[positions.Path, int] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()


def find_root(flag: Path | None, environ: Mapping[str, str]) -> Path:
    """The settings folder: flag, LISTENER_CONFIG, this folder, ./config, the user's. Raises `ConfigError`."""
    named = flag or (Path(environ["LISTENER_CONFIG"]) if environ.get("LISTENER_CONFIG") else None)
    if named is not None:
        named = named.expanduser()
        folder = named.parent if named.name == MAIN else named
        if not (folder / MAIN).is_file():
            raise ConfigError(f"no {MAIN} in {folder}", next_step=f"listener init {folder}")
        return folder.resolve()
    places = [Path(), Path("config"), user_folder(environ)]
    for place in places:
        if (place / MAIN).is_file():
            return place.resolve()
    looked = ", ".join(str(place / MAIN) for place in places)
    raise ConfigError(f"no settings found (looked for {looked})", next_step="listener init config")


def user_folder(environ: Mapping[str, str]) -> Path:
    """The user's own settings folder, by the XDG convention."""
    base = environ.get("XDG_CONFIG_HOME")
    return (Path(base) if base else Path("~/.config").expanduser()) / "listener"


def read(folder: Path, file: str) -> Document:
    """One file of the settings folder."""
    try:
        raw = (folder / file).read_bytes()
    except FileNotFoundError:
        return _missing(folder, file)
    except OSError as error:
        return _broken(file, 0, f"can't be read: {error.strerror}", "check its permissions")
    if len(raw) > MAX_BYTES:
        return _broken(file, 0, f"larger than {MAX_BYTES >> 20} MiB", "is this the right file?")
    return decode(file, raw)


def decode(file: str, raw: bytes) -> Document:
    """The bytes of a TOML file as data; UTF-8, with or without a byte order mark, any line ends."""
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        return _broken(file, line, "not UTF-8 text", "save the file as UTF-8")
    try:
        return Document(file=file, data=tomllib.loads(text), lines=positions.positions(text))
    except ValueError as error:
        # Also what Python says of a number with thousands of digits.
        return _syntax(file, text, str(error))
    except RecursionError:
        return _broken(file, 0, "brackets nested too deep", "write it flatter")


def _syntax(file: str, text: str, said: str) -> Document:
    at = _AT.search(said)
    line, column = (int(at[1]), int(at[2])) if at else (text.count("\n") + 1, 1)
    message = _AT.sub("", said).replace(" (at end of document)", " at the end of the file")
    return _broken(
        file, line, f"not valid TOML at column {column}: {message[:1].lower()}{message[1:]}", "mend the syntax"
    )


def _missing(folder: Path, file: str) -> Document:
    if file not in REQUIRED:
        return Document(file=file)
    return _broken(file, 0, "missing", f"listener init {folder} writes a commented one")


def _broken(file: str, line: int, message: str, fix: str) -> Document:
    return Document(file=file, problems=(Problem(file=file, line=line, key="", message=message, fix=fix),))
