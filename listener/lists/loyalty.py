"""Loyalty factors as rows: scores, the parts they are made of, and the posts behind one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from shlex import quote as shell
from typing import TYPE_CHECKING

from listener.domain.factors import Factor, FactorName, Part, Question

if TYPE_CHECKING:
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from listener.domain.policy import Settings
    from listener.insight.windows import Window
    from listener.lists import Row
    from listener.ports import Reads

DEFAULT_DAYS = 28
COLUMNS = ("brand", "factor", "score", "low", "high", "before", "change")
PART_COLUMNS = ("brand", "factor", "part", "value", "low", "high", "n", "of", "says")
POST_COLUMNS = ("id", "at", "platform", "author", "sentiment", "themes", "engagement", "text", "url")
FEW_QUESTIONS = 3
MANY_QUESTIONS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One brand's factors, and what people ask most how to do."""

    brand: str
    factors: tuple[Factor, ...]
    questions: list[Question]


def told(
    settings: Settings, reads: Reads, brand: str, window: Window, now: datetime, factor: FactorName | None = None
) -> Told:
    """The factors of a brand, or one of them with all there is to it."""
    from listener.domain.themes import ThemeKind
    from listener.insight import factors as counted
    from listener.insight import loyalty as measured
    from listener.lists.asking import zone_of

    zone = zone_of(settings)
    messages = any(one.kind is ThemeKind.MESSAGE and _about(one.brands, brand) for one in settings.themes)
    heard, before = (
        measured.gather(reads, brand, part, zone, now, messages=messages)
        for part in (window, measured.window_before(window, zone))
    )
    found = counted.factors(heard, before, _command(brand, window, zone))
    asked: list[Question] = []
    if factor in (None, FactorName.USAGE):
        known = next(one for one in settings.brands if one.name == brand)
        asked = measured.questions(reads, brand, heard, window, ignore=(*known.names, *known.handles))
    shown = tuple(one for one in found if factor in (None, one.name))
    return Told(brand=brand, factors=shown, questions=asked[: MANY_QUESTIONS if factor else FEW_QUESTIONS])


def _about(brands: Sequence[str], brand: str) -> bool:
    return not brands or brand in brands


def _command(brand: str, window: Window, zone: ZoneInfo) -> Callable[[FactorName], str]:
    from listener.insight.windows import day_of

    first, last = day_of(window.since, zone), day_of(window.until - timedelta(microseconds=1), zone)
    asked = f"--brand {shell(brand)} --since {first} --until {last}"
    return lambda name: f"listener loyalty {asked} --factor {name} --posts"


def posts_of(reads: Reads, brand: str, window: Window, factor: FactorName, limit: int) -> Iterable[Row]:
    """The posts behind a factor."""
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


def score_row(brand: str, factor: Factor) -> Row:
    told = factor.score is not None
    cells: tuple[object, ...] = (
        brand,
        spoken(factor.name),
        f"{factor.score:.0f}" if factor.score is not None else "too few to tell",
        f"{factor.low:.0f}" if told else "",
        f"{factor.high:.0f}" if told else "",
        f"{factor.before:.0f}" if factor.before is not None else "",
        f"{factor.change:+.0f}" if factor.change is not None else "",
    )
    return dict(zip(COLUMNS, cells, strict=True))


def part_row(brand: str, factor: Factor, part: Part) -> Row:
    told = part.telling
    cells: tuple[object, ...] = (
        brand,
        spoken(factor.name),
        part.name,
        f"{100 * part.value:.1f}" if part.value is not None and told else "too few to tell",
        f"{100 * part.low:.1f}" if told else "",
        f"{100 * part.high:.1f}" if told else "",
        part.n,
        part.unit,
        part.says,
    )
    return dict(zip(PART_COLUMNS, cells, strict=True))


def spoken(name: str) -> str:
    """A factor's name as people say it."""
    return name.replace("-", " ")
