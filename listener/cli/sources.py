"""`listener sources`: each source, how it fares, and what is left to it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from listener.cli import show
from listener.cli.session import Session, session

if TYPE_CHECKING:
    from listener.domain.budget import Rate
    from listener.domain.policy import SourceConfig
    from listener.domain.stored import SourceHealth, StoredGap

COLUMNS = ("source", "connector", "health", "read", "last post", "calls left", "money", "gaps", "does", "why")
ALWAYS = ("source", "connector", "health", "read", "why")
"""Columns that stand there though they are empty: a table for people leaves the others out where nothing is told."""
NEEDS_SOMEBODY = ("auth", "quota", "degraded", "quiet", "gap")


def sources(
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a source.")] = False,
) -> None:
    """List each source: how it fares, when it was last read and last heard, and the calls and money left to it."""
    with session() as ours, ours.store.read() as reads:
        health = {row.source: row for row in reads.health()}
        gaps = reads.open_gaps()
        credentials = {row.credential for row in health.values() if row.credential}
        rates = {credential: reads.rates(credential) for credential in credentials}
        spent = {credential: reads.money(credential, ours.clock.now()) for credential in credentials}
        rows = [_row(ours, source, health.get(source.name), gaps, rates, spent) for source in ours.settings.sources]
    shown = rows if as_json else [_plain(row) for row in rows]
    told = [column for column in COLUMNS if column in ALWAYS or any(row[column] for row in shown)]
    show.emit_rows(told, shown, as_json=as_json, wide="why")
    troubled = sum(row["health"] in NEEDS_SOMEBODY for row in rows)
    show.say(
        f"{len(rows)} sources, {troubled} to look at" + ("; listener coverage lists what is unseen" if gaps else "")
    )


def _row(
    ours: Session,
    source: SourceConfig,
    row: SourceHealth | None,
    gaps: Sequence[StoredGap],
    rates: Mapping[str, Mapping[str, Rate]],
    spent: Mapping[str, int],
) -> dict[str, object]:
    from listener.domain.health import fares

    now = ours.clock.now()
    mine = [gap for gap in gaps if gap.source == source.name]
    found = fares(row, mine, enabled=source.enabled, silent_after=source.silent_after, now=now, streams=source.stream)
    credential = row.credential if row else ""
    return {
        "source": source.name,
        "connector": source.connector,
        "health": found.health.value,
        "read": row.last_success if row else None,
        "last post": row.last_mention if row else None,
        "lag_seconds": round((now - row.last_success).total_seconds()) if row and row.last_success else None,
        "calls left": _calls(rates.get(credential, {}), now),
        "money": _money(ours, source, spent.get(credential, 0)),
        "gaps": len(mine),
        "does": _does(source, row),
        "why": found.why,
    }


def _plain(row: Mapping[str, object]) -> dict[str, object]:
    """As people read it: ages instead of instants, nothing instead of zero."""
    from listener.triage.card_words import span

    lag = row["lag_seconds"]
    return {
        **row,
        "read": f"{span(timedelta(seconds=lag))} ago" if isinstance(lag, int) else None,
        "gaps": row["gaps"] or None,
    }


def _calls(rates: Mapping[str, Rate], now: datetime) -> str:
    """The kinds of call of which something is known in a window that hasn't ended."""
    known = []
    for bucket, rate in rates.items():
        if rate.blocked_until is not None and rate.blocked_until > now:
            known.append(f"{bucket} none until {rate.blocked_until:%H:%M}")
        elif rate.left is not None and rate.resets_at is not None and rate.resets_at > now:
            known.append(f"{bucket} {rate.left:,}" + (f" of {rate.capacity:,}" if rate.capacity else ""))
    return ", ".join(known)


def _money(ours: Session, source: SourceConfig, spent: int) -> str:
    if source.connector != "x":
        return ""
    return f"${spent / 1e6:,.2f} of ${ours.settings.x_monthly_cap_usd:,.2f}"


def _does(source: SourceConfig, row: SourceHealth | None) -> str:
    """As it is configured; a stream, as it stands."""
    stands = row.stream.partition(":")[0] if row else ""
    hears = {"streaming": "streaming", "polling": "stream broken"}.get(stands, "streams")
    does = ["polls", *([hears] if source.stream else []), *(["replies"] if source.reply else [])]
    return ", ".join(does)
