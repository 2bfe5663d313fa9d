"""Commands for people on call: what is open, what was said, is the way to us clear."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from listener.cli import show
from listener.cli.session import load_settings, session
from listener.errors import ConfigError, ListenerError, NotFound, Retry

if TYPE_CHECKING:
    from listener.domain.alert import Alert

alerts_app = typer.Typer(no_args_is_help=False, rich_markup_mode=None, help="Spikes and silences: list, show, test.")

LIMIT = 200
EVER = datetime(1970, 1, 1, tzinfo=UTC)
MOST = 10_000
"""Alerts among which a key is looked for, newest first."""


@alerts_app.callback(invoke_without_command=True)
def alerts(
    context: typer.Context,
    days: Annotated[int, typer.Option(help="How far back to list.", min=1)] = 30,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object an alert.")] = False,
) -> None:
    """List alerts, open ones first."""
    if context.invoked_subcommand is not None:
        return
    with session() as ours, ours.store.read() as reads:
        now = ours.clock.now()
        standing = reads.open_alerts()
        open_keys = {alert.key for alert in standing}
        past = [a for a in reads.alerts(now - timedelta(days=days), LIMIT) if a.key not in open_keys]
    columns = ("key", "opened", "state", "level", "title")
    show.emit_rows(columns, [_row(alert) for alert in [*standing, *past]], as_json=as_json, wide="title")
    show.say(f"{len(standing)} open, {len(past)} past in {days} days; read one with: listener alerts show KEY")


def _row(alert: Alert) -> dict[str, object]:
    return {
        "key": alert.key,
        "opened": alert.opened_at,
        "closed": alert.closed_at,
        "state": "closed" if alert.closed_at else "open",
        "level": alert.level,
        "kind": alert.kind,
        "subject": alert.subject,
        "title": alert.title,
    }


@alerts_app.command("show")
def show_alert(
    key: Annotated[str, typer.Argument(help="The alert's key, as listed; a beginning that only one has is enough.")],
    as_json: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
) -> None:
    """Show why an alert was raised: rate, baseline, words, posts."""
    with session() as ours, ours.store.read() as reads:
        alert = _find(reads.alerts(EVER, MOST), key)
    if as_json:
        show.emit_json(asdict(alert))
        return
    closed = f", closed {alert.closed_at:%Y-%m-%d %H:%M}" if alert.closed_at else ""
    show.out(alert.title)
    show.out(f"opened {alert.opened_at:%Y-%m-%d %H:%M} UTC{closed}, level {alert.level}")
    for line in alert.body.splitlines():
        show.out(line)


def _find(found: list[Alert], key: str) -> Alert:
    near = [alert for alert in found if alert.key.startswith(key)]
    exact = [alert for alert in near if alert.key == key]
    if len(exact or near) != 1:
        few = "no alert" if not near else f"{len(near)} alerts"
        raise NotFound(f"{few} whose key begins with {key!r}", next_step="listener alerts")
    return (exact or near)[0]


@alerts_app.command("test")
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
            id=0, key=f"test|{name}", target=name, title="Test from the social support listener",
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
