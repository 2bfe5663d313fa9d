"""Near-copies: one text posted twice with a prefix, another link, handle or number, or a tag hung on.

Two texts are near-copies where, without handles, links, numbers, `RT` and tags at either end,

- their words are the same, or one has just a word or two more at an end (three common words at least), or
- of both texts' words three quarters are common (four words at least), or
- more than half of the one's word 4-grams stand in the other (five words at least).

Pairs are found through what near-copies nearly always share: three words in a row, or, in short texts, all words but
one. So the cost stays near-linear.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

ALIKE = 0.75
"""Share of both texts' words that are common to them."""
_CONTAINED = 0.5
_GRAM = 4  # words
_ROW = 3
_SHORT = 6
"""Words up to which one change may leave no three of them in a row."""
_TAG = re.compile(r"#\w+")
_TOKEN = re.compile(r"#?[^\W_]+(?:'[^\W_]+)*")
_EMPTY = frozenset({"user", "http", "rt", "via", "#"})

Words = tuple[str, ...]


def core(text: str) -> Words:
    """Return the words by which a normalised text is known again."""
    found = [token for token in _TOKEN.findall(text.lower().replace("’", "'")) if token not in _EMPTY]
    found = [token for token in found if not any(char.isdigit() for char in token)]
    first, last = 0, len(found)
    while last > first + 1 and found[last - 1].startswith("#"):
        last -= 1
    while first < last - 1 and found[first].startswith("#"):
        first += 1
    return tuple(token.lstrip("#") for token in found[first:last])


def alike(one: Words, other: Words) -> bool:
    """Return whether two texts' cores are near-copies."""
    if one == other:
        return bool(one)
    short, long = sorted((one, other), key=len)
    return _ends(short, long) or _bags(short, long) or _inside(short, long)


def _ends(short: Words, long: Words) -> bool:
    few = len(short) >= 3 and len(long) - len(short) <= 2
    return few and short in (long[: len(short)], long[len(long) - len(short) :])


def _bags(short: Words, long: Words) -> bool:
    if len(short) < _GRAM or 2 * len(short) < ALIKE * (len(short) + len(long)):
        return False
    common = sum((Counter(short) & Counter(long)).values())
    return 2 * common >= ALIKE * (len(short) + len(long))


def _inside(short: Words, long: Words) -> bool:
    own = grams(short)
    return len(own) > 1 and len(own & grams(long)) > _CONTAINED * len(own)


def grams(words: Words) -> set[Words]:
    """Return a core's word 4-grams; none where it is shorter."""
    return {words[i : i + _GRAM] for i in range(len(words) - _GRAM + 1)}


@dataclass(frozen=True, slots=True)
class Index:
    """Texts' cores, to be asked which of them a text is a near-copy of."""

    cores: Sequence[Words]
    places: Mapping[Words, Sequence[int]]

    @classmethod
    def over(cls, cores: Sequence[Words]) -> Index:
        """Index these cores; their positions are what `of` gives."""
        places: dict[Words, list[int]] = defaultdict(list)
        for place, words in enumerate(cores):
            for key in keys(words):
                places[key].append(place)
        return cls(cores, dict(places))

    def of(self, words: Words) -> Iterator[int]:
        """Yield the places of the cores that `words` is a near-copy of."""
        near = {place for key in keys(words) for place in self.places.get(key, ())}
        yield from (place for place in sorted(near) if alike(words, self.cores[place]))


def keys(words: Words) -> set[Words]:
    """Return what a core is looked up by: its words in a row by three and, where it is short, all and all but one."""
    found = {words[i : i + _ROW] for i in range(len(words) - _ROW + 1)}
    if len(words) <= _SHORT:
        found |= {("all", *sorted(words[:i] + words[i + 1 :])) for i in range(len(words)) if len(words) >= _GRAM}
        found.add(("all", *sorted(words)))
    return found
