"""Learning from corrections: fits a brand's head, and adopts it only where it wins on corrections it didn't see.

Corrections are few, and chosen: people correct errors. So each output is held towards changing nothing (ridge), and
posts that nobody corrected anchor it to what the model says of them. What is won is counted on corrections held out,
near copies and one author's posts together; an output that doesn't win stays as the model has it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from classifiers import ridge
from classifiers.base import LABELS, SENTIMENTS
from classifiers.calibration import sigmoid
from classifiers.heads import OUTPUTS, Head, Posts, logits

Floats = NDArray[np.float64]

FEWEST = 40
"""Corrections, before anything is learnt."""
FEWEST_RIGHT = 20
"""Of posts that the model had right, confirmed, before complaints are touched: who tells it errors alone can't see
what the cure spoils, and a complaint lost is worse than a praise missed."""
FEWEST_WRONG = 8
"""Of an output's errors among them, before it is touched."""
CHANCE = 0.01
"""One-sided, of the sign test over groups: four outputs at this keep chance under 4 in 100."""
MOST_MOVED = 1 / 3
"""Of the anchors; a head that changes more is another model, not a correction."""
MOST_ANCHORS = 300
RIDGES = (20.0, 6.0, 2.0, 0.7)
"""Tried from the strongest on, each from where the last ended."""
ANCHOR_WEIGHT = 2.0
"""Of each that no correction is near, where a correction weighs 1."""
FADING = 2.0
"""How steeply an anchor's weight falls with its cosine to the nearest correction."""
TURNED = 0.1
"""Of its weight, that an anchor keeps which what was learnt without it would turn."""
_LENGTH = math.sqrt(10)
"""Of a post's features, on average: what the ridges are meant for."""
_RANKS = ((1000, 96), (2500, 64), (1 << 62, 40))
"""Up to so many rows, so many directions: what keeps 5,000 corrections under two seconds on one core."""
_FOLDS = 5
_HALF_WHITE = 0.5
"""Directions are divided by this power of their spread: 0 leaves a word like "sick" in the shadow of the mood, 1 makes
noise as loud as words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Corrections:
    """What is true of posts."""

    posts: Posts
    labels: Sequence[frozenset[str]]
    sentiment: Sequence[str | None]
    """None where nobody said."""
    groups: Sequence[int]
    """Near copies and one author's posts bear one number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """One output on corrections it didn't see, before and after."""

    output: str
    n: int
    wrong_before: int
    wrong_after: int
    loss_before: float
    loss_after: float
    f1_before: float
    """Macro-F1."""
    f1_after: float
    adopted: bool
    why: str
    """Why not, else empty."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lesson:
    """What came of fitting."""

    head: Head | None
    n: int
    anchors: int
    moved: float
    """Share of the anchors whose verdict changes."""
    figures: tuple[Figures, ...]
    why: str
    """Why there is no head, else empty."""


def learn(model: str, told: Corrections, anchors: Posts, thresholds: Mapping[str, float]) -> Lesson:
    """Fit a head for `model` from corrections and from posts of the brand that nobody corrected; the same each time."""
    n, n_anchors = len(told.labels), len(anchors.found)
    if n < FEWEST:
        why = f"{n} corrections; {FEWEST} are needed"
        return Lesson(head=None, n=n, anchors=n_anchors, moved=0.0, figures=(), why=why)
    fitting = _Fitting(told, anchors, thresholds)
    found = [fitting.label(name) for name in LABELS] + [fitting.sentiment()]
    figures = tuple(one for one, _ in found)
    weights = np.concatenate([w for _, w in found], axis=1)
    moved = fitting.moved(weights)
    why = ""
    if not any(one.adopted for one in figures):
        why = "it doesn't win on corrections it didn't see"
    elif moved > MOST_MOVED:
        why = f"it would change {moved:.0%} of the posts that nobody corrected; {MOST_MOVED:.0%} is the most"
    head = None
    if not why:
        facts: dict[str, Any] = {"n": n, "anchors": n_anchors, "moved": round(moved, 4)}
        facts["figures"] = [asdict(one) for one in figures]
        head = Head(model=model, weights=fitting.unfolded(weights), facts=facts)
    return Lesson(head=head, n=n, anchors=n_anchors, moved=moved, figures=figures, why=why)


