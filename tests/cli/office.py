"""A settings folder with a few cases in its store, and what is typed there."""

import json
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest

from listener import cli, settings
from listener.clock import SystemClock
from listener.store import open_store
from tests.triage.builders import Office, fresh_store

CONFIG = Path(__file__).parents[2] / "config"


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """What a command gave back."""

    code: int
    out: str
    err: str

    @property
    def rows(self) -> list[Any]:
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def one(self) -> Any:
        (row,) = self.rows
        return row


@dataclass(frozen=True, slots=True, kw_only=True)
class Counter:
    """Where commands are typed."""

    folder: Path
    monkeypatch: pytest.MonkeyPatch

    def types(self, *words: str, agent: str = "ada", stdin: str = "") -> Typed:
        """One command line, in this process, as `listener` runs it; expected to come without a traceback."""
        out, err = StringIO(), StringIO()
        who = ("--as", agent) if agent else ()
        with self.monkeypatch.context() as patch:
            patch.setattr(sys, "argv", ["listener", "--config", str(self.folder), *who, *words])
            patch.setattr(sys, "stdout", out)
            patch.setattr(sys, "stderr", err)
            patch.setattr(sys, "stdin", StringIO(stdin))
            try:
                cli.main()
                code = 0
            except SystemExit as left:
                code = int(left.code or 0)
        return Typed(code=code, out=out.getvalue(), err=err.getvalue())

    @contextmanager
    def hears(self, *, ago: timedelta = timedelta(minutes=5)) -> Iterator[Office]:
        """Posts come in some minutes before now."""
        store = open_store(self.folder / "listener.db")
        try:
            office = Office(store, settings.load(self.folder, database=None).triage)
            office.clock.advance_to(SystemClock().now() - ago)
            yield office
        finally:
            store.close()


def counter(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Counter:
    """The starter settings in a folder of their own, with an empty store."""
    shutil.copytree(CONFIG, folder)
    fresh_store(folder)
    return Counter(folder=folder, monkeypatch=monkeypatch)
