"""Which themes a text is like, by examples of each: cosine similarity to their middle, where it is near enough.

What is compared are the words' meanings (`classifiers.vectors`), in a space in which the directions that posts differ
in anyway (`classifiers.background`) weigh less. Half of the likeness to the nearest other theme of its group is taken
off, so that what all themes of a group have in common tells nothing. How much is enough is fitted for each theme on
texts that its own middle was made without.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from classifiers.background import POSTS

Floats = NDArray[np.float64]

PRECISION = 0.75
"""Share of true ones among the examples and background posts that a theme would be given to, at least."""
FOLDS = 8
SIDES = 128
"""Dimensions kept: those in which the texts at hand differ most. All 384 tell 1 point of AUC more, and cost 8 times as
much to fit."""
SHRUNK = 0.6
"""How far the covariance of few hundred texts is drawn to that of a ball: they can't show every direction."""
OTHERS = 0.5
"""Of the likeness to the nearest other theme of the group."""
NEVER = 9.0
"""A threshold that no likeness reaches."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Examples:
    """What one theme's posts look like."""

    name: str
    group: str
    """Themes of one group are told from each other."""
    texts: tuple[str, ...]


class Means(Protocol):
    """A classifier that knows where words lie among meanings."""

    def meanings(self, texts: Sequence[str]) -> NDArray[np.float32] | None:
        """N×D; None where it doesn't."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """How well one theme's examples are told from all others, each by a middle made without it."""

    examples: int
    recalled: int
    """Of the examples."""
    false: int
    """Texts of other themes or of none that would be given the theme."""
    threshold: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Likeness:
    """The middles of all themes, and how near is near enough."""

    names: tuple[str, ...]
    turn: NDArray[np.float32]
    """D×SIDES: into the space."""
    centre: NDArray[np.float32]
    """SIDES: what is taken off there."""
    middles: NDArray[np.float32]
    """T×SIDES."""
    rivals: tuple[tuple[int, ...], ...]
    """By theme, the others of its group."""
    fits: tuple[Fit, ...]

    def __call__(self, meanings: Sequence[bytes | None]) -> list[dict[str, float]]:
        """Return what each text is like, N: theme → cosine; empty where nothing is near enough, or nothing known."""
        found: list[dict[str, float]] = [{} for _ in meanings]
        known = [place for place, one in enumerate(meanings) if one is not None]
        if not known or not self.names:
            return found
        raw = np.frombuffer(b"".join(meanings[place] or b"" for place in known), dtype=np.float32)
        raw = raw.reshape(len(known), -1)
        cosines = _unit(_unit(raw) @ self.turn - self.centre) @ self.middles.T
        cosines[~raw.any(axis=1)] = -1.0
        enough = _apart(cosines, self.rivals) >= np.array([fit.threshold for fit in self.fits])
        for row, theme in zip(*np.nonzero(enough), strict=True):
            found[known[row]][self.names[theme]] = float(cosines[row, theme])
        return found


