"""Commands that read sources: run, poll, replay, demo."""

from __future__ import annotations

import signal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from listener.cli import show
from listener.cli.exits import Exit
from listener.cli.narrate import log_lines, progress
from listener.cli.session import session
from listener.clock import SystemClock
from listener.domain.run import RunReport, SourceReport
from listener.errors import ConfigError

if TYPE_CHECKING:
    from types import FrameType

    from listener.domain.policy import SourceConfig

Json = Annotated[bool, typer.Option("--json", help="One JSON object a source.")]


def run() -> None:
    """Read every source at its interval until stopped; Ctrl-C or SIGTERM ends it after the page in hand."""
    from listener import app

    with session() as ours, log_lines(ours.settings.log_level), progress("listening") as on_page:
        stop_on_signals(ours.clock)
        app.run(ours.settings, ours.store, ours.clock, on_page=on_page)


def poll(
    source: Annotated[
        list[str] | None, typer.Argument(help="Names of sources; all enabled ones if none is given.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Read every source once and say what came."""
    from listener import app

    with session() as ours, log_lines(ours.settings.log_level), progress("polling") as on_page:
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
    with session() as ours, log_lines(ours.settings.log_level), progress("replaying") as on_page:
        stop_on_signals(ours.clock)
        report = app.replay(
            ours.settings, ours.store, source, speed=speed, on_page=on_page, stopping=lambda: ours.clock.stopped
        )
    finish(report, as_json=as_json)


def recorded(file: Path, platform: str) -> SourceConfig:
    """A source that reads this file an hour a page, so that the replay's clock moves as the posts did."""
    from listener.domain.policy import SourceConfig

    if not file.is_file():
        raise ConfigError(f"{file}: no such file")
    options = {"path": str(file.resolve()), "platform": platform, "hourly": True}
    return SourceConfig(name=f"replay:{file.name}", connector="file", options=options)


def finish(report: RunReport, *, as_json: bool) -> None:
    """Say what happened; exit 6 if a source failed, or that failure's own code if all did for one reason."""
    columns = ("source", "read", "matched", "stored", "rejected", "opened", "attached", "alerts", "error")
    rows = [{name: getattr(source, name) for name in SourceReport.__slots__} for source in report.sources]
    show.emit_rows(columns, rows, as_json=as_json)
    if report.rechecked or report.deleted:
        show.say(f"{report.rechecked:,} stored posts looked up again, {report.deleted:,} erased: gone at their source")
    for source in report.failed:
        show.say(f"{source.source}: {source.error}" + (f" → {source.next_step}" if source.next_step else ""))
    if report.failed:
        raise typer.Exit(failure_code(report))


def failure_code(report: RunReport) -> Exit:
    """The failures' own exit code where every source failed with the same one, else 6: part of the run succeeded."""
    from listener.cli.exits import code_named

    codes = {code_named(source.code) for source in report.failed}
    return codes.pop() if len(codes) == 1 and len(report.failed) == len(report.sources) else Exit.PARTIAL


def stop_on_signals(clock: SystemClock) -> None:
    """Ctrl-C and SIGTERM end what goes on after the page in hand."""

    def stop(_number: int, _frame: FrameType | None) -> None:
        clock.stop()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
