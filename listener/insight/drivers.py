"""Drivers: which themes move people to recommend, to warn others or to leave, against which they talk about.

An author of the window is one row: the touchpoints and motivators of all their posts, and whether any post does the
thing. Mood is no theme: people say how they feel because of what happened, and a model that holds the mood explains the
outcome with itself.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from math import exp, sqrt
from statistics import NormalDist, median

from listener.domain.digest import MIN_N, Share
from listener.domain.drivers import Box, Driver, Drivers, LeftOut, Outcome
from listener.domain.loyalty import Saying
from listener.domain.phrases import counted as of
from listener.domain.themes import ThemeKind, tag
from listener.insight.intervals import share

FEWEST = 10
"""Authors who mention a theme, and who don't, under which the model can't hold it."""

EXPECTED = 5
"""Authors of each kind - who mention it or not, and do the thing or not - that chance alone must let expect. Where none
can be expected, none is no news, and yet every resample would repeat it."""

SAME = 0.5
"""Correlation of theme and outcome over posts from which both are taken for the same words: "renew or leave" would
explain leaving by itself, and hide everything else."""

PER_THEME = 5
"""Authors who do the thing, and who don't, for each theme in the model (Vittinghoff and McCulloch 2007)."""

SEED = 1987
"""Of the resamples, so that the same window gives the same intervals."""

KINDS = (ThemeKind.TOUCHPOINT, ThemeKind.MOTIVATOR)


def drivers(
    brand: str,
    sayings: Sequence[Saying],
    outcome: Outcome,
    taggers: Mapping[str, int],
    configured: Sequence[str] = (),
) -> Drivers:
    """One model. `configured` are the tags of themes that are listed even where nobody mentions them."""
    rows = _authors(sayings)
    having = {author for author, tags in rows.items() if tag(ThemeKind.ACT, outcome) in tags}
    stated = _stated(rows, configured)
    held, left_out = _sorted_out(stated, len(having), _echoes(sayings, outcome))
    posts = sum(taggers.values())
    why, missing = _too_few(outcome, len(rows), len(having), len(held))
    found = () if why else _model(rows, having, {name: stated[name] for name in held}, outcome)
    if why:
        left_out += tuple(LeftOut(tag=name, stated=stated[name], why="nothing is told, see below") for name in held)
    return Drivers(
        brand=brand,
        outcome=outcome,
        authors=len(rows),
        having=len(having),
        drivers=found,
        left_out=tuple(sorted(left_out, key=lambda one: (-one.stated.part, one.tag))),
        much=median(stated[name].value for name in held) if held else 0.0,
        refused=why,
        missing=missing,
        looked_at=posts - taggers.get("", 0),
        posts=posts,
    )


def box_of(outcome: Outcome, stated: Share, derived: float, much: float, *, important: bool) -> Box:
    """Themes that move people the wrong way are to be fixed, however much they are talked about."""
    if important:
        return Box.KEEP if (derived > 0) is outcome.wanted else Box.FIX_FIRST
    return Box.TABLE_STAKES if stated.value >= much else Box.IGNORE


def _authors(sayings: Sequence[Saying]) -> dict[int, set[str]]:
    found: defaultdict[int, set[str]] = defaultdict(set)
    for one in sayings:
        if one.addressed:
            found[one.author_id] |= one.tags
    return dict(found)


def _stated(rows: Mapping[int, set[str]], configured: Sequence[str]) -> dict[str, Share]:
    begins = tuple(tag(kind, "") for kind in KINDS)
    names = {name for tags in rows.values() for name in tags} | set(configured)
    wanted = sorted(name for name in names if name.startswith(begins))
    return {name: share(sum(name in tags for tags in rows.values()), len(rows)) for name in wanted}


def _sorted_out(
    stated: Mapping[str, Share], having: int, echoes: Mapping[str, float]
) -> tuple[list[str], tuple[LeftOut, ...]]:
    whys = {name: _why_not(counted, having, echoes.get(name, 0.0)) for name, counted in stated.items()}
    out = tuple(LeftOut(tag=name, stated=stated[name], why=why) for name, why in whys.items() if why)
    return [name for name, why in whys.items() if not why], out


