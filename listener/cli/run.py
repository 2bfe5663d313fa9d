"""Commands that read sources: run, poll, replay, demo."""

import json
import logging
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from listener.cli import show
from listener.cli.exits import Exit
from listener.cli.session import session
from listener.clock import SystemClock
from listener.domain.policy import SourceConfig
from listener.domain.run import RunReport, SourceReport
from listener.errors import ConfigError

if TYPE_CHECKING:
    from types import FrameType

Json = Annotated[bool, typer.Option("--json", help="One JSON object a source.")]


def run() -> None:
    """Read every source at its interval until stopped; Ctrl-C or SIGTERM ends it after the page in hand."""
    from listener import app

    with session() as ours, log_lines(ours.settings.log_level), _progress("listening") as on_page:
        _stop_on_signals(ours.clock)
        app.run(ours.settings, ours.store, ours.clock, on_page=on_page)


def poll(
    source: Annotated[
        list[str] | None, typer.Argument(help="Names of sources; all enabled ones if none is given.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Read every source once and say what came."""
    from listener import app

    with session() as ours, log_lines(ours.settings.log_level), _progress("polling") as on_page:
        report = app.poll_once(ours.settings, ours.store, only=source or (), on_page=on_page)
    finish(report, as_json=as_json)


def replay(
    file: Annotated[Path, typer.Argument(help="Recorded posts, JSONL or CSV, in time order.")],
    speed: Annotated[float, typer.Option(help="Recorded seconds a second; 0 is as fast as it goes.", min=0.0)] = 0.0,
    platform: Annotated[str, typer.Option(help="Platform of rows that don't name theirs.")] = "file",
    as_json: Json = False,
) -> None:
    """Feed a recorded file through the whole run by its own timestamps; alerts go to the console alone."""
    from listener import app

    source = recorded(file, platform)
    with session() as ours, log_lines(ours.settings.log_level), _progress("replaying") as on_page:
        _stop_on_signals(ours.clock)
        report = app.replay(
            ours.settings, ours.store, source, speed=speed, on_page=on_page, stopping=lambda: ours.clock.stopped
        )
    finish(report, as_json=as_json)


def recorded(file: Path, platform: str) -> SourceConfig:
    """A source that reads this file an hour a page, so that the replay's clock moves as the posts did."""
    if not file.is_file():
        raise ConfigError(f"{file}: no such file")
    options = {"path": str(file.resolve()), "platform": platform, "hourly": True}
    return SourceConfig(name=f"replay:{file.name}", connector="file", options=options)


def finish(report: RunReport, *, as_json: bool) -> None:
    """Say what happened; exit 6 if a source failed, or that failure's own code if all did for one reason."""
    columns = ("source", "read", "matched", "stored", "rejected", "opened", "attached", "alerts", "error")
    rows = [{name: getattr(source, name) for name in SourceReport.__slots__} for source in report.sources]
    show.emit_rows(columns, rows, as_json=as_json)
    for source in report.failed:
        show.say(f"{source.source}: {source.error}" + (f" → {source.next_step}" if source.next_step else ""))
    if report.failed:
        raise typer.Exit(failure_code(report))


def failure_code(report: RunReport) -> Exit:
    """The failures' own exit code where every source failed with the same one, else 6: part of the run succeeded."""
    from listener.cli.exits import code_named

    codes = {code_named(source.code) for source in report.failed}
    return codes.pop() if len(codes) == 1 and len(report.failed) == len(report.sources) else Exit.PARTIAL


def _stop_on_signals(clock: SystemClock) -> None:
    def stop(_number: int, _frame: "FrameType | None") -> None:
        clock.stop()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)


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
        return json.dumps(event, default=str)


@contextmanager
def log_lines(level: str) -> Iterator[None]:
    """JSON lines on stderr; on a terminal only warnings, since progress is shown there. SDKs never below INFO."""
    handler = logging.StreamHandler()
    handler.setFormatter(_JsonLines())
    root = logging.getLogger()
    root.addHandler(handler)
    root.setLevel(logging.WARNING)
    logging.getLogger("listener").setLevel(logging.WARNING if sys.stderr.isatty() else level)
    try:
        yield
    finally:
        root.removeHandler(handler)


@contextmanager
def _progress(verb: str) -> Iterator[Callable[[SourceReport], None]]:
    """A live line on a terminal, nothing elsewhere."""
    if not sys.stderr.isatty():
        yield _silent
        return
    from rich.console import Console
    from rich.text import Text

    counts: dict[str, SourceReport] = {}
    screen = Console(stderr=True, markup=False, highlight=False, emoji=False)
    with screen.status(Text(f"{verb} …")) as status:

        def on_page(report: SourceReport) -> None:
            counts[report.source] = report
            totals = [sum(getattr(one, name) for one in counts.values()) for name in ("read", "stored", "opened")]
            status.update(Text("{}: {:,} read · {:,} stored · {:,} cases opened".format(verb, *totals)))

        yield on_page


def _silent(_: SourceReport) -> None: ...
