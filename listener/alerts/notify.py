"""Carriers: the console, web hooks, and whatever Apprise knows (Slack, Teams, mail, PagerDuty and some 170 more)."""

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TextIO

from listener.alerts import mail
from listener.domain.alert import OutboxRow
from listener.domain.policy import Secret, Target
from listener.domain.text import visible, visible_lines
from listener.errors import ConfigError, Retry
from listener.ports import Notifier


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsoleNotifier:
    """Writes the message to a stream, by default standard error as it is when the message is sent."""

    stream: Callable[[], TextIO] = lambda: sys.stderr

    def send(self, row: OutboxRow) -> None:
        lines = [f"!! {visible(row.title)}", *(f"   {line}" for line in visible_lines(row.body))]
        self.stream().write("\n".join(lines) + "\n")
        self.stream().flush()


@dataclass(frozen=True, slots=True, kw_only=True)
class AppriseNotifier:
    """One Apprise URL. The URL may hold a token and so never shows in an error."""

    name: str
    url: Secret

    def send(self, row: OutboxRow) -> None:
        apprise = _apprise()
        carrier = apprise.Apprise()
        if not carrier.add(self.url.reveal()):
            raise ConfigError(f"target {self.name!r}: Apprise doesn't know this URL", next_step="see alerts.toml")
        plugins = list(carrier)
        if len(plugins) == 1 and mail.is_plain_mail(plugins[0]):
            mail.send(mail.mailing_of(plugins[0], self.name), row, self.name)
            return
        sent = carrier.notify(
            title=visible(row.title), body="\n".join(visible_lines(row.body)), body_format=apprise.NotifyFormat.TEXT
        )
        if not sent:
            raise Retry(f"target {self.name!r} did not take the message")


def _apprise() -> Any:
    try:
        import apprise
    except ImportError as error:
        message = "sending beyond the console needs Apprise: pip install 'social-support-listener[notify]'"
        raise ConfigError(message) from error
    return apprise  # it publishes no types


def build(targets: Sequence[Target]) -> dict[str, Notifier]:
    """A carrier for each target, by name; nothing is connected yet."""
    return {target.name: _carrier(target) for target in targets}


def _carrier(target: Target) -> Notifier:
    if target.is_console:
        return ConsoleNotifier()
    if target.is_webhook:
        return _webhook(target)
    return AppriseNotifier(name=target.name, url=target.url)


def _webhook(target: Target) -> Notifier:
    """httpx is loaded only where a target needs it."""
    from listener.alerts.webhook import webhook

    return webhook(target)
