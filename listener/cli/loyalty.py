"""`listener loyalty`: usage, advocacy, word of mouth and experience, with what they are counted from."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from shlex import quote as shell
from typing import TYPE_CHECKING, Annotated

import typer

from listener.cli import show
from listener.cli.export import write_csv
from listener.cli.insight import BrandName, known_brand, window_of, zone_of
from listener.cli.nps import brands_of
from listener.cli.session import Session, session
from listener.cli.voice import Csv, Days, JsonRows, Since, Until, said_window
from listener.domain.factors import Factor, FactorName, Part, Question
from listener.errors import ConfigError

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from listener.insight.windows import Window
    from listener.ports import Reads

DEFAULT_DAYS = 28
COLUMNS = ("brand", "factor", "score", "low", "high", "before", "change")
PART_COLUMNS = ("brand", "factor", "part", "value", "low", "high", "n", "of", "says")
POST_COLUMNS = ("id", "at", "platform", "author", "sentiment", "themes", "engagement", "text", "url")
FEW_QUESTIONS = 3
MANY_QUESTIONS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class _Told:
    """One brand's factors, and what people ask most how to do."""

    brand: str
    factors: tuple[Factor, ...]
    questions: list[Question]


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
                rows = [row for name in names for row in _posts(reads, name, window, factor, limit)]
                _emit(POST_COLUMNS, rows, as_csv=as_csv, as_json=as_json, wide="text")
                return
            told = [_told(ours, reads, name, window, factor) for name in names]
    if as_json:
        show.emit_rows((), (_json(*one) for found in told for one in _flat(found)), as_json=True)
    elif as_csv:
        parts = (_part(found.brand, one, part) for found in told for one in found.factors for part in one.parts)
        write_csv(sys.stdout, PART_COLUMNS, parts)
    else:
        _print(told, whole=factor is not None, formula=formula)
        show.say(
            f"{said_window(window, zone)}; before: as many days just before. In brackets the 95 % interval, parts"
            f" taken as independent. {'' if formula else 'How it is counted: --formula.'}"
        )


def _told(ours: Session, reads: Reads, brand: str, window: Window, factor: FactorName | None) -> _Told:
    from listener.domain.themes import ThemeKind
    from listener.insight import factors as counted
    from listener.insight import loyalty as measured

    now, zone = ours.clock.now(), zone_of(ours)
    messages = any(one.kind is ThemeKind.MESSAGE and _about(one.brands, brand) for one in ours.settings.themes)
    heard, before = (
        measured.gather(reads, brand, part, zone, now, messages=messages)
        for part in (window, measured.window_before(window, zone))
    )
    found = counted.factors(heard, before, _command(brand, window, zone))
    asked: list[Question] = []
    if factor in (None, FactorName.USAGE):
        known = next(one for one in ours.settings.brands if one.name == brand)
        asked = measured.questions(reads, brand, heard, window, ignore=(*known.names, *known.handles))
    shown = tuple(one for one in found if factor in (None, one.name))
    return _Told(brand=brand, factors=shown, questions=asked[: MANY_QUESTIONS if factor else FEW_QUESTIONS])


def _about(brands: Sequence[str], brand: str) -> bool:
    return not brands or brand in brands


def _command(brand: str, window: Window, zone: ZoneInfo) -> Callable[[FactorName], str]:
    from listener.insight.windows import day_of

    first, last = day_of(window.since, zone), day_of(window.until - timedelta(microseconds=1), zone)
    asked = f"--brand {shell(brand)} --since {first} --until {last}"
    return lambda name: f"listener loyalty {asked} --factor {name} --posts"


def _posts(reads: Reads, brand: str, window: Window, factor: FactorName, limit: int) -> Iterable[Mapping[str, object]]:
    from listener.insight.factors import behind

    found = behind(factor, reads.sayings(brand, window.since, window.until))[:limit]
    stored = reads.posts([one.mention_id for one in found])
    for saying in found:
        row = stored[saying.mention_id]
        yield {
            "id": saying.mention_id,
            "at": saying.at,
            "platform": saying.platform,
            "author": row.mention.author.handle,
            "sentiment": saying.sentiment or "",
            "themes": ", ".join(sorted(saying.tags)),
            "engagement": saying.engagement,
            "text": row.mention.text,
            "url": row.mention.url,
        }


def _emit(
    columns: Sequence[str], rows: Iterable[Mapping[str, object]], *, as_csv: bool, as_json: bool, wide: str
) -> None:
    if as_csv:
        write_csv(sys.stdout, columns, rows)
    else:
        show.emit_rows(columns, rows, as_json=as_json, wide=wide)


def _print(told: Sequence[_Told], *, whole: bool, formula: bool) -> None:
    show.emit_rows(COLUMNS, (_score(found.brand, one) for found in told for one in found.factors), as_json=False)
    for found in told:
        for one in found.factors:
            show.out()
            show.out(f"{found.brand}: {_words(one.name)} {said_score(one)}")
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


def said_score(factor: Factor) -> str:
    """`62 (55 to 69), before 58`, or that there is none."""
    if factor.score is None:
        return "too few to tell"
    before = "" if factor.before is None else f", before {factor.before:.0f}"
    return f"{factor.score:.0f} ({factor.low:.0f} to {factor.high:.0f}){before}"


def said_part(part: Part) -> str:
    """`talk of using: 12 % (9–16, n = 340 authors): 41 of 340 authors …`."""
    if part.value is None:
        return f"{part.name}: {part.says}"
    n = f"n = {part.n:,} {part.unit}"
    if not part.telling:
        return f"{part.name}: too few to tell ({n}): {part.says}"
    return f"{part.name}: {100 * part.value:.0f} ({100 * part.low:.0f}–{100 * part.high:.0f}, {n}): {part.says}"


def _score(brand: str, factor: Factor) -> Mapping[str, object]:
    told = factor.score is not None
    cells: tuple[object, ...] = (
        brand,
        _words(factor.name),
        f"{factor.score:.0f}" if factor.score is not None else "too few to tell",
        f"{factor.low:.0f}" if told else "",
        f"{factor.high:.0f}" if told else "",
        f"{factor.before:.0f}" if factor.before is not None else "",
        f"{factor.change:+.0f}" if factor.change is not None else "",
    )
    return dict(zip(COLUMNS, cells, strict=True))


def _part(brand: str, factor: Factor, part: Part) -> Mapping[str, object]:
    told = part.telling
    cells: tuple[object, ...] = (
        brand,
        _words(factor.name),
        part.name,
        f"{100 * part.value:.1f}" if part.value is not None and told else "too few to tell",
        f"{100 * part.low:.1f}" if told else "",
        f"{100 * part.high:.1f}" if told else "",
        part.n,
        part.unit,
        part.says,
    )
    return dict(zip(PART_COLUMNS, cells, strict=True))


def _flat(found: _Told) -> Iterable[tuple[str, Factor, list[Question]]]:
    for one in found.factors:
        yield found.brand, one, found.questions if one.name == FactorName.USAGE else []


def _json(brand: str, factor: Factor, questions: list[Question]) -> dict[str, object]:
    parts = [{**asdict(part), "telling": part.telling} for part in factor.parts]
    more = {"asked_most": [asdict(one) for one in questions]} if factor.name == FactorName.USAGE else {}
    return {"brand": brand, **asdict(factor), "change": factor.change, "parts": parts, **more}


def _words(name: str) -> str:
    return name.replace("-", " ")


def _cut(text: str, limit: int) -> str:
    from listener.reports.escaping import line

    return line(text, limit)
