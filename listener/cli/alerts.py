"""Alerts as people on call read them: what stands, why, and what became of it; and a stream of all that happens."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from listener.cli import show
from listener.cli.alert_acts import acknowledge, escalate, mute, resolve, unmute
from listener.cli.alert_sending import on_call, outbox, retry, send_test
from listener.cli.alert_words import because, clock, event_json, fate, message_json, said
from listener.cli.backtest import backtest
from listener.cli.periods import Day, Week, listed_window
from listener.cli.session import Session, session
from listener.errors import ConfigError, NotFound
from listener.lists.alerts import COLUMNS, DEFAULT_DAYS, begun, row, standing

if TYPE_CHECKING:
    from listener.domain.alert import Alert, AlertEvent

alerts_app = typer.Typer(
    no_args_is_help=False, rich_markup_mode=None, help="Spikes, silences, blindness: list, take on, mute, resolve."
)
alerts_app.command("ack")(acknowledge)
alerts_app.command("mute")(mute)
alerts_app.command("unmute")(unmute)
alerts_app.command("resolve")(resolve)
alerts_app.command("escalate")(escalate)
alerts_app.command("on-call")(on_call)
alerts_app.command("outbox")(outbox)
alerts_app.command("retry")(retry)
alerts_app.command("test")(send_test)
alerts_app.command("backtest")(backtest)

FEW = 2
"""Alerts whose key begins alike: one would do, two are too many."""
BATCH = 500
LOOK_EVERY = 1.0
"""Seconds between two looks of --watch."""


@alerts_app.callback(invoke_without_command=True)
def alerts(
    context: typer.Context,
    days: Annotated[int, typer.Option(help="How far back to list.", min=1)] = DEFAULT_DAYS,
    watch: Annotated[
        bool, typer.Option("--watch", help="Stream what happens, a JSON line each, until stopped.")
    ] = False,
    since: Annotated[
        int | None, typer.Option(metavar="ID", min=0, help="With --watch: from the event after this one; 0 is all.")
    ] = None,
    day: Day = "",
    week: Week = "",
    brand: Annotated[str, typer.Option(help="With --day or --week: only this brand's, and those of no brand.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object an alert.")] = False,
) -> None:
    """List alerts, open ones first; of a day or week, those that began in it."""
    if context.invoked_subcommand is not None:
        return
    if since is not None and not watch:
        raise ConfigError("--since is for --watch: it says where the stream goes on")
    with session() as ours:
        if watch:
            _stream(ours, since)
        elif day or week:
            _begun(ours, day, week, brand, as_json=as_json)
        else:
            _list(ours, days, as_json=as_json)


def _list(ours: Session, days: int, *, as_json: bool) -> None:
    from listener.alerts.quiet import windows_now

    now = ours.clock.now()
    with ours.store.read() as reads:
        open_now, past = standing(reads, days, now)
        mutes = reads.alert_mutes(now)
    rows = [row(ours.settings, alert, now) for alert in [*open_now, *past]]
    show.emit_rows(COLUMNS, rows, as_json=as_json, wide="title")
    for one in mutes:
        show.say(f"{one.brand} is muted until {clock(one.until)} by {one.agent}" + because(one.why))
    for window in windows_now(ours.settings.alerts.windows, now):
        show.say(f"within {window.name}" + because(window.why) + ": what it concerns is told at its end")
    show.say(f"{len(open_now)} open, {len(past)} past in {days} days; read one with: listener alerts show KEY")


def _begun(ours: Session, day: str, week: str, brand: str, *, as_json: bool) -> None:
    """As the digest of that day or week counts them."""
    from listener.cli.insight import known_brand

    with ours.store.read() as reads:
        found = begun(ours.settings, reads, listed_window(day, week, reads, ours), known_brand(ours, brand))
    rows = [row(ours.settings, one, ours.clock.now()) for one in found]
    show.emit_rows(COLUMNS, rows, as_json=as_json, wide="title")
    show.say(f"{len(found)} began then; read one with: listener alerts show KEY")


@alerts_app.command("show")
def show_alert(
    key: Annotated[str, typer.Argument(help="The alert's key, as listed; a beginning that only one has is enough.")],
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> None:
    """Show why an alert was raised, what became of it, and who was told."""
    with session() as ours, ours.store.read() as reads:
        alert = _one(reads.alerts_beginning(key, FEW), key)
        life = reads.alert_life(alert.key)
        messages = reads.messages_about(alert.key)
    if as_json:
        events = [event_json(event) for event in life]
        sent = [message_json(entry) for entry in messages]
        show.emit_json({**asdict(alert), "brand": alert.brand, "life": events, "messages": sent})
        return
    closed = f", closed {clock(alert.closed_at)}" if alert.closed_at else ""
    show.out(alert.title)
    show.out(f"opened {clock(alert.opened_at)}{closed}, level {alert.level}")
    for line in alert.body.splitlines():
        show.out(line)
    show.out()
    for event in life:
        show.out(f"{event.at:%m-%d %H:%M} {event.agent} {event.step}{said(event)}")
    for entry in messages:
        show.out(f"{entry.row.target}: {fate(entry)}")


def _one(near: list[Alert], beginning: str) -> Alert:
    exact = [alert for alert in near if alert.key == beginning]
    if len(exact or near) != 1:
        few = "no alert" if not near else "more than one alert"
        raise NotFound(f"{few} whose key begins with {beginning!r}", next_step="listener alerts")
    return (exact or near)[0]


def _stream(ours: Session, since: int | None) -> None:
    """From now on, or from the event after a known one: a reader that keeps the last id misses nothing."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda _number, _frame: ours.clock.stop())
    with ours.store.read() as reads:
        last = reads.latest_alert_event() if since is None else since
    show.say(f"from event {last} on; go on later with: listener alerts --watch --since ID")
    while not ours.clock.stopped:
        for event in _later(ours, last):
            show.emit_json(event_json(event))
            last = event.id
        sys.stdout.flush()
        ours.clock.sleep(LOOK_EVERY)


def _later(ours: Session, last: int) -> Iterator[AlertEvent]:
    while True:
        with ours.store.read() as reads:
            events = reads.alert_events(last, BATCH)
        yield from events
        if len(events) < BATCH:
            return
        last = events[-1].id
