"""Who speaks for a brand and who against it, by each author's latest stand."""

from collections import Counter
from collections.abc import Iterable
from enum import StrEnum

from listener.domain.digest import Balance
from listener.domain.stored import AuthorStand
from listener.domain.verdict import Label
from listener.insight.intervals import newcombe_within

BIAS = "Inferred from public talk, not from a survey: few customers post, and mostly the delighted and the angry."


class Stance(StrEnum):
    PROMOTER = "promoter"
    PASSIVE = "passive"
    DETRACTOR = "detractor"
    UNKNOWN = "unknown"


def stance(stand: AuthorStand) -> Stance:
    """Praise makes a promoter, complaint a detractor, both or neither a passive; without any verdict unknown."""
    praises, complains = Label.PRAISE in stand.labels, Label.COMPLAINT in stand.labels
    if praises != complains:
        return Stance.PROMOTER if praises else Stance.DETRACTOR
    return Stance.UNKNOWN if not stand.labels and stand.sentiment is None else Stance.PASSIVE


def balance(stands: Iterable[AuthorStand]) -> Balance:
    """Advocacy balance of distinct authors, with its interval in points."""
    counts = Counter(stance(stand) for stand in stands)
    promoters, passives, detractors = (counts[s] for s in (Stance.PROMOTER, Stance.PASSIVE, Stance.DETRACTOR))
    low, high = newcombe_within(promoters, detractors, promoters + passives + detractors)
    return Balance(
        promoters=promoters,
        passives=passives,
        detractors=detractors,
        unknown=counts[Stance.UNKNOWN],
        low=100 * low,
        high=100 * high,
    )
