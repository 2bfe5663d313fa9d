"""What `listener doctor` sees of those who are to be told."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from listener.cli.checkup_findings import Finding, bad, doubtful, failed, good
from listener.cli.checkup_sources import installed, pip
from listener.cli.exits import Exit
from listener.errors import ListenerError

if TYPE_CHECKING:
    from listener.domain.policy import Settings, Target


def targets(settings: Settings) -> Iterator[Finding]:
    """Whether an alert would reach anybody."""
    named = settings.alerts.targets
    beyond = [target.name for target in named if not (target.is_console or target.is_webhook)]
    if not named:
        yield doubtful("alerts", "no target: alerts reach nobody", "add a [[target]] to alerts.toml")
    elif beyond and not installed("notify"):
        yield bad("alerts", f"{', '.join(beyond)} can't be reached without Apprise", pip("notify"), Exit.USAGE)
    else:
        yield good("alerts", f"sent to {', '.join(target.name for target in named)}")


def reached(settings: Settings) -> Iterator[Finding]:
    """Knock at each web hook without a message; Apprise can only be tried by sending, which `alerts test` does."""
    for target in settings.alerts.targets:
        if target.is_webhook:
            yield _knocked(target)


def _knocked(target: Target) -> Finding:
    from listener.domain.policy import WEBHOOK
    from listener.net import Limits, Request, fetch

    request = Request(method="HEAD", url=target.url.reveal().removeprefix(WEBHOOK))
    area = f"target {target.name}"
    try:
        answer = fetch(request, Limits(timeout=5.0, deadline=10.0, allow_private=target.allow_private, head_only=True))
    except ListenerError as error:
        finding = failed(area, error)
        return finding if finding.fix else bad(area, finding.message, "is its receiver running?", finding.code)
    if answer.status in (404, 410):
        return doubtful(
            area, f"answered {answer.status}", f"correct its address, then: listener alerts test {target.name}"
        )
    return good(area, f"answers ({answer.status})")
