"""Adding a source to the settings by program: appended as a person would write it; what stands there is left alone."""

import json
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path

from listener.domain.policy import SourceConfig
from listener.errors import ConfigError
from listener.settings import documents, secrets
from listener.settings.table import variable
from listener.settings.whole import toml_text, write_whole


def add_source(root: Path, source: SourceConfig) -> list[Path]:
    """Append a `[[source]]` to listener.toml and its secrets to secrets.toml; the files that changed.

    Raises `ConfigError`, and then nothing was written, where its name is taken or a file can't be written.
    """
    main, vault = root / documents.MAIN, root / secrets.FILE
    before, held = _read(main), _read(vault)
    _refuse_taken(before, held, source)
    changed = [main]
    if source.secrets:
        # First: a source without its secrets fails at every poll, secrets without their source do nothing.
        write_whole(vault, held + _secrets(source), mode=0o600)
        changed.insert(0, vault)
    write_whole(main, before + _block(source))
    return changed


def _refuse_taken(main: str, vault: str, source: SourceConfig) -> None:
    taken = [entry.get("name") or entry.get("connector") for entry in _parsed(main, documents.MAIN).get("source", [])]
    if variable(source.name) in {variable(str(name)) for name in taken}:
        raise ConfigError(f"a source named {source.name!r} exists already", next_step="add --name with another name")
    if source.secrets and variable(source.name) in {variable(name) for name in _parsed(vault, secrets.FILE)}:
        raise ConfigError(
            f"{secrets.FILE} holds secrets of {source.name!r} already",
            next_step="remove them there, or add --name with another name",
        )


def _parsed(text: str, file: str) -> dict[str, list[dict[str, object]]]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{file} can't be read: {error}", next_step="correct it first") from error


def _block(source: SourceConfig) -> str:
    lines = ["", "[[source]]", f"name = {_toml(source.name)}", f"connector = {_toml(source.connector)}"]
    if source.brand:
        lines.append(f"brand = {_toml(source.brand)}")
    if source.reply:
        lines.append("reply = true")
    if source.reply_for:
        lines.append(f"reply_for = {_toml(list(source.reply_for))}")
    if source.options:
        lines += ["[source.options]", *(f"{key} = {_toml(value)}" for key, value in source.options.items())]
    return "\n".join(lines) + "\n"


def _secrets(source: SourceConfig) -> str:
    lines = ["", f"[{_toml(source.name)}]"]
    lines += [f"{key} = {_toml(secret.reveal())}" for key, secret in source.secrets.items()]
    return "\n".join(lines) + "\n"


def _toml(value: object) -> str:
    """A value as TOML: texts, numbers, flags, lists and tables of texts, which JSON writes the same but for tables."""
    match value:
        case Mapping():
            return "{ " + ", ".join(f"{_toml(key)} = {_toml(inner)}" for key, inner in value.items()) + " }"
        case str():
            return toml_text(value)
        case bool() | int() | float():
            return json.dumps(value)
        case Sequence():
            return "[" + ", ".join(_toml(inner) for inner in value) + "]"
        case _:
            raise TypeError(f"no TOML for a {type(value).__name__}")


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} can't be read: {error}", next_step="check the file") from error
