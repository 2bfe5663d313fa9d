"""How a transformers model is run: by torch, or once exported to ONNX by onnxruntime. Text in, chances by label out."""

from __future__ import annotations

import hashlib
import json
import tempfile
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classifiers.artefact import verify
from classifiers.base import ModelError

INSTALL = "pip install 'social-support-listener[hub]'"
DTYPES = ("float32", "bfloat16", "float16")
CACHE = Path.home() / ".cache" / "social-support-listener" / "onnx"
_OPSET = 18
_NETWORK, _SEAL = "network.onnx", "seal.json"

Floats = NDArray[np.float64]
Forward = Callable[[Mapping[str, NDArray[np.int64]]], Floats]


class MissingExtra(ModelError, ImportError):
    """transformers or torch isn't installed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """How a model is run."""

    batch_size: int = 32
    dtype: str = "float32"
    """One in DTYPES; half of them take half the memory, and are faster where the processor knows them."""
    multi_label: bool | None = None
    """Whether labels are independent (sigmoid) or exclude each other (softmax); None: as the model's config says."""
    onnx: bool = False
    """Export to ONNX once and run that."""
    cache: Path = CACHE
    """Where exported networks are kept."""


DEFAULT = Running()


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """A loaded model."""

    labels: tuple[str, ...]
    multi_label: bool
    batch_size: int
    tokenizer: Any
    forward: Forward
    """Token ids by input name, N×T → logits, N×K."""

    def chances(self, texts: Sequence[str]) -> list[list[float]]:
        """Probabilities by label, one row a text, in order; texts of like length are run together."""
        order = sorted(range(len(texts)), key=lambda i: len(texts[i]))
        found: list[list[float]] = [[] for _ in texts]
        for start in range(0, len(order), self.batch_size):
            rows = order[start : start + self.batch_size]
            encoded = self.tokenizer([texts[i] for i in rows], truncation=True, padding=True, return_tensors="np")
            logits = self.forward({name: np.asarray(ids, dtype=np.int64) for name, ids in encoded.items()})
            for i, row in zip(rows, self._probable(logits).tolist(), strict=True):
                found[i] = row
        return found

    def joined(self, one: float, other: float) -> float:
        """The chance of a meaning that two labels have: they add up where one excludes the other."""
        return max(one, other) if self.multi_label else min(one + other, 1.0)

    def _probable(self, logits: Floats) -> Floats:
        if self.multi_label:
            return np.asarray(0.5 * (1 + np.tanh(logits / 2)))
        powers = np.exp(logits - logits.max(axis=1, keepdims=True))
        return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def load(model: str, revision: str | None, running: Running, *, local_files_only: bool) -> Network:
    """Load tokenizer and weights, or the exported network. Raises ModelError."""
    _check(running)
    loaded = _Loaded.read(model, revision, running, local_files_only=local_files_only)
    config = loaded.network.config
    multi = running.multi_label
    if multi is None:
        multi = config.num_labels == 1 or config.problem_type == "multi_label_classification"
    return Network(
        labels=tuple(config.id2label[i] for i in range(config.num_labels)),
        multi_label=multi,
        batch_size=running.batch_size,
        tokenizer=loaded.tokenizer,
        forward=_exported(loaded, running.cache) if running.onnx else _by_torch(loaded.network),
    )


def _check(running: Running) -> None:
    if running.dtype not in DTYPES:
        raise ModelError(f"dtype {running.dtype} is none of {', '.join(DTYPES)}")
    if running.batch_size < 1:
        raise ModelError(f"batch_size is {running.batch_size}: it must be 1 or more")
    if running.onnx and running.dtype != "float32":
        raise ModelError(f'onnx = true runs in float32: take out dtype = "{running.dtype}", or onnx')


@dataclass(frozen=True, slots=True, kw_only=True)
class _Loaded:
    tokenizer: Any
    network: Any

    @classmethod
    def read(cls, model: str, revision: str | None, running: Running, *, local_files_only: bool) -> _Loaded:
        try:
            import torch
            from transformers import AutoModelForSequenceClassification, AutoTokenizer
        except ImportError as error:
            raise MissingExtra(f"a hub model needs transformers and torch: {INSTALL}") from error
        options: dict[str, Any] = {
            "revision": revision or "main",  # "main" only of a local folder, where it isn't looked at
            "local_files_only": local_files_only,
            "trust_remote_code": False,
        }
        # The tracing exporter can't follow the faster kinds of attention.
        attention = {"attn_implementation": "eager"} if running.onnx else {}
        try:
            tokenizer = AutoTokenizer.from_pretrained(model, **options)
            network = AutoModelForSequenceClassification.from_pretrained(
                model, use_safetensors=True, dtype=getattr(torch, running.dtype), **attention, **options
            )
        except NameError as error:
            raise MissingExtra(f"transformers can't find torch: {INSTALL}") from error
        except (OSError, ValueError) as error:
            raise ModelError(f"hub model {model} can't be loaded: {error}") from error
        tokenizer.model_max_length = min(tokenizer.model_max_length, _longest(network.config))
        if tokenizer.pad_token is None:
            raise ModelError(f"hub model {model} can't be loaded: its tokenizer has no padding token")
        return cls(tokenizer=tokenizer, network=network.eval())


