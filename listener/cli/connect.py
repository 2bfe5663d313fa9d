"""`listener connect PLATFORM`: from no credentials to a source that works, saved only once it does."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from listener.cli import show
from listener.cli.session import load_settings
from listener.errors import ConfigError

if TYPE_CHECKING:
    from listener.connectors.options import ConnectorInfo, Option
    from listener.domain.policy import Secret, Settings, SourceConfig


def connect(
    platform: Annotated[str, typer.Argument(help="Its connector's name; without one, all are listed.")] = "",
    name: Annotated[str, typer.Option(help="The source's name; else the connector's.")] = "",
    given: Annotated[
        list[str] | None, typer.Option("--set", metavar="KEY=VALUE", help="An option; lists are comma-separated.")
    ] = None,
    brand: Annotated[str, typer.Option(help="Everything there is about this brand: your own app, page, channel.")] = "",
    reply: Annotated[bool, typer.Option("--reply", help="Also send agents' answers through this account.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what the platform asks for.")] = False,
) -> None:
    """Walk through what a platform asks for, test it, and save it as a source once it works."""
    from listener import connectors

    if not platform:
        _list()
        return
    info = connectors.describe(platform)
    _explain(info)
    if dry_run:
        return
    settings = load_settings()
    source, typed = _gather(info, name or platform, _pairs(given or (), info))
    source = replace(source, reply=reply, brand=_known(brand, settings))
    _test(source, settings)
    _save(settings, replace(source, secrets=typed))


def _known(brand: str, settings: Settings) -> str:
    names = [one.name for one in settings.brands]
    if brand and brand not in names:
        raise ConfigError(f"no brand is named {brand!r}", next_step=f"one of {', '.join(names)}, in brands.toml")
    return brand


def _list() -> None:
    from listener import connectors

    rows = []
    for name in connectors.names():
        info = connectors.describe(name)
        can = info.capabilities
        abilities = {"streams": can.stream, "past": can.backfill, "replies": can.reply, "rechecks": can.recheck}
        rows.append(
            {
                "connector": name,
                "key": "" if not info.secrets else "needed",
                "can": ", ".join(word for word, able in abilities.items() if able),
                "reads": info.summary,
            }
        )
    show.emit_rows(("connector", "key", "can", "reads"), rows, as_json=False, wide="reads")
    show.say("listener connect NAME walks you through one, and says what it costs")


def _explain(info: ConnectorInfo) -> None:
    """What the platform demands today, before anything is asked for."""
    from listener.domain.platform import terms_of

    show.say(f"{info.name}: {info.summary}")
    show.say(f"Needs: {info.needs}")
    for number, step in enumerate(info.setup, 1):
        show.say(f"  {number}. {step}")
    if info.keyless:
        show.say(f"Without a key: {info.keyless}")
    can = info.capabilities
    if can.reply:
        show.say(f"Replies: {can.reply_needs or 'taken'}")
    show.say(f"Cost: {can.cost}")
    if why := terms_of(info.name).why:
        show.say(f"Terms: {why}")


def _pairs(given: Sequence[str], info: ConnectorInfo) -> dict[str, object]:
    """`--set` as values of their options' kinds."""
    known = {option.key: option for option in info.options}
    found: dict[str, object] = {}
    for pair in given:
        key, equals, text = pair.partition("=")
        if not equals or not key:
            raise ConfigError(f"--set takes KEY=VALUE, not {pair!r}")
        if key not in known and not info.any_option:
            raise ConfigError(f"{info.name} has no option {key!r}", next_step=f"one of {', '.join(sorted(known))}")
        found[key] = _value(known.get(key), text)
    return found


def _value(option: Option | None, text: str) -> object:
    """Text as what the option takes; what doesn't fit stays text, and the check says what is wrong with it."""
    from listener.connectors.options import Kind

    match option.kind if option else Kind.TEXT:
        case Kind.TEXTS:
            return [part.strip() for part in text.split(",") if part.strip()]
        case Kind.FLAG:
            return {"true": True, "yes": True, "false": False, "no": False}.get(text.strip().lower(), text)
        case Kind.WHOLE | Kind.NUMBER:
            return _number(text)
        case _:
            return text


def _number(text: str) -> object:
    try:
        return int(text)
    except ValueError:
        try:
            return float(text)
        except ValueError:
            return text


