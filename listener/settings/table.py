"""Typed reading of one TOML table: each key asked for by name, environment first, every fault noted and passed over."""

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from difflib import get_close_matches
from typing import TypeVar

from listener.settings import values
from listener.settings.documents import Document
from listener.settings.positions import Path, line_of
from listener.settings.problems import Problem, did_you_mean

T = TypeVar("T")

SECRET_KEY = re.compile(
    r"^(?!.*_base$).*(?:token|secret|passw(?:or)?d|api_?key|private_?key|credential|bearer)", re.IGNORECASE
)

ENVIRONMENT = "environment"
"""Stands for a file in the problems of variables."""

_LONGEST = timedelta(days=3660)


@dataclass(frozen=True, slots=True, kw_only=True)
class Traced:
    """One setting in force and where it came from."""

    file: str
    key: str
    value: object
    origin: str
    """`flag`, `environment NAME`, `FILE:LINE` or `default`."""


@dataclass(slots=True, kw_only=True)
class Report:
    """What one reading of the settings gathers on its way."""

    environ: Mapping[str, str]
    problems: list[Problem] = field(default_factory=list)
    traced: dict[tuple[str, str], Traced] = field(default_factory=dict)
    """By file and key."""
    variables: set[str] = field(default_factory=lambda: {"LISTENER_CONFIG"})
    """Names of the environment variables that could have set something."""

    def unused(self) -> tuple[str, ...]:
        """LISTENER_ variables that set nothing."""
        return tuple(
            sorted(name for name in self.environ if name.startswith("LISTENER_") and name not in self.variables)
        )

    def suspect_variables(self) -> None:
        """A problem for each variable that is nearly, but not quite, one of those read."""
        for name in self.unused():
            close = get_close_matches(name, self.variables, n=1, cutoff=0.85)
            if close and not name.startswith("LISTENER_SECRET_"):
                fix = f"did you mean {close[0]}?"
                self.problems.append(Problem(file=ENVIRONMENT, line=0, key=name, message="no such setting", fix=fix))


def show_path(path: Path) -> str:
    """A path as people read it: `brand[1].handles[2]`, counted from 1."""
    parts = [f"[{part + 1}]" if isinstance(part, int) else f".{part}" for part in path]
    return "".join(parts).removeprefix(".")


