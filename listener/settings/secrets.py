"""Secrets: from the environment or from a file only its owner can read, and from nowhere else.

A variable is `LISTENER_SECRET_<SOURCE>_<KEY>`; a source is named by its own name or by its connector's, and its own
name wins. `LISTENER_SECRET_TARGET_<NAME>` is the URL of an alert target. In `secrets.toml` the same stand as
`[source] key = "…"` and `[target] name = "…"`. The environment outranks the file.
"""

import os
import stat
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from listener.domain.policy import Secret
from listener.settings.documents import Document, decode
from listener.settings.positions import Path as KeyPath
from listener.settings.positions import line_of
from listener.settings.problems import Problem
from listener.settings.table import SECRET_KEY, Report, show_path, variable

FILE = "secrets.toml"
PREFIX = "LISTENER_SECRET_"
TARGET = "target"
WEB = "web"
STORE = "store"
TAKEN = frozenset({TARGET, WEB, STORE})
"""Owners of secrets that are no source."""
NAMES = frozenset({"handle", "username"})
"""Keys that say who we are on a platform."""

_SAFE = "chmod 600 {path} as its owner, or use the environment"


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A secret and where it came from."""

    secret: Secret
    origin: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Vault:
    """All secrets by owner (variable form) and key (lower case)."""

    held: Mapping[str, Mapping[str, Held]] = field(default_factory=dict)

    def of_source(self, name: str, connector: str) -> dict[str, Held]:
        """A source's secrets; what is given under its own name wins over what its connector shares."""
        return {**self.held.get(variable(connector), {}), **self.held.get(variable(name), {})}

    def of_target(self, name: str) -> Held | None:
        return self.held.get(variable(TARGET), {}).get(variable(name).lower())

    def of_web(self, key: str) -> Held | None:
        return self.held.get(variable(WEB), {}).get(key)

    def of_store(self, key: str) -> Held | None:
        return self.held.get(variable(STORE), {}).get(key)


def open_vault(folder: Path, report: Report, owners: Iterable[str]) -> Vault:
    """Every secret there is; `owners` are the names of sources and connectors."""
    held: dict[str, dict[str, Held]] = {}
    document = _read(folder)
    report.problems.extend(document.problems)
    for owner, key, entry in (*_from_file(document, report.problems), *_from_environment(report, owners)):
        held.setdefault(owner, {})[key] = entry
    return Vault(held=held)


def _read(folder: Path) -> Document:
    """The secrets file; refused unless it belongs to us and to nobody else's eyes."""
    try:
        with (folder / FILE).open("rb") as stream:
            fault = _exposed(os.fstat(stream.fileno()))
            return decode(FILE, stream.read()) if not fault else _refused(fault, _SAFE.format(path=folder / FILE))
    except FileNotFoundError:
        return Document(file=FILE)
    except OSError as error:
        return _refused(f"can't be read: {error.strerror}", "check its permissions")


def _exposed(found: os.stat_result) -> str:
    if not hasattr(os, "geteuid"):
        return "can't be told from a file that others may read on this system, so it is not used"
    if found.st_uid != os.geteuid():
        return "belongs to another account, so it is not used"
    if stat.S_IMODE(found.st_mode) & 0o077:
        return f"readable by others (mode {stat.S_IMODE(found.st_mode):03o}), so it is not used"
    return ""


def _refused(message: str, fix: str) -> Document:
    return Document(file=FILE, problems=(Problem(file=FILE, line=0, key="", message=message, fix=fix),))


def _from_file(document: Document, problems: list[Problem]) -> Iterator[tuple[str, str, Held]]:
    for owner, entries in document.data.items():
        pairs = entries.items() if isinstance(entries, dict) else ()
        if not isinstance(entries, dict):
            problems.append(_misplaced(document, (owner,), "stands outside any table", "put it under [SOURCE]"))
        for key, value in pairs:
            where = f"{FILE}:{line_of(document.lines, (owner, key))}"
            if isinstance(value, str) and value.strip():
                yield variable(owner), variable(key).lower(), Held(secret=secret_of(key, value), origin=where)
            else:
                problems.append(_misplaced(document, (owner, key), "expected text", "put the secret in quotes"))


def _misplaced(document: Document, path: KeyPath, message: str, fix: str) -> Problem:
    line = line_of(document.lines, path)
    return Problem(file=FILE, line=line, key=show_path(path), message=message, fix=fix)


def _from_environment(report: Report, owners: Iterable[str]) -> Iterator[tuple[str, str, Held]]:
    """Secrets whose owner exists; of two owners that begin alike, the longer name is meant."""
    names = sorted({variable(owner) for owner in (*owners, *TAKEN)}, key=len, reverse=True)
    for name, value in sorted(report.environ.items()):
        rest = name.removeprefix(PREFIX)
        owner = next((owner for owner in names if rest.startswith(f"{owner}_")), None)
        if name.startswith(PREFIX) and owner is not None and value.strip():
            report.variables.add(name)
            key = rest[len(owner) + 1 :].lower()
            yield owner, key, Held(secret=secret_of(key, value), origin=f"environment {name}")


def secret_of(key: str, value: str) -> Secret:
    """What stands under this key."""
    return Secret(value.strip(), is_name=key.lower() in NAMES)


def secret_variable(owner: str, key: str) -> str:
    """The variable in which a source's secret is looked for."""
    return f"{PREFIX}{variable(owner)}_{variable(key)}"


def exposed_keys(document: Document) -> Iterator[Problem]:
    """A problem for every key of an ordinary file that looks like a secret; the value is never shown."""
    for path in _walk(document.data, ()):
        key = str(path[-1])
        owner = _owner(document.data, path)
        yield Problem(
            file=document.file,
            line=line_of(document.lines, path),
            key=show_path(path),
            message="looks like a secret, and this file is no place for one",
            fix=f"set {secret_variable(owner, key)}, or put {key} under [{owner}] in {FILE} (chmod 600)",
        )


def _walk(value: object, path: KeyPath) -> Iterator[KeyPath]:
    if isinstance(value, dict):
        for key, inner in value.items():
            if SECRET_KEY.search(key):
                yield (*path, key)
            else:
                yield from _walk(inner, (*path, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from _walk(inner, (*path, index))


def _owner(data: Mapping[str, object], path: KeyPath) -> str:
    """The name of the source a key stands in, else of its table."""
    entries = data.get("source")
    if path[0] == "source" and len(path) > 2 and isinstance(entries, list) and isinstance(path[1], int):
        source = entries[path[1]]
        return str(source.get("name") or source.get("connector") or "SOURCE")
    return str(path[0]) if len(path) > 1 else "SOURCE"
