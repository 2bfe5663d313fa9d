"""`listener drivers`: which themes move people, against which they talk about."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from listener.cli import show
from listener.cli.export import in_one_piece
from listener.cli.insight import BrandName, known_brand, window_of, zone_of
from listener.cli.nps import brands_of, one_brand
from listener.cli.periods import Since, Until
from listener.cli.session import session
from listener.cli.voice import Csv, Days, JsonRows, said_window, share_json
from listener.domain.drivers import Drivers, Outcome
from listener.lists.drivers import COLUMNS, DEFAULT_DAYS, measured, rows
from listener.reports.rows import write_csv


def drivers(
    since: Since = "",
    until: Until = "",
    days: Days = None,
    brand: BrandName = "",
    outcome: Annotated[Outcome, typer.Option(help="What people are moved to.")] = Outcome.RECOMMEND,
    plot: Annotated[bool, typer.Option("--plot", help="Draw the four boxes in the terminal.")] = False,
    svg: Annotated[Path | None, typer.Option(help="Write the four boxes to this SVG file.")] = None,
    as_csv: Csv = False,
    as_json: JsonRows = False,
) -> None:
    """Show what themes do to recommending, warning or leaving: stated importance against derived, in four boxes."""
    with session() as ours:
        zone = zone_of(ours)
        window = window_of(since, until, None if since and until else days or DEFAULT_DAYS, ours.clock.now(), zone)
        asked = known_brand(ours, brand)
        names = [one_brand(ours, asked)] if svg else brands_of(ours, asked)
        with ours.store.read() as reads:
            found = measured(ours.settings, reads, names, window, outcome)
    if svg is not None:
        _write(svg, found[0])
    if as_json:
        show.emit_rows((), map(_json, found), as_json=True)
    elif as_csv:
        write_csv(sys.stdout, COLUMNS, rows(found))
    elif plot:
        _draw(found)
    else:
        show.emit_rows(COLUMNS, rows(found), as_json=False)
    if not as_json:
        _narrate(found)
        show.say(f"{said_window(window, zone)}; each author counts once.")


def _write(path: Path, found: Drivers) -> None:
    from listener.reports.drivers_plot import standalone

    with in_one_piece(path) as temporary:
        temporary.write_text(standalone(found), encoding="utf-8")
    show.say(f"Written: {path}")


def _draw(found: Sequence[Drivers]) -> None:
    from listener.reports.drivers_plot import terminal

    for one in found:
        for line in () if one.refused else terminal(one):
            show.out(line)


def _narrate(found: Sequence[Drivers]) -> None:
    for one in found:
        if one.refused:
            show.say(f"{one.brand}: {one.refused}.")
        else:
            show.say(
                f"{one.brand}: {one.having:,} of {one.authors:,} authors do it. derived: change of log-odds for one"
                " standard deviation more of the theme, the others being equal, with its 95 % interval; odds: what"
                f" mentioning it multiplies them by. important: beyond chance, {len(one.drivers)} themes being looked"
                f" at together. Much talked about: from {100 * one.much:.0f} % of authors."
            )
        if one.looked_at < one.posts:
            show.say(
                f"{one.brand}: themes were looked for in {one.looked_at:,} of {one.posts:,} posts:"
                " listener themes apply"
            )
    if any(one.drivers for one in found):
        show.say("It tells what goes together in public talk, not what causes what: try it out, then compare.")


def _json(found: Drivers) -> dict[str, object]:
    return {
        "brand": found.brand,
        "outcome": found.outcome,
        "authors": found.authors,
        "authors_who_do": found.having,
        "refused": found.refused,
        "missing": found.missing,
        "much_talked_about_from": round(found.much, 6),
        "posts": found.posts,
        "posts_looked_at": found.looked_at,
        "themes": [
            {
                "theme": one.tag,
                **share_json("stated", one.stated),
                "derived": round(one.derived, 6),
                "derived_95": [round(one.low, 6), round(one.high, 6)],
                "odds_ratio": round(one.odds, 6),
                "important": one.important,
                "box": one.box,
            }
            for one in found.drivers
        ],
        "left_out": [{"theme": one.tag, **share_json("stated", one.stated), "why": one.why} for one in found.left_out],
    }
