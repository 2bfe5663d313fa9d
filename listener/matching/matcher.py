"""All brands at once: one pass over the text for every word any term needs, then only the terms that may hold."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import ahocorasick

from listener.domain.brand import Brand, Match
from listener.domain.mention import Mention
from listener.matching.evaluate import NO_WORDS, View, account, holds, needs, view
from listener.matching.query import Node, parse
from listener.matching.words import Handle, Words


@dataclass(frozen=True, slots=True)
class _Rule:
    """One term of one brand."""

    brand: str
    term: str
    node: Node


class Matcher:
    """Which brands a mention concerns. Raises `ConfigError` on a query that can't be read."""

    def __init__(self, brands: Sequence[Brand]) -> None:
        self._rules = [rule for brand in brands for rule in _rules(brand)]
        self._exclude = {brand.name: [parse(query) for query in brand.exclude] for brand in brands}
        self._own = {account(handle): brand.name for brand in reversed(brands) for handle in brand.own_accounts}
        self._always, self._index = _prefilter(self._rules)

    def is_own(self, mention: Mention) -> bool:
        """Whether a brand's own account wrote it: such a post is never a mention."""
        return account(mention.author.handle) in self._own

    def own_brand(self, mention: Mention) -> str:
        """The brand whose own account wrote it; empty if none's did."""
        return self._own.get(account(mention.author.handle), "")

    def match(self, mention: Mention) -> tuple[Match, ...]:
        """One match per brand and term, in the order configured; empty if the mention concerns nobody."""
        seen = view(mention)
        found: dict[tuple[str, str], Match] = {}
        excluded: dict[str, bool] = {}
        for number in self._candidates(seen.folded.text):
            rule = self._rules[number]
            span = holds(rule.node, seen)
            if span is None or self._excluded(rule.brand, seen, excluded):
                continue
            start, end = span if span == NO_WORDS else seen.folded.original(*span)
            found.setdefault((rule.brand, rule.term), Match(brand=rule.brand, term=rule.term, start=start, end=end))
        return tuple(found.values())

    def _candidates(self, folded: str) -> list[int]:
        """Numbers of the rules that may hold for a text, in order."""
        if self._index is None:
            return self._always
        numbers = set(self._always)
        for _, rules in self._index.iter(folded):
            numbers.update(rules)
        return sorted(numbers)

    def _excluded(self, brand: str, seen: View, known: dict[str, bool]) -> bool:
        if brand not in known:
            known[brand] = any(holds(node, seen) is not None for node in self._exclude[brand])
        return known[brand]


def _rules(brand: Brand) -> Iterable[_Rule]:
    for handle in brand.handles:
        yield _Rule(brand.name, f"@{handle.removeprefix('@')}", Handle(handle.removeprefix("@")))
    for name in brand.names:
        yield _Rule(brand.name, name, Words(name))
    for query in brand.queries:
        yield _Rule(brand.name, query, parse(query))


def _prefilter(rules: Sequence[_Rule]) -> tuple[list[int], "ahocorasick.Automaton | None"]:
    """Numbers of the rules that can hold without any word, and piece → rule numbers for the others."""
    always: list[int] = []
    by_piece: dict[str, list[int]] = {}
    for number, rule in enumerate(rules):
        pieces = needs(rule.node)
        if pieces is None:
            always.append(number)
        for piece in pieces or ():
            by_piece.setdefault(piece, []).append(number)
    if not by_piece:
        return always, None
    index = ahocorasick.Automaton()
    for piece, numbers in by_piece.items():
        index.add_word(piece, tuple(numbers))
    index.make_automaton()
    return always, index