@dataclass
class _Fitting:
    """Corrections first, anchors after them."""

    told: Corrections
    anchors: Posts
    thresholds: Mapping[str, float]

    @cached_property
    def n(self) -> int:
        return len(self.told.labels)

    @cached_property
    def right(self) -> int:
        """Corrections that confirm what the model says."""
        pairs = zip(self.told.posts.found, self.told.labels, strict=True)
        return sum(set(one.verdict.labels) & {*LABELS} == truth for one, truth in pairs)

    @cached_property
    def pool(self) -> Floats:
        parts = [part.embedding.astype(float) for part in (self.told.posts, self.anchors) if len(part.found)]
        return np.concatenate(parts)

    @cached_property
    def basis(self) -> tuple[Floats, Floats]:
        """Centre, and D×r directions in which the posts differ, of unit length on average when all are taken."""
        rank = next(rank for most, rank in _RANKS if len(self.pool) <= most)
        centre = self.pool.mean(axis=0)
        spread, axes = np.linalg.eigh(np.cov(self.pool - centre, rowvar=False, bias=True))
        kept = np.argsort(-spread, kind="stable")[:rank]
        kept = kept[spread[kept] > 1e-9 * max(spread.max(), 1e-9)]
        directions = axes[:, kept] * spread[kept] ** (-_HALF_WHITE / 2)
        size = math.sqrt(float((spread[kept] ** (1 - _HALF_WHITE)).sum()) or 1.0)
        return centre, directions * (_LENGTH / size)

    @cached_property
    def features(self) -> Floats:
        centre, directions = self.basis
        return np.concatenate([(self.pool - centre) @ directions, np.ones((len(self.pool), 1))], axis=1)

    @cached_property
    def known(self) -> tuple[Floats, Floats]:
        return logits([*self.told.posts.found, *self.anchors.found])

    @cached_property
    def groups(self) -> NDArray[np.int64]:
        return np.unique(np.array(self.told.groups), return_inverse=True)[1]

    @cached_property
    def weights(self) -> Floats:
        """A heap of near copies counts as the root of its number, an anchor the less the nearer a correction stands.

        A post that nobody corrected may be of the very kind that others were corrected for.
        """
        sizes = np.bincount(self.groups)[self.groups]
        plain = self.features[:, :-1]
        unit = plain / np.maximum(np.linalg.norm(plain, axis=1, keepdims=True), 1e-12)
        nearest = np.clip(unit[self.n :] @ unit[: self.n].T, 0.0, None).max(axis=1, initial=0.0)
        return np.concatenate([sizes**-0.5, ANCHOR_WEIGHT * (1 - nearest) ** FADING])

    @cached_property
    def folds(self) -> NDArray[np.int64]:
        """Whole groups, the largest first, each into the emptiest fold; anchors in turn."""
        sizes = np.bincount(self.groups)
        filled, place = np.zeros(_FOLDS), np.zeros(len(sizes), int)
        for group in np.argsort(-sizes, kind="stable"):
            place[group] = int(filled.argmin())
            filled[place[group]] += sizes[group]
        return np.concatenate([place[self.groups], np.arange(len(self.anchors.found)) % _FOLDS])

    def label(self, name: str) -> tuple[Figures, Floats]:
        """Fit one label."""
        known = self.known[0][:, [LABELS.index(name)]]
        hard = np.array([[float(name in one)] for one in self.told.labels])
        return self._output(name, known, hard, np.ones(self.n, bool))

    def sentiment(self) -> tuple[Figures, Floats]:
        """Fit the sentiments together."""
        hard = np.array([[float(one == name) for name in SENTIMENTS] for one in self.told.sentiment])
        return self._output("sentiment", self.known[1], hard, np.asarray(hard.any(axis=1)))

    def _output(self, name: str, known: Floats, hard: Floats, said: NDArray[np.bool_]) -> tuple[Figures, Floats]:
        """`hard` is the truth of the corrections, N×K; `said` those of them that tell of this output."""
        nothing = np.zeros((self.features.shape[1], known.shape[1]))
        before = ridge.chances(known)
        wrong = self._wrong(name, before[: self.n], hard) & said
        why = self._too_few(name, int(wrong.sum()))
        if why:
            return self._figures(name, said, before[: self.n], before[: self.n], hard, why), nothing
        problem = ridge.Problem(
            features=self.features,
            known=known,
            truth=np.concatenate([hard, before[self.n :]]),
            weights=self.weights * np.concatenate([said, np.ones(len(self.anchors.found))]),
        )
        _, held_out = self._tuned(problem)
        problem = replace(problem, weights=problem.weights * self._standing(name, before, held_out))
        strength, held_out = self._tuned(problem)
        figures = self._figures(name, said, before[: self.n], held_out[: self.n], hard, None)
        return figures, ridge.fit(problem, strength) if figures.adopted else nothing

    def _too_few(self, name: str, wrong: int) -> str:
        """Why an output isn't touched, or nothing."""
        if wrong < FEWEST_WRONG:
            return f"{wrong} errors; {FEWEST_WRONG} are needed"
        if name == "complaint" and self.right < FEWEST_RIGHT:
            return (
                f"{self.right} posts confirm what the model says; {FEWEST_RIGHT} are needed to see what would be lost"
            )
        return ""

    def _standing(self, name: str, before: Floats, held_out: Floats) -> Floats:
        """How far each row's weight stands: an anchor that would be turned may well be one nobody came to correct."""
        turned = self._decided(name, before) != self._decided(name, held_out)
        turned[: self.n] = False
        return np.where(turned, TURNED, 1.0)

    def _tuned(self, problem: ridge.Problem) -> tuple[float, Floats]:
        """The ridge under which corrections held out are likeliest, and the chances it gave there, N×K."""
        found = {strength: np.zeros_like(problem.known) for strength in RIDGES}
        for fold in range(_FOLDS):
            inside = self.folds != fold
            some, w = problem.rows(inside), None
            for strength in RIDGES:
                w = ridge.fit(some, strength, w)
                found[strength][~inside] = ridge.chances(problem.known[~inside] + self.features[~inside] @ w)
        weights, truth = problem.weights[: self.n], problem.truth[: self.n]
        cost = {s: float(weights @ ridge.losses(p[: self.n], truth)) for s, p in found.items()}
        best = min(RIDGES, key=lambda strength: (round(cost[strength], 9), -strength))
        return best, found[best]

    def _wrong(self, name: str, p: Floats, hard: Floats) -> NDArray[np.bool_]:
        truth = (hard[:, 0] > 0).astype(int) if hard.shape[1] == 1 else hard.argmax(axis=1)
        return np.asarray(self._decided(name, p) != truth)

    def _decided(self, name: str, p: Floats) -> NDArray[np.int64]:
        """Whether a label is given, or which mood is likeliest; N."""
        if p.shape[1] == 1:
            return (p[:, 0] >= self.thresholds[name]).astype(np.int64)
        return np.asarray(p.argmax(axis=1), np.int64)

    def _figures(
        self, name: str, said: NDArray[np.bool_], before: Floats, after: Floats, hard: Floats, why: str | None
    ) -> Figures:
        """`why` not None: nothing was fitted."""
        was, now = self._wrong(name, before, hard)[said], self._wrong(name, after, hard)[said]
        loss_before, loss_after = ridge.losses(before, hard)[said], ridge.losses(after, hard)[said]
        f1 = [self._macro_f1(name, p[said], hard[said]) for p in (before, after)]
        groups = self.groups[said]
        if why is None:
            why = _refusal(was, now, loss_before - loss_after, groups, better_f1=f1[1] >= f1[0])
        return Figures(
            output=name,
            n=int(said.sum()),
            wrong_before=int(was.sum()),
            wrong_after=int(now.sum()),
            loss_before=_mean(loss_before),
            loss_after=_mean(loss_after),
            f1_before=f1[0],
            f1_after=f1[1],
            adopted=not why,
            why=why,
        )

    def _macro_f1(self, name: str, p: Floats, hard: Floats) -> float:
        """Over the classes that are true of some."""
        says = self._decided(name, p)
        truth = says ^ self._wrong(name, p, hard) if p.shape[1] == 1 else hard.argmax(axis=1)
        return _mean(np.array([_f1(says == k, truth == k) for k in sorted({*truth.tolist()})]))

    def moved(self, weights: Floats) -> float:
        """Share of the anchors of which something else is decided."""
        if not len(self.anchors.found):
            return 0.0
        x = self.features[self.n :] @ weights
        cuts = np.array([self.thresholds[name] for name in LABELS])
        labels, moods = self.known[0][self.n :], self.known[1][self.n :]
        before, after = sigmoid(labels) >= cuts, sigmoid(labels + x[:, : len(LABELS)]) >= cuts
        turned = moods.argmax(axis=1) != (moods + x[:, len(LABELS) :]).argmax(axis=1)
        return float(((before != after).any(axis=1) | turned).mean())

    def unfolded(self, weights: Floats) -> NDArray[np.float32]:
        """The weights on the embedding itself, (OUTPUTS)×(D+1)."""
        centre, directions = self.basis
        plain = directions @ weights[:-1]
        found = np.concatenate([plain, weights[-1:] - centre @ plain], axis=0).T.astype(np.float32)
        assert found.shape[0] == len(OUTPUTS)
        return found


