"""listener.toml: database, clock, people, classifier and sources."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from listener.domain.policy import ClassifierChoice, SourceConfig
from listener.domain.rereading import ComparePolicy, GapPolicy, RecheckPolicy
from listener.domain.retention import RetentionPolicy
from listener.domain.sending import ReplyPolicy
from listener.settings.languages import languages, running
from listener.settings.problems import did_you_mean
from listener.settings.secrets import TAKEN, Vault
from listener.settings.table import Table, variable

PRICED = ("complaint", "praise", "question", "irony", "offensive")
LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")


@dataclass(frozen=True, slots=True, kw_only=True)
class Main:
    """What stands at the top of listener.toml."""

    database: Path
    timezone: str
    agent: str
    log_level: str
    x_monthly_cap_usd: float


def main(top: Table, root: Path) -> Main:
    """The plain keys."""
    database = Path(top.text("database", "listener.db") or "listener.db").expanduser()
    return Main(
        database=root / database,
        timezone=_timezone(top),
        agent=top.text("agent"),
        log_level=top.choice("log_level", "INFO", LOG_LEVELS),
        x_monthly_cap_usd=top.number("x_monthly_cap_usd", 0.0, most=1e6),
    )


def _timezone(top: Table) -> str:
    name = top.text("timezone", "UTC")
    try:
        ZoneInfo(name)
    except (ValueError, OSError, KeyError):
        top.problem("timezone", f'"{name}" is no time zone', 'use an IANA name, such as "Europe/Berlin"')
        return "UTC"
    return name


def classifier(top: Table) -> ClassifierChoice:
    """`[classifier]`."""
    table, base = top.child("classifier"), ClassifierChoice()
    choice = ClassifierChoice(
        kind=table.choice("kind", base.kind, ("embedded", "hub")),
        model=table.text("model"),
        revision=table.text("revision"),
        label_map={str(k): str(v) for k, v in table.plain("label_map").items()},
        threads=table.whole("threads", base.threads, least=1),
        running=running(table),
        languages=languages(table, table.text("kind", base.kind)),
        missed=_missed(table),
        coverage=table.number("coverage", base.coverage, most=1.0),
    )
    table.done()
    if choice.kind == "hub" and (choice.missed or choice.coverage):
        key = next((f"missed_{label}" for label in choice.missed), "coverage")
        table.problem(key, "is for the shipped model only: a hub model's scores aren't calibrated", "remove it")
    if choice.kind == "hub" and not choice.model:
        table.problem("model", "missing", 'name the model: model = "organisation/name", or a local path')
    return choice


def _missed(table: Table) -> dict[str, float]:
    """What a missed one of each label costs, where that is set."""
    prices = {label: table.number(f"missed_{label}", 0.0, most=100.0) for label in PRICED}
    return {label: price for label, price in prices.items() if price > 0}


def replies(top: Table) -> ReplyPolicy:
    """`[replies]`."""
    table, base = top.child("replies"), ReplyPolicy()
    seconds = table.number("undo_seconds", base.undo.total_seconds(), most=600.0)
    table.done()
    return ReplyPolicy(undo=timedelta(seconds=seconds))


def rechecks(top: Table) -> RecheckPolicy:
    """`[recheck]`."""
    table, base = top.child("recheck"), RecheckPolicy()
    found = RecheckPolicy(
        enabled=table.switch("enabled", default=base.enabled),
        open_every=table.duration("open_every", base.open_every),
        stored_every=table.duration("stored_every", base.stored_every),
        keep_asking=timedelta(days=table.whole("days", base.keep_asking.days, least=1)),
    )
    table.done()
    return found


def retention(top: Table) -> RetentionPolicy:
    """`[retention]`; 0 days are for ever."""
    table, base = top.child("retention"), RetentionPolicy()
    posts = _days(table, "posts_days", base.posts)
    counts = _days(table, "counts_days", base.counts)
    table.done()
    return RetentionPolicy(posts=posts, counts=counts)


def _days(table: Table, key: str, default: timedelta | None) -> timedelta | None:
    days = table.whole(key, default.days if default else 0, least=0)
    return timedelta(days=days) if days else None


def gaps(top: Table) -> GapPolicy:
    """`[gaps]`."""
    table, base = top.child("gaps"), GapPolicy()
    found = GapPolicy(
        heal=table.switch("heal", default=base.heal),
        most_micro_usd=round(table.number("most_usd", base.most_micro_usd / 1e6, most=1000.0) * 1_000_000),
    )
    table.done()
    return found


def compares(top: Table) -> ComparePolicy:
    """`[compare]`."""
    table, base = top.child("compare"), ComparePolicy()
    found = ComparePolicy(
        enabled=table.switch("enabled", default=base.enabled),
        back=table.duration("back", base.back),
        most_micro_usd=round(table.number("most_usd", base.most_micro_usd / 1e6, most=1000.0) * 1_000_000),
    )
    table.done()
    return found


def owners(top: Table) -> list[str]:
    """Names under which a source's secrets may stand; read before the sources themselves."""
    given = top.peek("source")
    entries = [entry for entry in given if isinstance(entry, dict)] if isinstance(given, list) else []
    return [str(entry[key]) for entry in entries for key in ("name", "connector") if entry.get(key)]


def sources(
    top: Table, vault: Vault, connectors: Collection[str] | None, brands: Collection[str]
) -> tuple[SourceConfig, ...]:
    """Every `[[source]]`, with its secrets."""
    found: list[SourceConfig] = []
    for table in top.children("source"):
        source = _source(table, vault, connectors, brands)
        if variable(source.name) in {variable(other.name) for other in found}:
            table.problem("name", f'a second source is named "{source.name}"', "give each its own name")
        found.append(source)
    return tuple(found)


def _source(table: Table, vault: Vault, connectors: Collection[str] | None, brands: Collection[str]) -> SourceConfig:
    connector = table.text("connector")
    name = table.text("name", connector)
    if not connector:
        table.problem("connector", "missing", 'add connector = "feed", say')
    elif connectors is not None and connector not in connectors:
        table.problem("connector", f'no connector is named "{connector}"', did_you_mean(connector, connectors))
    if variable(name).lower() in TAKEN:
        table.problem("name", f'"{name}" is taken: secrets of another kind are called so', "choose another name")
    held = vault.of_source(name, connector)
    for key, entry in held.items():
        table.note(key, entry.secret, entry.origin)
    source = SourceConfig(
        name=name,
        connector=connector,
        options=table.plain("options"),
        secrets={key: entry.secret for key, entry in held.items()},
        interval=table.duration("interval", timedelta(minutes=5)),
        silent_after=table.duration("silent_after", timedelta(hours=24)),
        enabled=table.switch("enabled", default=True),
        stream=table.switch("stream", default=False),
        reply=table.switch("reply", default=False),
        reply_for=_known_brands(table, "reply_for", table.texts("reply_for"), brands),
        brand="".join(_known_brands(table, "brand", (table.text("brand"),), brands)),
    )
    table.done()
    return source


def _known_brands(table: Table, key: str, named: Sequence[str], brands: Collection[str]) -> tuple[str, ...]:
    """The names as given; one that brands.toml doesn't know is a problem."""
    for name in named:
        if name and name not in brands:
            table.problem(key, f'no brand is named "{name}"', did_you_mean(name, brands))
    return tuple(filter(None, named))
