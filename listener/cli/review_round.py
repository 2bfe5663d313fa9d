"""One round of posts and keys: what is shown, what a key does. Knows no terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from listener.cli import show
from listener.cli.one_key import ENTER, LEAVE
from listener.domain.text import visible, visible_lines
from listener.domain.verdict import Label, Sentiment
from listener.errors import Conflict, NotFound

if TYPE_CHECKING:
    from listener.domain.truth import Candidate
    from listener.triage.reviewing import Answered, Reviewing

LABELS = {"c": Label.COMPLAINT, "p": Label.PRAISE, "q": Label.QUESTION}
MOODS = {"-": Sentiment.NEGATIVE, "=": Sentiment.NEUTRAL, "+": Sentiment.POSITIVE}

HINT = "c complaint  p praise  q question  n none · s skip  u undo  x quit  ? more"
MOOD_HINT = "and the mood?  - negative  = neutral  + positive"
MORE = (
    "C P Q (shift) pick several labels: Enter, or the last one without shift, says them together.",
    "- = + before a label say the mood; without one a complaint is negative and praise positive.",
    "s leaves it open, and you aren't asked again. u takes your last answer back, as often as you like.",
    "Each answer is kept at once: x, Ctrl-D and Ctrl-C lose nothing.",
)
_SHOWN = 1_500
_LINES = 14


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """A post, and what is shown beside it."""

    post: Candidate
    facts: str = ""
    verdict: str = ""
    """Empty where the agent is to say what they think before they see it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Step:
    """What was done last, for undo."""

    place: int
    answered: Answered | None
    """None: it was skipped."""


class Round:
    """Serves cards in order; every answer is committed before the next card."""

    def __init__(self, cards: Sequence[Card], reviewing: Reviewing, *, blind: bool) -> None:
        self._cards = cards
        self._reviewing = reviewing
        self._blind = blind
        self._place = 0
        self._picked: set[Label] = set()
        self._mood: Sentiment | None = None
        self._waits: frozenset[Label] | None = None
        self._steps: list[_Step] = []

    @property
    def answered(self) -> int:
        return sum(step.answered is not None for step in self._steps)

    @property
    def skipped(self) -> int:
        return len(self._steps) - self.answered

    @property
    def left(self) -> int:
        return len(self._cards) - self._place

    def play(self, keys: Iterator[str]) -> None:
        """Until the agent leaves; once nothing is left, the last answer can still be taken back."""
        self._show()
        while (key := next(keys, LEAVE)) != LEAVE and (self.left or key == "u"):
            self.press(key)

    def press(self, key: str) -> None:
        """Keys that mean nothing here say what does."""
        if key in MOODS:
            self._says_mood(MOODS[key])
        elif key in LABELS:
            self._says(frozenset({*self._picked, LABELS[key]}))
        elif key.lower() in LABELS:
            self._pick(LABELS[key.lower()])
        else:
            self._others().get(key, self._help)()

    def _others(self) -> dict[str, Callable[[], None]]:
        return {"n": self._none, ENTER: self._enter, "s": self._skip, "u": self._undo}

    def _says_mood(self, mood: Sentiment) -> None:
        self._mood = mood
        if self._waits is not None:
            self._keep(self._waits)
        else:
            show.out(f"  {mood}, and …")

    def _pick(self, label: Label) -> None:
        self._waits = None
        self._picked ^= {label}
        show.out(f"  {' + '.join(sorted(self._picked)) or 'nothing'} picked: Enter says it")

    def _none(self) -> None:
        if self._picked:
            show.out("  none of these contradicts what you picked: Enter says that, u drops it")
        else:
            self._says(frozenset())

    def _enter(self) -> None:
        if self._picked:
            self._says(frozenset(self._picked))
        else:
            self._help()

    def _says(self, labels: frozenset[Label]) -> None:
        from listener.triage.corrections import implied

        if self._blind and self._mood is None and implied(labels) is None:
            self._waits = labels
            show.out(f"  {_named(labels)}, {MOOD_HINT}")
        else:
            self._keep(labels)

    def _keep(self, labels: frozenset[Label]) -> None:
        from listener.triage.corrections import Correction

        card = self._cards[self._place]
        try:
            done = self._reviewing.answer(card.post.mention_id, Correction(labels=labels, sentiment=self._mood))
        except NotFound:
            show.out("  its author has deleted it meanwhile")
            self._next(None)
            return
        mood = f", {self._mood}" if self._mood else ""
        was = f" · the model: {_said(card.post)}" if self._blind else ""
        show.out(f"  → {_named(labels)}{mood}{was}" + (f" · {done.says}" if done.says else ""))
        self._next(done)

    def _skip(self) -> None:
        try:
            self._reviewing.skip(self._cards[self._place].post.mention_id)
        except NotFound:
            show.out("  its author has deleted it meanwhile")
        else:
            show.out("  → skipped")
        self._next(None)

    def _undo(self) -> None:
        if self._picked or self._mood or self._waits is not None:
            self._clear()
            show.out("  dropped: say it anew")
            return
        if not self._steps:
            show.out("  nothing to take back in this round")
            return
        last = self._steps[-1]
        if last.answered is not None:
            try:
                self._reviewing.take_back(last.answered)
            except Conflict as refused:
                show.out(f"  {refused}")
                return
        self._steps.pop()
        self._place = last.place
        show.out("  taken back")
        self._show()

    def _help(self) -> None:
        for line in (HINT, *MORE):
            show.out(f"  {line}")

    def _next(self, answered: Answered | None) -> None:
        self._steps.append(_Step(place=self._place, answered=answered))
        self._clear()
        self._place += 1
        self._show()

    def _clear(self) -> None:
        self._picked, self._mood, self._waits = set(), None, None

    def _show(self) -> None:
        if not self.left:
            show.out()
            show.out("That was the last: u takes it back, any other key ends.")
            sys.stdout.flush()
            return
        card = self._cards[self._place]
        post = card.post
        facts = [
            post.platform,
            f"@{post.handle}" if post.handle else "",
            f"{post.posted_at:%Y-%m-%d %H:%M}",
            card.facts,
        ]
        show.out()
        show.out(f"{self._place + 1}/{len(self._cards)} · " + " · ".join(visible(one, 80) for one in facts if one))
        for line in visible_lines(post.text, _SHOWN, _LINES):
            show.out(f"  │ {line}")
        if card.verdict:
            show.out(f"  {card.verdict}")
        show.out(f"  {HINT}")
        sys.stdout.flush()


def _named(labels: frozenset[Label]) -> str:
    return " + ".join(sorted(labels)) or "none of these"


def _said(post: Candidate) -> str:
    if post.said is None:
        return "nothing"
    return f"{_named(post.said.labels)}, {post.said.sentiment or 'unsure of the mood'}"
