"""`listener themes`: which are looked for, what a text would bear, and looking again in what is stored."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from listener.cli import show
from listener.cli.insight import day_begins
from listener.cli.session import load_settings, session
from listener.reports.rows import write_csv

if TYPE_CHECKING:
    from collections.abc import Mapping

    from classifiers.themes import Fit
    from listener.domain.themes import Theme

themes_app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help="What posts speak of besides their mood: list, try, apply.",
)

COLUMNS = ("kind", "name", "phrases", "examples", "told apart", "needlessly", "brands")
FOUND = ("kind", "name", "by", "score")


@themes_app.command("list")
def list_themes(
    as_csv: Annotated[bool, typer.Option("--csv", help="Comma-separated, safe to open in a spreadsheet.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a theme.")] = False,
) -> None:
    """List the themes of themes.toml, and how many of their examples are told apart by likeness alone."""
    from listener.judging import LazyClassifier

    settings = load_settings()
    tagger = LazyClassifier(settings.classifier, settings.themes).tagger
    rows = [_row(theme, tagger.fits if tagger else {}) for theme in settings.themes]
    if as_csv:
        write_csv(sys.stdout, COLUMNS, rows)
    else:
        show.emit_rows(COLUMNS, rows, as_json=as_json)
    if not (as_json or as_csv):
        show.say(
            "Told apart: examples found by a middle made without them; needlessly: others found with them."
            " A theme none of whose examples are told apart is found by its phrases alone."
        )


@themes_app.command("try")
def try_themes(
    text: Annotated[str, typer.Argument(help="A post, in quotes.")],
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a theme.")] = False,
) -> None:
    """Say what a text would bear, and by which phrase, likeness or emotion; nothing is stored."""
    from listener.judging import LazyClassifier
    from listener.matching.cues import Cues

    settings = load_settings()
    (verdict,) = LazyClassifier(settings.classifier, settings.themes).classify([text])
    phrases = Cues(settings.themes).phrases(text)
    tags = verdict.tagging.tags if verdict.tagging else ()
    rows = [_found(tag, score, phrases) for tag, score in tags]
    show.emit_rows(FOUND, rows, as_json=as_json)
    if not rows:
        show.say("It bears no theme.")


@themes_app.command("apply")
def apply_themes(
    since: Annotated[str, typer.Option(help="Only posts from this day on, YYYY-MM-DD.")] = "",
    limit: Annotated[int, typer.Option(min=0, help="At most so many posts, newest first; 0: all.")] = 0,
) -> None:
    """Look for the present themes in stored posts that were looked at with others, or not at all; newest first.

    Each batch is kept at once: a run that was stopped goes on where it was.
    """
    from datetime import UTC, datetime

    from listener.judging import LazyClassifier
    from listener.tagging import retag, tagger_name

    with session() as ours:
        begin = day_begins(ours, since) if since else datetime(1970, 1, 1, tzinfo=UTC)
        classifier = LazyClassifier(ours.settings.classifier, ours.settings.themes)
        name = tagger_name(ours.settings.classifier, ours.settings.themes)
        done = retag(ours.store, classifier, name, begin, limit, lambda count: show.say(f"{count:,} posts"))
    show.out(f"Looked at {done.posts:,} posts; {done.left:,} are left.")


def _row(theme: Theme, fits: Mapping[str, Fit]) -> dict[str, object]:
    fit = fits.get(theme.tag)
    told = (fit.recalled, fit.false) if fit else (None, None)
    cells = (str(theme.kind), theme.name, len(theme.phrases), len(theme.examples), *told, ", ".join(theme.brands))
    return dict(zip(COLUMNS, cells, strict=True))


def _found(tag: str, score: float, phrases: Mapping[str, str]) -> dict[str, object]:
    kind, _, name = tag.partition(":")
    by = "emotion" if kind == "emotion" else f'phrase "{phrases[tag]}"' if tag in phrases else "likeness"
    return {"kind": kind, "name": name, "by": by, "score": score}
