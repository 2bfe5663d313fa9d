"""Near-copies: one text posted twice with a prefix, another link, handle or number, or a tag hung on.

Two texts are near-copies where, without handles, links, numbers, `RT` and tags at either end,

- their words are the same, or one has just a word or two more at an end (three common words at least), or
- of both texts' words three quarters are common (four words at least), or
- more than half of the one's word 4-grams stand in the other (five words at least), or
- their letters run alike from the beginning or from the end, nearly to the other (24 letters at most: "oh okay, thanks"
  and "okay thanks", "L M A O" and "lmao").

Pairs are found through what near-copies nearly always share: three words in a row, or, in short texts, all words but
one, or their first or last letters. So the cost stays near-linear.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
from operator import eq

ALIKE = 0.75
"""Share of both texts' words that are common to them."""
_CONTAINED = 0.5
_GRAM = 4  # words
_ROW = 3
_SHORT = 6
"""Words up to which one change may leave no three of them in a row."""
_FEW = 24
"""Letters of both texts up to which they are compared by letters: in so short ones a word is a large part."""
_EDGE = 5
"""Letters at the beginning or end by which so short texts are looked up."""
_RUN = 0.7
"""Share of both texts' letter 5-grams that the common beginning or end holds."""
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
    return _ends(short, long) or _bags(short, long) or _inside(short, long) or _letters(one, other)


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


def _letters(one: Words, other: Words) -> bool:
    first, second = _joined(one), _joined(other)
    if max(len(first), len(second)) > _FEW:
        return False
    run = max(_run(first, second), _run(first[::-1], second[::-1]))
    own, theirs, common = (max(length - _EDGE + 1, 1) for length in (len(first), len(second), run))
    return first == second or (run >= _EDGE and common >= _RUN * (own + theirs - common))


def _joined(words: Words) -> str:
    return "".join(words).replace("'", "")


def _run(one: str, other: str) -> int:
    """How many letters two texts have in common before the first that differs."""
    return sum(takewhile(bool, map(eq, one, other)))


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
    """Return what a core is looked up by: words in a row by three and, if it is short, all, all but one and edges."""
    found = {words[i : i + _ROW] for i in range(len(words) - _ROW + 1)}
    if len(words) <= _SHORT:
        found |= {("all", *sorted(words[:i] + words[i + 1 :])) for i in range(len(words)) if len(words) >= _GRAM}
        found.add(("all", *sorted(words)))
    letters = _joined(words)
    if 0 < len(letters) <= _FEW:
        found |= {("first", letters[:_EDGE]), ("last", letters[-_EDGE:])}
    return found
