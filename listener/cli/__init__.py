"""The command line: one Typer app; each command imports what it needs only when it runs."""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from listener.cli import (
    accuracy,
    adapt,
    advocacy,
    advocates,
    agents,
    alerts,
    answers,
    audit,
    backfill,
    backups,
    board,
    case,
    cases,
    classify,
    compare,
    connect,
    connection,
    coverage,
    customer,
    customers,
    db,
    demo,
    desk,
    deskapp,
    drivers,
    imports,
    incident,
    insight,
    journey,
    loyalty,
    mentions,
    metrics,
    nps,
    recovery,
    replies,
    review,
    rights,
    rules,
    run,
    search,
    setup,
    sources,
    themes,
    voice,
    web,
    webhook,
    workers,
)
from listener.cli.session import flags
from listener.errors import ListenerError

app = typer.Typer(
    name="listener",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help="Hear customers in public, work their cases in one queue, tell the team what changed.",
)

app.command("inbox")(desk.inbox)
app.command("next")(desk.next_case)
app.command("desk")(deskapp.desk)
app.add_typer(case.case_app, name="case")
app.add_typer(agents.agents_app, name="agents")
app.add_typer(answers.answers_app, name="answers")
app.add_typer(answers.approvals_app, name="approvals")
app.add_typer(replies.replies_app, name="replies")
app.add_typer(customer.customer_app, name="customer")
app.add_typer(customers.customers_app, name="customers")
app.add_typer(advocates.advocates_app, name="advocates")
app.add_typer(alerts.alerts_app, name="alerts")
app.add_typer(rules.rules_app, name="rules")
app.add_typer(incident.incident_app, name="incident")
app.command("run")(run.run)
app.command("worker")(workers.worker)
app.command("poll")(run.poll)
app.command("replay")(run.replay)
app.command("backfill")(backfill.backfill)
app.command("coverage")(coverage.coverage)
app.command("sources")(sources.sources)
app.command("connect")(connect.connect)
app.command("webhook")(webhook.webhook)
app.command("metrics")(metrics.metrics)
app.command("serve-metrics")(metrics.serve_metrics)
app.command("web")(web.web)
app.command("search")(search.search)
app.command("import")(imports.import_file)
app.command("classify")(classify.classify)
app.add_typer(workers.reclassify_app, name="reclassify")
app.command("adapt")(adapt.adapt)
app.command("review")(review.review)
app.command("accuracy")(accuracy.accuracy)
app.command("board")(board.board)
app.command("audit")(audit.audit)
app.command("forget")(rights.forget)
app.command("export")(rights.export)
app.command("backup")(backups.backup)
app.add_typer(db.db_app, name="db")
app.command("restore")(backups.restore)
app.command("voice")(voice.voice)
app.command("advocacy")(advocacy.advocacy)
app.add_typer(nps.nps_app, name="nps")
app.command("loyalty")(loyalty.loyalty)
app.command("digest")(insight.digest)
app.command("mentions")(mentions.mentions)
app.command("cases")(cases.cases)
app.command("journey")(journey.journey)
app.command("drivers")(drivers.drivers)
app.command("connection")(connection.connection)
app.command("recovery")(recovery.recovery)
app.add_typer(compare.insight_app, name="insight")
app.add_typer(themes.themes_app, name="themes")
app.command("init")(setup.init)
app.command("doctor")(setup.doctor)
app.add_typer(setup.config_app, name="config")
app.command("demo")(demo.demo)


def _show_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(version("social-support-listener"))
        raise typer.Exit


@app.callback()
def _global_flags(
    config: Annotated[Path | None, typer.Option(help="Folder of the TOML files; else LISTENER_CONFIG.")] = None,
    db: Annotated[Path | None, typer.Option(help="Database file; outranks listener.toml.")] = None,
    agent: Annotated[str, typer.Option("--as", help="Who acts: an agent's name.")] = "",
    traceback: Annotated[bool, typer.Option("--traceback", help="Show where in the program a bug stands.")] = False,
    _version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version and end.")
    ] = False,
) -> None:
    flags.config, flags.database, flags.agent, flags.traceback = config, db, agent, traceback


def main() -> None:
    """Run the command line; an error is a line on stderr, what to do next, and its exit code."""
    from listener.cli.exits import Exit, code_of, of_the_machine

    try:
        app()
    except ListenerError as error:
        _complain(str(error), error.next_step)
        sys.exit(code_of(error))
    except SystemExit as left:
        # Whoever read us has enough: Typer then leaves with 1, our code for a bug, and Python's last flush with 120.
        if isinstance(left.__context__, BrokenPipeError) or _nobody_reads():
            sys.exit(Exit.OK)
        raise
    except Exception as error:  # noqa: BLE001 - the last boundary: a bug is one line too, unless its place is asked for
        if flags.traceback:
            _trace(error)
        if known := of_the_machine(error):
            next_step, code = known
            _complain(str(error), next_step)
            sys.exit(code)
        _complain(f"a bug: {type(error).__name__}: {error}", "please report it with the output of --traceback")
        sys.exit(Exit.BUG)


def _nobody_reads() -> bool:
    """Whether the last words find no reader; they then go nowhere, so that Python's own flush finds nothing to do."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return True
    return False


def _complain(what: str, next_step: str) -> None:
    from listener.domain.text import visible_lines
    from listener.redaction import hide

    what, next_step = hide(what), hide(next_step)
    lines = visible_lines(f"listener: {what}", 20_000) + (
        [f"  → {line}" for line in visible_lines(next_step)] if next_step else []
    )
    sys.stderr.write("\n".join(lines) + "\n")


def _trace(error: Exception) -> None:
    """Where a bug stands; a library's exception may hold the whole request, so not as Python would print it."""
    import traceback

    from listener.domain.text import visible_lines
    from listener.redaction import hide

    told = hide("".join(traceback.format_exception(error)))
    sys.stderr.write("\n".join(visible_lines(told, 200_000, 5_000)) + "\n")
