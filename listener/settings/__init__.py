"""The team's TOML files and the environment, read once into frozen, validated objects.

A flag outranks the environment, the environment outranks a file, a file outranks the default. Everything wrong is
listed at once, with file, line, key and fix. This package alone reads the environment.
"""

import os
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from listener.domain.mappings import FileMapping
from listener.domain.policy import Secret, Settings
from listener.settings import (
    alerts,
    backups,
    brands,
    documents,
    loyalty,
    main,
    mappings,
    secrets,
    server,
    themes,
    triage,
    web,
)
from listener.settings.brands import CheckQuery
from listener.settings.documents import FILES, find_root, user_folder
from listener.settings.problems import ConfigProblems, Problem
from listener.settings.rules import rules_of_file
from listener.settings.secrets import secret_variable
from listener.settings.starter import Copied, copy_to
from listener.settings.table import Report, Table, Traced
from listener.settings.values import span_text

__all__ = [
    "FILES",
    "Checks",
    "ConfigProblems",
    "Copied",
    "Loaded",
    "Problem",
    "Traced",
    "copy_to",
    "find_mapping",
    "find_root",
    "load",
    "rules_of_file",
    "save_mapping",
    "secret_from_environment",
    "secret_variable",
    "span_text",
    "trace",
    "user_folder",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Checks:
    """What only other parts of the program can judge; None leaves it unjudged."""

    query: CheckQuery | None = None
    connectors: Collection[str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Loaded:
    """Settings, and for each value where it came from."""

    settings: Settings
    traced: tuple[Traced, ...]
    unused: tuple[str, ...]
    """LISTENER_ variables that set nothing."""


def load(
    root: Path | None,
    *,
    database: Path | None = None,
    environ: Mapping[str, str] | None = None,
    checks: Checks | None = None,
) -> Settings:
    """The validated settings. Raises `ConfigProblems`, or `ConfigError` where no settings are found."""
    return trace(root, database=database, environ=environ, checks=checks).settings


def trace(
    root: Path | None,
    *,
    database: Path | None = None,
    environ: Mapping[str, str] | None = None,
    checks: Checks | None = None,
) -> Loaded:
    """As `load`, with every value's origin."""
    environ = os.environ if environ is None else environ
    folder = find_root(root, environ)
    report = Report(environ=environ)
    settings = _assemble(folder, report, database, checks or Checks())
    report.suspect_variables()
    if report.problems:
        raise ConfigProblems(sorted(report.problems, key=_place))
    return Loaded(settings=settings, traced=tuple(report.traced.values()), unused=report.unused())


def secret_from_environment(owners: Sequence[str], key: str) -> Secret:
    """A source's secret under the first of these names that has a variable; empty if none has."""
    given = (os.environ.get(secret_variable(owner, key), "").strip() for owner in owners)
    return Secret(next(filter(None, given), ""))


def find_mapping(root: Path | None, name: str, environ: Mapping[str, str] | None = None) -> FileMapping:
    """How the columns of a kind of export fill mentions. Raises `ConfigError`."""
    return mappings.find(root, name, os.environ if environ is None else environ)


def save_mapping(root: Path | None, mapping: FileMapping, environ: Mapping[str, str] | None = None) -> Path:
    """Keep a mapping in the team's folder; the file it stands in. Raises `ConfigError`."""
    return mappings.save(root, mapping, os.environ if environ is None else environ)


def _place(problem: Problem) -> tuple[int, int]:
    return FILES.index(problem.file) if problem.file in FILES else len(FILES), problem.line


def _assemble(folder: Path, report: Report, database: Path | None, checks: Checks) -> Settings:
    tables = {file: _top(folder, file, report) for file in FILES}
    listener = tables[documents.MAIN]
    plain = main.main(listener, folder)
    vault = secrets.open_vault(folder, report, main.owners(listener))
    brand_list = brands.brands(tables["brands.toml"], checks.query)
    alarm = alerts.alerts(tables["alerts.toml"], vault, [brand.name for brand in brand_list])
    held_by = server.server(listener, vault)
    settings = Settings(
        root=folder,
        database=plain.database if database is None else database.expanduser().resolve(),
        timezone=plain.timezone,
        agent=plain.agent,
        log_level=plain.log_level,
        x_monthly_cap_usd=plain.x_monthly_cap_usd,
        brands=brand_list,
        sources=main.sources(listener, vault, checks.connectors, [brand.name for brand in brand_list]),
        triage=triage.triage(
            triage.DeskFiles(
                routing=tables["routing.toml"],
                rules=tables["rules.toml"],
                sla=tables["sla.toml"],
                agents=tables["agents.toml"],
                answers=tables["answers.toml"],
            ),
            [brand.name for brand in brand_list],
            [target.name for target in alarm.targets],
        ),
        alerts=alarm,
        classifier=main.classifier(listener),
        mappings=mappings.mappings(tables[mappings.FILE]),
        themes=themes.themes(tables[themes.FILE], [brand.name for brand in brand_list]),
        loyalty=loyalty.loyalty(tables[loyalty.FILE]),
        replies=main.replies(listener),
        rechecks=main.rechecks(listener),
        gaps=main.gaps(listener),
        compares=main.compares(listener),
        retention=main.retention(listener),
        backups=backups.backups(
            listener, folder, [target.name for target in alarm.targets], on_server=held_by is not None
        ),
        web=web.web(listener, vault),
        # A file named by --db is meant in the server's place.
        server=None if database else held_by,
    )
    listener.done()
    listener.resolved("database", settings.database, "flag" if database else "")
    return settings


def _top(folder: Path, file: str, report: Report) -> Table:
    """A file's top table; the variables that override it begin with LISTENER_ and, but for the main file, its name."""
    document = documents.read(folder, file)
    report.problems.extend(document.problems)
    report.problems.extend(secrets.exposed_keys(document))
    section = "" if file == documents.MAIN else f"{file.removesuffix('.toml').upper()}_"
    return Table(report, document, document.data, prefix=f"LISTENER_{section}")
