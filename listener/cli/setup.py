"""Commands for getting started and for finding out why something doesn't work: init, config show, doctor."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from listener.cli import show
from listener.cli.checkup import CHECKS, ONLINE
from listener.cli.checkup_findings import Check, Finding, Level, bad, doubtful, failed, good
from listener.cli.checkup_store import sqlite
from listener.cli.exits import Exit
from listener.cli.session import check_query, flags
from listener.errors import ConfigError, ListenerError

if TYPE_CHECKING:
    from listener.domain.policy import Settings
    from listener.settings import Loaded, Traced

config_app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="The settings in force.")

Json = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]

_PASSWORD = re.compile(r"(?<=://)[^/@\s]+@")


def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Where to put them; made if need be.")] = Path("config"),
) -> None:
    """Copy the commented starter settings into DIR; what stands there already is left alone."""
    from listener.settings import copy_to

    done = copy_to(folder)
    for path in done.written:
        show.out(str(path))
    for path in done.kept:
        show.say(f"{path} exists: left as it is")
    listener = "listener" if folder.resolve() == Path("config").resolve() else f"listener --config {folder}"
    show.say(
        f"Next: put your brands into {folder / 'brands.toml'} and your sources into {folder / 'listener.toml'}, then"
    )
    show.say(f"  {listener} doctor    says what is still missing")
    show.say(f"  {listener} poll      reads every source once")


@config_app.command("show")
def config_show(
    origin: Annotated[bool, typer.Option("--origin", help="Say where each value came from.")] = False,
    as_json: Json = False,
) -> None:
    """Print every setting in force; secrets are masked."""
    loaded = _load()
    columns = ("file", "key", "value", *(("origin",) if origin or as_json else ()))
    rows = [{name: row[name] for name in columns} for traced in loaded.traced for row in _rows(traced, as_json=as_json)]
    show.emit_rows(columns, rows, as_json=as_json, wide="value")


def doctor(
    ask: Annotated[
        bool, typer.Option("--online", help="Also ask each platform who we are there, and knock at web hooks.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Check settings, database, model, sources and credentials, and say what to do; nothing is written."""
    found: list[Finding] = []
    for finding in _examine(ask=ask):
        found.append(finding)
        _report(finding, as_json=as_json)
    faults = [finding for finding in found if finding.level is Level.FAIL]
    doubts = sum(finding.level is Level.WARN for finding in found)
    show.say(f"{len(found)} checks: {len(faults)} failed, {doubts} to look at")
    raise typer.Exit(max((finding.code for finding in faults), default=Exit.OK))


def _load() -> Loaded:
    """Settings with their origins, checked as far as this program can."""
    from listener import connectors, settings

    checks = settings.Checks(query=check_query, connectors=connectors.names())
    return settings.trace(flags.config, database=flags.database, checks=checks)


def _examine(*, ask: bool) -> Iterator[Finding]:
    """Settings first; without them only what needs none."""
    from listener.settings import ConfigProblems

    try:
        loaded = _load()
    except ConfigProblems as problems:
        for problem in problems.problems:
            yield bad("settings", str(replace(problem, fix="")), problem.fix, Exit.USAGE)
        yield from sqlite()
        return
    except ConfigError as error:
        yield bad("settings", str(error), error.next_step, Exit.USAGE)
        yield from sqlite()
        return
    yield good("settings", f"read from {loaded.settings.root}: {_extent(loaded.settings)}")
    for name in loaded.unused:
        yield doubtful("settings", f"the variable {name} sets nothing", "correct its name, or unset it")
    for check in (*CHECKS, *(ONLINE if ask else ())):
        yield from _looked(check, loaded.settings)


def _looked(check: Check, settings: Settings) -> Iterator[Finding]:
    """A check that can't be made is a finding, and the next one is made."""
    try:
        yield from check(settings)
    except ListenerError as error:
        yield failed(check.__name__, error)


def _extent(settings: Settings) -> str:
    return f"{len(settings.brands)} brands, {len(settings.sources)} sources, {len(settings.triage.routes)} routes"


def _report(finding: Finding, *, as_json: bool) -> None:
    if as_json:
        show.emit_json({name: getattr(finding, name) for name in ("level", "area", "message", "fix")})
        return
    show.out(f"{finding.level:<5} {finding.area}: {finding.message}")
    if finding.fix:
        show.out(f"      → {finding.fix}")


def _rows(traced: Traced, *, as_json: bool) -> Iterator[dict[str, object]]:
    """A setting as people write it, and after each list of queries how each is understood."""
    value = _masked(traced.value)
    row = {
        "file": traced.file,
        "key": traced.key,
        "value": value if as_json else _words(value),
        "origin": traced.origin,
    }
    yield row
    if traced.key.endswith((".queries", ".exclude")) and isinstance(value, list):
        from listener.matching.query import parse
        from listener.matching.query import show as spelled_out

        for number, query in enumerate(value, 1):
            yield {**row, "key": f"{traced.key}[{number}] is read as", "value": spelled_out(parse(query))}


def _masked(value: object) -> object:
    """Plain data without secrets, nor passwords inside addresses."""
    from listener.domain.policy import Secret

    match value:
        case Secret():
            return "***"
        case str():
            return _PASSWORD.sub("***@", value)
        case timedelta():
            from listener.settings import span_text

            return span_text(value)
        case list():
            return [_masked(item) for item in value]
        case dict():
            return {key: _masked(item) for key, item in value.items()}
        case Path():
            return str(value)
        case _:
            return value


def _words(value: object) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case list():
            return ", ".join(_words(item) for item in value)
        case dict():
            return ", ".join(f"{key} = {_words(item)}" for key, item in value.items())
        case float():
            return f"{value:g}"
        case _:
            return str(value)