class Table:
    """One table; `prefix` begins the names of the variables that override its scalars (None: nothing does)."""

    def __init__(
        self,
        report: Report,
        document: Document,
        data: Mapping[str, object],
        *,
        path: Path = (),
        prefix: str | None = None,
    ) -> None:
        self._report = report
        self._path = path
        self._document = document
        self._data = data
        self._prefix = prefix
        self._asked: set[str] = set()

    @property
    def readable(self) -> bool:
        """Whether the file could be read at all."""
        return not self._document.problems

    def has(self, key: str) -> bool:
        return key in self._data

    def names(self) -> tuple[str, ...]:
        """Every key that stands there, where the team chooses them."""
        return tuple(self._data)

    def problem(self, key: str, message: str, fix: str, *, item: int | None = None) -> None:
        """Note a problem with a key, or with one item of its list; a variable that set the key is blamed itself."""
        path = (*self._path, key) if key else self._path
        known = self._report.traced.get((self._document.file, show_path(path)))
        if known is not None and known.origin.startswith(ENVIRONMENT):
            file, line, shown = ENVIRONMENT, 0, known.origin.removeprefix(f"{ENVIRONMENT} ")
        else:
            path = path if item is None else (*path, item)
            file, line, shown = self._document.file, line_of(self._document.lines, path), show_path(path)
        self._report.problems.append(Problem(file=file, line=line, key=shown, message=message, fix=fix))

    def text(self, key: str, default: str = "") -> str:
        return self._read(key, default, values.to_text, "text in quotes", '"…"')

    def choice(self, key: str, default: str, allowed: Collection[str]) -> str:
        value = self.text(key, default)
        if value in allowed:
            return value
        self.problem(key, f'"{value}" is none of the choices', did_you_mean(value, allowed))
        return default

    def number(self, key: str, default: float, *, least: float = 0.0, most: float = 1e9) -> float:
        value = self._read(key, default, values.to_number, "a number", "1.5")
        if least <= value <= most:
            return value
        self.problem(key, f"{value:g} is out of range", f"use {least:g} to {most:g}")
        return default

    def whole(self, key: str, default: int, *, least: int = 0) -> int:
        value = self._read(key, default, values.to_whole, "a whole number", "5")
        if least <= value <= 10**9:
            return value
        self.problem(key, "out of range", f"use {least} or more")
        return default

    def switch(self, key: str, *, default: bool) -> bool:
        return self._read(key, default, values.to_switch, "true or false", "true")

    def duration(self, key: str, default: timedelta) -> timedelta:
        value = self._read(key, default, values.to_duration, "a time span", '"5m"')
        if timedelta(0) < value <= _LONGEST:
            return value
        self.problem(key, "out of range", "use more than nothing and less than ten years")
        return default

    def optional_duration(self, key: str) -> timedelta | None:
        """A time span where there is no default: None if nobody set it."""
        return self.duration(key, timedelta(days=1)) if self._given(key)[1] != "default" else None

    def texts(self, key: str, default: Iterable[str] = ()) -> tuple[str, ...]:
        """A list of texts, trimmed; blank items and repeated ones are problems."""
        return tuple(item for _, item in self.items(key, default))

    def items(self, key: str, default: Iterable[str] = ()) -> list[tuple[int, str]]:
        """As `texts`, each with its index in the file."""
        self._asked.add(key)
        given = self._data.get(key, list(default))
        self.note(key, given, self.place(key) if key in self._data else "default")
        if not isinstance(given, list):
            self.problem(key, f"expected a list, found {values.kind(given)}", 'write ["one", "two"]')
            return []
        kept: dict[str, int] = {}
        for number, item in enumerate(given):
            if fault := self._bad_item(item, kept):
                self.problem(key, *fault, item=number)
            else:
                kept[item.strip()] = number
        return [(number, item) for item, number in kept.items()]

    @staticmethod
    def _bad_item(item: object, before: Collection[str]) -> tuple[str, str] | None:
        if not isinstance(item, str):
            return f"expected text, found {values.kind(item)}", "put it in quotes"
        if not item.strip():
            return "empty text", "remove it"
        if item.strip() in before:
            return f'"{item.strip()}" stands here twice', "remove one"
        return None

    def child(self, key: str) -> "Table":
        """The table under a key; an empty one if it is absent or no table."""
        self._asked.add(key)
        prefix = None if self._prefix is None else f"{self._prefix}{variable(key)}_"
        given = self._data.get(key, {})
        if not isinstance(given, dict):
            self.problem(key, f"expected a table, found {values.kind(given)}", f"write [{key}] on a line of its own")
            given = {}
        return Table(self._report, self._document, given, path=(*self._path, key), prefix=prefix)

    def children(self, key: str) -> list["Table"]:
        """The tables under `[[key]]`; the environment overrides none of them."""
        self._asked.add(key)
        given = self._data.get(key, [])
        if not isinstance(given, list) or not all(isinstance(item, dict) for item in given):
            self.problem(
                key, f"expected tables, found {values.kind(given)}", f"write [[{key}]] on a line of its own for each"
            )
            return []
        return [Table(self._report, self._document, item, path=(*self._path, key, n)) for n, item in enumerate(given)]

    def plain(self, key: str) -> Mapping[str, object]:
        """A table whose keys somebody else knows, as it stands."""
        table = self.child(key)
        for name, value in table._data.items():
            table.note(name, value, table.place(name))
        return dict(table._data)

    def peek(self, key: str) -> object:
        """What stands under a key, unjudged and untraced; None if nothing does."""
        self._asked.add(key)
        return self._data.get(key)

    def note(self, key: str, value: object, origin: str) -> None:
        """Record a value in force, which replaces one recorded before under the same key."""
        file, shown = self._document.file, show_path((*self._path, key))
        self._report.traced[file, shown] = Traced(file=file, key=shown, value=value, origin=origin)

    def resolved(self, key: str, value: object, origin: str = "") -> None:
        """Put what a value came to in the place of what was written; its origin stays unless another is given."""
        known = self._report.traced[self._document.file, show_path((*self._path, key))]
        self.note(key, value, origin or known.origin)

    def done(self) -> None:
        """Call last: every key nobody asked for is a problem."""
        for key in self._data:
            if key not in self._asked and not SECRET_KEY.search(key):
                self.problem(key, "unknown key", did_you_mean(key, self._asked))

    def _read(self, key: str, default: T, convert: Callable[[object], T | None], expected: str, example: str) -> T:
        given, origin = self._given(key)
        value = default if origin == "default" else convert(given)
        self.note(key, value, origin)
        if value is None:
            self.problem(
                key, f"expected {expected}, found {values.kind(given)}", f"write it like this: {key} = {example}"
            )
            return default
        return value

    def _given(self, key: str) -> tuple[object, str]:
        self._asked.add(key)
        name = "" if self._prefix is None else f"{self._prefix}{variable(key)}"
        if name:
            self._report.variables.add(name)
        if name and name in self._report.environ:
            return values.FromEnvironment(self._report.environ[name]), f"{ENVIRONMENT} {name}"
        if key in self._data:
            return self._data[key], self.place(key)
        return None, "default"

    def place(self, key: str) -> str:
        """`FILE:LINE` of a key."""
        return f"{self._document.file}:{line_of(self._document.lines, (*self._path, key))}"


def variable(name: str) -> str:
    """A name as it stands inside the name of an environment variable."""
    return re.sub(r"[^A-Za-z0-9]", "_", name).upper()
