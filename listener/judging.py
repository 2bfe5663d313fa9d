"""The chosen classifier behind the port: how it is loaded, what it raises, and its answers in the listener's words.

A post's themes are told in the same breath: by their phrases, by likeness to their examples, and by its emotions.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

from listener.domain.policy import ClassifierChoice, LanguageModel
from listener.domain.themes import Theme
from listener.domain.verdict import Label, Language, Scores, Sentiment, Verdict
from listener.errors import ClassifierError, ListenerError
from listener.tagging import Tagger, tagger_name

if TYPE_CHECKING:
    from classifiers.base import Classification, TextClassifier

DIGITS = 4
"""Of a stored probability: more would say nothing and fill the disk."""


@dataclass
class LazyClassifier:
    """The chosen classifier behind the port; the model is loaded at the first text, since most rounds bring none."""

    choice: ClassifierChoice
    themes: tuple[Theme, ...] | None = None
    """Looked for in every text; None: nobody wants to know."""

    @cached_property
    def loaded(self) -> "TextClassifier":
        return _loaded(self.choice)

    @property
    def model_id(self) -> str:
        return self.loaded.model_id

    def classify(self, texts: Sequence[str]) -> list[Verdict]:
        return self.judged(self.loaded, texts)

    def judged(self, by: "TextClassifier", texts: Sequence[str]) -> list[Verdict]:
        """By another than the chosen one: the same with a brand's head on, say."""
        with _running():
            found = by.classify(texts)
            verdicts = [_verdict(one, _thresholds(by, one.model)) for one in found]
            if self.tagger is None:
                return verdicts
            tagged = self.tagger(texts, found, verdicts)
        return [replace(verdict, tagging=tagging) for verdict, tagging in zip(verdicts, tagged, strict=True)]

    @cached_property
    def tagger(self) -> Tagger | None:
        if self.themes is None:
            return None
        first = getattr(self.loaded, "first", self.loaded)
        return Tagger(self.themes, first, tagger_name(self.choice, self.themes))


def load_classifier(choice: ClassifierChoice) -> "TextClassifier":
    """The shipped model, with others for languages it can't read, or one from a hub. Raises what loading raises."""
    from classifiers.multilingual import ByLanguage, Identified

    if choice.kind == "hub":
        return Identified(inner=_hub(choice))
    loaders = {code: load for one in choice.languages for load in [partial(_hub, one)] for code in one.codes}
    return ByLanguage(first=_embedded(choice), others=loaders)


def _hub(choice: ClassifierChoice | LanguageModel) -> "TextClassifier":
    from classifiers.hub import HubClassifier, Running

    asked = choice.running
    running = Running(
        batch_size=asked.batch_size,
        dtype=asked.dtype,
        multi_label={"yes": True, "no": False}.get(asked.multi_label),
        onnx=asked.onnx,
    )
    return HubClassifier.load(choice.model, revision=choice.revision, label_map=choice.label_map, running=running)


def _embedded(choice: ClassifierChoice) -> "TextClassifier":
    from classifiers.costs import chosen
    from classifiers.embedded import EmbeddedClassifier

    loaded = EmbeddedClassifier.load(Path(choice.model) if choice.model else None, threads=choice.threads)
    return chosen(loaded, missed=choice.missed, coverage=choice.coverage or None)


def _thresholds(loaded: "TextClassifier", model: str) -> Mapping[str, float]:
    """Those of the model that answered."""
    from classifiers.multilingual import ByLanguage

    return loaded.thresholds_of(model) if isinstance(loaded, ByLanguage) else loaded.thresholds


def _loaded(choice: ClassifierChoice) -> "TextClassifier":
    try:
        return load_classifier(choice)
    except (OSError, ValueError, RuntimeError, ImportError, MemoryError) as error:
        raise ClassifierError(f"the model can't be loaded: {error}", next_step="listener doctor") from error


@contextmanager
def _running() -> Iterator[None]:
    """What a model raises while it reads, under its own name.

    The libraries beneath raise bare Exceptions of their own (onnxruntime's Fail), and a panic in Rust (tokenizers) is
    a BaseException; none of that may stop the reading of posts.
    """
    try:
        yield
    except ListenerError:
        raise
    except Exception as error:
        raise ClassifierError(f"the model failed: {type(error).__name__} {error}".rstrip()) from error
    except BaseException as error:
        if type(error).__name__ != "PanicException":
            raise
        raise ClassifierError(f"the model failed: {error}") from error


_LAST: list[tuple[ClassifierChoice, "TextClassifier"]] = []
"""What `deciding_words` was asked of last."""


def deciding_words(choice: ClassifierChoice, text: str) -> list[tuple[int, int, float]]:
    """(start, end, weight) of each word: what it was worth to the model's verdict, above 0 for it, below against.

    The model is loaded once a process. Raises `ClassifierError`.
    """
    from classifiers.occlusion import deciding_words as occluded

    if not _LAST or _LAST[0][0] != choice:
        _LAST[:] = [(choice, _loaded(choice))]
    loaded = _LAST[0][1]
    with _running():
        return [(word.start, word.end, word.weight) for word in occluded(loaded, text)]


def orders_a_model(text: str) -> bool:
    """Whether a post tries to tell a model what to make of it; the shipped one leaves such words unread."""
    from classifiers.normalise import instructs

    return instructs(text)


def _verdict(found: "Classification", thresholds: Mapping[str, float]) -> Verdict:
    from classifiers.base import TONES

    language = Language(code=found.language.code, chance=round(found.language.chance, DIGITS), read=found.language.read)
    labels = found.scores.labels if language.read else {}  # nothing was measured
    scores = Scores(
        sentiment={Sentiment(name): round(value, DIGITS) for name, value in found.scores.sentiment.items()},
        labels={Label(name): round(value, DIGITS) for name, value in labels.items() if name not in TONES},
        tones={name: round(value, DIGITS) for name, value in labels.items() if name in TONES},
        emotions={name: round(value, DIGITS) for name, value in found.scores.emotions.items()},
        language=language,
    )
    return Verdict(
        model=found.model,
        scores=scores,
        sentiment=Sentiment(found.verdict.sentiment) if found.verdict.sentiment else None,
        labels=frozenset(Label(name) for name in found.verdict.labels if name not in TONES),
        abstained=found.verdict.abstained,
        thresholds=thresholds,
    )
