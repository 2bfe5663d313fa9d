"""Whom to tell of an alert, and when: decided in the transaction that changed it, and again as time passes.

One rule decides: of an open alert that stands at a level that nobody was told of, that nobody has taken on at that
level, and that nothing holds back, everybody whom it concerns is told. So whatever a mute or a window held back is told
at its end if it is still open, and what was told is not told again unless it grows.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from shlex import quote

from listener.alerts.quiet import held, not_before
from listener.domain.alert import (
    CLOSED,
    DESK,
    Alert,
    AlertChange,
    AlertStep,
    Notice,
    OutboxDraft,
    Severity,
)
from listener.domain.case import PROGRAM
from listener.domain.on_call import Person, Rota, of_brand, on_call, order
from listener.domain.policy import AlertPolicy, Target
from listener.ports import AlertWrites

TICKED = "alerts: kept up"
"""The bookmark of the last time that time's passing was looked at; whoever asks whether the run lives reads it."""


def severity_of(alert: Alert, policy: AlertPolicy) -> Severity:
    """As somebody said by hand, else the brand's, else the kind's."""
    of_brand = policy.brand_severities.get(alert.brand, {})
    said = alert.handling.severity or of_brand.get(alert.kind) or policy.severities.get(alert.kind)
    return said or Severity.NOTICE


def tell(tx: AlertWrites, alert: Alert, policy: AlertPolicy, now: datetime) -> int:
    """Write the messages of what has just happened to an alert; how many are new.

    `alert` bears the words that are to be said of its end; of one that stands, the store's are said.
    """
    return _end(tx, alert, policy, now) if alert.closed_at else _tell(tx, tx.alert(alert.key), policy, now)


def keep_up(tx: AlertWrites, policy: AlertPolicy, now: datetime) -> None:
    """What time does: mutes and windows end, and what nobody acknowledges is passed on."""
    tx.set_mark(TICKED, now.isoformat())
    for alert in tx.open_alerts():
        if not _tell(tx, alert, policy, now) and _overdue(tx, alert, policy, now):
            pass_on(tx, alert, policy, now, why=f"nobody acknowledged it within {_minutes(policy.escalate_after)}")


def tell_now(tx: AlertWrites, alert: Alert, policy: AlertPolicy, now: datetime, prefix: str) -> int:
    """Tell whatever holds it back: somebody has said so."""
    return _write(tx, alert, policy, now, prefix)


def pass_on(tx: AlertWrites, alert: Alert, policy: AlertPolicy, now: datetime, *, why: str, by: str = PROGRAM) -> int:
    """Tell the next of each rota who wasn't told yet; how many were."""
    told = tx.told_of(alert.key)
    severity = severity_of(alert, policy)
    targets = {target.name: target for target in policy.targets if _wants(target, alert, severity)}
    passed = 0
    for rota in of_brand(policy.rotas, alert.brand):
        person = next((one for one in order(rota, now) if one.target in targets and one.target not in told), None)
        if person is None:
            continue
        told.add(person.target)
        step = f"level{alert.level}-passed"
        title = f"Passed on to {person.name}: {alert.title}"
        draft = _draft(alert, targets[person.target], step, severity, now, title=title, first=_upper(why) + ".")
        passed += tx.enqueue(draft, now)
        detail = {"to": person.name, "target": person.target, "why": why}
        change = AlertChange(step=AlertStep.PASSED_ON, agent=by, at=now, detail=detail, set={"told_at": now})
        tx.change_alert(alert.key, change)
    return passed


def tell_notice(tx: AlertWrites, notice: Notice, policy: AlertPolicy, now: datetime) -> int:
    """One row for each target it names, or else for each that listens to the desk; how many are new."""
    on_duty = {person.target for person in _on_duty(policy.rotas, "", now)}
    wanted = [target for target in policy.targets if target.name in notice.targets] or [
        target
        for target in policy.targets
        if not notice.targets
        and DESK in target.kinds
        and target.min_severity is Severity.NOTICE
        and (not target.on_call or target.name in on_duty)
    ]
    rows = (
        OutboxDraft(
            key=f"{notice.key}|{target.name}",
            target=target.name,
            title=notice.title,
            body=body_for(notice.body, target),
            not_before=not_before(target, Severity.NOTICE, now),
        )
        for target in wanted
    )
    return sum(tx.enqueue(row, now) for row in rows)


