"""Who speaks for a brand and who against it, by what they do: one vote an author, the latest stand wins.

A post that recommends promotes and one that warns off detracts, whatever its mood: advice given to others is a better
sign than mood. Without either, praise promotes and complaint detracts. A post that does both of a kind takes neither
side, and a post that does nothing of it takes back nothing that was said before.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from enum import StrEnum

from listener.domain.digest import Balance
from listener.domain.loyalty import Saying
from listener.domain.stored import AuthorStand
from listener.domain.themes import Act, ThemeKind, tag
from listener.domain.verdict import Label
from listener.insight.intervals import newcombe_within

BIAS = "Inferred from public talk, not from a survey: few customers post, and mostly the delighted and the angry."


class Stance(StrEnum):
    PROMOTER = "promoter"
    PASSIVE = "passive"
    DETRACTOR = "detractor"
    UNKNOWN = "unknown"


_RECOMMENDS, _WARNS = tag(ThemeKind.ACT, Act.RECOMMEND), tag(ThemeKind.ACT, Act.WARN)


def stand_of(saying: Saying) -> Stance:
    """What one post does for the brand it speaks to; unknown where it takes no stand."""
    if not saying.addressed:
        return Stance.UNKNOWN
    for promotes, detracts in (
        (_RECOMMENDS in saying.tags, _WARNS in saying.tags),
        (saying.praise, saying.complaint),
    ):
        if promotes or detracts:
            return Stance.PASSIVE if promotes and detracts else Stance.PROMOTER if promotes else Stance.DETRACTOR
    return Stance.UNKNOWN


def stances(sayings: Iterable[Saying]) -> dict[int, Stance]:
    """Author → the stand of the latest post that takes one.

    Whoever took none is passive if any post of theirs could be read, else unknown.
    """
    found: dict[int, Stance] = {}
    for saying in sorted(sayings, key=lambda one: (one.at, one.mention_id)):
        stand = stand_of(saying)
        if stand is not Stance.UNKNOWN:
            found[saying.author_id] = stand
        elif found.setdefault(saying.author_id, stand) is Stance.UNKNOWN and _read(saying):
            found[saying.author_id] = Stance.PASSIVE
    return found


def balance_of(sayings: Iterable[Saying]) -> Balance:
    """Advocacy balance of the authors of these posts about one brand, with its interval in points."""
    return balance_counted(Counter(stances(sayings).values()))


def balances(grouped: Mapping[str, Iterable[Saying]]) -> dict[str, Balance]:
    """The same of each group: an author speaks in each once, with the latest stand there."""
    return {key: balance_of(sayings) for key, sayings in grouped.items()}


def _read(saying: Saying) -> bool:
    return saying.addressed and (saying.sentiment is not None or saying.question)


def stance(stand: AuthorStand) -> Stance:
    """Praise makes a promoter, complaint a detractor, both or neither a passive; without any verdict unknown."""
    praises, complains = Label.PRAISE in stand.labels, Label.COMPLAINT in stand.labels
    if praises != complains:
        return Stance.PROMOTER if praises else Stance.DETRACTOR
    return Stance.UNKNOWN if not stand.labels and stand.sentiment is None else Stance.PASSIVE


def balance(stands: Iterable[AuthorStand]) -> Balance:
    """Advocacy balance of distinct authors, with its interval in points."""
    return balance_counted(Counter(stance(stand) for stand in stands))


def balance_counted(counts: Mapping[Stance, int]) -> Balance:
    """From how many authors take each stand."""
    counts = Counter(counts)
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
