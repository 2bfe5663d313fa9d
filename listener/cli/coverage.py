"""`listener coverage`: what was heard, what is known to be unseen, and what could not be read."""

from typing import Annotated

import typer

from listener.cli import show
from listener.cli.session import session
from listener.domain.stored import Quarantined, SourceHealth, StoredGap

LIMIT = 100


def coverage(
    rejects: Annotated[bool, typer.Option("--rejects", help="List the records that could not be read.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a row.")] = False,
) -> None:
    """List each source with when it was last heard, and every stretch of time known to be unseen."""
    with session() as ours, ours.store.read() as reads:
        health, gaps, kept = reads.health(), reads.open_gaps(), reads.quarantined(LIMIT)
    if rejects:
        columns = ("at", "source", "where", "id", "reason", "raw")
        show.emit_rows(columns, [_reject(row) for row in kept], as_json=as_json, wide="raw")
        show.say(f"{len(kept)} records set aside" + (", more may be" if len(kept) == LIMIT else ""))
        return
    columns = ("kind", "source", "since", "until", "state", "why")
    rows = [*map(_source, health), *map(_gap, gaps)]
    show.emit_rows(columns, rows, as_json=as_json, wide="why")
    show.say(f"{len(health)} sources, {len(gaps)} open gaps, {len(kept)} records set aside (--rejects lists them)")


def _source(row: SourceHealth) -> dict[str, object]:
    """`since` is its newest mention, `until` the last time it was read without an error."""
    state = "paused" if row.paused_until else f"failing ×{row.failures}" if row.failures else "ok"
    pause = f"paused until {row.paused_until:%Y-%m-%d %H:%M} UTC" if row.paused_until else ""
    why = "; ".join(part for part in (row.error, pause) if part)
    return {
        "kind": "source",
        "source": row.source,
        "since": row.last_mention,
        "until": row.last_success,
        "state": state,
        "why": why,
    }


def _gap(row: StoredGap) -> dict[str, object]:
    return {
        "kind": "gap",
        "source": row.source,
        "since": row.since,
        "until": row.until,
        "state": "unseen",
        "why": row.reason,
    }


def _reject(row: Quarantined) -> dict[str, object]:
    return {
        "at": row.at,
        "source": row.source,
        "where": row.position,
        "id": row.native_id,
        "reason": row.reason,
        "raw": row.raw[:200],
    }
