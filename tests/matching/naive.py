"""The matcher's rules written down again the slow and obvious way, on the original text and without any index."""

import unicodedata
from collections.abc import Iterator

from listener.domain.brand import Brand, Match
from listener.domain.mention import Mention
from listener.matching.query import And, Field, Node, Not, Or, parse
from listener.matching.words import Handle, Words

NOWHERE = (-1, -1)


def folded(text: str) -> str:
    return unicodedata.normalize("NFC", text).casefold().replace("＠", "@")


def kind(text: str, at: int) -> str:
    """Script class of the letter at an offset; marks take their base's."""
    while at >= 0 and at < len(text) and unicodedata.category(text[at]).startswith("M"):
        at -= 1
    if not 0 <= at < len(text):
        return "none"
    if text[at] in "ソニ":
        return "katakana"
    if text[at] in "日本":
        return "han"
    return "letter" if text[at].isalnum() or text[at] == "_" else "none"


def one_word(text: str, at: int) -> bool:
    if at >= len(text):
        return False
    if unicodedata.category(text[at]).startswith("M"):
        return kind(text, at - 1) != "none"
    return kind(text, at) == kind(text, at - 1) and kind(text, at) in ("letter", "katakana")


def spans(text: str) -> Iterator[tuple[int, int]]:
    return ((start, end) for start in range(len(text)) for end in range(start + 1, len(text) + 1))


def words_at(term: str, text: str) -> list[tuple[int, int]]:
    wanted = folded(term).split()
    return [
        (start, end)
        for start, end in spans(text)
        if folded(text[start:end]).split() == wanted
        and not (text[start] + text[end - 1]).isspace()
        and text[start:end] == text[start:end].strip()
        and not one_word(text, start)
        and not one_word(text, end)
    ]


def handles_at(name: str, text: str, platform: str) -> list[tuple[int, int]]:
    forms = [(folded(f"@{name}"), "@＠")]
    if platform == "reddit":
        forms.append((folded(f"u/{name}"), "-"))
    return [
        (start, end)
        for start, end in spans(text)
        for form, forbidden in forms
        if folded(text[start:end]) == form
        and kind(text, start - 1) != "letter"
        and kind(text, end) != "letter"
        and text[end : end + 1] not in tuple(forbidden)
    ]


def account(handle: str) -> str:
    return folded(handle.strip()).removeprefix("@")


def holds(node: Node, mention: Mention) -> tuple[int, int] | None:
    """None if false, else where its first words stand."""
    match node:
        case Words(text):
            return min(words_at(text, mention.text), default=None)
        case Handle(name):
            return min(handles_at(name, mention.text, mention.key.platform), default=None)
        case Field(name, value):
            return NOWHERE if field_holds(name, value, mention) else None
        case Not(child):
            return NOWHERE if holds(child, mention) is None else None
        case And(parts):
            found = [holds(part, mention) for part in parts]
            return None if None in found else first([span for span in found if span])
        case Or(parts):
            return first([span for part in parts if (span := holds(part, mention))])


def field_holds(name: str, value: str, mention: Mention) -> bool:
    if name == "author":
        return account(value) == account(mention.author.handle)
    if name == "platform":
        return folded(value) == mention.key.platform
    return mention.lang.lower() == value.lower() or mention.lang.lower().startswith(value.lower() + "-")


def first(found: list[tuple[int, int]]) -> tuple[int, int] | None:
    somewhere = [span for span in found if span != NOWHERE]
    return min(somewhere) if somewhere else (NOWHERE if found else None)


def match(brands: list[Brand], mention: Mention) -> list[Match]:
    found: list[Match] = []
    for brand in brands:
        if any(holds(parse(query), mention) for query in brand.exclude):
            continue
        terms: list[tuple[str, Node]] = [(f"@{name}", Handle(name)) for name in brand.handles]
        terms += [(name, Words(name)) for name in brand.names]
        terms += [(query, parse(query)) for query in brand.queries]
        for term, node in terms:
            span = holds(node, mention)
            if span and not any(old.brand == brand.name and old.term == term for old in found):
                found.append(Match(brand=brand.name, term=term, start=span[0], end=span[1]))
    return found
