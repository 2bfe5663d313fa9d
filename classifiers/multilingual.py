"""Other models for languages that the first one doesn't read."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from classifiers.base import Classification, TextClassifier
from classifiers.languages import identify

Load = Callable[[], TextClassifier]


@dataclass(kw_only=True)
class ByLanguage:
    """A TextClassifier that hands texts its first model can't read to the one configured for their language.

    Those are loaded when the first such text comes. A language that none is configured for stays abstained from.
    """

    first: TextClassifier
    others: Mapping[str, Load]
    """By ISO 639 code; the same function for every language of one model."""
    _loaded: dict[int, TextClassifier] = field(default_factory=dict)

    @property
    def model_id(self) -> str:
        return self.first.model_id

    @property
    def thresholds(self) -> Mapping[str, float]:
        return self.first.thresholds

    def classify(self, texts: Sequence[str]) -> list[Classification]:
        """One answer a text, in order; each bears the id of the model that gave it. Raises ModelError."""
        found = self.first.classify(texts)
        for load, places in self._handed_on(found).items():
            answers = self._model(load).classify([texts[place] for place in places])
            for place, answer in zip(places, answers, strict=True):
                found[place] = replace(answer, language=replace(found[place].language, read=True))
        return found

    def thresholds_of(self, model: str) -> Mapping[str, float]:
        """Those at which a model's verdicts were given."""
        return next((one.thresholds for one in self._loaded.values() if one.model_id == model), self.thresholds)

    def _handed_on(self, found: Sequence[Classification]) -> dict[Load, list[int]]:
        places: dict[Load, list[int]] = {}
        for place, one in enumerate(found):
            if not one.language.read and one.language.code in self.others:
                places.setdefault(self.others[one.language.code], []).append(place)
        return places

    def _model(self, load: Load) -> TextClassifier:
        if id(load) not in self._loaded:
            self._loaded[id(load)] = load()
        return self._loaded[id(load)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Identified:
    """A TextClassifier that says of each text what it is in, around one that reads whatever it is given."""

    inner: TextClassifier

    @property
    def model_id(self) -> str:
        return self.inner.model_id

    @property
    def thresholds(self) -> Mapping[str, float]:
        return self.inner.thresholds

    def classify(self, texts: Sequence[str]) -> list[Classification]:
        """As the inner one answers. Raises ModelError."""
        languages = [replace(identify(text, ()), read=True) for text in texts]
        return [
            replace(one, language=language) for one, language in zip(self.inner.classify(texts), languages, strict=True)
        ]
