"""`listener loyalty`: usage, advocacy, word of mouth and experience, with what they are counted from."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Annotated

import typer

from listener.cli import show
from listener.cli.insight import BrandName, known_brand, window_of, zone_of
from listener.cli.nps import brands_of
from listener.cli.periods import Since, Until
from listener.cli.session import session
from listener.cli.voice import Csv, Days, JsonRows, said_window
from listener.domain.factors import Factor, FactorName, Question
from listener.errors import ConfigError
from listener.lists.loyalty import (
    COLUMNS,
    DEFAULT_DAYS,
    PART_COLUMNS,
    POST_COLUMNS,
    Told,
    part_row,
    posts_of,
    said_part,
    said_score,
    score_row,
    spoken,
    told,
)
from listener.reports.rows import write_csv


def loyalty(
    since: Since = "",
    until: Until = "",
    days: Days = None,
    brand: BrandName = "",
    factor: Annotated[FactorName | None, typer.Option(help="Only this one, with all there is to it.")] = None,
    formula: Annotated[bool, typer.Option("--formula", help="How each score is counted.")] = False,
    posts: Annotated[bool, typer.Option("--posts", help="The posts behind --factor.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=100_000, help="How many posts.")] = 50,
    as_csv: Csv = False,
    as_json: JsonRows = False,
) -> None:
    """Show four scores from 0 to 100, each with its parts, their n and interval, and the window before."""
    if posts and factor is None:
        raise ConfigError("--posts are of one factor", next_step="add --factor usage, for example")
    with session() as ours:
        now, zone = ours.clock.now(), zone_of(ours)
        window = window_of(since, until, None if since and until else days or DEFAULT_DAYS, now, zone)
        names = brands_of(ours, known_brand(ours, brand))
        with ours.store.read() as reads:
            if posts and factor is not None:
                rows = [row for name in names for row in posts_of(reads, name, window, factor, limit)]
                _emit(POST_COLUMNS, rows, as_csv=as_csv, as_json=as_json, wide="text")
                return
            shown = [told(ours.settings, reads, name, window, now, factor) for name in names]
    if as_json:
        show.emit_rows((), (_json(*one) for found in shown for one in _flat(found)), as_json=True)
    elif as_csv:
        parts = (part_row(found.brand, one, part) for found in shown for one in found.factors for part in one.parts)
        write_csv(sys.stdout, PART_COLUMNS, parts)
    else:
        _print(shown, whole=factor is not None, formula=formula)
        show.say(
            f"{said_window(window, zone)}; before: as many days just before. In brackets the 95 % interval, parts"
            f" taken as independent. {'' if formula else 'How it is counted: --formula.'}"
        )


def _emit(
    columns: Sequence[str], rows: Iterable[Mapping[str, object]], *, as_csv: bool, as_json: bool, wide: str
) -> None:
    if as_csv:
        write_csv(sys.stdout, columns, rows)
    else:
        show.emit_rows(columns, rows, as_json=as_json, wide=wide)


def _print(shown: Sequence[Told], *, whole: bool, formula: bool) -> None:
    show.emit_rows(COLUMNS, (score_row(found.brand, one) for found in shown for one in found.factors), as_json=False)
    for found in shown:
        for one in found.factors:
            show.out()
            show.out(f"{found.brand}: {spoken(one.name)} {said_score(one)}")
            for part in one.parts:
                show.out(f"  {said_part(part)}")
            if formula:
                show.out(f"  {one.formula}")
            show.out(f"  posts: {one.command}")
            if one.name == FactorName.USAGE and found.questions:
                _print_questions(found.questions, whole=whole)


def _print_questions(questions: Sequence[Question], *, whole: bool) -> None:
    show.out("  asked most how to do:")
    for one in questions:
        answered = f"{one.answered} of {one.posts} answered"
        show.out(f"    {one.words}: {one.people} people, {answered}; {_cut(one.example, 200 if whole else 80)}")


def _flat(found: Told) -> Iterable[tuple[str, Factor, list[Question]]]:
    for one in found.factors:
        yield found.brand, one, found.questions if one.name == FactorName.USAGE else []


def _json(brand: str, factor: Factor, questions: list[Question]) -> dict[str, object]:
    parts = [{**asdict(part), "telling": part.telling} for part in factor.parts]
    more = {"asked_most": [asdict(one) for one in questions]} if factor.name == FactorName.USAGE else {}
    return {"brand": brand, **asdict(factor), "change": factor.change, "parts": parts, **more}


def _cut(text: str, limit: int) -> str:
    from listener.reports.escaping import line

    return line(text, limit)
