"""What people ask most how to do: their how-to questions heaped by the words that these share; pure.

A word names a question if more people use it there than in the brand's other posts. The word, or pair of neighbouring
words, that most people share makes the first heap; what it holds is set aside, and so on. Each post lies in one heap at
most, and each author counts once in a heap.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from listener.domain.factors import Question
from listener.domain.words import parts, terms

MOST_READ = 1_000
"""How-to questions compared with each other, the latest first."""

FEWEST = 2
"""Authors of a heap."""

PRIOR = 0.5
"""Posts added on both sides, so that a word never seen elsewhere is no certainty."""

PAIR = 0.6
"""Share of a word's people from which on two neighbouring words name the heap better than one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One how-to question."""

    mention_id: int
    author_id: int
    text: str
    answered: bool


def asked_most(
    asked: Sequence[Asked], elsewhere: Iterable[str], *, ignore: Iterable[str] = (), limit: int = 10
) -> list[Question]:
    """Heaps, those of most people first; `elsewhere` are the brand's other posts, `ignore` its names."""
    nothing = parts(ignore)
    read = sorted(asked, key=lambda one: -one.mention_id)[:MOST_READ]
    said = {one.mention_id: terms(one.text, nothing) for one in read}
    telling = _telling(list(said.values()), [terms(text, nothing) for text in elsewhere])
    left = list(read)
    found: list[Question] = []
    while len(found) < limit:
        holders = _holders(left, said, telling)
        term = _widest(holders)
        if not term:
            break
        heap = [one for one in left if term in said[one.mention_id]]
        found.append(_question(term, heap, said, holders))
        left = [one for one in left if term not in said[one.mention_id]]
    return found


def _telling(asked: Sequence[frozenset[str]], elsewhere: Sequence[frozenset[str]]) -> frozenset[str]:
    """Terms that a larger share of the questions holds than of other posts."""
    here = Counter(term for held in asked for term in held)
    there = Counter(term for held in elsewhere for term in held)
    return frozenset(
        term for term, n in here.items() if not elsewhere or _odds(n, len(asked)) > _odds(there[term], len(elsewhere))
    )


def _odds(part: int, whole: int) -> float:
    return math.log(part + PRIOR) - math.log(whole - part + PRIOR)


def _holders(
    asked: Iterable[Asked], said: Mapping[int, frozenset[str]], telling: frozenset[str]
) -> dict[str, set[int]]:
    """Term → the authors that use it."""
    found: defaultdict[str, set[int]] = defaultdict(set)
    for one in asked:
        for term in said[one.mention_id] & telling:
            found[term].add(one.author_id)
    return found


def _widest(holders: Mapping[str, set[int]]) -> str:
    """The term that most people use; the pair with most of its people in its place. Empty if none has enough."""
    best = min(holders, key=lambda term: (-len(holders[term]), -len(term.split()), term), default="")
    if not best or len(holders[best]) < FEWEST:
        return ""
    pairs = [
        term
        for term, people in holders.items()
        if best in term.split() and term != best and len(people) >= max(FEWEST, PAIR * len(holders[best]))
    ]
    return min(pairs, key=lambda term: (-len(holders[term]), term), default=best)


def _question(
    term: str, heap: Sequence[Asked], said: Mapping[int, frozenset[str]], holders: Mapping[str, set[int]]
) -> Question:
    """Its example is the post that says most of what the others say."""
    common = Counter(word for one in heap for word in said[one.mention_id] if word in holders)
    example = max(
        heap,
        key=lambda one: (sum(common[word] - 1 for word in said[one.mention_id]), -len(one.text), one.mention_id),
    )
    return Question(
        words=term,
        people=len({one.author_id for one in heap}),
        posts=len(heap),
        answered=sum(one.answered for one in heap),
        example=example.text,
        mention_id=example.mention_id,
    )
