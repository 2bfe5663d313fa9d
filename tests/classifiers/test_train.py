"""A training from end to end on a made-up network, in seconds."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch", reason="torch (extra train) is not installed")
pytest.importorskip("transformers", reason="transformers (extra train) is not installed")
pytest.importorskip("onnx", reason="onnx (extra train) is not installed")

import torch
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

from classifiers import artefact
from classifiers.embedded import EmbeddedClassifier
from classifiers.train.__main__ import run
from classifiers.train.batches import encode, stream
from classifiers.train.data import Row, Splits
from classifiers.train.loop import Trainer, rate
from classifiers.train.network import Network, made_up
from classifiers.train.plan import Plan

GOOD, BAD, PLAIN = ("lovely", "great", "thanks"), ("awful", "late", "broken"), ("table", "walk", "city")
WORDS = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", *GOOD, *BAD, *PLAIN, *"abcdefgh")
PLAN = Plan(steps=60, batch=16, threads=1, encoder_rate=5e-3, head_rate=2e-2, ema=0.8, checkpoint_every=20, dropout=0.0)


@pytest.fixture
def tokenizer(tmp_path: Path) -> Path:
    made: Any = Tokenizer(models.WordPiece({word: i for i, word in enumerate(WORDS)}, unk_token="[UNK]"))
    made.normalizer = normalizers.BertNormalizer()
    made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    made.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    made.save(str(tmp_path / "tokenizer.json"))
    return tmp_path / "tokenizer.json"


def rows(source: str, count: int, seed: int) -> list[Row]:
    rng = np.random.default_rng(seed)
    made = []
    for _ in range(count):
        mood = int(rng.integers(3))
        words = [*rng.choice((BAD, PLAIN, GOOD)[mood], 2), *rng.choice(list("abcdefgh"), 3)]
        made.append(
            Row(
                source=source,
                text=" ".join(rng.permutation(words)),
                sentiment=mood if source != "emotions" else None,
                complaint=mood == 0 if source == "airline" else None,
                praise=mood == 2 if source == "airline" else None,
                question=False if source == "airline" else None,
                emotions=(mood,) if source == "emotions" else None,
            )
        )
    return made


@pytest.fixture
def splits() -> Splits:
    names = ("semeval", "airline", "emotions")
    return Splits(
        train={name: rows(name, 300, i) for i, name in enumerate(names)},
        held_out={name: rows(name, 60, 10 + i) for i, name in enumerate(names)},
        dropped=dict.fromkeys(names, 0),
    )


def network() -> Network:
    torch.manual_seed(1)
    return made_up(vocabulary=len(WORDS))


def test_a_training_ends_in_a_model_that_learnt_and_runs_without_torch(
    tmp_path: Path, tokenizer: Path, splits: Splits
) -> None:
    as_float, as_int8 = run(network(), tokenizer, splits, PLAN, tmp_path)
    for measured in (as_float, as_int8):
        assert measured.figures["semeval"]["sentiment macro-recall"].value > 0.9
        assert measured.figures["airline"]["complaint macro-F1 at 0.5"].value > 0.9
    model = EmbeddedClassifier.load(as_int8.folder, threads=1)
    assert [found.verdict.labels for found in model.classify(["awful late a", "lovely thanks b"])] == [
        ("complaint",),
        ("praise",),
    ]
    card = (as_int8.folder / "README.md").read_text(encoding="utf8")
    assert model.model_id in card
    assert "airline, held out | complaint macro-F1 at 0.5 | 60" in card
    report = json.loads((tmp_path / "figures.json").read_text())
    assert set(report) == {"float", "int8"}
    assert artefact.read(as_float.folder).network.name == artefact.FLOAT


def test_a_training_cut_short_goes_on_to_the_same_end(tmp_path: Path, tokenizer: Path, splits: Splits) -> None:
    sets = encode(splits.train, Tokenizer.from_file(str(tokenizer)), plan=PLAN)
    whole = Trainer(network(), PLAN, tmp_path)
    whole.run(sets)

    first = Trainer(network(), PLAN, tmp_path)
    for batch, _ in zip(stream(sets, PLAN, start=0), range(25), strict=False):
        first._step(batch)
    first.save()
    second = Trainer(network(), PLAN, tmp_path)
    assert second.resume()
    assert second.progress.step == 25
    second.run(sets)
    for name, value in whole.average.items():
        assert torch.allclose(value, second.average[name], atol=1e-5), name


def test_nothing_to_resume_is_no_error(tmp_path: Path) -> None:
    assert not Trainer(network(), PLAN, tmp_path).resume()


def test_batches_depend_on_plan_and_step_alone(tokenizer: Path, splits: Splits) -> None:
    sets = encode(splits.train, Tokenizer.from_file(str(tokenizer)), plan=PLAN)
    again = list(stream(sets, PLAN, start=0))
    assert len(again) == PLAN.steps
    late = next(stream(sets, PLAN, start=53))
    assert torch.equal(late.ids, again[53].ids)
    other = next(stream(sets, replace(PLAN, seed=1), start=0))
    assert other.ids.shape != again[0].ids.shape or not torch.equal(other.ids, again[0].ids)


def test_the_rate_rises_stays_and_falls_to_nothing() -> None:
    factors = [rate(step, PLAN) for step in range(PLAN.steps + 1)]
    assert factors[0] < factors[2] <= 1
    assert factors[PLAN.steps // 3] == 1
    assert factors[-1] == 0
    assert factors[40] > factors[50]
