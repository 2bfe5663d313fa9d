"""`listener coverage`: what was heard, what is known to be unseen, and what could not be read."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from listener.cli import listings, show
from listener.cli.session import session
from listener.domain.mention import BEYOND
from listener.errors import NotFound

if TYPE_CHECKING:
    from listener.domain.stored import Quarantined, SourceHealth, StoredGap
    from listener.domain.watched import LanguageCount

LIMIT = 100
COLUMNS = ("kind", "gap", "source", "since", "until", "state", "why")
LANGUAGE_COLUMNS = ("language", "posts", "scored", "unread", "unscored", "abstained")
REJECT_COLUMNS = ("at", "source", "where", "id", "reason", "raw")


def coverage(
    rejects: Annotated[bool, typer.Option("--rejects", help="List the records that could not be read.")] = False,
    close: Annotated[
        int, typer.Option(metavar="GAP", help="A gap's number: what it missed was brought in another way.")
    ] = 0,
    languages: Annotated[
        bool, typer.Option("--languages", help="Posts by language, and how many no model here could read.")
    ] = False,
    source: Annotated[
        str,
        typer.Option("--compare", metavar="SOURCE", help="Compare now what this source lists with what is stored."),
    ] = "",
    days: Annotated[
        int | None,
        typer.Option(min=1, max=3660, show_default="30, and 7", help="How far --languages or --compare look back."),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="With --compare: also if it costs money or takes long.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a row.")] = False,
) -> None:
    """List each source with when it was last heard, every stretch known to be unseen, and what was found missing."""
    if close:
        _close(close)
        return
    if languages:
        _languages(days or 30, as_json=as_json)
        return
    if source:
        listings.compare(source, days, yes=yes, as_json=as_json)
        return
    with session() as ours, ours.store.read() as reads:
        health, gaps, kept = reads.health(), reads.open_gaps(), reads.quarantined(LIMIT)
        beside = [*listings.compared_rows(reads, health, ours.clock.now())]
    if rejects:
        show.emit_rows(REJECT_COLUMNS, [_reject(row) for row in kept], as_json=as_json, wide="raw")
        show.say(f"{len(kept)} records set aside" + (", more may be" if len(kept) == LIMIT else ""))
        return
    rows = [*map(_source, health), *map(_gap, gaps), *beside]
    show.emit_rows(COLUMNS, rows, as_json=as_json, wide="why")
    show.say(f"{len(health)} sources, {len(gaps)} open gaps, {len(kept)} records set aside (--rejects lists them)")


def _languages(days: int, *, as_json: bool) -> None:
    with session() as ours, ours.store.read() as reads:
        now = ours.clock.now()
        found = reads.languages([brand.name for brand in ours.settings.brands], now - timedelta(days=days), now)
    show.emit_rows(LANGUAGE_COLUMNS, map(_language, found), as_json=as_json)
    unread = sum(row.unread for row in found)
    show.say(
        f"{sum(row.posts for row in found):,} posts of {days} days, {unread:,} in languages that no model here reads"
    )


def _language(row: LanguageCount) -> dict[str, object]:
    """Shares are of the posts in this language."""
    scored = row.posts - row.unscored
    return {
        "language": row.code or "unknown",
        "posts": row.posts,
        "scored": scored - row.unread,
        "unread": row.unread,
        "unscored": row.unscored,
        "abstained": f"{row.abstained / scored:.0%}" if scored else "",
    }


def _close(gap: int) -> None:
    with session() as ours, ours.store.write() as tx:
        if gap not in {row.id for row in tx.open_gaps()}:
            raise NotFound(f"there is no open gap {gap}", next_step="listener coverage")
        tx.close_gap(gap, ours.clock.now())
    show.out(f"gap {gap} closed")


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
        "gap": row.id,
        "source": row.source,
        "since": row.since,
        "until": row.until,
        "state": "lost" if row.reason.startswith(BEYOND) else "unseen",
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