def fit(model: Means, themes: Sequence[Examples]) -> Likeness | None:
    """Learn the themes from their examples; None where there are none, or the model knows no meanings."""
    told = [theme for theme in themes if theme.texts]
    texts = [*POSTS, *(text for theme in told for text in theme.texts)]
    placed = model.meanings(texts) if told else None
    if placed is None:
        return None
    owners = np.array([*(-1 for _ in POSTS), *(n for n, theme in enumerate(told) for _ in theme.texts)])
    sides = _sides(_unit(placed.astype(float)))
    lies = _unit(placed.astype(float)) @ sides
    rivals = tuple(
        tuple(n for n, other in enumerate(told) if other.group == theme.group and n != own)
        for own, theme in enumerate(told)
    )
    space = _Space.of(lies)
    return Likeness(
        names=tuple(theme.name for theme in told),
        turn=(sides @ space.turn).astype(np.float32),
        centre=(space.centre @ space.turn).astype(np.float32),
        middles=_middles(space(lies), owners, len(told)).astype(np.float32),
        rivals=rivals,
        fits=_fits(_scores_unseen(lies, owners, rivals), owners, rivals),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Space:
    """Texts as they differ from posts at large, directions in which those differ most weighing least (whitening)."""

    centre: Floats
    turn: Floats
    """D×D."""

    @classmethod
    def of(cls, lies: Floats) -> _Space:
        """From the texts at hand, N×D."""
        centre = lies.mean(axis=0)
        apart = lies - centre
        spread = apart.T @ apart / max(1, len(lies) - 1)
        ball = max(float(np.trace(spread)) / len(spread), 1e-12)
        shrunk = (1 - SHRUNK) * spread + SHRUNK * ball * np.eye(len(spread))
        return cls(centre=centre, turn=np.linalg.inv(np.linalg.cholesky(shrunk)).T)

    def __call__(self, lies: Floats) -> Floats:
        """Return unit vectors in the space, N×D."""
        return _unit((lies - self.centre) @ self.turn)


def _unit(rows: NDArray[Any]) -> NDArray[Any]:
    sizes = np.sqrt(np.einsum("ij,ij->i", rows, rows))[:, None]
    unit: NDArray[Any] = rows / np.where(sizes > 0, sizes, 1.0).astype(rows.dtype)
    return unit


def _sides(lies: Floats) -> Floats:
    apart = lies - lies.mean(axis=0)
    sides: Floats = np.linalg.eigh(apart.T @ apart)[1][:, ::-1][:, :SIDES]
    return sides


def _middles(placed: Floats, owners: NDArray[np.int_], themes: int) -> Floats:
    return _unit(np.array([placed[owners == n].mean(axis=0) for n in range(themes)]))


def _apart(cosines: NDArray[Any], rivals: Sequence[Sequence[int]]) -> Floats:
    """Cosines less a part of the nearest rival's."""
    nearest = np.stack(
        [cosines[:, list(others)].max(axis=1) if others else np.zeros(len(cosines)) for others in rivals], axis=1
    )
    return cosines - OTHERS * nearest


def _scores_unseen(lies: Floats, owners: NDArray[np.int_], rivals: Sequence[Sequence[int]]) -> Floats:
    """Score each text in a space, and by middles, that it had no part in; N×T."""
    fold = np.zeros(len(lies), dtype=int)
    for owner in np.unique(owners):
        own = np.flatnonzero(owners == owner)
        fold[own] = np.arange(len(own)) % FOLDS
    scores: Floats = np.zeros((len(lies), len(rivals)))
    for n in range(FOLDS):
        held = fold == n
        space = _Space.of(lies[~held])
        middles = _middles(space(lies[~held]), owners[~held], len(rivals))
        scores[held] = _apart(space(lies[held]) @ middles.T, rivals)
    return scores


def _fits(scores: Floats, owners: NDArray[np.int_], rivals: Sequence[Sequence[int]]) -> tuple[Fit, ...]:
    """Choose for each theme the least score from which PRECISION of the texts above are its own."""
    found = []
    for theme, others in enumerate(rivals):
        judged = np.isin(owners, [-1, theme, *others])
        own, score = owners[judged] == theme, scores[judged, theme]
        order = np.argsort(-score)
        hits = own[order].cumsum()
        enough = np.flatnonzero(hits >= PRECISION * np.arange(1, len(order) + 1))
        last = int(enough[-1]) if len(enough) else -1
        recalled = int(hits[last]) if last >= 0 else 0
        found.append(
            Fit(
                examples=int(own.sum()),
                recalled=recalled,
                false=last + 1 - recalled,
                threshold=float(score[order[last]]) if last >= 0 else NEVER,
            )
        )
    return tuple(found)


def facts(likeness: Likeness | None) -> Mapping[str, Fit]:
    """Return how well each theme's examples are told apart, by theme."""
    return dict(zip(likeness.names, likeness.fits, strict=True)) if likeness else {}
