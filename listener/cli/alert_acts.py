"""What people do about alerts: take one on, mute it or a brand, say that it is over, say that it is worse."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer

from listener.cli import show
from listener.cli.case_acts import As
from listener.cli.session import Session, session
from listener.errors import ConfigError, NotFound

if TYPE_CHECKING:
    from collections.abc import Iterator

    from listener.domain.alert import Alert
    from listener.ports import Reads, Transaction

Key = Annotated[str, typer.Argument(help="The alert's key; a beginning that only one open alert has is enough.")]
Why = Annotated[str, typer.Option(help="The reason, kept with it.")]
Json = Annotated[bool, typer.Option("--json", help="The alert as it stands now, as JSON.")]

LONGEST = timedelta(days=90)
"""Of a mute: what is muted for longer wants another setting."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Acting:
    ours: Session
    agent: str
    now: datetime


@contextmanager
def _acting(as_agent: str) -> Iterator[_Acting]:
    with session() as ours:
        yield _Acting(ours=ours, agent=as_agent or ours.agent(), now=ours.clock.now())


def acknowledge(key: Key, why: Why = "", as_agent: As = "", as_json: Json = False) -> None:
    """Take an alert on: it isn't passed on, and told again only if it grows."""
    from listener.alerts import acts

    with _acting(as_agent) as at:
        alert = _do(at, key, lambda tx, found: acts.acknowledge(tx, found, at.agent, at.now, why))
    _account(alert, f"taken on by {alert.handling.acked_by}", as_json=as_json)


def mute(
    key: Annotated[str, typer.Argument(help="The alert's key, or its beginning; none with --brand.")] = "",
    brand: Annotated[str, typer.Option(help="Everything about this brand, instead of one alert.")] = "",
    span: Annotated[str, typer.Option("--for", metavar="SPAN", help="How long: 30m, 2h, 3d.")] = "",
    until: Annotated[str, typer.Option(help="Until when: 17:30, tomorrow, 2026-03-02 09:00.")] = "",
    why: Why = "",
    as_agent: As = "",
    as_json: Json = False,
) -> None:
    """Keep an alert, or a brand's, to the list for a while; what is open at the end is told then."""
    from listener.alerts import acts

    if bool(key) == bool(brand):
        raise ConfigError("say which alert, or --brand")
    if bool(span) == bool(until):
        raise ConfigError("say --for how long, or --until when")
    with _acting(as_agent) as at:
        end = _end(at, span or until)
        if brand:
            _mute_brand(at, brand, end, why, as_json=as_json)
            return
        alert = _do(at, key, lambda tx, found: acts.mute(tx, found, end, at.agent, at.now, why))
    _account(alert, f"muted until {end:%Y-%m-%d %H:%M} UTC", as_json=as_json)


def unmute(
    key: Annotated[str, typer.Argument(help="The alert's key, or its beginning; none with --brand.")] = "",
    brand: Annotated[str, typer.Option(help="The brand that was muted, instead of one alert.")] = "",
    why: Why = "",
    as_agent: As = "",
    as_json: Json = False,
) -> None:
    """Take a mute back; what is open is told by the next look, half a minute later at most."""
    from listener.alerts import acts

    if bool(key) == bool(brand):
        raise ConfigError("say which alert, or --brand")
    with _acting(as_agent) as at:
        if brand:
            _mute_brand(at, brand, at.now, why, as_json=as_json)
            return
        alert = _do(at, key, lambda tx, found: acts.mute(tx, found, at.now, at.agent, at.now, why))
    _account(alert, "not muted any more", as_json=as_json)


def resolve(
    key: Key,
    why: Annotated[str, typer.Option(help="What it came to; whoever was told of it reads this.")],
    as_agent: As = "",
    as_json: Json = False,
) -> None:
    """Say that an alert is over; whoever was told that it began is told."""
    from listener.alerts import acts

    with _acting(as_agent) as at:
        policy = at.ours.settings.alerts
        alert = _do(at, key, lambda tx, found: acts.resolve(tx, found, at.agent, why, at.now, policy))
    _account(alert, "resolved", as_json=as_json)


def escalate(
    key: Key,
    why: Annotated[str, typer.Option(help="What makes it worse than it looks.")],
    as_agent: As = "",
    as_json: Json = False,
) -> None:
    """Make an alert a page, told whatever holds it, and to the next of the rota as well."""
    from listener.alerts import acts

    with _acting(as_agent) as at:
        policy = at.ours.settings.alerts
        alert = _do(at, key, lambda tx, found: acts.escalate(tx, found, at.agent, why, at.now, policy))
    _account(alert, f"escalated to level {alert.level}", as_json=as_json)


def _mute_brand(at: _Acting, brand: str, end: datetime, why: str, *, as_json: bool) -> None:
    from listener.alerts import acts

    names = [one.name for one in at.ours.settings.brands]
    if brand not in names:
        raise NotFound(f"no brand is named {brand!r}", next_step=f"one of: {', '.join(names)}")
    with at.ours.store.write() as tx:
        acts.mute_brand(tx, brand, end, at.agent, at.now, why)
    said = f"muted until {end:%Y-%m-%d %H:%M} UTC" if end > at.now else "not muted any more"
    if as_json:
        show.emit_json({"brand": brand, "muted_until": end if end > at.now else None})
    else:
        show.out(f"{brand}: {said}")


def _do(at: _Acting, key: str, verb: Callable[[Transaction, str], Alert]) -> Alert:
    """Found and changed in one transaction: nobody comes between."""
    with at.ours.store.write() as tx:
        return verb(tx, _standing(tx, key))


def _standing(reads: Reads, beginning: str) -> str:
    """The key of the only open alert that begins so; of one that is over the verb itself says so."""
    near = [alert.key for alert in reads.open_alerts() if alert.key.startswith(beginning)]
    if beginning in near or not near:
        past = [alert.key for alert in reads.alerts_beginning(beginning, 2)]
        if not near and len(past) == 1:
            return past[0]
        if not near:
            raise NotFound(f"no open alert has a key that begins with {beginning!r}", next_step="listener alerts")
        return beginning
    if len(near) > 1:
        raise NotFound(f"{len(near)} open alerts begin with {beginning!r}", next_step=f"one of: {', '.join(near[:9])}")
    return near[0]


def _end(at: _Acting, said: str) -> datetime:
    from listener.triage.until import until

    end = until(said, at.now, ZoneInfo(at.ours.settings.timezone))
    if not at.now < end <= at.now + LONGEST:
        raise ConfigError(f"a mute ends within {LONGEST.days} days from now", next_step="say a later or nearer time")
    return end


def _account(alert: Alert, done: str, *, as_json: bool) -> None:
    from dataclasses import asdict

    if as_json:
        show.emit_json(asdict(alert))
    else:
        show.out(f"{alert.key}: {done}")
