"""Where words lie among meanings: read from the network's own file, whatever it holds else."""

from pathlib import Path

import numpy as np
import pytest

from classifiers import vectors
from classifiers.base import ModelError
from classifiers.embedded import EmbeddedClassifier


def cosine(model: EmbeddedClassifier, one: str, other: str) -> float:
    placed = model.meanings([one, other])
    assert placed is not None
    a, b = placed
    return float(a @ b / (np.linalg.norm(a) * np.linalg.norm(b)))


def test_what_means_the_same_lies_near_whatever_its_mood(shipped: EmbeddedClassifier) -> None:
    assert cosine(shipped, "the parcel is late", "package delayed again") > cosine(
        shipped, "the parcel is late", "the soup is cold"
    )


@pytest.mark.parametrize("text", ["", "!!!", "@acme", "https://a.example/b", "1 2 3"])
def test_what_has_no_words_lies_nowhere(shipped: EmbeddedClassifier, text: str) -> None:
    placed = shipped.meanings([text])
    assert placed is not None
    assert not placed.any()


def test_a_classification_says_where_the_text_lies(shipped: EmbeddedClassifier) -> None:
    (read,) = shipped.classify(["Where is my parcel?"])
    (alone,) = shipped.meanings(["Where is my parcel?"])  # type: ignore[misc]
    assert read.meaning == alone.tobytes()


def test_what_is_not_read_lies_nowhere_known(shipped: EmbeddedClassifier) -> None:
    (unread,) = shipped.classify(["Где моя посылка? Она должна была прийти ещё вчера"])
    assert not unread.language.read
    assert unread.meaning is None


def test_a_file_without_a_table_for_the_vocabulary_gives_none(shipped: EmbeddedClassifier, tmp_path: Path) -> None:
    other = tmp_path / "other.onnx"
    other.write_bytes(b"\x3a\x04\x2a\x02\x08\x01")  # a graph with one initializer of one dimension
    assert vectors.read(other, shipped.tokenizer) is None


def test_without_a_table_nothing_is_said_of_meanings(shipped: EmbeddedClassifier) -> None:
    from dataclasses import replace

    plain = replace(shipped, vectors=None)
    (found,) = plain.classify(["Where is my parcel?"])
    assert plain.meanings(["a"]) is None
    assert found.meaning is None
    assert found == shipped.classify(["Where is my parcel?"])[0]


class Vocabulary:
    def get_vocab(self) -> dict[str, int]:
        return {"late": 0, "##ly": 1, "a": 2}


# A constant whose numbers would lie past the end, a length that never ends, a message cut in its number, and nothing.
@pytest.mark.parametrize("held", [b"\x3a\x1e\x2a\x1c\x08\x03\x08\x02\x10\x01\x4a\x18\x00", b"\x3a\x80", b"\x80", b""])
def test_L3_a_file_that_ends_too_soon_is_refused_in_words(held: bytes, tmp_path: Path) -> None:
    (tmp_path / "model.onnx").write_bytes(held)
    with pytest.raises(ModelError, match="isn't a network"):
        vectors.read(tmp_path / "model.onnx", Vocabulary())
