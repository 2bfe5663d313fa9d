"""A sample that speaks for all posts: drawn by strata of the model's confidence in complaint, weighted back. Pure.

Of every post, checked or not, is known whether the model gave it a label. So each stratum falls into those to which it
did and those to which it didn't, and where n of such a part's N posts were checked, each stands for N/n of them
(Horvitz–Thompson, post-stratified). A share is the ratio of two such sums. Its 95 % interval is a posterior's: in each
part the unseen posts follow the checked ones, by a Dirichlet distribution with one post's worth of prior, whose spread
is that of the N − n posts left (nothing is uncertain of a part that was checked whole).
"""

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from math import sqrt

from listener.domain.digest import MIN_N
from listener.domain.truth import Judged, Stratum

EDGES = (0.0, 0.1, 0.3, 0.5, 0.8, 1.000001)
"""Of the confidence in complaint. What is missed lies in the low ones, where most posts are: they aren't skimped."""

FEWEST = 4
"""Posts of each stratum, where there are so many."""

DOUBT = 0.05
"""A stratum is taken to be no surer of itself than this when its share is set: a model can be surely wrong."""

DRAWS = 400
"""Of the posterior, from a fixed seed: the same sample always has the same interval."""

TAIL = 0.0125
"""Cut off at each end. With 0.025, and with 0.02, intervals held 91 to 97 of 100 simulated brands' true shares, since
the weights of few posts are told by few: 95 are promised."""


class Cell(StrEnum):
    """What a checked post is to a share."""

    HIT = "hit"
    MISS = "miss"
    OUTSIDE = "outside"


class Measure(StrEnum):
    """Which posts a share is of."""

    PRECISION = "precision"
    """Those to which the model gave it."""
    RECALL = "recall"
    """Those that bear it."""
    SHARE = "share"
    """All of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """A post that an agent has spoken on."""

    stratum: int
    """Its place."""
    given: bool
    """Whether the model gave it what is measured; of a plain share, true."""
    cell: Cell


_PRIORS = {
    (Measure.PRECISION, True): (0.5, 0.5, 0.0),
    (Measure.RECALL, True): (0.5, 0.0, 0.5),
    # What the model denied is seldom there.
    (Measure.RECALL, False): (0.0, 1 / 3, 2 / 3),
    (Measure.SHARE, True): (0.5, 0.5, 0.0),
}
"""Of hit, miss and outside; only what can be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Weighted:
    """A share of all posts in the window, told from a sample."""

    value: float
    low: float
    high: float
    n: int
    """Checked posts that it rests on."""

    @property
    def telling(self) -> bool:
        return self.n >= MIN_N


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """Which posts to check, in the order in which to serve them."""

    strata: tuple[Stratum, ...]
    posts: tuple[tuple[int, int], ...]
    """(mention id, place of its stratum)."""


def draw(posts: Sequence[Judged], wanted: int, seed: int) -> Drawn:
    """The same posts and seed always give the same sample.

    Each stratum's are drawn uniformly without replacement. Served in turns, so that the first k of them are a smaller
    sample of the same kind.
    """
    heaps: list[list[Judged]] = [[] for _ in EDGES[1:]]
    for one in posts:
        heaps[_place(one.confidence)].append(one)
    sizes = _allotted(heaps, min(wanted, len(posts)))
    served: list[tuple[float, str, int, int]] = []
    for place, (heap, size) in enumerate(zip(heaps, sizes, strict=True)):
        lots = sorted((_lot(seed, one.mention_id), one.mention_id) for one in heap)[:size]
        served += [((turn + 0.5) / size, lot, mention_id, place) for turn, (lot, mention_id) in enumerate(lots)]
    strata = tuple(
        Stratum(
            floor=floor,
            ceiling=min(ceiling, 1.0),
            population=len(heap),
            drawn=size,
            given=dict(Counter(name for one in heap for name in sorted(one.given))),
        )
        for floor, ceiling, heap, size in zip(EDGES, EDGES[1:], heaps, sizes, strict=False)
    )
    return Drawn(strata=strata, posts=tuple((mention_id, place) for _, _, mention_id, place in sorted(served)))


