"""Labelled files → rows with one shape, split so that no text (or a near-copy of one) stands on both sides."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from classifiers.normalise import normalise
from classifiers.train.copies import Index, core
from classifiers.train.plan import EMOJI, EMOTIONS, SENTIMENTS
from classifiers.train.weak import asks

TRAINING_SETS = ("semeval", "airline", "complaints", "product_emotion", "emotions", "irony", "offensive", "emoji")
HELD_OUT = {
    "semeval": 0.05,
    "airline": 0.10,
    "complaints": 0.10,
    "product_emotion": 0.10,
    "emotions": 0.03,
    "irony": 0.15,
    "offensive": 0.10,
}
UNLABELLED = "text"
"""All training texts once more, without their labels: what words, and which emoji, stood in them."""
VALIDATION_FILES = {"semeval_val": "semeval.val.jsonl", "emotions_dev": "emotions.dev.jsonl"}
_ASKED = frozenset({"airline", "complaints", "semeval", "product_emotion", "emotions", "emotions_dev"})
_PRAISING = frozenset({"admiration", "gratitude", "love", "approval"})
_SHINGLE = 4  # words
_COPIED = 0.5  # share of a row's shingles that also stand in held-out rows: then it is a near-copy
_LEAST = 30  # held-out rows with a sentiment, without which nothing can be calibrated
_WORD = re.compile(r"[a-z0-9']+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One labelled text, already normalised. None means that its set says nothing about that task."""

    source: str
    text: str
    sentiment: int | None = None
    complaint: bool | None = None
    praise: bool | None = None
    question: bool | None = None
    irony: bool | None = None
    offensive: bool | None = None
    emotions: tuple[int, ...] | None = None
    emoji: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Splits:
    """Rows to train on, rows held out for calibration and figures, and how many near-copies were dropped."""

    train: Mapping[str, Sequence[Row]]
    held_out: Mapping[str, Sequence[Row]]
    dropped: Mapping[str, int]
    """Of the rows to train on, by set."""
    set_aside: Mapping[str, int] = field(default_factory=dict)
    """Of the held-out rows, by set: near-copies of rows trained on that have too few words in common in a row for the
    other side to be looked through for them."""
    missing: Sequence[str] = ()
    """Sets whose files weren't there."""


class DataError(ValueError):
    """There is nothing to train on; the message says what is missing."""


Own = Mapping[str, tuple[Sequence[Row], Sequence[Row]]]
"""Your own rows by set: to train on, and held out."""


def load(data: Path, *, without: Iterable[str] = (), own: Own | None = None) -> Splits:
    """Read every training set under `data` that is there, but those named. DataError if nothing is left."""
    wanted = [name for name in TRAINING_SETS if name not in set(without)]
    names = [name for name in wanted if (data / f"{name}.train.jsonl").is_file()]
    train: dict[str, list[Row]] = {}
    held: dict[str, list[Row]] = {}
    for name in names:
        rows = unique(read(data / f"{name}.train.jsonl", name))
        share = HELD_OUT.get(name, 0.0)
        train[name] = [row for row in rows if fraction(row.text) >= share]
        held[name] = [row for row in rows if fraction(row.text) < share]
    for name, file in VALIDATION_FILES.items():
        if (data / file).exists():
            held[name] = list(read(data / file, name))
    for name, (trained, kept) in (own or {}).items():
        train[name], held[name] = list(trained), list(kept)
    if sum(row.sentiment is not None for rows in held.values() for row in rows) < _LEAST:
        expected = ", ".join(f"{name}.train.jsonl" for name in TRAINING_SETS)
        raise DataError(
            f"{data} has too few rows with a sentiment: {_LEAST} must be left to hold out; one of: {expected}"
        )
    return replace(apart(train, held), missing=[name for name in wanted if name not in names])


def read(file: Path, source: str) -> Iterator[Row]:
    """Yield the rows of one JSON-lines file in the file's order."""
    with file.open(encoding="utf8") as lines:
        for line in lines:
            yield row(json.loads(line), source)


