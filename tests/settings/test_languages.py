"""Models for languages that the shipped one doesn't read, as they are set; tones and covered abuse."""

from pathlib import Path

import pytest

from classifiers.base import TONES as TOLD
from classifiers.hub import MEANINGS as MEANT
from listener import judging
from listener.domain.policy import HubRunning
from listener.settings.choices import TONES
from listener.settings.languages import MEANINGS
from tests.settings.folders import folder, loaded, problems

GERMAN = """
[[classifier.language]]
codes = ["de", "fr"]
model = "a/b"
revision = "4f1c2d9"
[classifier.language.label_map]
LABEL_0 = "negative"
"""
HUB = '[classifier]\nkind = "hub"\nmodel = "c/d"\n[[classifier.language]]'


def test_the_words_are_the_classifiers_own() -> None:
    assert MEANINGS == MEANT
    assert TONES == TOLD


def test_a_model_for_other_languages_is_read_and_not_loaded_before_it_is_needed(tmp_path: Path) -> None:
    choice = loaded(folder(tmp_path, listener=GERMAN)).classifier
    (one,) = choice.languages
    assert (one.codes, one.model, one.revision, dict(one.label_map)) == (
        ("de", "fr"), "a/b", "4f1c2d9", {"LABEL_0": "negative"},
    )  # fmt: skip
    lazy = judging.LazyClassifier(choice)
    (english,) = lazy.classify(["@acme my parcel is late"])
    assert english.scores.language.code == "en"
    assert not english.unread


def test_each_model_is_run_as_it_is_set(tmp_path: Path) -> None:
    text = '[classifier]\ndtype = "float16"\n' + GERMAN.replace(
        'revision = "4f1c2d9"',
        'revision = "4f1c2d9"\nbatch_size = 4\ndtype = "bfloat16"\nmulti_label = "no"\nonnx = true',
    )
    choice = loaded(folder(tmp_path, listener=text)).classifier
    assert choice.running == HubRunning(dtype="float16")
    assert choice.languages[0].running == HubRunning(batch_size=4, dtype="bfloat16", multi_label="no", onnx=True)


@pytest.mark.parametrize(
    ("was", "now", "said"),
    [
        ('codes = ["de", "fr"]', 'codes = ["german"]', "is no ISO 639 code"),
        ('codes = ["de", "fr"]\n', "", "codes: missing"),
        ('model = "a/b"\n', "", "model: missing"),
        ('revision = "4f1c2d9"\n', "", "revision: missing"),
        ('LABEL_0 = "negative"', 'LABEL_0 = "bad"', '"bad" of LABEL_0 is none of the choices'),
        ('LABEL_0 = "negative"', "", "label_map: missing"),
        ("codes", "code", "code"),
        ('model = "a/b"', 'model = "a/b"\ndtype = "int3"', "int3"),
        ('model = "a/b"', 'model = "a/b"\nbatch_size = 0', "batch_size"),
        ("[[classifier.language]]", HUB, "is asked about every"),
    ],
)
def test_what_makes_no_sense_is_a_problem(tmp_path: Path, was: str, now: str, said: str) -> None:
    found = problems(folder(tmp_path, listener=GERMAN.replace(was, now, 1)))
    assert any(said in str(problem) for problem in found), found


def test_a_language_has_one_model(tmp_path: Path) -> None:
    found = problems(folder(tmp_path, listener=GERMAN + GERMAN))
    assert any('"de" stands under an earlier model' in str(problem) for problem in found)


def test_tones_and_covered_abuse_are_read_and_misspelt_ones_named(tmp_path: Path) -> None:
    routing = 'hide_abuse = true\n[[route]]\nqueue = "seniors"\ntones = ["offensive"]\n'
    triage = loaded(folder(tmp_path, routing=routing)).triage
    assert triage.hide_abuse
    assert triage.routes[0].tones == ("offensive",)
    rules = '[[rule]]\nname = "x"\n[rule.if]\ntones = ["rude"]\n[rule.then]\ntag = ["abuse"]\n'
    assert any('"rude" is none of the choices' in str(one) for one in problems(folder(tmp_path, rules=rules)))
