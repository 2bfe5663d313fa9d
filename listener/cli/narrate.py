"""What a run says while it works: a live line and warnings on a terminal, JSON lines anywhere else; all on stderr."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING

from listener.domain.text import visible
from listener.redaction import hide

if TYPE_CHECKING:
    from rich.console import Console

    from listener.domain.run import SourceReport


class _JsonLines(logging.Formatter):
    """One event, one line, pure ASCII: nothing in a message can forge a second event."""

    _STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "taskName"}

    def format(self, record: logging.LogRecord) -> str:
        event: dict[str, object] = {
            "at": self.formatTime(record, "%Y-%m-%dT%H:%M:%S%z"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        event |= {key: value for key, value in vars(record).items() if key not in self._STANDARD}
        if record.exc_info:
            event["traceback"] = self.formatException(record.exc_info)
        return hide(json.dumps(event, default=str))


class _OnScreen(logging.Handler):
    """A warning as a line for people, above the live line."""

    def emit(self, record: logging.LogRecord) -> None:
        from rich.text import Text

        told = [str(vars(record)[key]) for key in ("source", "target", "error") if vars(record).get(key)]
        line = f"{self._time(record)} {record.getMessage()}: {': '.join(told)}".rstrip(": ")
        _screen().print(Text(visible(hide(line))))

    @staticmethod
    def _time(record: logging.LogRecord) -> str:
        return logging.Formatter().formatTime(record, "%H:%M:%S")


@contextmanager
def log_lines(level: str) -> Iterator[None]:
    """Send logs to stderr, as people or programs read them there. SDKs never speak below WARNING."""
    handler: logging.Handler = logging.StreamHandler()
    handler.setFormatter(_JsonLines())
    if sys.stderr.isatty():
        level, handler = "WARNING", _OnScreen()
    root = logging.getLogger()
    root.addHandler(handler)
    root.setLevel(logging.WARNING)
    logging.getLogger("listener").setLevel(level)
    logging.getLogger("stamina").setLevel(logging.ERROR)  # a try that failed is told of once, when all have
    try:
        yield
    finally:
        root.removeHandler(handler)


@contextmanager
def progress(verb: str) -> Iterator[Callable[[SourceReport], None]]:
    """A live line on a terminal, nothing elsewhere."""
    if not sys.stderr.isatty():
        yield _silent
        return
    from rich.text import Text

    counts: dict[str, SourceReport] = {}
    totals = dict.fromkeys(("read", "stored", "opened"), 0)
    with _screen().status(Text(f"{verb} …")) as status:

        def on_page(report: SourceReport) -> None:
            # A round's reports grow page by page; when a source is read anew, its last report is added up.
            seen = counts.get(report.source)
            if seen is not None and seen is not report:
                for name in totals:
                    totals[name] += getattr(seen, name)
            counts[report.source] = report
            read, stored, opened = (n + sum(getattr(c, name) for c in counts.values()) for name, n in totals.items())
            status.update(Text(f"{verb}: {read:,} read · {stored:,} stored · {opened:,} cases opened"))

        yield on_page


def _silent(_: SourceReport) -> None: ...


@cache
def _screen() -> Console:
    from rich.console import Console

    return Console(stderr=True, markup=False, highlight=False, emoji=False)
