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
from classifiers.train.batches import SPECIAL, Gaps, collate, encode, stream
from classifiers.train.command import main, run
from classifiers.train.data import UNLABELLED, Row, Splits
from classifiers.train.lean import OUTPUTS, OneText
from classifiers.train.loop import Progress, Trainer, bar, rate
from classifiers.train.network import Network, loss, made_up
from classifiers.train.plan import LABELS, Plan

GOOD, BAD, PLAIN = ("lovely", "great", "thanks"), ("awful", "late", "broken"), ("table", "walk", "city")
FIRST = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
WORDS = (*FIRST, *(f"[unused{i}]" for i in range(SPECIAL - len(FIRST))), *GOOD, *BAD, *PLAIN, *"abcdefgh")
GAPS = Gaps(share=0.3, mask=4, vocabulary=len(WORDS))
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
                sentiment=mood if source in {"semeval", "airline"} else None,
                complaint=mood == 0 if source == "airline" else None,
                praise=mood == 2 if source == "airline" else None,
                question=False if source == "airline" else None,
                irony=mood == 1 if source == "irony" else None,
                offensive=mood == 0 if source == "offensive" else None,
                emotions=(mood,) if source == "emotions" else None,
            )
        )
    return made


@pytest.fixture
def splits() -> Splits:
    names = ("semeval", "airline", "emotions", "irony", "offensive")
    train = {name: rows(name, 300, i) for i, name in enumerate(names)}
    texts = [Row(source=UNLABELLED, text=row.text) for row in train["semeval"]]
    return Splits(
        train=train | {UNLABELLED: texts},
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
    assert [found.verdict.labels for found in model.judge(model.logits(["awful late a", "lovely thanks b"]))] == [
        ("complaint", "offensive"),
        ("praise",),
    ]
    card = (as_int8.folder / "README.md").read_text(encoding="utf8")
    assert model.model_id in card
    assert "airline, held out | complaint macro-F1 at 0.5 | 60" in card
    assert "| irony | irony (SemEval 2018), held out | 60 |" in card
    assert as_int8.figures["offensive"]["offensive macro-F1 at 0.5"].value > 0.9
    described = artefact.read(as_int8.folder)
    assert described.labels == LABELS
    assert described.languages == ("en",)
    assert described.coverages[0.9] == pytest.approx(described.thresholds["sentiment"], abs=1e-3)
    report = json.loads((tmp_path / "figures.json").read_text())
    assert set(report) == {"float", "int8"}
    assert artefact.read(as_float.folder).network.name == artefact.FLOAT


def test_a_training_cut_short_goes_on_to_the_same_end(tmp_path: Path, tokenizer: Path, splits: Splits) -> None:
    sets = encode(splits.train, Tokenizer.from_file(str(tokenizer)), plan=PLAN)
    whole = Trainer(network(), PLAN, tmp_path)
    whole.run(sets, GAPS)

    first = Trainer(network(), PLAN, tmp_path)
    for batch, _ in zip(stream(sets, PLAN, GAPS, start=0), range(25), strict=False):
        first._step(batch)
    first.save()
    second = Trainer(network(), PLAN, tmp_path)
    assert second.resume()
    assert second.progress.step == 25
    second.run(sets, GAPS)
    for name, value in whole.average.items():
        assert torch.allclose(value, second.average[name], atol=1e-5), name


def test_nothing_to_resume_is_no_error(tmp_path: Path) -> None:
    assert not Trainer(network(), PLAN, tmp_path).resume()


def test_batches_depend_on_plan_and_step_alone(tokenizer: Path, splits: Splits) -> None:
    sets = encode(splits.train, Tokenizer.from_file(str(tokenizer)), plan=PLAN)
    again = list(stream(sets, PLAN, GAPS, start=0))
    assert len(again) == PLAN.steps
    late = next(stream(sets, PLAN, GAPS, start=53))
    assert torch.equal(late.ids, again[53].ids)
    other = next(stream(sets, replace(PLAN, seed=1), GAPS, start=0))
    assert other.ids.shape != again[0].ids.shape or not torch.equal(other.ids, again[0].ids)


def test_the_rate_rises_stays_and_falls_to_nothing() -> None:
    factors = [rate(step, PLAN) for step in range(PLAN.steps + 1)]
    assert factors[0] < factors[2] <= 1
    assert factors[PLAN.steps // 3] == 1
    assert factors[-1] == 0
    assert factors[40] > factors[50]


def test_holes_are_cut_into_the_chosen_rows_only_and_never_into_markers() -> None:
    ids = torch.full((2, 4000), SPECIAL + 3)
    ids[:, ::4] = 2
    chosen = torch.tensor([True, False])
    holed, words = GAPS.cut(ids, chosen, np.random.default_rng(5))
    assert torch.equal(holed[1], ids[1])
    assert (words[1] == -1).all()
    assert (words[0, ::4] == -1).all()
    holes = words[0] >= 0
    assert (words[0, holes] == SPECIAL + 3).all()
    assert torch.equal(holed[0, ~holes], ids[0, ~holes])
    assert holes.sum().item() == pytest.approx(0.3 * 3000, rel=0.1)
    assert (holed[0, holes] == GAPS.mask).float().mean().item() == pytest.approx(0.8, abs=0.05)
    swapped = holed[0, holes][holed[0, holes] != GAPS.mask]
    assert ((swapped >= SPECIAL) & (swapped < GAPS.vocabulary)).all()


def test_only_unlabelled_rows_have_words_to_guess_and_nothing_else_is_asked_of_them(
    tokenizer: Path, splits: Splits
) -> None:
    sets = encode(splits.train, Tokenizer.from_file(str(tokenizer)), plan=PLAN)
    batch = collate([*sets[UNLABELLED][:20], *sets["airline"][:20]], gaps=GAPS, rng=np.random.default_rng(1))
    assert (batch.words[:20] >= 0).any()
    assert (batch.words[20:] == -1).all()
    assert (batch.sentiment[:20] == -1).all()
    assert batch.labels[:20].isnan().all()
    assert batch.emotions[:20].isnan().all()


def test_unlabelled_rows_leave_the_mix_after_their_share_of_the_steps(tokenizer: Path, splits: Splits) -> None:
    sets = encode(splits.train, Tokenizer.from_file(str(tokenizer)), plan=PLAN)
    plan = replace(PLAN, steps=150, unlabelled_until=0.3)
    guessing = [bool((batch.words >= 0).any()) for batch in stream(sets, plan, GAPS, start=0)]
    assert all(guessing[:50])
    assert not any(guessing[50:])


def test_a_set_without_a_share_or_without_rows_is_not_drawn_from(tokenizer: Path, splits: Splits) -> None:
    sets = encode(splits.train | {"irony": []}, Tokenizer.from_file(str(tokenizer)), plan=PLAN)
    plan = replace(PLAN, shares={"airline": 1.0, "irony": 1.0})
    assert all((batch.sentiment >= 0).all() for batch in stream(sets, plan, GAPS, start=0))


def test_guessing_words_right_costs_less_and_no_holes_cost_nothing(tokenizer: Path, splits: Splits) -> None:
    sets = encode(splits.train, Tokenizer.from_file(str(tokenizer)), plan=PLAN)
    batch = collate(sets[UNLABELLED][:20], gaps=GAPS, rng=np.random.default_rng(1))
    made = network().eval()
    hidden = made.read(batch.ids, batch.mask)
    logits = made.judged(hidden, batch.mask)
    holes = batch.words >= 0
    guessed = made.guessed(hidden, holes)
    assert guessed.shape == (int(holes.sum()), len(WORDS))
    sure = 9 * torch.nn.functional.one_hot(batch.words[holes], len(WORDS)).float()
    costs = [loss(logits | {"words": given}, batch, smoothing=0.0)[1]["words"] for given in (guessed, sure)]
    assert costs[1] < costs[0]
    labelled = collate(sets["airline"][:20], gaps=GAPS, rng=np.random.default_rng(1))
    none = made.guessed(hidden, torch.zeros_like(holes))
    logits = made(labelled.ids, labelled.mask) | {"words": none}
    assert loss(logits, labelled, smoothing=0.0)[1]["words"] == 0


def test_a_model_without_rows_on_tones_does_not_tell_them(tmp_path: Path, tokenizer: Path, splits: Splits) -> None:
    tones = {"irony", "offensive"}
    plain = replace(
        splits,
        train={name: own for name, own in splits.train.items() if name not in tones},
        held_out={name: own for name, own in splits.held_out.items() if name not in tones},
    )
    _, as_int8 = run(network(), tokenizer, plain, replace(PLAN, steps=3), tmp_path, left_out=["irony"])
    assert artefact.read(as_int8.folder).labels == ("complaint", "praise", "question")
    assert "Not trained on: irony." in (as_int8.folder / "README.md").read_text(encoding="utf8")


def test_your_own_rows_are_trained_on_and_measured_apart(tmp_path: Path, tokenizer: Path, splits: Splits) -> None:
    own = [replace(row, source="own:shop") for row in rows("airline", 200, 77)]
    mixed = replace(
        splits,
        train=splits.train | {"own:shop": own[:150]},
        held_out=splits.held_out | {"own:shop": own[150:]},
    )
    sets = encode(mixed.train, Tokenizer.from_file(str(tokenizer)), plan=PLAN)
    drawn = next(stream({"own:shop": sets["own:shop"]}, PLAN, GAPS, start=0))
    assert (drawn.sentiment >= 0).all()
    _, as_int8 = run(network(), tokenizer, mixed, replace(PLAN, steps=3), tmp_path)
    assert as_int8.figures["own:shop"]["question macro-F1 at 0.5"].n == 50
    assert "| shop (your own), held out | complaint macro-F1 at 0.5 | 50 |" in (as_int8.folder / "README.md").read_text(
        encoding="utf8"
    )


def test_a_set_that_told_nothing_of_a_label_never_gives_it(tmp_path: Path, tokenizer: Path, splits: Splits) -> None:
    only = {"semeval": splits.train["semeval"]}
    alone = Splits(train=only, held_out={"semeval": splits.held_out["semeval"]}, dropped={})
    _, as_int8 = run(network(), tokenizer, alone, replace(PLAN, steps=3), tmp_path)
    model = EmbeddedClassifier.load(as_int8.folder, threads=1)
    (found,) = model.judge(model.logits(["awful late a"]))
    assert found.verdict.labels == ()
    assert max(found.scores.labels.values()) < 1e-6
    assert not found.scores.emotions


@pytest.mark.parametrize("length", [1, 2, 9])
def test_what_is_exported_says_what_the_trained_network_says(length: int) -> None:
    trained = network()
    ids = torch.randint(5, len(WORDS), (1, length))
    labels = [2, 0]
    trained.eval()
    with torch.no_grad():
        said = trained(ids, torch.ones_like(ids))
        lean = dict(zip(OUTPUTS, OneText(trained, labels)(ids), strict=True))
    said["labels"] = said["labels"][:, labels]
    for name, values in lean.items():
        assert torch.allclose(values, said[name], atol=1e-5)


def test_the_bar_tells_pace_and_time_left() -> None:
    shown = bar(Progress(step=30, begun=10), replace(PLAN, steps=60, batch=16), spent=10.0)
    assert "30/60" in shown
    assert "32 texts/s" in shown
    assert "0:00:15 left" in shown


def test_a_checkpoint_from_before_it_kept_its_precision_still_goes_on(tmp_path: Path) -> None:
    trainer = Trainer(network(), PLAN, tmp_path)
    trainer.progress.step = 7
    trainer.save()
    state = torch.load(tmp_path / "checkpoint.pt", weights_only=True)
    del state["bfloat16"]
    torch.save(state, tmp_path / "checkpoint.pt")
    again = Trainer(network(), PLAN, tmp_path)
    assert again.resume()
    assert again.progress.step == 7


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        (["--config", "gone.toml"], "gone.toml can't be read"),
        (["--own", "gone.csv"], "gone.csv can't be read"),
        (["--base", str(artefact.SHIPPED)], "finished model in ONNX, which can't be trained further"),
        (["--base", "nowhere"], "lacks config.json, model.safetensors, tokenizer.json"),
        (["--device", "cuda"], "no such accelerator"),
        ([], "has too few rows with a sentiment"),
    ],
)
def test_what_can_not_be_done_is_one_line(
    tmp_path: Path, changed: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in ("config.json", "model.safetensors", "tokenizer.json"):
        (tmp_path / name).touch()
    if "cuda" in changed and torch.cuda.is_available():
        pytest.skip("there is an accelerator here")
    asked = ["--data", str(tmp_path), "--base", str(tmp_path), "--out", str(tmp_path / "out"), *changed]
    assert main(asked) == 2
    told = capsys.readouterr().err.strip()
    assert told.startswith("error: ")
    assert said in told
    assert "\n" not in told
