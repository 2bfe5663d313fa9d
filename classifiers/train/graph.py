"""What an ONNX file may hold: operators that ONNX Runtime builds in, and all its weights in itself."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import onnx
from onnx import GraphProto, TensorProto

DOMAINS = frozenset({"", "ai.onnx", "com.microsoft"})
"""ONNX's own, and ONNX Runtime's, where its quantised products live. Others need a library to be loaded."""


def check(file: Path) -> None:
    """Raise ValueError, naming the file and the fault, unless it runs in a plain ONNX Runtime from this one file."""
    model = onnx.load(str(file), load_external_data=False)
    for fault in faults(model):
        raise ValueError(f"{file} can't be shipped: {fault}")
    onnx.checker.check_model(str(file))


def tidy(file: Path) -> None:
    """Drop the operator sets that the quantiser lists without using them."""
    model = onnx.load(str(file), load_external_data=False)
    used = {"", *(node.domain for part in graphs(model.graph) for node in part.node)}
    kept = [opset for opset in model.opset_import if opset.domain in used]
    del model.opset_import[:]
    model.opset_import.extend(kept)
    onnx.save(model, str(file))


def faults(model: onnx.ModelProto) -> Iterator[str]:
    """Yield what makes a model unfit to ship."""
    if model.functions:
        yield "it brings functions of its own"
    for part in graphs(model.graph):
        yield from (f"operator {node.domain}.{node.op_type}" for node in part.node if node.domain not in DOMAINS)
        held = [*part.initializer, *(a.t for node in part.node for a in node.attribute if a.HasField("t"))]
        yield from (f"weights of {tensor.name} in another file" for tensor in held if outside(tensor))


def graphs(graph: GraphProto) -> Iterator[GraphProto]:
    """Yield a graph and those in its branches and loops."""
    yield graph
    for node in graph.node:
        for attribute in node.attribute:
            for inner in (*attribute.graphs, *((attribute.g,) if attribute.HasField("g") else ())):
                yield from graphs(inner)


def outside(tensor: TensorProto) -> bool:
    """Return whether a tensor's numbers lie outside the file."""
    return bool(tensor.data_location == TensorProto.EXTERNAL or tensor.external_data)
