"""themes.toml: what posts speak of besides their mood."""

from collections.abc import Collection

from listener.domain.themes import Act, Theme, ThemeKind
from listener.settings.problems import did_you_mean
from listener.settings.table import Table

FILE = "themes.toml"
CONFIGURED = (ThemeKind.TOUCHPOINT, ThemeKind.MOTIVATOR, ThemeKind.ACT, ThemeKind.MESSAGE)
"""Emotions are the classifier's own."""

FEWEST_EXAMPLES = 5
"""Fewer don't say what they have in common."""

MOST_TEXTS = 500
"""Phrases, or examples, of one theme."""

LONGEST_NAME = 60
LONGEST_PHRASE = 200
LONGEST_EXAMPLE = 1_000


def themes(top: Table, brands: Collection[str]) -> tuple[Theme, ...]:
    """Every theme, kind by kind, in their order."""
    found: list[Theme] = []
    for kind in CONFIGURED:
        of_kind: list[str] = []
        for table in top.children(kind):
            theme = _theme(kind, table, brands)
            if theme.name and theme.name.casefold() in of_kind:
                table.problem("name", f'a second {kind} is named "{theme.name}"', "give each its own name")
            of_kind.append(theme.name.casefold())
            found.append(theme)
    top.done()
    return tuple(found)


def _theme(kind: ThemeKind, table: Table, brands: Collection[str]) -> Theme:
    theme = Theme(
        kind=kind,
        name=_name(kind, table),
        phrases=_texts(table, "phrases", LONGEST_PHRASE),
        examples=_texts(table, "examples", LONGEST_EXAMPLE),
        brands=_brands(table, brands),
    )
    table.done()
    if not table.peek("phrases") and not table.peek("examples"):
        table.problem("", "neither phrases nor examples: nothing finds it", "add phrases, examples or both")
    for number, phrase in enumerate(theme.phrases):
        if not any(sign.isalnum() for sign in phrase):
            table.problem("phrases", f'"{phrase}" holds no word', "write a word or several", item=number)
    if 0 < len(theme.examples) < FEWEST_EXAMPLES:
        said = f"{len(theme.examples)} examples say too little of what they have in common"
        table.problem("examples", said, f"write {FEWEST_EXAMPLES} or more, or leave them out")
    return theme


def _name(kind: ThemeKind, table: Table) -> str:
    name = table.text("name").strip()
    if not name:
        table.problem("name", "missing", 'add name = "…"')
    elif len(name) > LONGEST_NAME:
        table.problem("name", f"longer than {LONGEST_NAME} characters", "shorten it")
    elif kind is ThemeKind.ACT and name not in tuple(Act):
        table.problem("name", f'"{name}" is none of the acts', did_you_mean(name, tuple(Act)))
    return name


def _texts(table: Table, key: str, longest: int) -> tuple[str, ...]:
    found = table.items(key)
    for number, text in found:
        if len(text) > longest:
            table.problem(key, f"longer than {longest} characters", "shorten it", item=number)
    if len(found) > MOST_TEXTS:
        table.problem(key, f"{len(found)} of them", f"keep the best {MOST_TEXTS}")
    return tuple(text for _, text in found)


def _brands(table: Table, brands: Collection[str]) -> tuple[str, ...]:
    found = table.items("brands")
    for number, brand in found:
        if brand not in brands:
            table.problem("brands", f'no brand is called "{brand}"', did_you_mean(brand, brands), item=number)
    return tuple(brand for _, brand in found)
