"""The board as files that open in any browser without a server: pages, and the rows behind them as CSV and JSON lines.

It begins at the pages of the navigation and follows their links, breadth first, up to a number of pages; links beyond
that are left as plain text.
"""

import re
import shutil
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from html import unescape
from pathlib import Path
from tempfile import mkdtemp
from urllib.parse import parse_qsl

from listener.domain.policy import Settings
from listener.errors import ConfigError, ListenerError
from listener.files import sync
from listener.ports import Reads
from listener.reports.rows import csv_lines, json_lines
from listener.web.addresses import to
from listener.web.drawing import Drawing
from listener.web.registry import BOARD, FILES, NAV
from listener.web.view import View

MOST_PAGES = 400
MARK = ".listener-board"
"""Stands in a folder that was written by us and may be written over."""
LEADS = re.compile(r'<a href="(/[^"]*)"')
LEFT_OUT = frozenset({"search"})
"""Needs somebody who answers."""
KINDS = {"csv": csv_lines, "json": json_lines}


@dataclass(slots=True, kw_only=True)
class Offline:
    """Pages as they are found."""

    settings: Settings
    reads: Reads
    now: datetime
    drawing: Drawing = field(init=False)
    pages: dict[str, str] = field(default_factory=dict)
    """Address → HTML with addresses still in it."""
    names: dict[str, str] = field(default_factory=dict)
    """Address → file."""

    def __post_init__(self) -> None:
        nav = tuple((name, called) for name, called in NAV if name not in LEFT_OUT)
        self.drawing = Drawing(nav=nav, downloads=FILES, offline=True)

    def write(self, folder: Path) -> int:
        """All pages into a folder; how many."""
        waiting = deque(to(name) for name, _ in self.drawing.nav)
        while waiting and len(self.pages) < MOST_PAGES:
            address = waiting.popleft()
            if address in self.pages:
                continue
            drawn = self._draw(address, folder)
            if drawn is not None:
                self.pages[address] = drawn
                waiting.extend(unescape(found) for found in LEADS.findall(drawn))
        for address, drawn in self.pages.items():
            (folder / self.names[address]).write_text(LEADS.sub(self._lead, drawn), encoding="utf-8")
        return len(self.pages)

    def _draw(self, address: str, folder: Path) -> str | None:
        """One page, its rows written beside it; None where it can't be made."""
        name, query = _parts(address)
        if name not in BOARD or name in LEFT_OUT:
            return None
        view = View(settings=self.settings, reads=self.reads, now=self.now, query=query)
        try:
            drawn = self.drawing.page(name, BOARD[name].make(view), view)
            self.names[address] = _file(name, query, "html")
            if name in FILES:
                self._rows(name, view, folder)
        except ListenerError:
            return None  # a link to what is gone stays plain text
        return drawn

    def _rows(self, name: str, view: View, folder: Path) -> None:
        for kind, lines in KINDS.items():
            table = BOARD[name].make(view).table
            if table is not None:
                address = to(f"{name}.{kind}", **view.query)
                self.names[address] = _file(name, view.query, kind)
                with (folder / self.names[address]).open("w", encoding="utf-8", newline="") as stream:
                    stream.writelines(lines(table.columns, table.rows))

    def _lead(self, found: re.Match[str]) -> str:
        file = self.names.get(unescape(found[1]))
        return f'<a href="{file}"' if file else "<a"


def write_board(folder: Path, settings: Settings, reads: Reads, now: datetime) -> int:
    """The whole board into a new folder, or over one that was written so before; how many pages.

    Raises `ConfigError`, and then nothing has changed.
    """
    if folder.exists() and not (folder / MARK).is_file() and (not folder.is_dir() or any(folder.iterdir())):
        raise ConfigError(f"{folder} holds something else", next_step="name a new folder, or an empty one")
    try:
        made = Path(mkdtemp(dir=folder.absolute().parent, prefix=f".{folder.name}."))
        try:
            written = Offline(settings=settings, reads=reads, now=now).write(made)
            (made / MARK).write_text(f"{now.isoformat()}\n")
            (made / "index.html").write_text('<meta http-equiv="refresh" content="0; url=today.html">\n')
            for file in (*made.iterdir(), made):
                sync(file)
            _put(made, folder)
        finally:
            shutil.rmtree(made, ignore_errors=True)
    except OSError as error:
        raise ConfigError(f"can't write {folder}: {error.strerror}", next_step="choose another folder") from error
    return written


def _put(made: Path, folder: Path) -> None:
    """In the old one's place, which stands again if the new one can't be put there."""
    old = made.with_name(f"{made.name}.old")
    if folder.exists():
        folder.rename(old)
    try:
        made.rename(folder)
    except OSError:
        if old.exists():
            old.rename(folder)
        raise
    sync(folder.absolute().parent)
    shutil.rmtree(old, ignore_errors=True)


def _parts(address: str) -> tuple[str, dict[str, str]]:
    name, _, asked = address.removeprefix("/").partition("?")
    return name, dict(parse_qsl(asked))


def _file(name: str, query: Mapping[str, str], kind: str) -> str:
    if not query:
        return f"{name}.{kind}"
    asked = sha256(to(name, **query).encode()).hexdigest()[:12]
    return f"{name}-{asked}.{kind}"
