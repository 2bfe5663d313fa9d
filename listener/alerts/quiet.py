"""Why nobody is told for now, and until when a target wants its peace. Pure but for what the store remembers."""

from collections.abc import Sequence
from datetime import datetime

from listener.domain.alert import Alert, Severity
from listener.domain.policy import AlertPolicy, Target
from listener.domain.quiet import Window
from listener.ports.alarms import AlertReads
from listener.worktime import closes, is_open


def held(reads: AlertReads, alert: Alert, policy: AlertPolicy, now: datetime) -> str:
    """What keeps an alert from being told: a mute, a window, or that its subject was told of just before; else empty.

    The same words as long as the same thing holds it.
    """
    muted = alert.handling.muted_until
    if muted is not None and muted > now:
        return f"muted until {_clock(muted)}"
    for mute in reads.alert_mutes(now):
        if alert.brand == mute.brand:
            return f"{mute.brand} is muted until {_clock(mute.until)} by {mute.agent}"
    for window in policy.windows:
        if window.concerns(alert) and in_force(window, now):
            return f"within {window.name}" + (f": {window.why}" if window.why else "")
    return _cooling(reads, alert, policy, now)


def in_force(window: Window, now: datetime) -> bool:
    """Whether a window is open at an instant."""
    if window.since is not None and window.until is not None:
        return window.since <= now < window.until
    return window.weekly is not None and is_open(window.weekly, now)


def windows_now(windows: Sequence[Window], now: datetime) -> list[Window]:
    return [window for window in windows if in_force(window, now)]


def not_before(target: Target, severity: Severity, now: datetime) -> datetime:
    """When a message may go to a target: at the end of its quiet hours, unless it is a page."""
    quiet = target.quiet_hours
    if severity is Severity.PAGE or quiet is None or not is_open(quiet, now):
        return now
    return closes(quiet, now) or now


def _cooling(reads: AlertReads, alert: Alert, policy: AlertPolicy, now: datetime) -> str:
    """Only what nobody was told of at all: an alert that grows is news."""
    if alert.handling.told_level or not policy.cool_down:
        return ""
    last = reads.subject_told_at(alert)
    if last is None or not last <= now < last + policy.cool_down:
        return ""
    return f"another alert about the same was told at {_clock(last)}"


def _clock(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"
