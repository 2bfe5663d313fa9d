"""What is shipped is one ONNX file of built-in operators, and nothing anywhere unpickles."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("onnx", reason="onnx (extra train) is not installed")

import onnx
from onnx import TensorProto, helper

from classifiers import artefact
from classifiers.train import graph

ROOT = Path(artefact.__file__).parents[1]


def model(*nodes: onnx.NodeProto, weights: onnx.TensorProto | None = None, domain: str = "") -> onnx.ModelProto:
    kinds = [helper.make_tensor_value_info(name, TensorProto.FLOAT, [1]) for name in ("x", "y")]
    made = helper.make_graph(list(nodes), "g", kinds[:1], kinds[1:], initializer=[weights] if weights else [])
    opsets = [helper.make_opsetid("", 18), *([helper.make_opsetid(domain, 1)] if domain else [])]
    return helper.make_model(made, opset_imports=opsets, ir_version=10)


def test_the_shipped_network_is_one_file_of_built_in_operators() -> None:
    graph.check(artefact.SHIPPED / artefact.INT8)


def test_a_plain_model_has_no_faults() -> None:
    assert list(graph.faults(model(helper.make_node("Relu", ["x"], ["y"])))) == []


def test_an_operator_of_another_domain_is_a_fault_also_within_a_branch() -> None:
    foreign = helper.make_node("Evil", ["x"], ["y"], domain="org.evil")
    assert list(graph.faults(model(foreign, domain="org.evil"))) == ["operator org.evil.Evil"]
    inner = helper.make_graph([foreign], "b", [], [helper.make_tensor_value_info("y", TensorProto.FLOAT, [1])])
    choice = helper.make_node("If", ["x"], ["y"], then_branch=inner, else_branch=inner)
    assert "operator org.evil.Evil" in list(graph.faults(model(choice)))


def test_weights_in_another_file_are_a_fault(tmp_path: Path) -> None:
    weights = helper.make_tensor("w", TensorProto.FLOAT, [1], [1.0])
    weights.data_location = TensorProto.EXTERNAL
    outside = model(helper.make_node("Add", ["x", "w"], ["y"]), weights=weights)
    assert list(graph.faults(outside)) == ["weights of w in another file"]
    (tmp_path / "m.onnx").write_bytes(outside.SerializeToString())
    with pytest.raises(ValueError, match=r"m\.onnx can't be shipped: weights of w"):
        graph.check(tmp_path / "m.onnx")


def test_a_function_of_its_own_is_a_fault() -> None:
    made = model(helper.make_node("Relu", ["x"], ["y"]))
    opsets = [helper.make_opsetid("", 18)]
    made.functions.append(helper.make_function("own", "F", ["a"], ["b"], [], opsets))
    assert "it brings functions of its own" in list(graph.faults(made))


def test_tidying_drops_operator_sets_nobody_uses(tmp_path: Path) -> None:
    file = tmp_path / "m.onnx"
    file.write_bytes(model(helper.make_node("Relu", ["x"], ["y"]), domain="org.unused").SerializeToString())
    graph.tidy(file)
    assert [opset.domain for opset in onnx.load(str(file)).opset_import] == [""]


def calls(source: str) -> Iterator[tuple[str, dict[str, object]]]:
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = [getattr(node, "module", None) or "", *(alias.name for alias in node.names)]
            yield from ((f"import {name.split('.')[0]}", {}) for name in names)
        if isinstance(node, ast.Call):
            given = {k.arg or "": k.value.value if isinstance(k.value, ast.Constant) else k for k in node.keywords}
            yield ast.unparse(node.func), given


def unpickling(source: str) -> list[str]:
    """What in a source may run code that a file brings."""
    found = []
    for name, given in calls(source):
        if name.removeprefix("import ") in {"pickle", "cPickle", "dill", "joblib", "cloudpickle", "shelve", "marshal"}:
            found.append(name)
        if name.endswith("torch.load") and given.get("weights_only") is not True:
            found.append("torch.load without weights_only")
        if given.get("allow_pickle", False) is not False:
            found.append("allow_pickle")
        if name.endswith("read_pickle"):
            found.append(name)
    return found


@pytest.mark.parametrize(
    "source",
    [
        "import pickle",
        "from pickle import loads",
        "torch.load(f)",
        "torch.load(f, weights_only=False)",
        "np.load(f, allow_pickle=True)",
        "pd.read_pickle(f)",
    ],
)
def test_what_unpickles_is_found(source: str) -> None:
    assert unpickling(source)


def test_nothing_in_the_packages_unpickles() -> None:
    sources = [file for package in ("classifiers", "listener") for file in (ROOT / package).rglob("*.py")]
    assert len(sources) > 100
    found = {str(file.relative_to(ROOT)): unpickling(file.read_text(encoding="utf8")) for file in sources}
    assert {file: faults for file, faults in found.items() if faults} == {}
