"""rules.toml: if this holds, do that."""

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from listener.domain.policy import Settings
from listener.domain.rules import Rule, Then, When
from listener.errors import ConfigError
from listener.settings.choices import REASONS, TONES, known
from listener.settings.documents import read
from listener.settings.problems import ConfigProblems, did_you_mean
from listener.settings.table import Report, Table

MOST_POINTS = 1000.0
LONGEST_TAG = 30
"""As `listener case tag` takes them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """What rules may speak of; of an empty collection nothing is known, and any name will do."""

    brands: Collection[str] = ()
    bands: Collection[str] = ()
    agents: Collection[str] = ()
    targets: Collection[str] = ()


def rules(top: Table, names: Names) -> tuple[Rule, ...]:
    """Every `[[rule]]`, in its order."""
    tables = top.children("rule")
    found = tuple(_rule(table, names) for table in tables)
    top.done()
    for number, rule in enumerate(found):
        if rule.name and rule.name in [one.name for one in found[:number]]:
            tables[number].problem("name", f'a second rule is named "{rule.name}"', "give each its own name")
    return found


def rules_of_file(path: Path, settings: Settings) -> tuple[Rule, ...]:
    """The rules of another file than the one in force. Raises `ConfigProblems`, or `ConfigError` if there is none."""
    if not path.is_file():
        raise ConfigError(f"{path}: no such file", next_step="name a file of [[rule]] tables, such as rules.toml")
    report = Report(environ={})
    document = read(path.parent, path.name)
    report.problems.extend(document.problems)
    names = Names(
        brands=[brand.name for brand in settings.brands],
        bands=settings.triage.bands,
        agents=[agent.name for agent in settings.triage.roster.agents],
        targets=[target.name for target in settings.alerts.targets],
    )
    found = rules(Table(report, document, document.data), names)
    if report.problems:
        raise ConfigProblems(sorted(report.problems, key=lambda problem: problem.line))
    return found


def _rule(table: Table, names: Names) -> Rule:
    conditions, actions = table.child("if"), table.child("then")
    rule = Rule(
        name=table.text("name"),
        when=_when(conditions, names),
        then=_then(actions, names),
        stop=table.switch("stop", default=False),
        enabled=table.switch("enabled", default=True),
    )
    always = conditions.switch("always", default=False)
    for part in (conditions, actions, table):
        part.done()
    if not rule.name:
        table.problem("name", "missing", 'add name = "…": previews and the log speak of it')
    if rule.when == When() and not always and not _states(table.peek("if"), "always"):
        table.problem("if", "no condition: it would hold for every post", "add one, or always = true if that is meant")
    nothing = rule.then == Then(notices_per_hour=rule.then.notices_per_hour) and not rule.stop
    if nothing and not _states(table.peek("then"), "notices_per_hour"):
        table.problem(
            "then", "nothing to do", "add one of queue, points, tag, assign, snooze, notify, escalate under it"
        )
    if rule.when.min_confidence > rule.when.max_confidence:
        conditions.problem("max_confidence", "below min_confidence: it can never hold", "swap the two")
    return rule


def _states(given: object, aside: str) -> bool:
    """Whether something is written there, be it wrong: then that is what has to be mended."""
    nothing: tuple[object, ...] = ([], "", 0, 1)
    return isinstance(given, dict) and any(value not in nothing for key, value in given.items() if key != aside)


def _when(table: Table, names: Names) -> When:
    return When(
        brands=known(table, "brands", (), names.brands) if names.brands else table.texts("brands"),
        platforms=table.texts("platforms"),
        labels=known(table, "labels", (), REASONS),
        langs=table.texts("langs"),
        tones=known(table, "tones", (), TONES),
        words=table.texts("words"),
        min_confidence=table.number("min_confidence", 0.0, most=1.0),
        max_confidence=table.number("max_confidence", 1.0, most=1.0),
        min_severity=table.number("min_severity", 0.0, most=1.0),
        min_followers=table.whole("min_followers", 0),
        min_value=table.number("min_value", 0.0, most=1.0),
        queues=table.texts("queues"),
        tags=table.texts("tags"),
        bands=known(table, "bands", (), names.bands),
        older_than=table.optional_duration("older_than"),
        no_reply_for=table.optional_duration("no_reply_for"),
    )


def _then(table: Table, names: Names) -> Then:
    then = Then(
        queue=table.text("queue"),
        points=table.number("points", 0.0, least=-MOST_POINTS, most=MOST_POINTS),
        tag=table.texts("tag"),
        assign=table.text("assign"),
        snooze=table.optional_duration("snooze"),
        notify=table.texts("notify"),
        notices_per_hour=table.whole("notices_per_hour", Then().notices_per_hour, least=1),
        escalate=table.switch("escalate", default=False),
    )
    for number, tag in enumerate(then.tag):
        if tag != tag.lower() or len(tag) > LONGEST_TAG or not all(char.isalnum() or char in "-_" for char in tag):
            fix = f"up to {LONGEST_TAG} small letters, digits, - and _, as agents write them"
            table.problem("tag", f'"{tag}" is no tag', fix, item=number)
    if then.assign and names.agents and then.assign not in names.agents:
        table.problem("assign", f'"{then.assign}" is no agent of agents.toml', did_you_mean(then.assign, names.agents))
    for number, target in enumerate(then.notify):
        if target not in names.targets:
            fix = did_you_mean(target, names.targets) or "add a [[target]] to alerts.toml"
            table.problem("notify", f'"{target}" is no target of alerts.toml', fix, item=number)
    return then
