"""Network → ONNX: one file in float32, one in int8; dynamic shapes, no external data.

Weights are quantised by channel, activations dynamically, over whatever one run is given. The classifier gives it one
text at a time, so that no text's scores depend on its neighbours.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from onnxruntime.quantization.shape_inference import quant_pre_process
from torch import Tensor, nn

from classifiers.train import graph
from classifiers.train.network import Network
from classifiers.train.plan import LABELS

OUTPUTS = ("sentiment", "labels", "emotions", "embedding")
_OPSET = 18


class Exported(nn.Module):  # type: ignore[misc, unused-ignore]
    """What runs at inference: the shipped heads only, in a fixed order."""

    def __init__(self, network: Network, labels: Sequence[str]) -> None:
        super().__init__()
        self.network = network
        self.columns = [LABELS.index(label) for label in labels]

    def forward(self, ids: Tensor, mask: Tensor) -> tuple[Tensor, ...]:
        """Return logits in the order of OUTPUTS."""
        logits = self.network(ids, mask)
        logits["labels"] = logits["labels"][:, self.columns]
        return tuple(logits[name] for name in OUTPUTS)


def export_float(network: Network, file: Path, labels: Sequence[str] = LABELS) -> None:
    """Write float32 ONNX with inputs `ids` and `mask` (B×T int64)."""
    _export(network, file, labels)
    graph.check(file)


def export_int8(network: Network, file: Path, labels: Sequence[str] = LABELS) -> None:
    """Write the int8 form."""
    with TemporaryDirectory() as folder:
        plain, prepared = Path(folder) / "plain.onnx", Path(folder) / "prepared.onnx"
        _export(network, plain, labels)
        quant_pre_process(str(plain), str(prepared), skip_symbolic_shape=True)
        quantize_dynamic(
            str(prepared),
            str(file),
            weight_type=QuantType.QInt8,
            per_channel=True,
            reduce_range=True,  # processors without VNNI add pairs of products in 16 bits, which 8-bit weights overflow
            op_types_to_quantize=["MatMul", "Gemm", "Gather"],
        )
    graph.tidy(file)
    graph.check(file)


def _export(network: Network, file: Path, labels: Sequence[str] = LABELS) -> None:
    network.eval()
    example = (torch.ones(2, 7, dtype=torch.long), torch.ones(2, 7, dtype=torch.long))
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")  # the tracing exporter is deprecated, and the one whose graphs fold best
        torch.onnx.export(
            Exported(network, labels),
            example,
            str(file),
            input_names=["ids", "mask"],
            output_names=list(OUTPUTS),
            dynamic_axes={name: {0: "texts", 1: "tokens"} for name in ("ids", "mask")}
            | {name: {0: "texts"} for name in OUTPUTS},
            opset_version=_OPSET,
            dynamo=False,
        )
