"""The way to people: who is on call, what was sent to whom, what failed, and a test of it all."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer

from listener.cli import show
from listener.cli.alert_words import message_json
from listener.cli.session import Session, load_settings, session
from listener.errors import ConfigError, ListenerError, NotFound, Retry

if TYPE_CHECKING:
    from listener.domain.alert import OutboxEntry
    from listener.domain.on_call import Rota, Turn

Json = Annotated[bool, typer.Option("--json", help="One JSON object a row.")]
COLUMNS = ("id", "target", "state", "tries", "created", "next", "what")


def on_call(
    at: Annotated[str, typer.Option(help="At this time instead of now: 2026-03-02 09:00, tomorrow, 3d.")] = "",
    as_json: Json = False,
) -> None:
    """Who is on call by each rota, until when, and who is next."""
    from listener.clock import SystemClock
    from listener.domain.on_call import turn_of
    from listener.triage.until import until

    settings = load_settings()
    zone = ZoneInfo(settings.timezone)
    now = SystemClock().now()
    then = until(at, now, zone) if at else now
    rows = [_turn_row(rota, turn_of(rota, then)) for rota in settings.alerts.rotas]
    if not as_json:
        rows = [{**row, "until": _local(row["until"], zone)} for row in rows]
    show.emit_rows(("rota", "on_call", "target", "until", "then"), rows, as_json=as_json)
    if not rows:
        show.say("no rota: add a [[rota]] to alerts.toml")


def _turn_row(rota: Rota, turn: Turn) -> dict[str, object]:
    return {
        "rota": rota.name,
        "on_call": turn.person.name,
        "target": turn.person.target,
        "until": turn.until,
        "then": turn.then.name if turn.then else None,
        "standing_in": turn.standing_in,
    }


def _local(at: object, zone: ZoneInfo) -> str:
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M}" if isinstance(at, datetime) else ""


def outbox(
    failed: Annotated[bool, typer.Option("--failed", help="Only what was given up.")] = False,
    waiting: Annotated[bool, typer.Option("--waiting", help="Only what is yet to be sent.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="At most this many, newest first.")] = 50,
    as_json: Json = False,
) -> None:
    """Messages and what became of each: waiting, sent, failed, or folded into a summary."""
    from listener.domain.alert import OutboxState

    wanted = [OutboxState.FAILED] * failed + [OutboxState.WAITING] * waiting
    with session() as ours, ours.store.read() as reads:
        found = reads.messages(wanted, limit + 1)
    rows = [message_json(entry) if as_json else _cells(entry) for entry in found[:limit]]
    show.emit_rows(COLUMNS, rows, as_json=as_json, wide="what")
    more = ", more are older: raise --limit" if len(found) > limit else ""
    show.say(f"{len(rows)} messages{more}; try one again with: listener alerts retry ID")


def _cells(entry: OutboxEntry) -> dict[str, object]:
    folded = f"told of in message {entry.folded_into}: " if entry.folded_into else ""
    error = f"{entry.error}: " if entry.error else ""
    return {
        "id": entry.row.id,
        "target": entry.row.target,
        "state": entry.state,
        "tries": entry.row.attempts,
        "created": entry.row.created_at,
        "next": entry.row.not_before if entry.state == "waiting" else None,
        "what": f"{error}{folded}{entry.row.title}",
    }


def retry(
    ids: Annotated[list[int] | None, typer.Argument(metavar="ID...", help="Messages, as outbox lists them.")] = None,
    failed: Annotated[bool, typer.Option("--failed", help="All that were given up.")] = False,
    as_json: Json = False,
) -> None:
    """Send again now what failed or waits, under the same key; exit 3 if something still isn't taken."""
    if bool(ids) == failed:
        raise ConfigError("say which messages, or --failed")
    with session() as ours:
        wanted = _undone(ours) if failed else list(ids or ())
        with ours.store.write() as tx:
            gone = [number for number in wanted if not tx.retry_message(number, ours.clock.now())]
        if gone:
            raise NotFound(f"message {gone[0]} is sent already, or isn't there", next_step="listener alerts outbox")
        _send_due(ours)
        left = _tell(ours, wanted, as_json=as_json)
    if left:
        raise Retry(f"{left} of {len(wanted)} messages were not taken", next_step="listener alerts outbox")


def _undone(ours: Session) -> list[int]:
    from listener.domain.alert import OutboxState

    with ours.store.read() as reads:
        return [entry.row.id for entry in reads.messages([OutboxState.FAILED], 10_000)]


def _send_due(ours: Session) -> None:
    """Claims keep a run that goes on beside us from sending the same."""
    from listener.alerts.outbox import deliver
    from listener.digesting import Digests

    carriers = Digests(settings=ours.settings, store=ours.store, clock=ours.clock).carriers()
    deliver(ours.store, carriers, ours.clock, ours.settings.alerts)


def _tell(ours: Session, wanted: list[int], *, as_json: bool) -> int:
    """What became of each; how many aren't sent."""

    with ours.store.read() as reads:
        found = reads.messages_numbered(wanted)
    for entry in found:
        if as_json:
            show.emit_json(message_json(entry))
        else:
            show.out(f"{entry.row.id} {entry.row.target}: {entry.state}" + (f": {entry.error}" if entry.error else ""))
    return sum(entry.state not in ("sent", "folded") for entry in found)


def send_test(
    target: Annotated[str, typer.Argument(help="Name of a target in alerts.toml; all if none is given.")] = "",
) -> None:
    """Send a test message to every target, and say which took it."""
    from listener.alerts import notify
    from listener.clock import SystemClock
    from listener.domain.alert import OutboxRow

    settings = load_settings()
    carriers = notify.build(settings.alerts.targets)
    if target and target not in carriers:
        raise ConfigError(
            f"no target named {target!r}", next_step=f"one of: {', '.join(carriers) or 'none configured'}"
        )
    now = SystemClock().now()
    failed = 0
    for name in [target] if target else carriers:
        row = OutboxRow(
            id=0, key=f"test|{now.isoformat()}|{name}", target=name, title="Test from the social support listener",
            body="If you can read this, alerts reach you.", attempts=0, created_at=now, not_before=now,
        )  # fmt: skip
        try:
            carriers[name].send(row)
            show.out(f"{name}: taken")
        except ListenerError as error:
            failed += 1
            show.out(f"{name}: {error}")
    if failed:
        raise Retry(f"{failed} of {len([target] if target else carriers)} targets did not take the message")
