"""Any Hugging Face text-classification model instead of the shipped one (extra `hub`).

Its labels mean what a map says they mean: the model's label → negative, neutral, positive, complaint, praise or
question. No code of the model's is ever run, and only safetensors weights are read, never a pickle.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from classifiers import hub_network
from classifiers.base import LABELS, SENTIMENTS, Classification, ModelError, Scores, decide
from classifiers.hub_network import DEFAULT, INSTALL, MissingExtra, Network, Running
from classifiers.normalise import MAX_CHARS

__all__ = ["INSTALL", "HubClassifier", "MissingExtra", "Running"]

DEFAULT_THRESHOLDS: Mapping[str, float] = MappingProxyType(dict.fromkeys((*LABELS, "sentiment"), 0.5))
MEANINGS = (*SENTIMENTS, *LABELS)


@dataclass(frozen=True, slots=True, kw_only=True)
class HubClassifier:
    """A TextClassifier over a transformers model.

    A model without sentiment labels gives each sentiment a third, and abstains. One without complaint or praise labels
    takes them from sentiment (negative, positive). Scores are the model's own: nothing here calibrates them.
    """

    model_id: str
    label_map: Mapping[str, str]
    thresholds: Mapping[str, float]
    network: Network

    @classmethod
    def load(
        cls,
        model: str,
        *,
        label_map: Mapping[str, str],
        revision: str = "",
        thresholds: Mapping[str, float] | None = None,
        local_files_only: bool = False,
        running: Running = DEFAULT,
    ) -> HubClassifier:
        """Load a model by hub id, with the commit that `revision` names, or from a local folder. Raises ModelError."""
        local = Path(model).is_dir()
        _check(model, label_map, revision, local=local)
        network = hub_network.load(model, revision or None, running, local_files_only=local_files_only or local)
        _check_labels(label_map, network.labels)
        return cls(
            model_id=f"{Path(model).name if local else model}@{revision or 'local'}",
            label_map=MappingProxyType(dict(label_map)),
            thresholds=MappingProxyType({**DEFAULT_THRESHOLDS, **(thresholds or {})}),
            network=network,
        )

    def classify(self, texts: Sequence[str]) -> list[Classification]:
        """One answer a text, in order; equal texts are read once. Raises ModelError where the model answers NaN."""
        cleaned = [_readable(text) for text in texts]
        distinct = list(dict.fromkeys(cleaned))
        answers = self.network.chances(distinct) if distinct else []
        found = {text: self._classification(answer) for text, answer in zip(distinct, answers, strict=True)}
        return [found[text] for text in cleaned]

    def _classification(self, chances: Sequence[float]) -> Classification:
        meant = dict.fromkeys(MEANINGS, 0.0)
        for label, score in zip(self.network.labels, chances, strict=True):
            if not 0.0 <= score <= 1.0:  # also false of NaN
                raise ModelError(f"model {self.model_id} answered {score} for {label}")
            meaning = self.label_map.get(label)
            if meaning:
                meant[meaning] = self.network.joined(meant[meaning], score)
        scores = _scores(meant, frozenset(self.label_map.values()))
        return Classification(scores=scores, verdict=decide(scores, self.thresholds), model=self.model_id)


def _scores(meant: Mapping[str, float], known: frozenset[str]) -> Scores:
    total = sum(meant[name] for name in SENTIMENTS)
    sentiment = {name: meant[name] / total if total else 1 / len(SENTIMENTS) for name in SENTIMENTS}
    stand_in = {"complaint": "negative", "praise": "positive"}
    labels = {name: meant[name] if name in known or name not in stand_in else meant[stand_in[name]] for name in LABELS}
    return Scores(sentiment=sentiment, labels=labels, emotions={})


def _readable(text: str) -> str:
    """Cap a text and drop what UTF-8 can't hold; the model's own tokenizer does the rest, as it was trained to."""
    return text[:MAX_CHARS].encode("utf8", "replace").decode("utf8")


def _check(model: str, label_map: Mapping[str, str], revision: str, *, local: bool) -> None:
    if not label_map:
        raise ModelError(f"say what the labels of {model} mean: label_map, the model's label = one of {MEANINGS}")
    wrong = sorted(set(label_map.values()) - set(MEANINGS))
    if wrong:
        raise ModelError(f"label_map of {model}: {', '.join(wrong)} is none of {', '.join(MEANINGS)}")
    if not local and (os.sep in model and model.startswith((os.sep, ".", "~"))):
        raise ModelError(f"model folder {model} doesn't exist")
    if not local and not revision:
        raise ModelError(f"pin {model} to a commit (revision): what a hub serves under a name can change any day")


def _check_labels(label_map: Mapping[str, str], labels: Sequence[str]) -> None:
    unknown = sorted(set(label_map) - set(labels))
    if unknown:
        raise ModelError(
            f"label_map names {', '.join(unknown)}, but the model's labels are {', '.join(sorted(labels))}"
        )
