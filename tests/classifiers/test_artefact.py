"""A model folder is loaded only if every file is the one its manifest names."""

import json
import shutil
from pathlib import Path

import pytest

from classifiers import artefact
from classifiers.base import ModelError
from classifiers.embedded import EmbeddedClassifier


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(artefact.SHIPPED, tmp_path / "model"))


@pytest.mark.parametrize("name", [artefact.INT8, artefact.SETTINGS, artefact.TOKENIZER])
def test_an_altered_file_is_refused_by_name(folder: Path, name: str) -> None:
    with (folder / name).open("ab") as file:
        file.write(b"\n")
    with pytest.raises(ModelError, match=f"{name} is not the one its manifest names"):
        EmbeddedClassifier.load(folder)


@pytest.mark.parametrize("name", [artefact.INT8, artefact.SETTINGS, artefact.TOKENIZER, artefact.MANIFEST])
def test_a_missing_file_is_refused_by_name(folder: Path, name: str) -> None:
    (folder / name).unlink()
    with pytest.raises(ModelError, match=f"{name} can't be read"):
        EmbeddedClassifier.load(folder)


def test_a_manifest_must_vouch_for_every_file(folder: Path) -> None:
    manifest = json.loads((folder / artefact.MANIFEST).read_text())
    del manifest["sha256"][artefact.INT8]
    (folder / artefact.MANIFEST).write_text(json.dumps(manifest))
    with pytest.raises(ModelError, match=f"doesn't vouch for {artefact.INT8}"):
        EmbeddedClassifier.load(folder)


@pytest.mark.parametrize("content", ["[]", "{", '{"sha256": {}}'])
def test_a_broken_manifest_is_refused(folder: Path, content: str) -> None:
    (folder / artefact.MANIFEST).write_text(content)
    with pytest.raises(ModelError, match=artefact.MANIFEST):
        EmbeddedClassifier.load(folder)


@pytest.mark.parametrize(
    "change", [{"labels": None}, {"sentiments": ["up", "down"]}, {"thresholds": {"complaint": "x"}}]
)
def test_settings_that_make_no_sense_are_refused(folder: Path, change: dict[str, object]) -> None:
    settings = json.loads((folder / artefact.SETTINGS).read_text()) | change
    (folder / artefact.SETTINGS).write_text(json.dumps(settings))
    artefact.seal(folder, "test")
    with pytest.raises(ModelError, match="isn't a model's settings"):
        EmbeddedClassifier.load(folder)


def test_a_network_that_is_none_is_refused_with_its_folder(folder: Path) -> None:
    (folder / artefact.INT8).write_bytes(b"not a network")
    artefact.seal(folder, "test")
    with pytest.raises(ModelError, match="can't be loaded"):
        EmbeddedClassifier.load(folder)


def test_other_thresholds_make_another_model(folder: Path) -> None:
    before = artefact.read(folder).model_id
    settings = json.loads((folder / artefact.SETTINGS).read_text())
    settings["thresholds"]["complaint"] = 0.11
    (folder / artefact.SETTINGS).write_text(json.dumps(settings))
    assert artefact.seal(folder, "minilm-social") != before


def test_the_shipped_model_is_small_and_has_a_card() -> None:
    assert (artefact.SHIPPED / artefact.INT8).stat().st_size < 26e6
    card = (artefact.SHIPPED / "README.md").read_text(encoding="utf8")
    assert artefact.read(artefact.SHIPPED).model_id in card


def test_settings_from_before_languages_and_coverages_are_still_read(folder: Path) -> None:
    settings = json.loads((folder / artefact.SETTINGS).read_text())
    for key in ("languages", "coverages"):
        settings.pop(key, None)
    settings["calibration"].pop("heat", None)
    (folder / artefact.SETTINGS).write_text(json.dumps(settings))
    artefact.seal(folder, "test")
    found = artefact.read(folder)
    assert (found.languages, dict(found.coverages)) == (("en",), {})
    assert EmbeddedClassifier.load(folder, threads=1).classify(["hello"])


def test_languages_and_coverages_are_read_as_written(folder: Path) -> None:
    settings = json.loads((folder / artefact.SETTINGS).read_text())
    settings |= {"languages": ["en", "de"], "coverages": {"0.9": 0.5}}
    (folder / artefact.SETTINGS).write_text(json.dumps(settings))
    artefact.seal(folder, "test")
    found = artefact.read(folder)
    assert (found.languages, dict(found.coverages)) == (("en", "de"), {0.9: 0.5})


def turn_a_byte(file: Path) -> None:
    """In the middle of the network's weights: it still loads, and judges otherwise."""
    with file.open("r+b") as stream:
        stream.seek(file.stat().st_size // 2)
        byte = stream.read(1)[0]
        stream.seek(-1, 1)
        stream.write(bytes([byte ^ 1]))


def test_F1_a_network_with_one_bit_turned_is_refused(folder: Path) -> None:
    turn_a_byte(folder / artefact.INT8)
    with pytest.raises(ModelError, match="is not the one its manifest names"):
        EmbeddedClassifier.load(folder)


def test_F1_control_a_loader_that_compares_no_checksum_is_caught(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(artefact, "verify", lambda _file, _digest: None)
    with pytest.raises(pytest.fail.Exception, match="DID NOT RAISE"):
        test_F1_a_network_with_one_bit_turned_is_refused(folder)


def resealed(folder: Path, settings: object = None, **manifest: object) -> Path:
    """A folder whose manifest vouches for what its settings now say, or says itself what it shouldn't."""
    if settings is not None:
        told = json.loads((folder / artefact.SETTINGS).read_text())
        (folder / artefact.SETTINGS).write_text(json.dumps({**told, **settings}))  # type: ignore[dict-item]
    held = json.loads((folder / artefact.MANIFEST).read_text())
    sums = {**held["sha256"], artefact.SETTINGS: artefact.sha256(folder / artefact.SETTINGS)}
    (folder / artefact.MANIFEST).write_text(json.dumps({**held, "sha256": sums, **manifest}))
    return folder


@pytest.mark.parametrize(
    "settings",
    [{"network": ["x"]}, {"thresholds": []}, {"thresholds": {"complaint": float("nan")}}, {"calibration": None},
     {"max_tokens": 1e400}, {"labels": 3}],
)  # fmt: skip
def test_L3_settings_that_say_something_else_are_refused_in_words(folder: Path, settings: dict[str, object]) -> None:
    with pytest.raises(ModelError, match=r"settings|vouch"):
        artefact.read(resealed(folder, settings))


@pytest.mark.parametrize("vouched", [[], "x", {"../elsewhere": "0"}, {"/etc/passwd": "0"}, {"..": "0"}])
def test_L3_a_manifest_names_files_beside_it_and_no_others(folder: Path, vouched: object) -> None:
    with pytest.raises(ModelError, match="must name files beside it"):
        artefact.read(resealed(folder, sha256=vouched))


def test_L3_a_file_of_brackets_is_refused_in_words(folder: Path) -> None:
    (folder / artefact.MANIFEST).write_text("[" * 100_000)
    with pytest.raises(ModelError, match="isn't JSON"):
        artefact.read(folder)