def body_for(text: str, target: Target) -> str:
    """The words of strangers go only where the target allows it."""
    return text if target.include_text or target.is_console else without_quotes(text)


def without_quotes(body: str) -> str:
    """The body less its quoting lines, which start with `> `; links stay."""
    return "\n".join(line for line in body.splitlines() if not line.startswith("> "))


def concerned(policy: AlertPolicy, alert: Alert, told: set[str], now: datetime) -> list[Target]:
    """Whoever must know: targets that want it, of people those on call, and whoever heard of it before."""
    severity = severity_of(alert, policy)
    on_duty = {person.target for person in _on_duty(policy.rotas, alert.brand, now)}
    return [
        target
        for target in policy.targets
        if _wants(target, alert, severity) and (not target.on_call or target.name in on_duty or target.name in told)
    ]


def _on_duty(rotas: Sequence[Rota], brand: str, now: datetime) -> list[Person]:
    return [on_call(rota, now) for rota in of_brand(rotas, brand)]


def _wants(target: Target, alert: Alert, severity: Severity) -> bool:
    return alert.kind in target.kinds and (severity is Severity.PAGE or target.min_severity is Severity.NOTICE)


def _tell(tx: AlertWrites, alert: Alert, policy: AlertPolicy, now: datetime) -> int:
    if alert.handling.told_level >= alert.level or not alert.unacknowledged:
        return 0
    why = held(tx, alert, policy, now)
    if not why:
        return _write(tx, alert, policy, now, "")
    if why != alert.handling.held:
        change = AlertChange(step=AlertStep.HELD, agent=PROGRAM, at=now, detail={"why": why}, set={"held": why})
        tx.change_alert(alert.key, change)
    return 0


def _write(tx: AlertWrites, alert: Alert, policy: AlertPolicy, now: datetime, prefix: str) -> int:
    """Messages to all whom it concerns, and that they were told."""
    severity = severity_of(alert, policy)
    targets = concerned(policy, alert, tx.told_of(alert.key), now)
    step, title = f"level{alert.level}", f"{prefix}{alert.title}"
    new = sum(tx.enqueue(_draft(alert, target, step, severity, now, title=title), now) for target in targets)
    detail = {"level": str(alert.level), "severity": str(severity), "to": ", ".join(one.name for one in targets)}
    set_: Mapping[str, object] = {"told_level": alert.level, "told_at": now, "held": ""}
    tx.change_alert(alert.key, AlertChange(step=AlertStep.TOLD, agent=PROGRAM, at=now, detail=detail, set=set_))
    return new


def _end(tx: AlertWrites, alert: Alert, policy: AlertPolicy, now: datetime) -> int:
    """To whoever was told that it began, and to nobody else."""
    told, severity = tx.told_of(alert.key), severity_of(alert, policy)
    targets = [target for target in policy.targets if target.name in told]
    return sum(tx.enqueue(_draft(alert, target, CLOSED, severity, now), now) for target in targets)


def _draft(
    alert: Alert, target: Target, step: str, severity: Severity, now: datetime, *, title: str = "", first: str = ""
) -> OutboxDraft:
    """The message for one target; its key names the alert, the step of its life and the target."""
    lines = [first, body_for(alert.body, target)]
    if severity is Severity.PAGE and step != CLOSED:
        lines.append(f"Take it on: listener alerts ack {quote(alert.key)}")
    return OutboxDraft(
        key=f"{alert.key}|{step}|{target.name}",
        target=target.name,
        title=title or alert.title,
        body="\n".join(line for line in lines if line),
        alert=alert.key,
        step=step,
        severity=severity,
        not_before=not_before(target, severity, now),
    )


def _overdue(tx: AlertWrites, alert: Alert, policy: AlertPolicy, now: datetime) -> bool:
    """Whether a page has waited too long for somebody to take it on."""
    told_at = alert.handling.told_at
    return (
        told_at is not None
        and alert.handling.told_level >= alert.level
        and alert.unacknowledged
        and severity_of(alert, policy) is Severity.PAGE
        and now - told_at >= policy.escalate_after
        and not held(tx, alert, policy, now)
    )


def _minutes(span: timedelta) -> str:
    return f"{span.total_seconds() / 60:g} min"


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]
