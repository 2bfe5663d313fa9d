"""What `listener doctor` looks at: a list of small checks, each of which reads and none of which writes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from listener.cli.checkup_findings import Check, Finding, doubtful, good
from listener.cli.checkup_machine import ballast, clock, disk, limits, place, privacy
from listener.cli.checkup_sources import extras, model, online, sources
from listener.cli.checkup_store import backlog, copies, database, running, sqlite
from listener.cli.checkup_targets import reached, targets
from listener.cli.session import flags

if TYPE_CHECKING:
    from listener.domain.policy import Settings


def people(settings: Settings) -> Iterator[Finding]:
    """Who acts, and where a day begins."""
    if agent := flags.agent or settings.agent:
        yield good("agent", f"cases are worked as {agent}")
    else:
        yield doubtful("agent", "no name set", 'set agent = "…" in listener.toml or LISTENER_AGENT, or add --as NAME')
    yield good("timezone", f"days begin and end by {settings.timezone}")


CHECKS: Sequence[Check] = (
    people,
    clock,
    sqlite,
    database,
    running,
    backlog,
    copies,
    disk,
    ballast,
    place,
    limits,
    privacy,
    model,
    sources,
    extras,
    targets,
)
ONLINE: Sequence[Check] = (online, reached)
"""What asks somebody else."""