def _why_not(counted: Share, having: int, echo: float) -> str:
    """Why the model can't hold a theme; empty where it can."""
    mention, others = counted.part, counted.whole - counted.part
    if mention < FEWEST:
        return f"mentioned by {of(mention, 'author')}, {FEWEST} are needed"
    if others < FEWEST:
        return f"mentioned by all but {of(others, 'author')}: too few to compare with"
    if echo >= SAME:
        return f"stands in the same posts as the outcome (correlation {echo:.2f}): the same thing in other words"
    expected = min(mention, others) * min(having, counted.whole - having) / counted.whole
    if expected < EXPECTED:
        return f"{expected:.1f} authors of a kind could be expected by chance, {EXPECTED} are needed"
    return ""


def _echoes(sayings: Sequence[Saying], outcome: Outcome) -> dict[str, float]:
    """Theme → its correlation with the outcome over posts."""
    posts = [one.tags for one in sayings if one.addressed]
    act, begins = tag(ThemeKind.ACT, outcome), tuple(tag(kind, "") for kind in KINDS)
    bearing = Counter(name for tags in posts for name in tags if name.startswith(begins))
    both = Counter(name for tags in posts if act in tags for name in tags if name.startswith(begins))
    doing = sum(act in tags for tags in posts)
    return {name: _correlation(len(posts), count, doing, both[name]) for name, count in bearing.items()}


def _correlation(n: int, some: int, others: int, both: int) -> float:
    spread = some * (n - some) * others * (n - others)
    return (n * both - some * others) / sqrt(spread) if spread else 0.0


def _too_few(outcome: Outcome, authors: int, having: int, themes: int) -> tuple[str, int]:
    """(why nothing is told, how many are missing)."""
    needed = max(MIN_N, PER_THEME * themes)
    doing = {Outcome.RECOMMEND: "recommend", Outcome.WARN: "warn others", Outcome.LEAVE: "talk of leaving"}[outcome]
    if not authors:
        return "nobody posted", needed
    for count, do in ((having, doing), (authors - having, f"don't {doing}")):
        if count < needed:
            lacking = needed - count
            held = f" for {of(themes, 'theme')}" if themes else ""
            said = f"{count:,} of {authors:,} authors {do}, {needed:,} are needed{held}"
            return f"too few to tell: {said}, {lacking:,} are missing", lacking
    return ("" if themes else "no theme can be told from chance: each is left out", 0)


def _model(
    rows: Mapping[int, set[str]], having: set[int], stated: Mapping[str, Share], outcome: Outcome
) -> tuple[Driver, ...]:
    # Imported here: most commands that load this package's neighbours never count drivers.
    import numpy as np

    from listener.insight.regression import fit, kinds

    names = list(stated)
    themes = np.array([[name in tags for name in names] for tags in rows.values()], dtype=np.bool_)
    fitted = fit(kinds(themes, np.array([author in having for author in rows], dtype=np.bool_)), seed=SEED)
    # Each of k themes is given a k-th of the 5 %: else one in twenty that do nothing would be called important.
    enough = NormalDist().inv_cdf(1 - 0.025 / len(names))
    much = median(counted.value for counted in stated.values())
    found = []
    for n, name in enumerate(names):
        value, low, high, spread, scale = (
            float(column[n]) for column in (fitted.value, fitted.low, fitted.high, fitted.spread, fitted.scale)
        )
        important = not low <= 0 <= high and abs(value) > enough * spread
        found.append(
            Driver(
                tag=name,
                stated=stated[name],
                derived=value,
                low=low,
                high=high,
                odds=exp(value / scale),
                important=important,
                box=box_of(outcome, stated[name], value, much, important=important),
            )
        )
    return tuple(sorted(found, key=lambda one: (not one.important, -abs(one.derived), one.tag)))
