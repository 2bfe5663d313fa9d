"""Who speaks up for a brand, how often and how far it carries; and whom to thank.

An advocate recommended the brand or praised it in the window, and their latest word that takes a side is for it. One
who recommended in January and warns in February is none.
"""

import math
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from listener.domain.advocates import Advocate, Kept, ThankQueue
from listener.domain.loyalty import Gift, LoyaltyPolicy, Person, Saying
from listener.domain.platform import may_answer
from listener.domain.themes import Act, ThemeKind, tag
from listener.ports import Reads

LOOKED_BACK = timedelta(days=90)
"""How far back the post is looked for that a gift is for."""

RECOMMEND, WARN, LEAVE = (tag(ThemeKind.ACT, act) for act in (Act.RECOMMEND, Act.WARN, Act.LEAVE))

FORMULA = (
    "(2 × days with a recommendation + other days with praise) × (1 + log10(1 + followers) ÷ 3) "
    "+ log10(1 + likes, replies and reposts)"
)
"""Advice given to others counts twice as much as a good mood; a thousand followers double it; days, not posts, so that
nobody climbs by repeating themselves."""


def speaks_for(saying: Saying) -> bool:
    """Advice in a post that only names the brand beside another is meant for the other."""
    return saying.addressed and (RECOMMEND in saying.tags or saying.praise)


def speaks_against(saying: Saying) -> bool:
    return saying.addressed and (WARN in saying.tags or LEAVE in saying.tags or saying.complaint)


def supporters(sayings: Iterable[Saying]) -> set[int]:
    """Whom the lists must know: ask the store for `people` of these."""
    return {one.author_id for one in sayings if speaks_for(one)}


def advocates(sayings: Sequence[Saying], people: Mapping[int, Person]) -> tuple[Advocate, ...]:
    """The furthest-carrying first; accounts of one imported customer are one. Erased people aren't among `people`."""
    by_person: defaultdict[str, list[Saying]] = defaultdict(list)
    for one in sorted(sayings, key=lambda one: (one.at, one.mention_id)):
        if one.author_id in people:
            person = people[one.author_id]
            by_person[f"c{person.customer}" if person.customer else f"a{person.author_id}"].append(one)
    found = [_advocate(said, people) for said in by_person.values() if _for_us(said)]
    return tuple(sorted(found, key=lambda one: (-one.score, -one.last_at.timestamp(), one.person.author_id)))


def found_in(reads: Reads, brand: str, since: datetime, until: datetime) -> tuple[Advocate, ...]:
    """Who spoke up for a brand in a window."""
    sayings = reads.sayings(brand, since, until)
    return advocates(sayings, reads.people(sorted(supporters(sayings))))


def best_of(reads: Reads, brand: str, author_id: int, now: datetime) -> Advocate | None:
    """One of them, with their best post of late; None if their latest word isn't for the brand."""
    sayings = reads.sayings_of(brand, [author_id], now - LOOKED_BACK, now)
    return next(iter(advocates(sayings, reads.people(sorted(supporters(sayings))))), None)


def to_thank(reads: Reads, found: Sequence[Advocate], policy: LoyaltyPolicy, gift: Gift, now: datetime) -> ThankQueue:
    """Whom of them to give this to next."""
    had = reads.had_gift(gift, now - policy.double_gift)
    return thank_queue(found, had_already=had, may_answer=lambda one: may_answer(reads.mention(one.best_post).mention))


def thank_queue(
    found: Sequence[Advocate], *, had_already: Collection[int], may_answer: Callable[[Advocate], bool]
) -> ThankQueue:
    """Those who may be thanked now. `had_already` are author ids of whoever was, of late."""
    lines: list[Advocate] = []
    opted_out = not_allowed = had = 0
    for one in found:
        if one.person.no_contact:
            opted_out += 1
        elif one.person.author_id in had_already:
            had += 1
        elif not may_answer(one):
            not_allowed += 1
        else:
            lines.append(one)
    kept = Kept(opted_out=opted_out, not_allowed=not_allowed, had_already=had)
    return ThankQueue(lines=tuple(lines), kept=kept)


def _for_us(said: Sequence[Saying]) -> bool:
    """Whether the latest post that takes one side takes ours."""
    latest = next((one for one in reversed(said) if speaks_for(one) != speaks_against(one)), None)
    return latest is not None and speaks_for(latest)


def _advocate(said: Sequence[Saying], people: Mapping[int, Person]) -> Advocate:
    good = [one for one in said if speaks_for(one) and not speaks_against(one)]
    advice = [one for one in good if RECOMMEND in one.tags]
    advised = {one.at.date() for one in advice}
    praised = {one.at.date() for one in good} - advised
    accounts = {one.author_id: people[one.author_id].followers for one in good}
    known = [followers for followers in accounts.values() if followers is not None]
    reach = sum(known) if known else None
    engagement = sum(one.engagement for one in good)
    best = max(good, key=lambda one: (RECOMMEND in one.tags, one.engagement, one.at, one.mention_id))
    return Advocate(
        person=people[best.author_id],
        recommendations=len(advice),
        praises=len(good) - len(advice),
        days=len(advised | praised),
        reach=reach,
        engagement=engagement,
        score=_score(len(advised), len(praised), reach or 0, engagement),
        best_post=best.mention_id,
        last_at=good[-1].at,
    )


def _score(advised: int, praised: int, followers: int, engagement: int) -> float:
    carries = 1 + math.log10(1 + followers) / 3
    return round((2 * advised + praised) * carries + math.log10(1 + engagement), 2)
