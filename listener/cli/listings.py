"""`listener coverage`: what sources list beside what is stored, as it was found daily, or now for one source."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import typer

from listener.cli import show
from listener.cli.backfill import consented, cost_is_nothing, estimated
from listener.cli.exits import Exit
from listener.cli.session import session
from listener.domain.comparing import compared, load_standing, mark_of
from listener.errors import ListenerError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from listener.domain.comparing import Comparison
    from listener.domain.stored import SourceHealth
    from listener.ports import Reads

WEEK = timedelta(days=7)


def compared_rows(reads: Reads, health: Iterable[SourceHealth], now: datetime) -> Iterator[dict[str, object]]:
    """A row for each source that was compared within a week: what its latest comparison reached, what all found."""
    for row in health:
        standing = load_standing(reads.mark(mark_of(row.source)))
        found = compared([standing], now) if standing is not None else None
        if standing is None or standing.last is None or found is None:
            continue
        missed = f"{found.missing:,} missing and unexplained, brought in: 1 in {found.one_in:,}" if found.one_in else ""
        said = [f"{found.posts:,} posts compared in a week", missed or "none missing"]
        said += ["its platform doesn't list all"] if standing.last.cut else []
        yield {
            "kind": "compared",
            "source": row.source,
            "since": standing.last.since,
            "until": standing.last.until,
            "state": f"missed {found.missing:,}" if found.missing else "whole",
            "why": "; ".join(said),
            "posts": found.posts,
            "missing": found.missing,
        }


def compare(source: str, days: int | None, *, yes: bool, as_json: bool) -> None:
    """Read a source's listing of the last days, store what was missed, and say how much it was."""
    from listener import app
    from listener.cli.narrate import log_lines, progress
    from listener.cli.run import stop_on_signals

    back = timedelta(days=days) if days else WEEK
    again = f"listener coverage --compare {source} --days {back.days}"
    with session() as ours, log_lines(ours.settings.log_level), progress("comparing") as on_page:
        job = app.past_job(ours.settings, ours.store, ours.clock, source)

        def consent(one: Comparison) -> None:
            cost = estimated(job, one.since, one.until)
            consented(cost, is_paid=not cost_is_nothing(job, cost), yes=yes, as_json=as_json)

        stop_on_signals(ours.clock)
        try:
            found = app.compare(
                ours.settings, ours.store, job, back, consent, on_page=on_page, stopping=lambda: ours.clock.stopped
            )
        except ListenerError:
            show.say(f"stopped; once that is mended: {again}")
            raise
    if found is None:
        show.say(f"stopped; go on with: {again}")
        raise typer.Exit(Exit.PARTIAL)
    _tell(source, found, as_json=as_json)


def _tell(source: str, found: Comparison, *, as_json: bool) -> None:
    counts = found.counts
    if as_json:
        told = ("listed", "matched", "stored", "in_gaps", "younger", "refused", "missing")
        row = {name: getattr(counts, name) for name in told}
        show.emit_json({"source": source, "since": found.since, "until": found.until, "cut": found.cut, **row})
        return
    show.out(f"{counts.listed:,} listed, {counts.matched:,} of them about a brand, {counts.stored:,} of those stored")
    for number, what in (
        (counts.in_gaps, "from gaps, stored now"),
        (counts.younger, "older than the settings that find them, left out (listener backfill reads them)"),
        (counts.refused, "never stored: erased here, or our own answers"),
    ):
        if number:
            show.out(f"{number:,} {what}")
    show.out(f"{counts.missing:,} missing without a reason" + (", stored now" if counts.missing else ""))
    if found.cut:
        show.say("the platform says that it doesn't list all")
