"""The question head is fitted last, on the finished encoder, so that it doesn't learn whom a post addresses.

Nobody labelled questions; the weak labels come mostly from posts that begin with a handle, and a head that is trained
along with the encoder takes the handle for the question. So each text counts twice here, as it was posted and without
the handles that it begins with, and as many texts that ask as texts that don't.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer

from classifiers import ridge
from classifiers.train.data import Row
from classifiers.train.network import Network
from classifiers.train.plan import LABELS, Plan

MOST = 2_000
"""Texts of a set that ask, and that don't."""
HELD = 30.0
"""The ridge."""
_LEAST = 50
"""Texts of either kind, under which the head stays as it was trained."""
_BATCH = 64
_HANDLES = re.compile(r"^(?:[.\s]*@user\b)+[\s:,]*")


def refit(network: Network, rows: Sequence[Row], tokenizer: Tokenizer, plan: Plan) -> None:
    """Put a new question head in the place of the trained one."""
    texts, asks = [*_texts(rows, plan.seed)], LABELS.index("question")
    truth = np.array([[float(answer)] for _, answer in texts])
    if min(truth.sum(), len(truth) - truth.sum()) < _LEAST:
        return
    found = _embeddings(network, [text for text, _ in texts], tokenizer, plan)
    # One scale for all: a direction in which texts hardly differ would get a weight that int8 can't hold beside others.
    centre, spread = found.mean(axis=0), found.std()
    features = np.concatenate([(found - centre) / spread, np.ones((len(found), 1))], axis=1)
    problem = ridge.Problem(
        features=features, known=np.zeros((len(found), 1)), truth=truth, weights=np.ones(len(found))
    )
    fitted = ridge.fit(problem, HELD)[:, 0]
    weight = fitted[:-1] / spread
    head = network.heads["labels"]
    with torch.no_grad():
        head.weight[asks] = torch.from_numpy(weight).to(head.weight)
        head.bias[asks] = float(fitted[-1] - centre @ weight)


def _texts(rows: Sequence[Row], seed: int) -> Iterator[tuple[str, bool]]:
    rng = np.random.default_rng([seed, 2])
    for source in sorted({row.source for row in rows}):
        for answer in (True, False):
            some = [row.text for row in rows if row.source == source and row.question is answer]
            for place in rng.permutation(len(some))[:MOST]:
                yield some[place], answer
                bare = _HANDLES.sub("", some[place])
                if bare and bare != some[place]:
                    yield bare, answer


def _embeddings(network: Network, texts: Sequence[str], tokenizer: Tokenizer, plan: Plan) -> NDArray[np.float64]:
    """Return N×width, in the texts' order."""
    tokenizer.no_padding()
    tokenizer.enable_truncation(plan.max_tokens)
    ids = [found.ids for found in tokenizer.encode_batch(list(texts))]
    device = next(network.parameters()).device
    order = sorted(range(len(ids)), key=lambda n: len(ids[n]))
    found: dict[int, NDArray[np.float64]] = {}
    network.eval()
    with torch.no_grad():
        for start in range(0, len(order), _BATCH):
            some = order[start : start + _BATCH]
            padded = torch.zeros(len(some), len(ids[some[-1]]), dtype=torch.long)
            mask = torch.zeros_like(padded)
            for row, place in enumerate(some):
                padded[row, : len(ids[place])] = torch.tensor(ids[place])
                mask[row, : len(ids[place])] = 1
            read = network(padded.to(device), mask.to(device))["embedding"].cpu().numpy().astype(float)
            found |= dict(zip(some, read, strict=True))
    return np.array([found[place] for place in range(len(ids))])