def _refusal(
    was: NDArray[np.bool_], now: NDArray[np.bool_], gain: Floats, groups: NDArray[np.int64], *, better_f1: bool
) -> str:
    """Why an output isn't adopted, or nothing: each group of posts has one voice."""
    righted = np.bincount(groups, was & ~now) - np.bincount(groups, now & ~was)
    up, down = int((righted > 0).sum()), int((righted < 0).sum())
    if _sign_test(up, down) > CHANCE:
        return f"{up} groups of posts righted, {down} spoiled: that may be chance"
    off = np.bincount(groups, gain - gain.mean())
    if gain.mean() <= math.sqrt(float((off**2).sum())) / len(gain):
        return "its chances aren't better by more than their standard error"
    return "" if better_f1 else "its macro-F1 is worse"


def _sign_test(up: int, down: int) -> float:
    """How likely so many ups or more are where up and down are as likely."""
    n = up + down
    return float(sum(math.comb(n, k) for k in range(up, n + 1)) / 2**n)


def _f1(says: NDArray[np.bool_], truth: NDArray[np.bool_]) -> float:
    return 2 * float((says & truth).sum()) / float(says.sum() + truth.sum())


def _mean(values: Floats) -> float:
    return round(float(values.mean()), 4) if len(values) else 0.0
