"""One encoder, mean pooling, one linear head per task, and the loss that mixes them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional
from transformers import BertConfig, BertModel

from classifiers.train.plan import EMOJI, EMOTIONS, LABELS, SENTIMENTS

HEADS: Mapping[str, int] = {
    "sentiment": len(SENTIMENTS),
    "labels": len(LABELS),
    "emotions": len(EMOTIONS),
    "emoji": len(EMOJI),
}
"""Task → width. `emoji` teaches the encoder only: it is left out of the export."""

WEIGHTS: Mapping[str, float] = {"sentiment": 1.0, "labels": 2.0, "emotions": 25.0, "emoji": 0.5, "words": 0.3}


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Tensors of one step: B texts of at most T tokens. A target of -1 (classes) or NaN (binary) is unknown."""

    ids: Tensor  # B×T int64
    mask: Tensor  # B×T int64, 1 on tokens
    sentiment: Tensor  # B int64
    prior: Tensor  # B×3 float: the log prior of each row's set
    labels: Tensor  # B×5 float
    emotions: Tensor  # B×28 float
    emoji: Tensor  # B int64
    words: Tensor  # B×T int64: what stood in a hole, -1 elsewhere

    def on(self, device: torch.device) -> Batch:
        """Return the batch on a device."""
        return replace(self, **{part.name: getattr(self, part.name).to(device) for part in fields(self)})


class Words(nn.Module):  # type: ignore[misc, unused-ignore]
    """Guesses masked words by the encoder's own word vectors (Devlin et al. 2019); thrown away after training."""

    def __init__(self, encoder: BertModel) -> None:
        super().__init__()
        width = encoder.config.hidden_size
        self.turn = nn.Linear(width, width)
        self.norm = nn.LayerNorm(width)
        self.bias = nn.Parameter(torch.zeros(encoder.config.vocab_size))

    def forward(self, vectors: Tensor, table: Tensor) -> Tensor:
        """Return logits over the vocabulary, N×V, for the N tokens' vectors; `table` is V×width."""
        return self.norm(functional.gelu(self.turn(vectors))) @ table.t() + self.bias


class Network(nn.Module):  # type: ignore[misc, unused-ignore]
    """Token ids → one logit vector per head."""

    def __init__(self, encoder: BertModel, *, dropout: float = 0.0) -> None:
        super().__init__()
        self.encoder = encoder
        self.dropout = nn.Dropout(dropout)
        width = encoder.config.hidden_size
        self.heads = nn.ModuleDict({name: nn.Linear(width, size) for name, size in HEADS.items()})
        self.words = Words(encoder)

    def forward(self, ids: Tensor, mask: Tensor) -> dict[str, Tensor]:
        """Return float32 logits by head, B×(head's width), and the pooled `embedding`, B×width."""
        return self.judged(self.read(ids, mask), mask)

    def read(self, ids: Tensor, mask: Tensor) -> Tensor:
        """Return every token's vector, B×T×width."""
        vectors: Tensor = self.encoder(input_ids=ids, attention_mask=mask).last_hidden_state
        return vectors

    def judged(self, hidden: Tensor, mask: Tensor) -> dict[str, Tensor]:
        """Return logits by head from the tokens' vectors."""
        weight = mask.unsqueeze(-1).to(hidden.dtype)
        pooled = (hidden * weight).sum(1) / weight.sum(1).clamp(min=1.0)
        dropped = self.dropout(pooled)
        return {name: head(dropped).float() for name, head in self.heads.items()} | {"embedding": pooled.float()}

    def guessed(self, hidden: Tensor, holes: Tensor) -> Tensor:
        """Return logits over the vocabulary for the tokens in `holes` (B×T bool), N×V."""
        found: Tensor = self.words(hidden[holes], self.encoder.embeddings.word_embeddings.weight)
        return found.float()


def pretrained(folder: Path, *, dropout: float) -> Network:
    """Return a network over the safetensors weights in `folder`, with fresh heads."""
    options: dict[str, Any] = {
        "add_pooling_layer": False,
        "hidden_dropout_prob": dropout,
        "attention_probs_dropout_prob": 0.0,
        # torch's fused attention is ten times slower in its backward pass on a CPU than plain products
        "attn_implementation": "eager",
        "use_safetensors": True,
    }
    return Network(BertModel.from_pretrained(folder, **options), dropout=dropout)


def made_up(*, vocabulary: int, width: int = 32, layers: int = 2) -> Network:
    """Return a tiny random network, for tests."""
    options: dict[str, Any] = {
        "vocab_size": vocabulary,
        "hidden_size": width,
        "num_hidden_layers": layers,
        "num_attention_heads": 2,
        "intermediate_size": 2 * width,
        "attn_implementation": "eager",
    }
    return Network(BertModel(BertConfig(**options), add_pooling_layer=False))


def loss(logits: Mapping[str, Tensor], batch: Batch, *, smoothing: float) -> tuple[Tensor, dict[str, float]]:
    """Return the weighted sum of the tasks' losses, and each task's own for the log."""
    parts = {
        "sentiment": _classes(logits["sentiment"] + batch.prior, batch.sentiment, smoothing),
        "labels": _binary(logits["labels"], batch.labels) * len(LABELS),
        "emotions": _binary(logits["emotions"], batch.emotions),
        "emoji": _classes(logits["emoji"], batch.emoji, 0.0),
        "words": _words(logits["words"], batch),
    }
    total = sum((WEIGHTS[name] * part for name, part in parts.items()), torch.zeros(()))
    return total, {name: part.item() for name, part in parts.items()}


def _classes(logits: Tensor, target: Tensor, smoothing: float) -> Tensor:
    """Sum over known rows divided by all rows: a task weighs by how much of the batch it has."""
    summed = functional.cross_entropy(logits, target, ignore_index=-1, reduction="sum", label_smoothing=smoothing)
    return summed / len(target)


def _words(logits: Tensor, batch: Batch) -> Tensor:
    """Mean over the holes, by the share of rows that have any."""
    holes = batch.words >= 0
    share = holes.any(1).float().mean()
    return share * functional.cross_entropy(logits, batch.words[holes]) if len(logits) else share


def _binary(logits: Tensor, target: Tensor) -> Tensor:
    known = ~torch.isnan(target)
    each = functional.binary_cross_entropy_with_logits(logits, target.nan_to_num(), reduction="none")
    return (each * known).sum() / math.prod(target.shape)