def _longest(config: Any) -> int:
    """Return how many tokens the network has positions for; some tokenizers would let any number pass."""
    positions = int(getattr(config, "max_position_embeddings", 0) or 512)
    return positions - 2  # RoBERTa keeps the first two for padding


def _by_torch(network: Any) -> Forward:
    import torch

    def forward(inputs: Mapping[str, NDArray[np.int64]]) -> Floats:
        with torch.inference_mode():
            logits = network(**{name: torch.from_numpy(ids) for name, ids in inputs.items()}).logits
        return np.asarray(logits.double().numpy())

    return forward


def _exported(loaded: _Loaded, cache: Path) -> Forward:
    """Run the network from the cache, exporting it first where it isn't there."""
    folder = cache / _key(loaded)
    if not (folder / _SEAL).is_file():
        _export(loaded, folder)
    file = folder / _NETWORK
    try:
        sealed = json.loads((folder / _SEAL).read_text(encoding="utf8"))["sha256"]
        verify(file, sealed)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelError(f"the exported network in {folder} isn't what was put there: remove the folder") from error
    import onnxruntime

    session = onnxruntime.InferenceSession(str(file), providers=["CPUExecutionProvider"])
    names = {given.name for given in session.get_inputs()}

    def forward(inputs: Mapping[str, NDArray[np.int64]]) -> Floats:
        given = {name: ids for name, ids in inputs.items() if name in names}
        return np.asarray(session.run(["logits"], given)[0], dtype=np.float64)

    return forward


def _key(loaded: _Loaded) -> str:
    """Weights and configuration decide what is exported: another revision or training has another name."""
    seal = hashlib.sha256(loaded.network.config.to_json_string().encode())
    for name, values in sorted(loaded.network.state_dict().items()):
        seal.update(name.encode() + values.contiguous().numpy().tobytes())
    return seal.hexdigest()[:32]


def _export(loaded: _Loaded, folder: Path) -> None:
    """Write network and seal beside their place, then put them there at once."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder.parent) as scratch:
        made = Path(scratch) / "made"
        made.mkdir()
        _trace(loaded, made / _NETWORK)
        if [file.name for file in made.iterdir()] != [_NETWORK]:
            raise ModelError("the model is too large for one ONNX file: run it without onnx = true")
        sealed = hashlib.sha256((made / _NETWORK).read_bytes()).hexdigest()
        (made / _SEAL).write_text(json.dumps({"sha256": sealed}), encoding="utf8")
        try:
            made.replace(folder)
        except OSError as error:
            if not (folder / _SEAL).is_file():  # else another process was first
                raise ModelError(f"the exported network can't be put into {folder}: {error}") from error


def _trace(loaded: _Loaded, file: Path) -> None:
    import torch

    sample = loaded.tokenizer(["a", "a b c"], padding=True, return_tensors="pt")
    names = list(sample)

    class Plain(torch.nn.Module):  # type: ignore[misc, unused-ignore]
        def __init__(self) -> None:
            super().__init__()
            self.network = loaded.network

        def forward(self, *inputs: Any) -> Any:
            return self.network(**dict(zip(names, inputs, strict=True))).logits

    axes = {name: {0: "texts", 1: "tokens"} for name in names} | {"logits": {0: "texts"}}
    try:
        with warnings.catch_warnings(), torch.no_grad():
            warnings.simplefilter("ignore")  # the tracing exporter is deprecated, and needs no further library
            torch.onnx.export(
                Plain().eval(),
                tuple(sample.values()),
                str(file),
                input_names=names,
                output_names=["logits"],
                dynamic_axes=axes,
                opset_version=_OPSET,
                dynamo=False,
            )
    except Exception as error:  # the exporter raises whatever it meets
        raise ModelError(f"the model can't be exported: {error}; run it without onnx = true") from error
