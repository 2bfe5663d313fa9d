"""Asking a classifier that may fail: one text it can't bear costs the others nothing, and a broken one is left alone.

A batch that fails is halved until the texts that are to blame stand alone; those stay unscored, and are asked about
again after a while. A classifier that fails at everything, a third time in a row, isn't asked for a minute, then two,
up to a quarter of an hour: loading a missing model over and over would only slow the reading down.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from listener.domain.text import text_digest
from listener.domain.verdict import Verdict
from listener.errors import ClassifierError
from listener.ports import Classifier

log = logging.getLogger(__name__)

PATIENCE = 3
"""Batches of which nothing could be classified, in a row, before the classifier is left alone."""
FIRST_PAUSE, LONGEST_PAUSE = timedelta(minutes=1), timedelta(minutes=15)
POISON_REST = timedelta(hours=1)
PROBE = "hello"
"""Asked where every text failed: if even this does, it is the classifier."""
MOST_POISON = 10_000
"""Texts remembered; more are simply asked about again."""


@dataclass(slots=True, kw_only=True)
class Sparing:
    """What is remembered of a classifier's failures, while the program runs."""

    fails: int = 0
    """Batches in a row of which nothing could be classified."""
    pause_until: datetime | None = None
    poison: dict[str, datetime] = field(default_factory=dict)
    """Digest of a text that failed alone → not before."""

    def resting(self, now: datetime) -> bool:
        """Whether the classifier isn't to be asked at all."""
        return self.pause_until is not None and now < self.pause_until

    def spares(self, text: str, now: datetime) -> bool:
        """Whether this text failed alone, a while ago."""
        return bool(self.poison) and now < self.poison.get(text_digest(text), now)

    def judge(self, classifier: Classifier, texts: Sequence[str], now: datetime) -> list[Verdict | None]:
        """A verdict a text, in order; None where the classifier failed or wasn't asked."""
        found: list[Verdict | None] = [None] * len(texts)
        asked = [] if self.resting(now) else [place for place, text in enumerate(texts) if not self.spares(text, now)]
        if not asked:
            return found
        attempt = _Attempt(classifier=classifier, texts=texts, found=found)
        attempt.ask(asked)
        if not attempt.answered and attempt.answers(PROBE):
            attempt.answered, attempt.alone = True, []
            attempt.ask(asked)  # the texts are to blame, be it all of them
        if attempt.answered:
            self.fails, self.pause_until = 0, None
            self._remember([texts[place] for place in attempt.alone], now)
        elif attempt.error is not None:
            self._failed(attempt.error, len(asked), now)
        return found

    def _remember(self, texts: Sequence[str], now: datetime) -> None:
        for text in texts:
            log.error("a text can't be classified; stored unscored", extra={"digest": text_digest(text)[:12]})
            if len(self.poison) < MOST_POISON:
                self.poison[text_digest(text)] = now + POISON_REST
        if texts:
            self.poison = {digest: until for digest, until in self.poison.items() if until > now}

    def _failed(self, error: ClassifierError, count: int, now: datetime) -> None:
        self.fails += 1
        if self.fails >= PATIENCE:
            doublings = min(self.fails - PATIENCE, 10)
            self.pause_until = now + min(FIRST_PAUSE * 2**doublings, LONGEST_PAUSE)
        log.error("classifier failed; stored unscored", extra={"count": count, "error": str(error)})


@dataclass(slots=True, kw_only=True)
class _Attempt:
    """One batch, halved where it fails."""

    classifier: Classifier
    texts: Sequence[str]
    found: list[Verdict | None]
    answered: bool = False
    alone: list[int] = field(default_factory=list)
    """Places of texts that failed by themselves."""
    error: ClassifierError | None = None
    vain: int = 0
    """Calls that failed before any was answered."""

    def answers(self, text: str) -> bool:
        """Whether it answers at all."""
        try:
            self.classifier.classify([text])
        except ClassifierError:
            return False
        return True

    def ask(self, places: Sequence[int]) -> None:
        """Each half by itself where the whole fails; given up where not even small parts are answered."""
        try:
            verdicts = self.classifier.classify([self.texts[place] for place in places])
        except ClassifierError as error:
            self.error = error
            self.vain += 1
        else:
            self.answered = True
            for place, verdict in zip(places, verdicts, strict=True):
                self.found[place] = verdict
            return
        if len(places) == 1:
            self.alone.append(places[0])
            return
        middle = len(places) // 2
        for half in (places[:middle], places[middle:]):
            if self.answered or self.vain <= 2 * len(self.texts).bit_length():
                self.ask(half)
