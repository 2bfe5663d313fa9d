"""What posts speak of: by the phrases of their themes, by likeness to the themes' examples, and by their emotions."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from listener.domain.policy import ClassifierChoice
from listener.domain.themes import Tagging, Theme, ThemeKind, tag
from listener.domain.verdict import Label, Verdict
from listener.errors import ClassifierError
from listener.matching.cues import Cues, in_mood
from listener.ports import Classifier, Store

if TYPE_CHECKING:
    from classifiers.base import Classification, TextClassifier
    from classifiers.themes import Fit

FELT = 0.3
"""Probability from which an emotion is told."""

UNFELT = frozenset(["neutral"])
"""No emotion at all, though the model counts it among them."""

DIGITS = 4
"""Of a stored score."""

BATCH = 256
AHEAD = 32 * BATCH
"""Posts read at once when stored ones are looked at again."""

_EDITION = 1
"""Raise it when themes are looked for in another way: tags found before are then known to be older."""


class Tagger:
    """Tells what themes texts speak of."""

    def __init__(self, themes: tuple[Theme, ...], model: "TextClassifier", name: str) -> None:
        from classifiers.embedded import EmbeddedClassifier
        from classifiers.themes import Examples, facts, fit

        said = [Examples(name=theme.tag, group=theme.kind, texts=theme.examples) for theme in themes]
        # A hub model shows nothing to compare by: phrases alone tell then.
        self._likeness = fit(model, said) if isinstance(model, EmbeddedClassifier) else None
        self._cues = Cues(themes)
        self._limited = {theme.tag: theme.brands for theme in themes if theme.brands}
        self.fits: Mapping[str, Fit] = facts(self._likeness)
        """By tag: how well a theme's examples are told from others."""
        self.name = name

    def __call__(
        self, texts: Sequence[str], found: Sequence["Classification"], verdicts: Sequence[Verdict]
    ) -> list[Tagging]:
        """One tagging a text, in order."""
        alike = self._likeness([one.meaning for one in found]) if self._likeness else [{} for _ in found]
        return [self._tagging(*row) for row in zip(texts, alike, verdicts, strict=True)]

    def _tagging(self, text: str, alike: Mapping[str, float], verdict: Verdict) -> Tagging:
        """Likeness speaks where no phrase of that kind does."""
        said = {theme.tag: theme.kind for theme in self._cues.find(text)}
        tags = dict.fromkeys(said, 1.0)
        kinds = frozenset(f"{kind}:" for kind in said.values())
        tags |= {name: cosine for name, cosine in alike.items() if not name.startswith(tuple(kinds))}
        meant = in_mood(tags, complains=Label.COMPLAINT in verdict.labels, praises=Label.PRAISE in verdict.labels)
        told = [(name, round(score, DIGITS)) for name, score in tags.items() if name in meant]
        felt = [
            (tag(ThemeKind.EMOTION, name), chance)
            for name, chance in verdict.scores.emotions.items()
            if chance >= FELT and name not in UNFELT
        ]
        limited = {name: self._limited[name] for name in tags if name in self._limited}
        return Tagging(tagger=self.name, tags=(*told, *felt), limited=limited)


def tagger_name(choice: ClassifierChoice, themes: tuple[Theme, ...]) -> str:
    """The name of the tagger of these themes and this model, told without loading the model. Raises `ClassifierError`.

    Changes whenever its answers may.
    """
    return f"themes-{hashlib.sha256(repr((_EDITION, FELT, _model(choice), themes)).encode()).hexdigest()[:12]}"


def _model(choice: ClassifierChoice) -> str:
    from classifiers import artefact
    from classifiers.costs import priced

    if choice.kind == "hub":
        return f"{choice.model}@{choice.revision}"
    try:
        described = artefact.read(Path(choice.model) if choice.model else artefact.SHIPPED)
        return priced(described, missed=choice.missed, coverage=choice.coverage or None).model_id
    except (OSError, ValueError) as error:
        raise ClassifierError(f"the model can't be read: {error}", next_step="listener doctor") from error


@dataclass(frozen=True, slots=True, kw_only=True)
class Retagged:
    """What looking again came to."""

    posts: int
    left: int
    """Of those asked for."""


def retag(
    store: Store, classifier: Classifier, tagger: str, since: datetime, limit: int, on_batch: Callable[[int], None]
) -> Retagged:
    """Look for themes in stored posts that another tagger looked at, or none; newest first, each batch kept at once."""
    done = 0
    while waiting := _waiting(store, tagger, since, min(AHEAD, limit - done) if limit else AHEAD):
        for start in range(0, len(waiting), BATCH):
            batch = waiting[start : start + BATCH]
            found = _look(classifier, tagger, batch)
            with store.write() as tx:
                tx.save_tags({one.id: found[one.id] for one in batch if tx.mention(one.id).mention.text == one.text})
            done += len(batch)
            on_batch(done)
        if done == limit:
            break
    with store.read() as reads:
        return Retagged(posts=done, left=reads.untagged_count(tagger, since))


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A post to be looked at again."""

    id: int
    text: str
    brands: tuple[str, ...]


def _waiting(store: Store, tagger: str, since: datetime, limit: int) -> list[_Waiting]:
    with store.read() as reads:
        return [_Waiting(*row) for row in reads.untagged(tagger, since, limit)]


def _look(classifier: Classifier, tagger: str, batch: Sequence[_Waiting]) -> dict[int, Tagging]:
    """Each post's tagging; where the model fails on one of them, it alone goes without themes."""
    try:
        verdicts: list[Verdict | None] = [*classifier.classify([one.text for one in batch])]
    except ClassifierError:
        verdicts = [_alone(classifier, one.text) for one in batch]
    nothing = Tagging(tagger=tagger, tags=())
    return {
        one.id: verdict.tagging.about(one.brands) if verdict and verdict.tagging else nothing
        for one, verdict in zip(batch, verdicts, strict=True)
    }


def _alone(classifier: Classifier, text: str) -> Verdict | None:
    try:
        return classifier.classify([text])[0]
    except ClassifierError:
        return None