def row(raw: Mapping[str, object], source: str) -> Row:
    """Return one raw object as a Row: the rules of what counts as complaint, praise and question are here."""
    text = normalise(str(raw["text"]))
    name = raw.get("sentiment")
    emotions = raw.get("emotions")
    sentiment = SENTIMENTS.index(name) if isinstance(name, str) else None
    complaint = raw.get("complaint")
    if complaint is None and source == "airline":
        complaint = name == "negative"
    return Row(
        source=source,
        text=text,
        sentiment=sentiment,
        complaint=None if complaint is None else bool(complaint),
        praise=_praise(source, sentiment, emotions),
        question=asks(text, emotions if isinstance(emotions, list) else None) if source in _ASKED else None,
        irony=_flag(raw, "irony"),
        offensive=_flag(raw, "offensive"),
        emotions=tuple(EMOTIONS.index(e) for e in emotions) if isinstance(emotions, list) else None,
        emoji=EMOJI.index(str(raw["emoji"])) if "emoji" in raw else None,
    )


def _flag(raw: Mapping[str, object], name: str) -> bool | None:
    return bool(raw[name]) if name in raw else None


def _praise(source: str, sentiment: int | None, emotions: object) -> bool | None:
    if source in {"airline", "product_emotion"}:
        return sentiment == SENTIMENTS.index("positive")
    if isinstance(emotions, list):
        return bool(_PRAISING & set(emotions))
    return None


def words(text: str) -> list[str]:
    """Return the words that identify a text: no handles, links or punctuation."""
    return [word for word in _WORD.findall(text.lower()) if word not in {"user", "http"}]


def fraction(text: str) -> float:
    """Return a number in [0, 1) fixed by the text's words, so equal texts fall on the same side of a split."""
    digest = hashlib.sha256(" ".join(words(text)).encode()).digest()
    return int.from_bytes(digest[:8]) / 2**64


def unique(rows: Iterable[Row]) -> list[Row]:
    """Keep the first of rows with equal text."""
    return list({row.text: row for row in reversed(list(rows))}.values())[::-1]


def shingles(text: str) -> set[int]:
    """Return the hashes of a text's word 4-grams; a shorter text is one shingle."""
    found = words(text)
    starts = range(max(len(found) - _SHINGLE + 1, 1))
    return {hash(tuple(found[i : i + _SHINGLE])) for i in starts}


def apart(train: Mapping[str, Sequence[Row]], held: Mapping[str, Sequence[Row]]) -> Splits:
    """Return the two sides without near-copies across them, and with the texts to be read without labels."""
    return _set_aside(_without_copies(train, {name: rows for name, rows in held.items() if rows}))


def _without_copies(train: Mapping[str, Sequence[Row]], held: Mapping[str, Sequence[Row]]) -> Splits:
    seen: set[int] = set()
    for rows in held.values():
        for kept in rows:
            seen |= shingles(kept.text)
    clean = {name: [row for row in rows if not _copied(row.text, seen)] for name, rows in train.items()}
    dropped = {name: len(train[name]) - len(rows) for name, rows in clean.items()}
    texts = unique(row for rows in clean.values() for row in sorted(rows, key=lambda row: row.emoji is None))
    clean[UNLABELLED] = [Row(source=UNLABELLED, text=row.text, emoji=row.emoji) for row in texts]
    return Splits(train=clean, held_out=held, dropped=dropped)


def _set_aside(splits: Splits) -> Splits:
    """Take held-out rows out that are near-copies of rows trained on, as the stricter rule of `copies` finds them.

    They leave the held-out side, so that which rows a training sees never hangs on how finely copies are looked for.
    """
    places = [(name, i) for name, rows in splits.held_out.items() for i in range(len(rows))]
    index = Index.over([core(splits.held_out[name][i].text) for name, i in places])
    texts = {row.text for rows in splits.train.values() for row in rows}
    found = {places[place] for text in texts for place in index.of(core(text))}
    held = {
        name: [row for i, row in enumerate(rows) if (name, i) not in found] for name, rows in splits.held_out.items()
    }
    aside = {name: len(rows) - len(held[name]) for name, rows in splits.held_out.items()}
    return replace(splits, held_out={name: rows for name, rows in held.items() if rows}, set_aside=aside)


def _copied(text: str, seen: set[int]) -> bool:
    own = shingles(text)
    return len(own & seen) > _COPIED * len(own)
