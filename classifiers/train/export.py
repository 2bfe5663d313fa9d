"""Network → ONNX: one file in float32, one in int8; any length, no external data.

Weights are quantised by channel, activations dynamically over what one run is given: one text at a time, so that no
text's scores depend on its neighbours.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import torch
from onnxruntime.quantization import QuantType, quantize_dynamic
from onnxruntime.quantization.shape_inference import quant_pre_process

from classifiers.train import graph
from classifiers.train.lean import OUTPUTS, OneText
from classifiers.train.network import Network
from classifiers.train.plan import LABELS

_OPSET = 18


def export_float(network: Network, file: Path, labels: Sequence[str] = LABELS) -> None:
    """Write float32 ONNX with the input `ids`, 1×T int64."""
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
    one = OneText(network, [LABELS.index(label) for label in labels]).eval()
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")  # the tracing exporter is deprecated, and the one whose graphs fold best
        torch.onnx.export(
            one,
            (torch.ones(1, 7, dtype=torch.long),),
            str(file),
            input_names=["ids"],
            output_names=list(OUTPUTS),
            dynamic_axes={"ids": {1: "tokens"}},
            opset_version=_OPSET,
            dynamo=False,
        )