def _gather(info: ConnectorInfo, name: str, options: dict[str, object]) -> tuple[SourceConfig, dict[str, Secret]]:
    """The source, and those of its secrets that somebody typed; raises `ConfigError` with all that is wrong.

    Options and secrets are asked for where somebody is there to answer.
    """
    from listener.connectors.options import problems
    from listener.domain.policy import SourceConfig

    asking = sys.stdin.isatty()
    known = _from_environment(info, name)
    typed = _typed(info, known) if asking else {}
    source = SourceConfig(name=name, connector=info.name, options=options, secrets={**known, **typed})
    while asking and (wrong := problems(info, source)):
        for problem in wrong:
            show.say(f"  {problem}")
        source = replace(source, options=_mended(info, source.options))
    if asking:
        source = replace(source, options=_further(info, source.options))
    if wrong := problems(info, source):
        raise ConfigError(f"{name}: " + "; ".join(wrong), next_step="add them with --set KEY=VALUE, or as variables")
    return source, typed


def _from_environment(info: ConnectorInfo, name: str) -> dict[str, Secret]:
    """Secrets that stand in variables, which is where they stay."""
    from listener import settings

    keys = [*(info.secrets or {}), *(info.optional_secrets or {})]
    found = {key: settings.secret_from_environment((name, info.name), key) for key in keys}
    for key in (key for key in keys if found[key]):
        show.say(f"{key}: taken from the environment")
    return {key: secret for key, secret in found.items() if secret}


def _typed(info: ConnectorInfo, known: Mapping[str, Secret]) -> dict[str, Secret]:
    """The other secrets, from whoever sits there, unseen."""
    from listener.settings.secrets import secret_of

    optional = info.optional_secrets or {}
    found: dict[str, Secret] = {}
    for key, where in {**(info.secrets or {}), **optional}.items():
        if key in known:
            continue
        show.say(f"{key}: {where}" + (" (optional: Enter skips it)" if key in optional else ""))
        secret = typer.prompt(f"  {key}", default="", hide_input=True, show_default=False).strip()
        if secret:
            found[key] = secret_of(key, secret)
    return found


def _mended(info: ConnectorInfo, given: Mapping[str, object]) -> dict[str, object]:
    """With what is missing, or where nothing is missing but something wrong, with what is typed over it."""
    missing = [option for option in info.options if option.required and option.key not in given]
    asked = {option.key: _value(option, typer.prompt(f"  {option.key} ({option.help})")) for option in missing}
    return {**given, **(asked or _more(info))}


def _further(info: ConnectorInfo, given: Mapping[str, object]) -> dict[str, object]:
    """With whatever else somebody wants to set."""
    options = dict(given)
    for option in (option for option in info.options if option.key not in options):
        show.say(f"  {option.key}: {option.help}" + ("" if option.default is None else f" (now {option.default})"))
    while more := _more(info):
        options |= more
    return options


def _more(info: ConnectorInfo) -> dict[str, object]:
    """One more option; empty where there is none."""
    while pair := typer.prompt("  KEY=VALUE, or Enter to go on", default="", show_default=False).strip():
        try:
            return _pairs([pair], info)
        except ConfigError as error:
            show.say(f"  {error}" + (f": {error.next_step}" if error.next_step else ""))
    return {}


def _test(source: SourceConfig, settings: Settings) -> None:
    """Ask the platform who we are there. Raises what it answers; nothing is saved then."""
    from listener import connectors
    from listener.app import private_folder
    from listener.clock import SystemClock
    from listener.pipeline.ledger import StoreLedger
    from listener.store import open_store

    store = open_store(settings.place)
    try:
        built = connectors.build(
            source,
            ledger=StoreLedger(store),
            clock=SystemClock(),
            x_cap_micro_usd=round(settings.x_monthly_cap_usd * 1_000_000),
            folder=private_folder(settings.database),
        )
        show.say(f"asking {source.connector} …")
        show.out(built.check())
    finally:
        store.close()


def _save(settings: Settings, source: SourceConfig) -> None:
    from listener.settings.writing import add_source

    for path in add_source(settings.root, source):
        show.say(f"added {source.name} to {path}")
    show.say(f"Next: listener poll {source.name}")
