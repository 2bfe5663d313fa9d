"""Network → ONNX: one file in float32, one in int8; dynamic shapes, no external data.

Weights are quantised in blocks (MatMulNBits) and activations row by row inside the product, not over the whole
batch as dynamic quantisation does it: there, a text's scores would depend on the texts it happens to stand beside.
Word vectors, half of all the weights, are kept as int8 rows with a scale each.
"""

from __future__ import annotations

import warnings
from pathlib import Path

import onnx
import torch
from onnxruntime.quantization.matmul_nbits_quantizer import MatMulNBitsQuantizer
from torch import Tensor, nn

from classifiers.train.network import Network

OUTPUTS = ("sentiment", "labels", "emotions")
_OPSET = 18
_BLOCK = 64  # weights that share a scale


class RowQuantised(nn.Module):  # type: ignore[misc, unused-ignore]
    """An embedding table as int8 rows, each with its own scale."""

    def __init__(self, table: Tensor) -> None:
        super().__init__()
        scale = table.abs().amax(dim=1, keepdim=True).clamp(min=1e-8) / 127
        self.register_buffer("rows", torch.round(table / scale).to(torch.int8))
        self.register_buffer("scale", scale)

    def forward(self, ids: Tensor) -> Tensor:
        """Return float32 vectors, B×T×width."""
        return self.rows[ids].float() * self.scale[ids]  # type: ignore[index, operator, union-attr, unused-ignore]


class Exported(nn.Module):  # type: ignore[misc, unused-ignore]
    """What runs at inference: the shipped heads only, in a fixed order."""

    def __init__(self, network: Network) -> None:
        super().__init__()
        self.network = network

    def forward(self, ids: Tensor, mask: Tensor) -> tuple[Tensor, ...]:
        """Return logits in the order of OUTPUTS."""
        logits = self.network(ids, mask)
        return tuple(logits[name] for name in OUTPUTS)


def export_float(network: Network, file: Path) -> None:
    """Write float32 ONNX with inputs `ids` and `mask` (B×T int64)."""
    _export(network, file)


def export_int8(network: Network, file: Path) -> None:
    """Write the int8 form. The network's word vectors are rounded in place."""
    embeddings = network.encoder.embeddings
    embeddings.word_embeddings = RowQuantised(embeddings.word_embeddings.weight.detach())
    _export(network, file)
    quantiser = MatMulNBitsQuantizer(
        onnx.load(file),
        bits=8,
        block_size=_BLOCK,
        is_symmetric=True,
        accuracy_level=4,
        op_types_to_quantize=("MatMul",),
    )
    quantiser.process()
    quantiser.model.save_model_to_file(str(file), use_external_data_format=False)


def _export(network: Network, file: Path) -> None:
    network.eval()
    example = (torch.ones(2, 7, dtype=torch.long), torch.ones(2, 7, dtype=torch.long))
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")  # the tracing exporter is deprecated, and the one whose graphs fold best
        torch.onnx.export(
            Exported(network),
            example,
            str(file),
            input_names=["ids", "mask"],
            output_names=list(OUTPUTS),
            dynamic_axes={name: {0: "texts", 1: "tokens"} for name in ("ids", "mask")}
            | {name: {0: "texts"} for name in OUTPUTS},
            opset_version=_OPSET,
            dynamo=False,
        )
