"""Where the words of a text lie among meanings: the weighted mean of the network's own word vectors.

The network's last layer was tuned to tell moods and places two angry posts near to each other whatever they are about;
its first still holds what words mean. Rare words weigh more than common ones, by their rank in the vocabulary, which is
in order of frequency (Arora, Liang, Ma 2017, with Zipf's law in the place of counts).
"""

from __future__ import annotations

import math
import mmap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classifiers.base import ModelError

Floats = NDArray[np.float32]

COMMON = 3e-4
"""A word of this frequency weighs half."""
MOST_WORDS = 512
"""Word pieces of one text."""
SEEN = 4_000
"""Words that the middle is taken from."""
_UNTOLD = frozenset(["user", "http"])
"""What `normalise` writes for accounts and links."""

_TYPES: dict[int, type[np.generic]] = {1: np.float32, 2: np.uint8, 3: np.int8}
"""ONNX's numbers for the element types that a table of words may have."""
_GRAPH, _INITIALIZER = 7, 5
_DIMS, _TYPE, _RAW = 1, 2, 9


@dataclass(frozen=True, slots=True, kw_only=True)
class WordVectors:
    """The network's table of words, and what each word weighs."""

    table: NDArray[Any]
    """V×D, as the network's file holds it: quantised, and read from the disk where it is asked for."""
    weights: Floats
    """V."""
    centre: Floats
    """D: the mean of all words, which no meaning lies in."""

    def __call__(self, rows: Sequence[Sequence[int]]) -> Floats:
        """Return the place of each text, N×D, from the ids of its word pieces; zeros where no piece has a meaning."""
        found = np.zeros((len(rows), self.table.shape[1]), dtype=np.float32)
        for place, ids in enumerate(rows):
            known = np.array(ids[:MOST_WORDS], dtype=np.intp)
            weights = self.weights[known]
            whole = weights.sum()
            if whole > 0:
                found[place] = (weights @ self.table[known].astype(np.float32)) / whole - self.centre
        return found


def read(network: Path, tokenizer: Any) -> WordVectors | None:
    """Return the table inside an ONNX file; None where it holds none for this vocabulary."""
    vocabulary: dict[str, int] = tokenizer.get_vocab()
    try:
        table = _table(network, len(vocabulary))
    except (IndexError, OSError, ValueError) as error:
        raise ModelError(f"model file {network} isn't a network: {error}") from error
    if table is None:
        return None
    weights = _weights(vocabulary)
    told = np.flatnonzero(weights)
    centre = np.zeros(table.shape[1], dtype=np.float32)
    if len(told):
        centre = table[told[:: max(1, len(told) // SEEN)]].mean(axis=0, dtype=np.float64).astype(np.float32)
    return WordVectors(table=table, weights=weights, centre=centre)


def _weights(vocabulary: dict[str, int]) -> Floats:
    weights = np.zeros(len(vocabulary), dtype=np.float32)
    rank = 2
    for piece, number in sorted(vocabulary.items(), key=lambda pair: pair[1]):
        plain = piece.removeprefix("##")
        if len(plain) > 1 and plain.isalpha():
            rank += 1
            frequency = 1 / (rank * math.log(len(vocabulary) + 2))
            weights[number] = 0.0 if plain in _UNTOLD else COMMON / (COMMON + frequency)
    return weights


def _table(network: Path, words: int) -> NDArray[Any] | None:
    """The only two-dimensional constant with a row a word; read as the format has it, without the onnx package."""
    with network.open("rb") as stream:
        held = mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ)
    for field, start, end in _fields(held, 0, len(held)):
        if field == _GRAPH:
            for inner, first, last in _fields(held, start, end):
                found = _tensor(held, first, last, words) if inner == _INITIALIZER else None
                if found is not None:
                    return found
    return None


def _tensor(held: mmap.mmap, start: int, end: int, words: int) -> NDArray[Any] | None:
    dims: list[int] = []
    element, raw = 0, (0, 0)
    for field, first, last in _fields(held, start, end):
        if field == _DIMS:
            dims += _packed(held, first, last)
        elif field == _TYPE:
            element = _packed(held, first, last)[0]
        elif field == _RAW:
            raw = (first, last)
    kind = _TYPES.get(element)
    if kind is None or len(dims) != 2 or dims[0] != words:
        return None
    size = dims[0] * dims[1]
    if raw[1] - raw[0] != size * np.dtype(kind).itemsize:
        return None
    return np.frombuffer(held, dtype=kind, count=size, offset=raw[0]).reshape(dims)


def _fields(held: mmap.mmap, at: int, end: int) -> Iterator[tuple[int, int, int]]:
    """(number, start, end) of each field of a protocol buffer's message; a number's own bytes are its content."""
    while at < end:
        key, at = _varint(held, at)
        field, wire = key >> 3, key & 7
        if wire == 0:
            _, after = _varint(held, at)
            start = at
        elif wire == 2:
            size, start = _varint(held, at)
            after = start + size
        else:
            start, after = at, at + (8 if wire == 1 else 4)
        yield field, start, after
        at = after


def _packed(held: mmap.mmap, at: int, end: int) -> list[int]:
    found = []
    while at < end:
        number, at = _varint(held, at)
        found.append(number)
    return found


def _varint(held: mmap.mmap, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = held[at]
        value |= (byte & 0x7F) << shift
        at += 1
        if byte < 0x80:
            return value, at
        shift += 7
