"""The encoder rewritten for one text at a time: what inference runs, weight for weight the trained network.

With one text there is no padding, so no mask; query, key and value are one product; a head's vectors are laid out by
one transposition. That leaves a third of the operators that exporting `BertModel` gives, and on texts of 30 tokens the
operators between the products cost as much as the products.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn import functional

from classifiers.train.network import Network

HEADS = ("sentiment", "labels", "emotions")
OUTPUTS = (*HEADS, "embedding")


class _Layer(nn.Module):  # type: ignore[misc, unused-ignore]
    """One layer of BERT over the tokens of one text, 1×T×width."""

    def __init__(self, layer: nn.Module, heads: int) -> None:
        super().__init__()
        own, said = layer.attention.self, layer.attention.output
        self.heads, self.size = heads, own.query.weight.shape[0] // heads
        scale = 1 / math.sqrt(self.size)  # into the query's weights: one operator less
        self.qkv = nn.Linear(own.query.in_features, 3 * heads * self.size)
        with torch.no_grad():
            self.qkv.weight.copy_(torch.cat([own.query.weight * scale, own.key.weight, own.value.weight]))
            self.qkv.bias.copy_(torch.cat([own.query.bias * scale, own.key.bias, own.value.bias]))
        self.out, self.out_norm = said.dense, said.LayerNorm
        self.up, self.down, self.norm = layer.intermediate.dense, layer.output.dense, layer.output.LayerNorm

    def forward(self, x: Tensor) -> Tensor:
        """The same shape."""
        q, k, v = self.qkv(x).reshape(-1, 3 * self.heads, self.size).transpose(0, 1).split(self.heads)
        mixed = torch.softmax(q @ k.transpose(1, 2), dim=-1) @ v
        x = self.out_norm(x + self.out(mixed.transpose(0, 1).reshape(1, -1, self.heads * self.size)))
        y: Tensor = self.norm(x + self.down(functional.gelu(self.up(x))))
        return y


class OneText(nn.Module):  # type: ignore[misc, unused-ignore]
    """Token ids of one text, 1×T → logits of the shipped heads and the embedding, each 1×width."""

    def __init__(self, network: Network, labels: Sequence[int]) -> None:
        """`labels` are the columns of that head which are given out, in their order."""
        super().__init__()
        inner, config = network.encoder, network.encoder.config
        table = inner.embeddings
        self.words, self.norm = table.word_embeddings, table.LayerNorm
        whole = network.heads["labels"]
        some = nn.Linear(whole.in_features, len(labels))
        with torch.no_grad():
            some.weight.copy_(whole.weight[labels])
            some.bias.copy_(whole.bias[labels])
        # Every text is of the first type, whose vector can as well stand in the positions'.
        self.places = nn.Parameter(table.position_embeddings.weight + table.token_type_embeddings.weight[0])
        self.layers = nn.ModuleList(_Layer(layer, config.num_attention_heads) for layer in inner.encoder.layer)
        self.heads = nn.ModuleDict({name: network.heads[name] for name in HEADS} | {"labels": some})

    def forward(self, ids: Tensor) -> tuple[Tensor, ...]:
        """In the order of OUTPUTS."""
        x = self.norm(self.words(ids) + self.places[: ids.shape[1]])
        for layer in self.layers:
            x = layer(x)
        pooled = x.mean(dim=1)
        return (*(self.heads[name](pooled) for name in HEADS), pooled)
