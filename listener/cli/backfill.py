"""`listener backfill`: a stretch of a source's past, after a look at what it would take."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from listener.cli import show
from listener.cli.exits import Exit
from listener.cli.session import Session, session
from listener.errors import ConfigError, ListenerError

if TYPE_CHECKING:
    from collections.abc import Callable

    from listener.domain.platform import Estimate
    from listener.domain.run import SourceReport
    from listener.rounds import Job

MANY = 10_000
"""Posts from which on it is asked for by --yes."""
_AGO = {"h": "hours", "d": "days", "w": "weeks"}


def backfill(
    source: Annotated[str, typer.Argument(help="A source's name, as in listener.toml.")],
    since: Annotated[str, typer.Option(help="From when: 2026-03-01, 2026-03-01T09:00, or 12h, 3d, 2w ago.")],
    until: Annotated[str, typer.Option(help="Until when, itself not included; now if not given.")] = "",
    yes: Annotated[bool, typer.Option("--yes", help="Also if it costs money, or takes very many posts.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object.")] = False,
) -> None:
    """Read a stretch of a source's past: says what it would take, goes on where it was stopped, closes gaps."""
    from listener import app
    from listener.cli.narrate import log_lines, progress
    from listener.cli.run import stop_on_signals
    from listener.rounds.backfilling import Stretch

    with session() as ours, log_lines(ours.settings.log_level), progress("reading the past") as on_page:
        stretch = Stretch(source=source, since=instant_of(ours, since), until=instant_of(ours, until or "0h"))
        if stretch.since >= stretch.until:
            raise ConfigError("--since lies after --until", next_step="name the earlier one first")
        job = app.past_job(ours.settings, ours.store, ours.clock, source)
        cost = estimated(job, stretch.since, stretch.until)
        consented(cost, is_paid=not cost_is_nothing(job, cost), yes=yes, as_json=as_json)
        stop_on_signals(ours.clock)
        told = _narrated(on_page)
        again = f"listener backfill {source} --since {_typed(stretch.since)} --until {_typed(stretch.until)}"
        try:
            report, ended = app.backfill(
                ours.settings, ours.store, job, stretch, on_page=told, stopping=lambda: ours.clock.stopped
            )
        except ListenerError:
            show.say(f"stopped; go on with: {again}")
            raise
    _report(report, again="" if ended else again, as_json=as_json)


def _typed(instant: datetime) -> str:
    return instant.isoformat().replace("+00:00", "Z")


def instant_of(ours: Session, text: str) -> datetime:
    """A day begins at midnight in the settings' time zone; what has no zone is in it too. Raises `ConfigError`."""
    from zoneinfo import ZoneInfo

    said = text.strip().casefold()
    if said[:-1].isdigit() and said[-1] in _AGO and len(said) < 7:
        # A whole minute, so that a command typed again names the same stretch for a while.
        return (ours.clock.now() - timedelta(**{_AGO[said[-1]]: int(said[:-1])})).replace(second=0, microsecond=0)
    try:
        at = datetime.fromisoformat(text.strip())
        zoned = at if at.tzinfo else at.replace(tzinfo=ZoneInfo(ours.settings.timezone))
        return min(zoned.astimezone(UTC), ours.clock.now().replace(microsecond=0))
    except (ValueError, OverflowError) as error:
        example = f"{date(2026, 3, 1)}, {date(2026, 3, 1)}T09:00 or 3d"
        raise ConfigError(f"when is {text!r}?", next_step=f"say {example}") from error


def estimated(job: Job, since: datetime, until: datetime) -> Estimate:
    """What reading the stretch would take."""
    from listener.ports.connectors import Backfills

    assert isinstance(job.connector, Backfills)
    return job.connector.estimate(since, until)


def cost_is_nothing(job: Job, cost: Estimate) -> bool:
    from listener.rounds.backfilling import is_free

    return cost.micro_usd == 0 and is_free(job)


def consented(cost: Estimate, *, is_paid: bool, yes: bool, as_json: bool) -> None:
    """Say what it would take; stop there where that needs a word and has none."""
    posts = "an unknown number of posts" if cost.posts is None else f"about {cost.posts:,} posts"
    calls = "" if cost.calls is None else f", {cost.calls:,} calls"
    money = f", ${cost.micro_usd / 1e6:,.2f} at the most" if cost.micro_usd else ", for money" if is_paid else ", free"
    show.say(f"it would take {posts}{calls}{money}" + (f" ({cost.note})" if cost.note else ""))
    if yes or not (is_paid or (cost.posts or 0) > MANY):
        return
    if as_json:
        show.emit_json({"done": False, "posts": cost.posts, "calls": cost.calls, "usd": cost.micro_usd / 1e6})
    show.say("nothing was read; add --yes to do it")
    raise typer.Exit(Exit.USAGE)


def _narrated(on_page: Callable[[SourceReport], None]) -> Callable[[SourceReport], None]:
    """Every tenth page is a line where no live line is."""
    import sys

    def told(report: SourceReport) -> None:
        on_page(report)
        if report.pages % 10 == 0 and not sys.stderr.isatty():
            show.say(f"{report.pages:,} pages, {report.read:,} posts read, {report.stored:,} stored")

    return told


def _report(report: SourceReport, *, again: str, as_json: bool) -> None:
    if as_json:
        counts = ("source", "pages", "read", "matched", "stored", "rejected", "gaps", "opened", "attached", "reopened")
        show.emit_json({"done": not again, **{name: getattr(report, name) for name in counts}})
    else:
        show.out(f"{report.read:,} posts read, {report.stored:,} stored, {report.opened:,} cases opened")
    if again:
        show.say(f"stopped; go on with: {again}")
        raise typer.Exit(Exit.PARTIAL)
