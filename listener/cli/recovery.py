"""`listener recovery`: what complainers posted once their case was resolved."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from listener.cli import show
from listener.cli.insight import BrandName, known_brand, window_of, zone_of
from listener.cli.nps import brands_of
from listener.cli.periods import Since, Until
from listener.cli.session import session
from listener.cli.voice import Csv, Days, JsonRows, said_window, share_json
from listener.domain.recovery import AGAIN, TURNED, RecoveryBy
from listener.lists.recovery import ALL, COLUMNS, DEFAULT_DAYS, cells
from listener.reports.rows import write_csv

if TYPE_CHECKING:
    from datetime import timedelta

    from listener.domain.recovery import Recovery, RecoveryLine


def recovery(
    since: Since = "",
    until: Until = "",
    days: Days = None,
    brand: BrandName = "",
    by: Annotated[RecoveryBy | None, typer.Option(help="A row each, below that of all.")] = None,
    as_csv: Csv = False,
    as_json: JsonRows = False,
) -> None:
    """Tell how many whose complaint was resolved no longer complain, how soon they turned, and who now promotes."""
    from listener.insight.recovery import measure

    with session() as ours:
        now, zone = ours.clock.now(), zone_of(ours)
        window = window_of(since, until, None if since and until else days or DEFAULT_DAYS, now, zone)
        with ours.store.read() as reads:
            found = measure(reads, brands_of(ours, known_brand(ours, brand)), window, now, by)
    lines = (found.whole, *found.lines)
    if as_json:
        show.emit_json(_json(found))
    elif as_csv:
        write_csv(sys.stdout, COLUMNS, map(cells, lines))
    else:
        show.emit_rows(COLUMNS, map(cells, lines), as_json=False)
        show.say(found.headline)
        show.say(
            f"Resolved {said_window(window, zone)}. A person counts once, from the first resolution on; recovered: none"
            f" of their posts in the {AGAIN.days} days after complains, of those who posted. Silence is neither."
            f" Promoters: by the latest stand within {TURNED.days} days. 95 % intervals."
        )


def _json(found: Recovery) -> dict[str, object]:
    return {
        "brands": list(found.brands),
        "since": found.since,
        "until": found.until,
        "at": found.at,
        "headline": found.headline,
        "complete_on": found.complete_on,
        "all": _line_json(found.whole),
        "rows": [_line_json(line) for line in found.lines],
    }


def _line_json(line: RecoveryLine) -> dict[str, object]:
    return {
        "key": line.key or ALL,
        "resolved": line.resolved,
        "too_early": line.pending,
        "silent": line.silent,
        **share_json("recovered", line.recovered),
        "telling": line.recovered.telling,
        "median_hours": _hours(line.time.value),
        "median_hours_95": [_hours(line.time.low), _hours(line.time.high)],
        **share_json("promoters", line.promoters),
    }


def _hours(wait: timedelta | None) -> float | None:
    return None if wait is None else round(wait.total_seconds() / 3600, 2)
