"""Nearly the same words: posts folded to what they say, MinHash to find those that may match, rapidfuzz to be sure.

Bands of three hashes, sixteen of them: two posts with half of their words in common share a band in 88 of 100 cases,
with two thirds in 99, with a tenth in 2 (1 − (1 − J³)¹⁶).
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from listener.domain.words import SMALL

BANDS = 16
ROWS = 3
SEED = 20150222

FEWEST_WORDS = 4
"""Distinct words; shorter posts are alike by chance."""
FEWEST_TELLING = 2
"""Of those, words that can name a matter: "never again" isn't one."""
MOST_WORDS = 400
"""Of one post: what is longer is compared by its beginning."""
SHARED = 0.45
"""Of both posts' words that must be in both: the token set ratio alone is full marks for a post inside a longer one."""

_LINK = re.compile(r"https?://\S+|www\.\S+|\S+@\S+\.\S+|&\w+;")
_HANDLE = re.compile(r"[@＠]\w+")
_NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")
_LONG = re.compile(r"(\w)\1{2,}")
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")


@dataclass(frozen=True, slots=True)
class Folded:
    """What a post says, without what differs between two people who say it."""

    text: str
    words: frozenset[str]


def fold(text: str) -> Folded:
    """Without links, handles and #, numbers as 0, letters said thrice or more said twice, case folded."""
    bare = _NUMBER.sub("0", _HANDLE.sub(" ", _LINK.sub(" ", text)))
    found = _WORD.findall(_LONG.sub(r"\1\1", bare.casefold().replace("’", "'")))[:MOST_WORDS]
    return Folded(" ".join(found), frozenset(found))


def comparable(post: Folded) -> bool:
    """Whether it says enough for likeness to mean something."""
    return len(post.words) >= FEWEST_WORDS and sum(len(w) > 2 and w not in SMALL for w in post.words) >= FEWEST_TELLING


def bands(posts: Sequence[Folded]) -> list[tuple[int, ...]]:
    """For each post `BANDS` numbers below 2⁶³; posts that share one at the same place may say the same."""
    from rensa import RMinHash

    made = []
    for post in posts:
        sketch = RMinHash(num_perm=BANDS * ROWS, seed=SEED)
        sketch.update(sorted(post.words))
        rows = sketch.digest()
        made.append(tuple(_mixed(rows[n * ROWS : (n + 1) * ROWS]) for n in range(BANDS)))
    return made


def _mixed(rows: Iterable[int]) -> int:
    """Several 32-bit numbers in one of 63 bits (FNV-1a over words): the same on every machine and in every run."""
    value = 0xCBF29CE484222325
    for row in rows:
        value = ((value ^ row) * 0x100000001B3) & 0xFFFFFFFFFFFFFFFF
    return value >> 1


def likeness(one: Folded, other: Folded) -> float:
    """rapidfuzz's token set ratio, 0 to 100; 0 for posts that share too few of their words."""
    both = len(one.words & other.words)
    if both < SHARED * len(one.words | other.words):
        return 0.0
    from rapidfuzz.fuzz import token_set_ratio

    return token_set_ratio(one.text, other.text)
