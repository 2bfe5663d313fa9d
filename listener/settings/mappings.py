"""mappings.toml: how the columns of exported files fill mentions, by name; read for an import, added to by `--save`."""

import codecs
import re
import tomllib
from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path
from zoneinfo import ZoneInfo

from listener.domain.mappings import FIELDS, KEYS, FileMapping, bad_date_format, bad_permalink
from listener.errors import ConfigError
from listener.settings import documents, starter
from listener.settings.problems import ConfigProblems, did_you_mean
from listener.settings.table import Report, Table
from listener.settings.whole import toml_text, write_whole

FILE = "mappings.toml"
FORMATS = ("", "jsonl", "csv")

_NAME = re.compile(r"[A-Za-z0-9_-]{1,60}")


def mappings(top: Table) -> tuple[FileMapping, ...]:
    """The whole file."""
    found = tuple(_mapping(name, top.child(name), top.place(name)) for name in top.names())
    top.done()
    return found


def _mapping(name: str, table: Table, origin: str) -> FileMapping:
    mapping = FileMapping(
        name=name,
        platform=table.text("platform"),
        zone=_zone(table),
        date_format=_judged(table, "date_format", "%d/%m/%Y %H:%M"),
        permalink=_judged(table, "permalink", "https://example.com/reviews/{id}"),
        format=table.choice("format", "", FORMATS),
        encoding=_encoding(table),
        delimiter=_delimiter(table),
        columns=_columns(table),
        origin=origin,
    )
    table.done()
    return mapping


def _zone(table: Table) -> str:
    name = table.text("zone")
    try:
        if name:
            ZoneInfo(name)
    except (ValueError, OSError, KeyError):
        table.problem("zone", f'"{name}" is no time zone', 'use an IANA name, such as "Europe/Berlin"')
        return ""
    return name


def _judged(table: Table, key: str, example: str) -> str:
    text = table.text(key)
    fault = (bad_date_format if key == "date_format" else bad_permalink)(text) if text else ""
    if fault:
        table.problem(key, f'"{text}": {fault}', f'write it like this: {key} = "{example}"')
    return "" if fault else text


def _encoding(table: Table) -> str:
    name = table.text("encoding")
    try:
        if name:
            codecs.lookup(name)
    except LookupError:
        table.problem("encoding", f'"{name}" is no encoding', "use utf-8, utf-16 or cp1252, or leave it out")
        return ""
    return name


def _delimiter(table: Table) -> str:
    text = table.text("delimiter")
    if len(text) > 1:
        table.problem("delimiter", f'"{text}" is more than one character', "use one, or leave it out")
        return ""
    return text


def _columns(table: Table) -> dict[str, str]:
    found = dict(table.plain("columns"))
    for field, column in found.items():
        under = table.child("columns")
        if field not in FIELDS:
            under.problem(field, "no field of a mention", did_you_mean(field, FIELDS))
        elif not isinstance(column, str):
            under.problem(field, "expected a column's name", f'write it like this: {field} = "Column"')
    return {field: column for field, column in found.items() if field in FIELDS and isinstance(column, str)}


def find(root: Path | None, name: str, environ: Mapping[str, str]) -> FileMapping:
    """The mapping of a name: the team's own, else one that ships. Raises `ConfigError`, or `ConfigProblems`."""
    known = {one.name: one for folder in _folders(root, environ) for one in _read(folder, environ)}
    if name not in known:
        raise ConfigError(
            f"no mapping is called {name!r}; there are {', '.join(sorted(known)) or 'none'}",
            next_step=_otherwise(name, known),
        )
    return known[name]


def _otherwise(name: str, known: Collection[str]) -> str:
    return f"{did_you_mean(name, known)} Or give --column FIELD=COLUMN, and --save NAME to keep them"


def _folders(root: Path | None, environ: Mapping[str, str]) -> list[Path]:
    """What ships first, so that the team's own wins; a file can be looked at before there are any settings."""
    try:
        return [starter.shipped(), documents.find_root(root, environ)]
    except ConfigError:
        if root is not None:
            raise
        return [starter.shipped()]


def _read(folder: Path, environ: Mapping[str, str]) -> tuple[FileMapping, ...]:
    document, report = documents.read(folder, FILE), Report(environ=environ)
    found = mappings(Table(report, document, document.data, prefix="LISTENER_MAPPINGS_"))
    if problems := [*document.problems, *report.problems]:
        raise ConfigProblems(problems)
    own = folder != starter.shipped()
    return tuple(replace(one, origin=str(folder / one.origin) if own else "") for one in found)


def save(root: Path | None, mapping: FileMapping, environ: Mapping[str, str]) -> Path:
    """Add a mapping to the team's file, nothing that stands there touched. Raises `ConfigError`."""
    folder = documents.find_root(root, environ)
    path = folder / FILE
    if not _NAME.fullmatch(mapping.name):
        raise ConfigError(
            f"a mapping can't be called {mapping.name!r}", next_step="use letters, digits, - and _, at most 60"
        )
    try:
        before = path.read_text(encoding="utf-8") if path.exists() else (starter.shipped() / FILE).read_text("utf-8")
        if mapping.name in tomllib.loads(before):
            raise ConfigError(
                f"{path} has a mapping called {mapping.name!r} already",
                next_step="save under another name, or change it there",
            )
        whole = before.rstrip("\n") + "\n\n" + _block(mapping)
        tomllib.loads(whole)
    except (OSError, ValueError) as error:
        raise ConfigError(f"{path} can't be added to: {error}", next_step="mend it first") from error
    write_whole(path, whole)
    return path


def _block(mapping: FileMapping) -> str:
    plain = [(key, getattr(mapping, key)) for key in KEYS]
    lines = [f"[{mapping.name}]", *(f"{key} = {toml_text(value)}" for key, value in plain if value)]
    lines += [f"[{mapping.name}.columns]", *(f"{field} = {toml_text(name)}" for field, name in mapping.columns.items())]
    return "\n".join(lines) + "\n"
