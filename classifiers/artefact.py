"""A model folder: which files it holds, that they are the ones its manifest names, and what they say.

manifest.json      file name → SHA-256, and the model's name
settings.json      labels, emotions, calibration, thresholds, languages, longest input, the network's file
tokenizer.json     how text becomes word pieces
model.int8.onnx    the network
README.md          the model card
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from classifiers import calibration
from classifiers.base import SENTIMENTS, ModelError
from classifiers.calibration import Calibration

MANIFEST, SETTINGS, TOKENIZER = "manifest.json", "settings.json", "tokenizer.json"
INT8, FLOAT = "model.int8.onnx", "model.onnx"
SHIPPED = Path(__file__).parent / "model"


@dataclass(frozen=True, slots=True, kw_only=True)
class Artefact:
    """A verified model folder."""

    folder: Path
    network: Path
    model_id: str
    labels: tuple[str, ...]
    emotions: tuple[str, ...]
    max_tokens: int
    thresholds: Mapping[str, float]
    calibration: Calibration
    languages: tuple[str, ...] = ("en",)
    """ISO 639-1 codes of what it was trained to read."""
    coverages: Mapping[float, float] = field(default_factory=dict)
    """Share answered → the confidence that so many held-out posts reach; empty in models from before it was kept."""


def read(folder: Path) -> Artefact:
    """Return the artefact in `folder`. ModelError names the file that is missing, altered or unreadable."""
    manifest = _json(folder / MANIFEST)
    vouched = manifest.get("sha256", {})
    if not isinstance(vouched, dict) or not all(_is_file_name(name) for name in vouched):
        raise ModelError(f"{folder / MANIFEST} isn't a model's manifest: sha256 must name files beside it")
    for name, digest in vouched.items():
        verify(folder / name, digest)
    settings = _json(folder / SETTINGS)
    missing = {SETTINGS, TOKENIZER, str(settings.get("network"))} - set(vouched)
    if missing:
        raise ModelError(f"{folder / MANIFEST} doesn't vouch for {', '.join(sorted(missing))}")
    try:
        found = _artefact(folder, manifest, settings)
    except (AttributeError, KeyError, OverflowError, TypeError, ValueError) as error:
        raise ModelError(f"{folder / SETTINGS} isn't a model's settings: {error!r}") from error
    if not all(map(math.isfinite, _numbers(found))):
        raise ModelError(f"{folder / SETTINGS} isn't a model's settings: a number in it is none")
    return found


def _is_file_name(name: str) -> bool:
    """Whether it lies in the folder itself."""
    return name not in ("", ".", "..") and not set(name) & set("/\\\0")


def _numbers(found: Artefact) -> Iterator[float]:
    calibrated = found.calibration
    yield from found.thresholds.values()
    yield from (number for pair in found.coverages.items() for number in pair)
    yield from (calibrated.temperature, *calibrated.heat)
    for line in (*calibrated.labels.values(), *calibrated.emotions.values()):
        yield from (line.slope, line.offset)


def verify(file: Path, digest: str) -> None:
    """Raise ModelError, naming the file, unless its SHA-256 is `digest`."""
    try:
        found = sha256(file)
    except OSError as error:
        raise ModelError(f"model file {file} can't be read: {error.strerror}") from error
    if found != digest:
        raise ModelError(
            f"model file {file} is not the one its manifest names (SHA-256 {found[:12]}…): install it again"
        )


def sha256(file: Path) -> str:
    """Return a file's SHA-256 in hex."""
    with file.open("rb") as data:
        return hashlib.file_digest(data, "sha256").hexdigest()


def seal(folder: Path, name: str) -> str:
    """Write the manifest over the folder's three files and return the model's id: its name and their hash."""
    files = (_json(folder / SETTINGS)["network"], SETTINGS, TOKENIZER)
    sums = {file: sha256(folder / file) for file in files}
    # All three make the verdict: other thresholds give other labels from the same network.
    model_id = f"{name}@{hashlib.sha256(''.join(sums.values()).encode()).hexdigest()[:8]}"
    (folder / MANIFEST).write_text(json.dumps({"model_id": model_id, "sha256": sums}, indent=1) + "\n")
    return model_id


def _artefact(folder: Path, manifest: Mapping[str, Any], settings: Mapping[str, Any]) -> Artefact:
    if tuple(settings["sentiments"]) != SENTIMENTS:
        raise ValueError(f"sentiments must be {SENTIMENTS}")
    return Artefact(
        folder=folder,
        network=folder / settings["network"],
        model_id=str(manifest["model_id"]),
        labels=tuple(settings["labels"]),
        emotions=tuple(settings["emotions"]),
        max_tokens=int(settings["max_tokens"]),
        thresholds={name: float(value) for name, value in settings["thresholds"].items()},
        calibration=calibration.from_json(settings["calibration"]),
        languages=tuple(str(code) for code in settings.get("languages", ("en",))),
        coverages={float(share): float(value) for share, value in settings.get("coverages", {}).items()},
    )


def _json(file: Path) -> dict[str, Any]:
    try:
        found = json.loads(file.read_text(encoding="utf8"))
    except OSError as error:
        raise ModelError(f"model file {file} can't be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise ModelError(f"model file {file} isn't JSON: {error}") from error
    if not isinstance(found, dict):
        raise ModelError(f"model file {file} isn't a JSON object")
    return found
