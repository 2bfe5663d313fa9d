"""Any transformers model, by a map of its labels; tried on a tiny one made here."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from classifiers import hub, hub_network
from classifiers.base import Classification, ModelError
from classifiers.hub import HubClassifier, MissingExtra, Running

LABEL_MAP = {"LABEL_0": "negative", "LABEL_1": "neutral", "LABEL_2": "positive"}
PINNED = "0123456789abcdef0123456789abcdef01234567"


@pytest.fixture(scope="session")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random two-layer BERT with three labels, saved as safetensors."""
    pytest.importorskip("torch", reason="torch (extra hub) is not installed")
    transformers: Any = pytest.importorskip("transformers", reason="transformers (extra hub) is not installed")
    folder = tmp_path_factory.mktemp("tiny")
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "late", "thanks", "parcel", "good", "bad"]
    (folder / "vocab.txt").write_text("\n".join(words))
    transformers.BertTokenizer(str(folder / "vocab.txt")).save_pretrained(folder)
    config = transformers.BertConfig(
        vocab_size=len(words),
        hidden_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=32,
        num_labels=3,
        max_position_embeddings=32,
    )
    transformers.BertForSequenceClassification(config).save_pretrained(folder)
    return folder


def test_a_local_model_answers_in_order_and_shape(tiny: Path) -> None:
    model = HubClassifier.load(str(tiny), label_map=LABEL_MAP)
    texts = ["late parcel", "thanks", "", "\ud800", "late parcel", "good " * 5000]
    found = model.classify(texts)
    assert found[0] == found[4] != found[1]
    assert all(sum(one.scores.sentiment.values()) == pytest.approx(1) for one in found)
    assert model.classify([]) == []
    assert model.model_id.endswith("@local")


def test_complaint_and_praise_stand_in_for_missing_labels(tiny: Path) -> None:
    scores = HubClassifier.load(str(tiny), label_map=LABEL_MAP).classify(["bad"])[0].scores
    assert scores.labels["complaint"] == pytest.approx(scores.sentiment["negative"])
    assert scores.labels["praise"] == pytest.approx(scores.sentiment["positive"])
    assert scores.labels["question"] == 0


def test_a_model_of_complaints_alone_abstains_on_sentiment(tiny: Path) -> None:
    found = HubClassifier.load(str(tiny), label_map={"LABEL_0": "complaint"}).classify(["bad"])[0]
    assert found.verdict.abstained
    assert 0 < found.scores.labels["complaint"] < 1


def test_a_map_of_labels_the_model_lacks_is_refused(tiny: Path) -> None:
    with pytest.raises(ModelError, match=r"names NEG, but the model's labels are LABEL_0, LABEL_1, LABEL_2"):
        HubClassifier.load(str(tiny), label_map={"NEG": "negative"})


def test_a_model_saved_as_pickle_is_refused(tiny: Path, tmp_path: Path) -> None:
    torch: Any = pytest.importorskip("torch")
    for file in tiny.iterdir():
        if file.suffix != ".safetensors":
            (tmp_path / file.name).write_bytes(file.read_bytes())
    torch.save({}, tmp_path / "pytorch_model.bin")
    with pytest.raises(ModelError, match="can't be loaded"):
        HubClassifier.load(str(tmp_path), label_map=LABEL_MAP)


def test_a_hub_id_without_a_pinned_revision_is_refused() -> None:
    with pytest.raises(ModelError, match="pin some/model to a commit"):
        HubClassifier.load("some/model", label_map=LABEL_MAP)


@pytest.mark.parametrize(
    ("label_map", "told"), [({}, "say what the labels"), ({"LABEL_0": "angry"}, "angry is none of negative")]
)
def test_a_map_that_says_nothing_is_refused(label_map: dict[str, str], told: str) -> None:
    with pytest.raises(ModelError, match=told):
        HubClassifier.load("some/model", label_map=label_map, revision=PINNED)


def test_a_folder_that_is_missing_is_not_asked_of_the_hub() -> None:
    with pytest.raises(ModelError, match="doesn't exist"):
        HubClassifier.load("/no/such/folder", label_map=LABEL_MAP, revision=PINNED)


@pytest.mark.parametrize("missing", ["torch", "transformers"])
def test_a_missing_library_names_the_extra(missing: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, missing, None)  # import raises ImportError
    with pytest.raises(MissingExtra, match=r"pip install 'social-support-listener\[hub\]'"):
        HubClassifier.load("some/model", label_map=LABEL_MAP, revision=PINNED)


def test_the_extra_named_is_one_that_exists() -> None:
    project = (Path(__file__).parents[2] / "pyproject.toml").read_text(encoding="utf8")
    name = hub.INSTALL.split("'")[1].removesuffix("[hub]")
    assert f'name = "{name}"' in project
    assert "\nhub = [" in project


