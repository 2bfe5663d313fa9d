"""routing.toml: how cases open and rank, and where they go; with the files beside it, how they are worked."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from listener.domain.policy import Route, TriagePolicy
from listener.settings import answers, incidents, roster, rules
from listener.settings import sla as promises
from listener.settings.choices import REASONS, TONES, known
from listener.settings.table import Table


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskFiles:
    """The top tables of the files that say how cases are worked."""

    routing: Table
    rules: Table
    sla: Table
    agents: Table
    answers: Table


def triage(files: DeskFiles, brands: Collection[str], targets: Collection[str]) -> TriagePolicy:
    """All of them as one policy; `targets` are the names that rules may notify."""
    routing, sla = files.routing, files.sla
    base = TriagePolicy()
    hours = promises.named_hours(sla)
    staff = roster.roster(files.agents, brands, hours)
    names = rules.Names(brands=brands, bands=base.bands, agents=[agent.name for agent in staff.agents], targets=targets)
    policy = TriagePolicy(
        routes=tuple(_route(table, brands) for table in routing.children("route")),
        default_queue=routing.text("default_queue", base.default_queue) or base.default_queue,
        open_for=frozenset(known(routing, "open_for", sorted(base.open_for), REASONS)),
        attach_within=routing.duration("attach_within", base.attach_within),
        reopen_within=routing.duration("reopen_within", base.reopen_within),
        lease=routing.duration("lease", base.lease),
        weights=_numbers(routing.child("weights"), base.weights),
        hide_abuse=routing.switch("hide_abuse", default=base.hide_abuse),
        severe_words=routing.texts("severe_words", base.severe_words),
        rescue_window=routing.duration("rescue_window", base.rescue_window),
        bands=_numbers(sla.child("bands"), base.bands),
        sla=promises.sla(sla, base.bands, hours, [agent.hours for agent in staff.agents]),
        rules=rules.rules(files.rules, names),
        roster=staff,
        incidents=incidents.incidents(routing.child("incidents")),
        answers=answers.answers(files.answers, brands, base.bands),
    )
    routing.done()
    roster.refuse_unknown_queues(files.agents, _queues(policy))
    answers.refuse_unknown_queues(files.answers, _queues(policy))
    return policy


def _queues(policy: TriagePolicy) -> set[str]:
    """Every queue that something goes to."""
    by_rule = {rule.then.queue for rule in policy.rules if rule.then.queue}
    return {policy.default_queue, *(route.queue for route in policy.routes), *by_rule}


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
        tones=known(table, "tones", (), TONES),
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
