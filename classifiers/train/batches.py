"""Rows → batches. The order depends on (plan, step) only, so a resumed training sees what it would have seen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer
from torch import Tensor

from classifiers.train.data import UNLABELLED, Row
from classifiers.train.network import Batch
from classifiers.train.plan import EMOTIONS, LABELS, SENTIMENTS, Plan

SPECIAL = 1000
"""Ids under it are the base model's markers and unused tokens: never hidden, never drawn."""
BLOCK = 50  # batches drawn together and sorted by length, so that little is padding


@dataclass(frozen=True, slots=True, kw_only=True)
class Encoded:
    """One row as numbers; see Batch for the conventions."""

    ids: list[int]
    sentiment: int
    prior: tuple[float, ...]
    labels: tuple[float, ...]
    emotions: tuple[float, ...]
    emoji: int
    holes: bool
    """Whether words are to be guessed."""


Sets = Mapping[str, Sequence[Encoded]]


def encode(rows: Mapping[str, Sequence[Row]], tokenizer: Tokenizer, *, plan: Plan) -> dict[str, list[Encoded]]:
    """Tokenise every set once."""
    tokenizer.no_padding()
    tokenizer.enable_truncation(plan.max_tokens)
    sets: dict[str, list[Encoded]] = {}
    for name, members in rows.items():
        prior = log_prior(members, strength=plan.prior_strength)
        ids = [found.ids for found in tokenizer.encode_batch([row.text for row in members])]
        sets[name] = [_encoded(row, tokens, prior) for row, tokens in zip(members, ids, strict=True)]
    return sets


def log_prior(rows: Sequence[Row], *, strength: float) -> tuple[float, ...]:
    """Return each sentiment's log share in a set, relative to the mean, scaled; zeros where it has none."""
    counts = np.array([sum(row.sentiment == k for row in rows) for k in range(len(SENTIMENTS))], dtype=float)
    if not counts.sum():
        return (0.0,) * len(SENTIMENTS)
    logs = np.log((counts + 1) / (counts.sum() + len(counts)))
    return tuple(float(x) for x in strength * (logs - logs.mean()))


def _encoded(row: Row, ids: list[int], prior: tuple[float, ...]) -> Encoded:
    flags = [getattr(row, label) for label in LABELS]
    known = row.emotions
    nothing = (float("nan"),) * len(EMOTIONS)
    return Encoded(
        ids=ids,
        sentiment=-1 if row.sentiment is None else row.sentiment,
        prior=prior,
        labels=tuple(float("nan") if flag is None else float(flag) for flag in flags),
        emotions=nothing if known is None else tuple(float(i in known) for i in range(len(EMOTIONS))),
        emoji=-1 if row.emoji is None else row.emoji,
        holes=row.source == UNLABELLED,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Gaps:
    """How words are hidden: of the chosen tokens 80 % are masked, 10 % swapped, 10 % left (Devlin et al. 2019)."""

    share: float
    mask: int
    vocabulary: int

    def cut(self, ids: Tensor, rows: Tensor, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
        """Return B×T ids with holes in the chosen `rows` (B bool), and B×T what stood there, -1 elsewhere."""
        drawn, kind = torch.from_numpy(rng.random((2, *ids.shape)))
        holes = (drawn < self.share) & (ids >= SPECIAL) & rows.unsqueeze(1)
        others = torch.from_numpy(rng.integers(SPECIAL, max(self.vocabulary, SPECIAL + 1), ids.shape))
        holed = torch.where(holes & (kind < 0.8), self.mask, ids)
        return torch.where(holes & (kind >= 0.9), others, holed), torch.where(holes, ids, -1)


def collate(rows: Sequence[Encoded], *, gaps: Gaps, rng: np.random.Generator) -> Batch:
    """Pad rows to the longest of them, and put holes where words are to be guessed."""
    longest = max(len(row.ids) for row in rows)
    ids = torch.zeros(len(rows), longest, dtype=torch.long)
    mask = torch.zeros(len(rows), longest, dtype=torch.long)
    for i, row in enumerate(rows):
        ids[i, : len(row.ids)] = torch.tensor(row.ids)
        mask[i, : len(row.ids)] = 1
    holed, words = gaps.cut(ids, torch.tensor([row.holes for row in rows]), rng)
    return Batch(
        ids=holed,
        mask=mask,
        words=words,
        sentiment=torch.tensor([row.sentiment for row in rows]),
        prior=torch.tensor([row.prior for row in rows]),
        labels=torch.tensor([row.labels for row in rows]),
        emotions=torch.tensor([row.emotions for row in rows]),
        emoji=torch.tensor([row.emoji for row in rows]),
    )


def stream(sets: Sets, plan: Plan, gaps: Gaps, *, start: int) -> Iterator[Batch]:
    """Yield the batches of steps `start` to the plan's last."""
    step = start
    for block in range(start // BLOCK, -(-plan.steps // BLOCK)):
        batches = _block(sets, plan, block)
        first, last = max(start - block * BLOCK, 0), min(plan.steps - block * BLOCK, BLOCK)
        for rows in batches[first:last]:
            yield collate(rows, gaps=gaps, rng=np.random.default_rng([plan.seed, 1, step]))
            step += 1


def _block(sets: Sets, plan: Plan, block: int) -> list[list[Encoded]]:
    rng = np.random.default_rng([plan.seed, block])
    reading = block * BLOCK < plan.unlabelled_until * plan.steps
    shares = {n: plan.share(n) for n in sets if sets[n] and plan.share(n) > 0 and (reading or n != UNLABELLED)}
    total, size = sum(shares.values()), BLOCK * plan.batch
    rows = [row for name, share in shares.items() for row in _drawn(sets[name], round(size * share / total), rng)]
    rows.sort(key=lambda row: len(row.ids) + rng.random() * 2)
    batches = [rows[i : i + plan.batch] for i in range(0, len(rows) - plan.batch // 2, plan.batch)]
    order: NDArray[np.int64] = rng.permutation(len(batches))
    shuffled = [batches[i] for i in order]
    return (shuffled * 2)[:BLOCK]  # rounding may leave one batch short


def _drawn(rows: Sequence[Encoded], count: int, rng: np.random.Generator) -> list[Encoded]:
    """Draw without replacement within a block; a small set is gone through several times."""
    picked: list[Encoded] = []
    while len(picked) < count:
        order = rng.permutation(len(rows))[: count - len(picked)]
        picked.extend(rows[i] for i in order)
    return picked
