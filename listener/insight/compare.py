"""Whether an initiative moved anything: shares of authors before and after, with the interval of their difference.

Authors who are in both windows don't speak twice independently. Their answers of both windows are correlated, and that
correlation goes into the interval (square-and-add with correlation: Zou and Donner 2008): the more the same people stay
as they were, the narrower it gets. With fewer than `FEW` in both, none is assumed.
"""

from collections.abc import Callable, Mapping, Sequence
from math import sqrt

from listener.domain.connection import Change, Comparison, Moved
from listener.domain.digest import Share
from listener.domain.loyalty import Saying
from listener.insight.connection import LEAVES, connected_authors, difference, promoters, who_says
from listener.insight.intervals import newcombe_overlapping, share
from listener.insight.windows import Window

FEW = 10
"""People in both under which no correlation is told."""

_HAVING: Mapping[Moved, Callable[[Sequence[Saying]], set[int]]] = {
    Moved.CONNECTED: connected_authors,
    Moved.LEAVING: lambda sayings: who_says(sayings, LEAVES),
    Moved.ADVOCACY: promoters,
}


def compare(
    brand: str,
    before: tuple[Window, Sequence[Saying]],
    after: tuple[Window, Sequence[Saying]],
    group: str = "",
) -> Comparison:
    """The sayings are of one brand, and of the group alone where one is named."""
    earlier, later = _spoken(before[1]), _spoken(after[1])
    return Comparison(
        brand=brand,
        group=group,
        before=(before[0].since, before[0].until),
        after=(after[0].since, after[0].until),
        changes=tuple(_change(what, earlier, later) for what in _HAVING),
    )


def changed(what: Moved, before: Share, after: Share, *, both: int = 0, correlation: float = 0.0) -> Change:
    """A change of one share, from counts alone."""
    interval = newcombe_overlapping(after, before, correlation)
    return Change(
        what=what,
        before=before,
        after=after,
        both=both,
        correlation=correlation,
        difference=difference(after, before, interval),
    )


def _spoken(sayings: Sequence[Saying]) -> list[Saying]:
    return [one for one in sayings if one.addressed]


def _change(what: Moved, earlier: Sequence[Saying], later: Sequence[Saying]) -> Change:
    first, then = ({one.author_id for one in sayings} for sayings in (earlier, later))
    had, have = _HAVING[what](earlier), _HAVING[what](later)
    both = first & then
    linked = _phi(len(both), len(had & both), len(have & both), len(had & have)) * _weight(first, then, both)
    return changed(what, share(len(had), len(first)), share(len(have), len(then)), both=len(both), correlation=linked)


def _weight(first: set[int], then: set[int], both: set[int]) -> float:
    """How much of the correlation within people in both is left between the whole shares."""
    return len(both) / sqrt(len(first) * len(then)) if both else 0.0


def _phi(n: int, had: int, have: int, had_both: int) -> float:
    """The correlation of two answers of the same people; 0 where it can't be told."""
    spread = had * (n - had) * have * (n - have)
    if n < FEW or not spread:
        return 0.0
    return (n * had_both - had * have) / sqrt(spread)
