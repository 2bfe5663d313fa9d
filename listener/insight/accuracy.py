"""How right the model was, on what agents know: precision and recall of each label and mood. Pure.

The model's word is what it had said before anybody corrected it. A label it didn't give it denied; a mood it abstained
on it missed, though it said nothing wrong.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from listener.domain.digest import Share
from listener.domain.truth import Sample, Truth
from listener.domain.verdict import Label, Sentiment, Verdict
from listener.insight.intervals import share
from listener.insight.sampling import Cell, Checked, Measure, Weighted, weighted_share

Judge = Callable[[Truth, Verdict], tuple[bool, Cell]]
"""Whether the model gave it, and what the post is to the share."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One row: of what, what is measured, and how much."""

    of: str
    """A label, a sentiment, or `all`."""
    measure: str
    """precision · recall · abstained · corrected."""
    share: Share | Weighted


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """What can be said of the model for one brand."""

    brand: str
    sample: Sample | None
    """The latest of which something was checked."""
    checked: int
    """Of the sample."""
    sampled: tuple[Figure, ...]
    """These may be quoted."""
    seen: int
    """Posts agents looked at, however chosen."""
    biased: tuple[Figure, ...]
    abstained: Share
    """Of all posts of the brand in the window, by counts."""
    models: Mapping[str, int]
    """Truths by the model that had judged the post; `` where none had."""


def account(
    brand: str, truths: Sequence[Truth], sample: Sample | None, checked: Sequence[Truth], abstained: Share
) -> Account:
    """From the truths of a brand in a window, and those told for its latest sample."""
    models: dict[str, int] = {}
    for truth in truths:
        name = truth.said.model if truth.said else ""
        models[name] = models.get(name, 0) + 1
    judged = [truth for truth in checked if truth.said]
    return Account(
        brand=brand,
        sample=sample if judged else None,
        checked=len(judged),
        sampled=sampled(sample, judged) if sample and judged else (),
        seen=len(truths),
        biased=plain(truths),
        abstained=abstained,
        models=models,
    )


def plain(truths: Sequence[Truth]) -> tuple[Figure, ...]:
    """Each truth counts once, whatever made an agent look at it; Wilson intervals."""
    return tuple(
        Figure(of=of, measure=name, share=_counted([judge(one, one.said)[1] for one in truths if one.said]))
        for of, name, _, judge in _MEASURES
    )


def sampled(sample: Sample, checked: Sequence[Truth]) -> tuple[Figure, ...]:
    """Each checked post stands for others like it."""
    return tuple(
        Figure(of=of, measure=name, share=weighted_share(sample.strata, of, measure, _checked(sample, checked, judge)))
        for of, name, measure, judge in _MEASURES
    )


def _checked(sample: Sample, truths: Sequence[Truth], judge: Judge) -> list[Checked]:
    judged = [(sample.posts[one.mention_id], *judge(one, one.said)) for one in truths if one.said]
    return [Checked(stratum=place, given=given, cell=cell) for place, given, cell in judged]


def _counted(cells: Sequence[Cell]) -> Share:
    hits = cells.count(Cell.HIT)
    return share(hits, hits + cells.count(Cell.MISS))


def _cell(*, counts: bool, hit: bool) -> Cell:
    return (Cell.HIT if hit else Cell.MISS) if counts else Cell.OUTSIDE


def _of_label(label: Label, measure: Measure) -> Judge:
    def judge(truth: Truth, said: Verdict) -> tuple[bool, Cell]:
        true, given = label in truth.labels, label in said.labels
        return given, _cell(counts=true if measure is Measure.RECALL else given, hit=true and given)

    return judge


def _of_mood(mood: Sentiment, measure: Measure) -> Judge:
    def judge(truth: Truth, said: Verdict) -> tuple[bool, Cell]:
        true, given = truth.sentiment is mood, said.sentiment is mood
        counts = truth.sentiment is not None and (true if measure is Measure.RECALL else given)
        return given, _cell(counts=counts, hit=true and given)

    return judge


def _abstained(_truth: Truth, said: Verdict) -> tuple[bool, Cell]:
    return True, _cell(counts=True, hit=said.abstained)


def _corrected(truth: Truth, said: Verdict) -> tuple[bool, Cell]:
    """Labels other than the model's, or another mood than the one it gave."""
    mood = truth.sentiment is not None and said.sentiment is not None and truth.sentiment is not said.sentiment
    return True, _cell(counts=True, hit=mood or truth.labels != said.labels)


_BOTH = (Measure.PRECISION, Measure.RECALL)
_MEASURES: tuple[tuple[str, str, Measure, Judge], ...] = (
    *((str(one), str(measure), measure, _of_label(one, measure)) for one in Label for measure in _BOTH),
    *((str(one), str(measure), measure, _of_mood(one, measure)) for one in Sentiment for measure in _BOTH),
    ("all", "abstained", Measure.SHARE, _abstained),
    ("all", "corrected", Measure.SHARE, _corrected),
)