def weighted_share(strata: Sequence[Stratum], of: str, measure: Measure, checked: Sequence[Checked]) -> Weighted:
    """Hits among hits and misses, of all posts of these strata; `of` names the label or sentiment given."""
    parts = [
        part
        for given in (True, False)
        if (measure, given) in _PRIORS
        for part in _parts(strata, of, measure, given, [one for one in checked if one.given is given])
    ]
    n = sum(part.hit + part.miss for part in parts)
    if not n:
        return Weighted(value=0.0, low=0.0, high=1.0, n=0)
    hits = sum(part.size * part.hit / part.checked for part in parts)
    whole = hits + sum(part.size * part.miss / part.checked for part in parts)
    value = hits / whole
    low, high = _interval(parts)
    # Where all or none of them hit, nothing seen speaks against all or none.
    low = 0.0 if value == 0 else min(low, value)
    high = 1.0 if hits == whole else max(high, value)
    return Weighted(value=value, low=low, high=high, n=n)


@dataclass(slots=True)
class _Part:
    """Posts that stand for each other, and what those checked of them were."""

    prior: tuple[float, float, float]
    size: int
    hit: int = 0
    miss: int = 0
    outside: int = 0

    @property
    def checked(self) -> int:
        return self.hit + self.miss + self.outside


def _parts(
    strata: Sequence[Stratum], of: str, measure: Measure, given: bool, checked: Sequence[Checked]
) -> list[_Part]:
    """One a stratum; those of which nothing was checked yet are told by their neighbours."""
    found = [_Part(_PRIORS[measure, given], _size(stratum, of, measure, given=given)) for stratum in strata]
    for one in checked:
        part = found[one.stratum]
        setattr(part, one.cell, getattr(part, one.cell) + 1)
    merged: list[_Part] = []
    waiting = 0
    for part in found:
        if part.checked:
            merged.append(part)
            # A post may have been judged anew since the draw.
            part.size = max(part.size, part.checked) + waiting
            waiting = 0
        elif merged:
            merged[-1].size += part.size
        else:
            waiting += part.size
    return merged


def _size(stratum: Stratum, of: str, measure: Measure, *, given: bool) -> int:
    if measure is Measure.SHARE:
        return stratum.population
    named = stratum.given.get(of, 0)
    return named if given else stratum.population - named


def _interval(parts: Sequence[_Part]) -> tuple[float, float]:
    chance = random.Random(20150222)  # noqa: S311 - nothing is secret here
    shares = []
    for _ in range(DRAWS):
        hits = whole = 0.0
        for part in parts:
            hit, miss = _all_of(part, chance)
            hits, whole = hits + hit, whole + hit + miss
        shares.append(hits / whole if whole > 0 else 0.5)
    shares.sort()
    return shares[round(TAIL * DRAWS)], shares[round((1 - TAIL) * DRAWS) - 1]


def _all_of(part: _Part, chance: random.Random) -> tuple[float, float]:
    """One draw of how many of its posts are hits and misses: those seen, and the rest by the posterior."""
    left = part.size - part.checked
    if left <= 0:
        return part.hit, part.miss
    total = part.checked + 1
    # The concentration at which a Dirichlet spreads as the Dirichlet-multinomial of the posts left does.
    scale = max(left * (1 + total) / (left + total) - 1, 0.01) / total
    cells = zip((part.hit, part.miss, part.outside), part.prior, strict=True)
    drawn = [chance.gammavariate((count + prior) * scale, 1.0) if count + prior else 0.0 for count, prior in cells]
    each = left / (sum(drawn) or 1.0)
    return part.hit + drawn[0] * each, part.miss + drawn[1] * each


def _allotted(heaps: Sequence[Sequence[Judged]], wanted: int) -> list[int]:
    """Neyman's allocation by the model's own doubt; at least `FEWEST` each; never more than there are."""
    sizes = [min(len(heap), FEWEST) for heap in heaps]
    while sum(sizes) > wanted:
        sizes[sizes.index(max(sizes))] -= 1
    need = [len(heap) * _spread(heap) for heap in heaps]
    while sum(sizes) < wanted:
        # Each next post to the stratum that has the fewest for its need.
        free = [place for place, heap in enumerate(heaps) if sizes[place] < len(heap)]
        sizes[max(free, key=lambda place: need[place] / (sizes[place] + 1))] += 1
    return sizes


def _spread(heap: Sequence[Judged]) -> float:
    mean = sum(one.confidence for one in heap) / len(heap) if heap else 0.5
    sure = min(max(mean, DOUBT), 1 - DOUBT)
    return sqrt(sure * (1 - sure))


def _place(confidence: float) -> int:
    return next((place for place, edge in enumerate(EDGES[1:]) if confidence < edge), len(EDGES) - 2)


def _lot(seed: int, mention_id: int) -> str:
    return sha256(f"{seed}/{mention_id}".encode()).hexdigest()
