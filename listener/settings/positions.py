"""On which line each key of a TOML text stands; tomllib, which has validated the text before, doesn't say."""

import re
import tomllib
from bisect import bisect_right
from collections.abc import Mapping

Path = tuple[str | int, ...]
"""Keys, and indexes (from 0) into arrays and arrays of tables."""

_GAP = re.compile(r"(?:[\s]|#[^\n]*)*")
_KEY = re.compile(r"""[A-Za-z0-9_-]+|"(?:\\.|[^"\\])*"|'[^']*'""")
_SCALAR = re.compile(r'''"""(?:\\.|[^\\])*?"{3,5}|\'\'\'.*?\'{3,5}|"(?:\\.|[^"\\])*"|'[^']*'|[^,\]}#\n]+''', re.DOTALL)


def positions(text: str) -> dict[Path, int]:
    """Line (from 1) of every table header, key and array item of a valid TOML text."""
    return _Scan(text).run()


def line_of(lines: Mapping[Path, int], path: Path) -> int:
    """The line of a path, or of the nearest thing around it; 0 if there is none."""
    for length in range(len(path), 0, -1):
        if path[:length] in lines:
            return lines[path[:length]]
    return 0


class _Scan:
    """One pass from the first statement to the last."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._newlines = [found.start() for found in re.finditer("\n", text)]
        self._lines: dict[Path, int] = {}
        self._arrays: dict[Path, int] = {}
        """Array of tables → index of its latest table."""

    def run(self) -> dict[Path, int]:
        table: Path = ()
        self._skip()
        while self._at < len(self._text):
            if self._text[self._at] == "[":
                table = self._header()
            else:
                self._pair(table)
            self._skip()
        return self._lines

    def _skip(self) -> None:
        """Past white space, line ends and comments."""
        found = _GAP.match(self._text, self._at)
        assert found is not None  # the pattern also matches nothing
        self._at = found.end()

    def _mark(self, path: Path, at: int) -> None:
        self._lines.setdefault(path, bisect_right(self._newlines, at - 1) + 1)

    def _header(self) -> Path:
        start = self._at
        many = self._text.startswith("[[", start)
        self._at += 2 if many else 1
        path = self._inside(self._key(), last=not many)
        if many:
            self._arrays[path] = self._arrays.get(path, -1) + 1
            self._mark(path, start)
            path = (*path, self._arrays[path])
        self._mark(path, start)
        self._at = self._text.index("]", self._at) + (2 if many else 1)
        return path

    def _inside(self, keys: Path, *, last: bool) -> Path:
        """Keys of a header, with the index of the latest table wherever they pass through an array of tables."""
        path: Path = ()
        for number, key in enumerate(keys):
            path = (*path, key)
            if path in self._arrays and (last or number < len(keys) - 1):
                path = (*path, self._arrays[path])
        return path

    def _key(self) -> Path:
        keys: list[str] = []
        while True:
            self._skip()
            found = _KEY.match(self._text, self._at)
            assert found is not None  # tomllib has read the text before
            keys.extend(tomllib.loads(f"{found.group()}=0"))
            self._at = found.end()
            self._skip()
            if self._text[self._at] != ".":
                return tuple(keys)
            self._at += 1

    def _pair(self, table: Path) -> None:
        start = self._at
        path = (*table, *self._key())
        for length in range(len(table) + 1, len(path) + 1):
            self._mark(path[:length], start)
        self._at += 1  # the equals sign
        self._skip()
        self._value(path)

    def _value(self, path: Path) -> None:
        match self._text[self._at]:
            case "[":
                self._items(path)
            case "{":
                self._inline(path)
            case _:
                found = _SCALAR.match(self._text, self._at)
                assert found is not None
                self._at = found.end()

    def _items(self, path: Path) -> None:
        index = 0
        while not self._closed("]"):
            self._mark((*path, index), self._at)
            self._value((*path, index))
            index += 1

    def _inline(self, path: Path) -> None:
        while not self._closed("}"):
            self._pair(path)

    def _closed(self, bracket: str) -> bool:
        """Past the opening bracket or a comma to the next item; true, and past it, at the closing bracket."""
        self._skip()
        if self._text[self._at] in "[{,":
            self._at += 1
            self._skip()
        if self._text[self._at] != bracket:
            return False
        self._at += 1
        return True
