"""What people do about an alert. Each act is an event under its agent's name, sealed in the audit."""

from dataclasses import replace
from datetime import datetime

from listener.alerts.telling import pass_on, tell, tell_now
from listener.domain.alert import Alert, AlertChange, AlertStep, Mute, Severity
from listener.domain.policy import AlertPolicy
from listener.errors import ConfigError, Conflict
from listener.ports import AlertWrites


def acknowledge(tx: AlertWrites, key: str, agent: str, now: datetime, why: str = "") -> Alert:
    """Take it on: it is told again only if it grows. Raises `Conflict` where somebody else has, or it is over."""
    alert = standing(tx, key)
    if not alert.unacknowledged:
        if alert.handling.acked_by == agent:
            return alert
        raise Conflict(f"{alert.handling.acked_by} took it on at {_clock(alert.handling.acked_at)}")
    set_ = {"acked_by": agent, "acked_at": now, "acked_level": alert.level}
    detail = {"level": str(alert.level)} | _said(why)
    return tx.change_alert(key, AlertChange(step=AlertStep.ACKNOWLEDGED, agent=agent, at=now, detail=detail, set=set_))


def mute(tx: AlertWrites, key: str, until: datetime, agent: str, now: datetime, why: str = "") -> Alert:
    """Nothing more is told of it until then. An instant that has come takes a mute back."""
    standing(tx, key)
    if until <= now:
        change = AlertChange(step=AlertStep.UNMUTED, agent=agent, at=now, detail=_said(why), set={"muted_until": None})
    else:
        detail = {"until": until.isoformat()} | _said(why)
        change = AlertChange(step=AlertStep.MUTED, agent=agent, at=now, detail=detail, set={"muted_until": until})
    return tx.change_alert(key, change)


def mute_brand(tx: AlertWrites, brand: str, until: datetime, agent: str, now: datetime, why: str = "") -> Mute:
    """Nothing is told of a brand until then; an instant that has come takes a mute back."""
    mute = Mute(brand=brand, until=until, agent=agent, why=why)
    tx.mute_brand(mute, now)
    return mute


def resolve(tx: AlertWrites, key: str, agent: str, why: str, now: datetime, policy: AlertPolicy) -> Alert:
    """It is over because somebody says so; whoever was told of it hears that, with the reason."""
    alert = standing(tx, key)
    if not why.strip():
        raise ConfigError("why is it over? Say --why")
    set_ = {"closed_at": now, "closed_by": agent, "closed_why": why}
    change = AlertChange(step=AlertStep.RESOLVED, agent=agent, at=now, detail=_said(why), set=set_)
    closed = tx.change_alert(key, change)
    tell(tx, replace(closed, title=f"Resolved by {agent}: {alert.title}", body=why), policy, now)
    return closed


def escalate(tx: AlertWrites, key: str, agent: str, why: str, now: datetime, policy: AlertPolicy) -> Alert:
    """It is worse than it looks: a page from now on, told whatever holds it, and to the next of the rota as well."""
    alert = standing(tx, key)
    if not why.strip():
        raise ConfigError("what makes it worse? Say --why")
    set_ = {"level": alert.level + 1, "severity": Severity.PAGE}
    detail = {"level": str(alert.level + 1)} | _said(why)
    change = AlertChange(step=AlertStep.ESCALATED, agent=agent, at=now, detail=detail, set=set_)
    grown = tx.change_alert(key, change)
    tell_now(tx, grown, policy, now, f"{agent} escalates ({why}): ")
    pass_on(tx, grown, policy, now, why=f"{agent} escalates: {why}", by=agent)
    return tx.alert(key)


def standing(tx: AlertWrites, key: str) -> Alert:
    """Raises `NotFound`, or `Conflict` for one that is over."""
    alert = tx.alert(key)
    if alert.closed_at is not None:
        by = f" by {alert.handling.closed_by}" if alert.handling.closed_why else ""
        raise Conflict(f"it was resolved{by} at {_clock(alert.closed_at)}", next_step=f"listener alerts show {key!r}")
    return alert


def _said(why: str) -> dict[str, str]:
    return {"why": why} if why else {}


def _clock(at: datetime | None) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC" if at else "some time"
