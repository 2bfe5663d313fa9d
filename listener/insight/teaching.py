"""Which posts would teach most if an agent said what they are: doubtful, many alike, and each unlike the last. Pure.

Worth = doubt × volume × novelty. Doubt is the model's where it is closest to another answer; volume grows with the
posts that say nearly the same (Settles & Craven's information density, by copies); novelty falls with the words shared
with those served before (maximal marginal relevance).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import exp, log, log2

from listener.domain.truth import Candidate
from listener.domain.verdict import Verdict
from listener.domain.words import words
from listener.insight.copies import ALIKE, FEWEST_WORDS

MOST_COMPARED = 600
"""The most doubtful ones; comparing is quadratic."""

ABSTAINED = 0.9
"""Doubt at least, where the model said that it was too unsure to tell a mood."""

_EDGE = 1e-4


@dataclass(frozen=True, slots=True, kw_only=True)
class Lesson:
    """A post to ask about, and why it."""

    post: Candidate
    doubt: float
    """1 at a threshold, towards 0 far from each."""
    alike: int
    """Posts that say nearly the same, itself among them."""
    about: str
    """What the model doubts most: a label, or `mood`."""


def lessons(posts: Sequence[Candidate], limit: int) -> list[Lesson]:
    """The best first. Of near copies one is asked about, the most doubtful."""
    doubted = [(post, *_doubt(post.said)) for post in posts if post.said is not None]
    doubted.sort(key=lambda one: (-one[1], -one[0].mention_id))
    heads = _heaped(doubted[:MOST_COMPARED])
    return _varied(heads, limit)


@dataclass(slots=True)
class _Heap:
    lesson: Lesson
    said: frozenset[str]
    size: int = 1
    overlap: float = 0.0
    """The largest with any that is served before."""

    @property
    def worth(self) -> float:
        return self.lesson.doubt * (1 + log2(self.size)) * (1 - self.overlap)


def _heaped(doubted: Sequence[tuple[Candidate, float, str]]) -> list[_Heap]:
    heaps: list[_Heap] = []
    for post, doubt, about in doubted:
        said = words(post.text)
        heap = next((one for one in heaps if _copies(said, post.text, one)), None)
        if heap is None:
            heaps.append(_Heap(lesson=Lesson(post=post, doubt=doubt, alike=1, about=about), said=said))
        else:
            heap.size += 1
    return heaps


def _copies(said: frozenset[str], text: str, heap: _Heap) -> bool:
    """Short posts are alike by chance, unless they are the same."""
    if min(len(said), len(heap.said)) < FEWEST_WORDS:
        return text.strip() == heap.lesson.post.text.strip()
    return _overlap(said, heap.said) >= ALIKE


def _varied(heaps: list[_Heap], limit: int) -> list[Lesson]:
    chosen: list[Lesson] = []
    while heaps and len(chosen) < limit:
        best = max(heaps, key=lambda heap: heap.worth)
        heaps.remove(best)
        chosen.append(Lesson(post=best.lesson.post, doubt=best.lesson.doubt, alike=best.size, about=best.lesson.about))
        for heap in heaps:
            heap.overlap = max(heap.overlap, _overlap(best.said, heap.said))
    return chosen


def _overlap(one: frozenset[str], other: frozenset[str]) -> float:
    both = len(one & other)
    return both / (len(one) + len(other) - both) if both else 0.0


def _doubt(said: Verdict | None) -> tuple[float, str]:
    """exp(−distance to the nearest threshold in log-odds), and whose threshold it is."""
    if said is None or not said.scores.sentiment:
        return 0.0, ""
    near = {str(label): _closeness(p, said.thresholds, label) for label, p in said.scores.labels.items()}
    near["mood"] = _closeness(max(said.scores.sentiment.values()), said.thresholds, "sentiment")
    if said.abstained:
        near["mood"] = max(near["mood"], ABSTAINED)
    about = max(near, key=lambda name: near[name])
    return near[about], about


def _closeness(p: float, thresholds: Mapping[str, float], name: str) -> float:
    return exp(-abs(_log_odds(p) - _log_odds(thresholds.get(name, 0.5))))


def _log_odds(p: float) -> float:
    sure = min(max(p, _EDGE), 1 - _EDGE)
    return log(sure / (1 - sure))
