"""Whether a query holds for a mention, where its words stand, and which words its truth cannot do without."""

from dataclasses import dataclass

from listener.domain.mention import Mention
from listener.matching.fold import Folded, fold
from listener.matching.query import And, Field, Node, Not, Or
from listener.matching.words import Handle, Span, Words

NO_WORDS: Span = (-1, -1)
"""The span of what is true without any words of its own."""


@dataclass(frozen=True, slots=True)
class View:
    """One mention as a query sees it."""

    folded: Folded
    handle: str
    platform: str
    lang: str


def view(mention: Mention) -> View:
    return View(
        folded=Folded(mention.text),
        handle=account(mention.author.handle),
        platform=fold(mention.key.platform),
        lang=fold(mention.lang),
    )


def account(handle: str) -> str:
    """A handle in the form in which accounts are compared: folded, without @."""
    return fold(handle.strip()).removeprefix("@")


def holds(node: Node, seen: View) -> Span | None:
    """None if false; else the first span, in folded offsets, of the words that make it true, or `NO_WORDS`."""
    match node:
        case Words():
            return node.find(seen.folded)
        case Handle():
            return node.find(seen.folded, seen.platform)
        case Field():
            return NO_WORDS if _field(node, seen) else None
        case Not(child):
            return NO_WORDS if holds(child, seen) is None else None
        case And(parts):
            return _all(parts, seen)
        case Or(parts):
            return _earliest([span for part in parts if (span := holds(part, seen)) is not None])


def _all(parts: tuple[Node, ...], seen: View) -> Span | None:
    spans = []
    for part in parts:
        span = holds(part, seen)
        if span is None:
            return None
        spans.append(span)
    return _earliest(spans)


def _earliest(spans: list[Span]) -> Span | None:
    """The first span of words; `NO_WORDS` only if there is no other; None for an empty list."""
    return min(spans, key=lambda span: (span == NO_WORDS, span), default=None)


def _field(condition: Field, seen: View) -> bool:
    match condition.name:
        case "author":
            return account(condition.value) == seen.handle
        case "platform":
            return fold(condition.value) == seen.platform
        case _:
            wanted = fold(condition.value)
            return seen.lang == wanted or seen.lang.startswith(f"{wanted}-")


def needs(node: Node) -> frozenset[str] | None:
    """Folded pieces of which any text that satisfies the query contains at least one; None if it can do without."""
    match node:
        case Words():
            return frozenset({node.piece})
        case Handle():
            return node.pieces
        case Field() | Not():
            return None
        case And(parts):
            known = [need for part in parts if (need := needs(part)) is not None]
            return min(known, key=_breadth, default=None)
        case Or(parts):
            every = [needs(part) for part in parts]
            known = [need for need in every if need is not None]
            return frozenset().union(*known) if len(known) == len(every) else None


def _breadth(pieces: frozenset[str]) -> tuple[int, int]:
    """Few and long pieces come first: they let the fewest texts through."""
    return len(pieces), -min(len(piece) for piece in pieces)
