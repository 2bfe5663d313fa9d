"""`python -m classifiers.train.splits --data DIR`: what stands on which side, and that no near-copy stands on both.

`data.load` finds near-copies by their words. Here they are looked for by another method, which shares no code with that
one: sets of five letters in a row, compared by MinHash (Broder 1997), and those that look alike by counting.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from classifiers.train import data
from classifiers.train.data import UNLABELLED, Row, Splits

ALIKE = 0.7
"""Share of both texts' letter 5-grams that are common to them (Jaccard)."""
_GRAM = 5
_BANDS, _IN_BAND = 20, 3  # finds 99.97 % of pairs at 0.7
_PRIME = np.uint64(4294967291)
_NOISE = re.compile(r"@\w+|https?\S*|[\W\d_]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A row trained on beside the held-out row that it looks like."""

    trained: Row
    held: Row
    alike: float


def letters(text: str) -> str:
    """Return a text's letters, without handles, links, digits, spaces and signs."""
    return _NOISE.sub("", text.lower())


def leaks(splits: Splits) -> Iterator[Pair]:
    """Yield every pair across the split whose letters are alike."""
    held = [row for rows in splits.held_out.values() for row in rows]
    sets = [grams(letters(row.text)) for row in held]
    buckets: dict[tuple[int, bytes], list[int]] = defaultdict(list)
    for place, own in enumerate(sets):
        for key in _bands(own):
            buckets[key].append(place)
    for row in _trained(splits):
        own = grams(letters(row.text))
        near = {place for key in _bands(own) for place in buckets.get(key, ())}
        for place in near:
            alike = jaccard(own, sets[place])
            if alike >= ALIKE:
                yield Pair(trained=row, held=held[place], alike=alike)


def _trained(splits: Splits) -> Iterable[Row]:
    return (row for name, rows in splits.train.items() if name != UNLABELLED for row in rows)


def grams(found: str) -> NDArray[np.uint64]:
    """Return the hashes of the 5-grams of letters, sorted, each once; a shorter text is one gram."""
    codes = np.frombuffer(found.encode("utf-32-le"), dtype=np.uint32).astype(np.uint64)
    if not len(codes):
        return codes
    codes = np.pad(codes, (0, max(_GRAM - len(codes), 0)))
    total = np.zeros(len(codes) - _GRAM + 1, dtype=np.uint64)
    for i in range(_GRAM):
        total = (total * np.uint64(1000003) + codes[i : len(codes) - _GRAM + 1 + i]) % _PRIME
    return np.unique(total)


def jaccard(one: NDArray[np.uint64], other: NDArray[np.uint64]) -> float:
    """Return the share of two sets' members that are common to them."""
    common = len(np.intersect1d(one, other, assume_unique=True))
    return common / max(len(one) + len(other) - common, 1)


def _permutations() -> NDArray[np.uint64]:
    rng = np.random.default_rng(11)
    return rng.integers(1, 2**31, (2, _BANDS * _IN_BAND, 1), dtype=np.uint64)


_FACTOR, _OFFSET = _permutations()


def _bands(own: NDArray[np.uint64]) -> Iterator[tuple[int, bytes]]:
    if len(own):
        least = ((own * _FACTOR + _OFFSET) % _PRIME).min(axis=1).reshape(_BANDS, _IN_BAND)
        yield from ((band, row.tobytes()) for band, row in enumerate(least))


def table(splits: Splits) -> Iterator[str]:
    """Yield the lines of a table: rows by set and side, and what was left out as near-copies."""
    yield f"{'set':<18}{'trained on':>12}{'held out':>10}{'left out of training':>22}{'left out of held-out':>22}"
    for name in dict.fromkeys((*splits.train, *splits.held_out)):
        counts: Sequence[Mapping[str, int]] = (
            {key: len(rows) for key, rows in splits.train.items()},
            {key: len(rows) for key, rows in splits.held_out.items()},
            splits.dropped,
            splits.set_aside,
        )
        cells = [f"{count.get(name, 0):,}" for count in counts]
        yield f"{name:<18}{cells[0]:>12}{cells[1]:>10}{cells[2]:>22}{cells[3]:>22}"


def main(arguments: list[str] | None = None) -> int:
    """Print the table and what leaks; 0 if nothing does."""
    parser = argparse.ArgumentParser(prog="python -m classifiers.train.splits", description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=Path, required=True, help="folder of the labelled JSON-lines files")
    parser.add_argument("--without", action="append", default=[], metavar="SET", choices=data.TRAINING_SETS)
    asked = parser.parse_args(arguments)
    try:
        splits = data.load(asked.data, without=asked.without)
    except data.DataError as error:
        print(error, file=sys.stderr)
        return 2
    print("\n".join(table(splits)))
    found = list(leaks(splits))
    for pair in found[:20]:
        print(f"{pair.alike:.2f}  {pair.trained.source}: {pair.trained.text}")
        print(f"      {pair.held.source}: {pair.held.text}")
    print(f"{len(found)} pairs across the split have {ALIKE:.0%} or more of their letter 5-grams in common")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
