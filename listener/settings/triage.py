"""routing.toml: how cases open and rank, and where they go; with the files beside it, how they are worked."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from listener.domain.case import Reason
from listener.domain.policy import Route, TriagePolicy
from listener.settings import answers, incidents, roster, rules
from listener.settings import sla as promises
from listener.settings.problems import did_you_mean
from listener.settings.table import Table

REASONS = tuple(str(reason) for reason in Reason)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskFiles:
    """The top tables of the files that say how cases are worked."""

    routing: Table
    rules: Table
    sla: Table
    agents: Table
    answers: Table


def triage(files: DeskFiles, brands: Collection[str]) -> TriagePolicy:
    """All of them as one policy."""
    routing, sla = files.routing, files.sla
    base = TriagePolicy()
    policy = TriagePolicy(
        routes=tuple(_route(table, brands) for table in routing.children("route")),
        default_queue=routing.text("default_queue", base.default_queue) or base.default_queue,
        open_for=frozenset(known(routing, "open_for", sorted(base.open_for), REASONS)),
        attach_within=routing.duration("attach_within", base.attach_within),
        reopen_within=routing.duration("reopen_within", base.reopen_within),
        lease=routing.duration("lease", base.lease),
        weights=_numbers(routing.child("weights"), base.weights),
        severe_words=routing.texts("severe_words", base.severe_words),
        rescue_window=routing.duration("rescue_window", base.rescue_window),
        bands=_numbers(sla.child("bands"), base.bands),
        sla=promises.sla(sla, base.bands),
        rules=rules.rules(files.rules),
        roster=roster.roster(files.agents, brands),
        incidents=incidents.incidents(routing.child("incidents")),
        answers=answers.answers(files.answers),
    )
    routing.done()
    return policy


def known(table: Table, key: str, default: Collection[str], allowed: Collection[str]) -> tuple[str, ...]:
    """A list of texts, each one of a closed set."""
    found = table.items(key, default)
    for number, item in found:
        if item not in allowed:
            table.problem(key, f'"{item}" is none of the choices', did_you_mean(item, allowed), item=number)
    return tuple(item for _, item in found)


def _numbers(table: Table, base: Mapping[str, float]) -> dict[str, float]:
    found = {name: table.number(name, value) for name, value in base.items()}
    table.done()
    return found


def _route(table: Table, brands: Collection[str]) -> Route:
    queue = table.text("queue")
    route = Route(
        name=table.text("name", queue),
        queue=queue,
        brands=known(table, "brands", (), brands) if brands else table.texts("brands"),
        platforms=table.texts("platforms"),
        reasons=known(table, "reasons", (), REASONS),
        langs=table.texts("langs"),
        words=table.texts("words"),
        min_confidence=table.number("min_confidence", 0.0, most=1.0),
        min_followers=table.whole("min_followers", 0),
        min_severity=table.number("min_severity", 0.0, most=1.0),
        escalate=table.switch("escalate", default=False),
    )
    table.done()
    if not queue:
        table.problem("queue", "missing", 'add queue = "…": where matching cases go')
    return route