@pytest.fixture(scope="session")
def several(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random DistilBERT whose labels are independent."""
    pytest.importorskip("torch", reason="torch (extra hub) is not installed")
    transformers: Any = pytest.importorskip("transformers", reason="transformers (extra hub) is not installed")
    folder = tmp_path_factory.mktemp("several")
    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "late", "thanks", "parcel", "good", "bad"]
    (folder / "vocab.txt").write_text("\n".join(words))
    transformers.BertTokenizer(
        str(folder / "vocab.txt"), model_input_names=["input_ids", "attention_mask"]
    ).save_pretrained(folder)
    config = transformers.DistilBertConfig(
        vocab_size=len(words),
        dim=16,
        n_layers=2,
        n_heads=2,
        hidden_dim=32,
        max_position_embeddings=32,
        id2label={0: "gripe", 1: "cheer", 2: "ask", 3: "neg", 4: "pos"},
        label2id={"gripe": 0, "cheer": 1, "ask": 2, "neg": 3, "pos": 4},
        problem_type="multi_label_classification",
    )
    transformers.DistilBertForSequenceClassification(config).save_pretrained(folder)
    return folder


SEVERAL = {"gripe": "complaint", "cheer": "praise", "ask": "question", "neg": "negative", "pos": "positive"}
TEXTS = ["late parcel", "thanks", "", "good " * 200, "bad bad late", "\ud800", "parcel thanks good"]


def test_independent_labels_don_t_share_one_probability(several: Path) -> None:
    model = HubClassifier.load(str(several), label_map=SEVERAL)
    for found in model.classify(TEXTS):
        assert sum(found.scores.labels.values()) > 1.05  # random weights: each near a half
        assert sum(found.scores.sentiment.values()) == pytest.approx(1)
    shared = HubClassifier.load(str(several), label_map=SEVERAL, running=Running(multi_label=False))
    assert all(sum(found.scores.labels.values()) < 1 for found in shared.classify(TEXTS))


@pytest.mark.parametrize("batch_size", [1, 3, 64])
def test_batches_change_no_answer(tiny: Path, batch_size: int) -> None:
    one = HubClassifier.load(str(tiny), label_map=LABEL_MAP).classify(TEXTS)
    other = HubClassifier.load(str(tiny), label_map=LABEL_MAP, running=Running(batch_size=batch_size)).classify(TEXTS)
    assert_alike(one, other, 1e-3)


def test_half_precision_answers_nearly_the_same(tiny: Path) -> None:
    one = HubClassifier.load(str(tiny), label_map=LABEL_MAP).classify(TEXTS)
    other = HubClassifier.load(str(tiny), label_map=LABEL_MAP, running=Running(dtype="bfloat16")).classify(TEXTS)
    assert_alike(one, other, 0.05)


@pytest.mark.parametrize("kind", ["tiny", "several"])
def test_the_exported_network_answers_as_torch_does(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    folder, labels = request.getfixturevalue(kind), LABEL_MAP if kind == "tiny" else SEVERAL
    exported = Running(onnx=True, cache=tmp_path / "cache")
    one = HubClassifier.load(str(folder), label_map=labels).classify(TEXTS)
    other = HubClassifier.load(str(folder), label_map=labels, running=exported).classify(TEXTS)
    assert_alike(one, other, 1e-3)


def test_a_model_is_exported_once_and_an_altered_export_is_refused(
    tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    exported = Running(onnx=True, cache=tmp_path)
    HubClassifier.load(str(tiny), label_map=LABEL_MAP, running=exported)
    monkeypatch.setattr(hub_network, "_trace", None)  # a second export would fail
    HubClassifier.load(str(tiny), label_map=LABEL_MAP, running=exported)
    (file,) = tmp_path.glob("*/network.onnx")
    assert sorted(one.name for one in file.parent.iterdir()) == ["network.onnx", "seal.json"]
    file.write_bytes(file.read_bytes()[:-1] + b"x")
    with pytest.raises(ModelError, match="isn't what was put there: remove the folder"):
        HubClassifier.load(str(tiny), label_map=LABEL_MAP, running=exported)


@pytest.mark.parametrize(
    ("running", "told"),
    [
        (Running(dtype="int3"), "dtype int3 is none of float32"),
        (Running(batch_size=0), "batch_size is 0"),
        (Running(onnx=True, dtype="float16"), "onnx = true runs in float32"),
    ],
)
def test_settings_that_can_t_be_are_refused_before_anything_is_loaded(running: Running, told: str) -> None:
    with pytest.raises(ModelError, match=told):
        HubClassifier.load("some/model", label_map=LABEL_MAP, revision=PINNED, running=running)


def assert_alike(one: Sequence[Classification], other: Sequence[Classification], most: float) -> None:
    for mine, theirs in zip(one, other, strict=True):
        assert dict(mine.scores.labels) == pytest.approx(dict(theirs.scores.labels), abs=most)
        assert dict(mine.scores.sentiment) == pytest.approx(dict(theirs.scores.sentiment), abs=most)
