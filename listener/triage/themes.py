"""Matters that many people write of in their own words: found by the words that more of them use than usual.

A storm is not one sentence said a thousand times. So a theme is a set of words: each is written by more people than on
a usual day, or by a larger share of those who complain, beyond what chance and the ups and downs of days explain; and
words that stand in the same posts, or in the same company, are one theme. It is proposed, and a person agrees or not.

Chance: the number of people expected has itself been estimated from few, so the count is judged by the negative
binomial distribution that a Gamma belief about its rate gives (Gelman et al., Bayesian Data Analysis, 2.6), its shape
capped because days differ by more than luck. Over all words tried, false discoveries are held down as Benjamini and
Hochberg 1995 do. English endings are folded; other languages' words are taken as they stand.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from listener.domain.incident import Heard, IncidentPolicy
from listener.domain.words import terms

FALSE = 0.1
"""Share of the words found that may be there by chance."""
SHAPE = 11.0
"""Belief in a usual rate is never firmer than one day in eleven like it: a usual day is off by 30 %."""
WARM_DAYS = 3
SOME = 5
"""A brand's own past says what is usual once so many people complained on each of so many days; until then all
brands' does."""
TELLING = 1.5
"""Times its share in posts that don't complain, below which a word names no trouble: people thank for service, too."""
KNOWN = 8
"""Posts that hold a word, from which on it tells something of the words beside it."""
COMMON_TALK = 0.25
"""Share of usual complaints from which on a word says nothing here, as flight to an airline."""
MOST_TERMS = 60
"""Of a brand looked at together."""

_MOODS = """
    hour hours hr hrs min mins minute minutes second seconds half full monday tuesday wednesday thursday friday saturday
    sunday morning afternoon evening night tonight tomorrow yesterday weekend month months
    worst terrible horrible awful ridiculous unacceptable disappointed disappointing disappointment seriously finally
    suck sucks sucked frustrated frustrating frustration joke fail fails failed failing poor poorly hate hated love
    loved wow shit fuck fucking damn hell crap sad annoying annoyed angry upset unhappy happy disgusted pathetic useless
    experience issue issues problem problems help helped helping helpful due work works worked working count counting
    customer customers service services company business care cares
    ask asked asking trying speak unreal insane crazy stupid nightmare disaster pissed furious
    """.split()  # noqa: SIM905 - a hundred quoted words are harder to read
_ENDINGS = ("ations", "ation", "ings", "ing", "ions", "ion", "ed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Risen:
    """A term that stands out, and the cases and people behind it."""

    term: str
    cases: frozenset[int]
    people: frozenset[int]
    usual: float | None
    times: float
    chance: float
    """Of so many people on a usual day, the smaller of two looks doubled."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What a brand's complaints usually hold, or all brands' where its own record is too young."""

    people: Mapping[str, int]
    """Term → people, each counted once a day."""
    total: int
    days: float
    """Of the brand's own record; 0 where it is others'."""
    mild: Mapping[str, int] = field(default_factory=dict)
    """Term → posts that don't complain and hold it."""
    mild_total: int = 0


def root(word: str) -> str:
    """A word without its English ending, so that cancel, cancelled and cancellation are one."""
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            word = word.removesuffix(ending)
            break
    else:
        word = _singular(word)
    if len(word) > 4 and word.endswith("e"):
        word = word[:-1]
    return word[:-1] if len(word) > 3 and word[-1] == word[-2] else word


def _singular(word: str) -> str:
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("ses", "xes", "ches", "shes")):
        return word[:-2]
    return word[:-1] if word.endswith("s") and len(word) > 3 and not word.endswith("ss") else word


_NOTHING = frozenset(_MOODS)


def rooted(text: str, ignore: frozenset[str] = frozenset()) -> dict[str, str]:
    """The roots of a post's telling words and pairs of words → as it writes them."""
    return {" ".join(root(word) for word in term.split()): term for term in sorted(terms(text, ignore | _NOTHING))}


def record(posts: Iterable[Heard], mild: Sequence[str], ignore: frozenset[str], days: float) -> Record:
    """What was said before; `days` is 0 where these aren't the brand's own. `mild` are texts that don't complain."""
    said: defaultdict[str, set[tuple[int, date]]] = defaultdict(set)
    everybody = set()
    for post in posts:
        once = (post.author, post.at.date())
        everybody.add(once)
        for term in rooted(post.text, ignore):
            said[term].add(once)
    return Record(
        people={term: len(them) for term, them in said.items()},
        total=len(everybody),
        days=days,
        mild=Counter(term for text in mild for term in rooted(text, ignore)),
        mild_total=len(mild),
    )


def is_warm(posts: Iterable[Heard]) -> bool:
    """Whether these are a record, not a few strays before one begins."""
    days = Counter(day for _, day in {(post.author, post.at.date()) for post in posts})
    return sum(people >= SOME for people in days.values()) >= WARM_DAYS


def judged(now: Sequence[Heard], before: Record, policy: IncidentPolicy, ignore: frozenset[str]) -> list[Risen]:
    """Every term that enough people wrote, with how unusual that is; the least likely first."""
    cases: defaultdict[str, set[int]] = defaultdict(set)
    people: defaultdict[str, set[int]] = defaultdict(set)
    for post in now:
        for term in rooted(post.text, ignore):
            cases[term].add(post.case)
            people[term].add(post.author)
    everybody = len({post.author for post in now})
    stretch = policy.within / timedelta(days=1)
    found = [
        _judge(term, frozenset(cases[term]), frozenset(them), everybody, stretch, before)
        for term, them in people.items()
        if len(them) >= policy.min_people and _names_trouble(term, len(them) / everybody, before)
    ]
    return sorted(found, key=lambda one: (one.chance, -len(one.people), one.term))


def _names_trouble(term: str, share: float, before: Record) -> bool:
    if before.people.get(term, 0) > COMMON_TALK * before.total:
        return False
    return share * before.mild_total >= TELLING * before.mild.get(term, 0)


def _judge(
    term: str, cases: frozenset[int], people: frozenset[int], everybody: int, stretch: float, before: Record
) -> Risen:
    """Two looks: against the usual number a day, where the record is the brand's own; against the usual share."""
    said, count = before.people.get(term, 0), len(people)
    by_share = (said + 0.5) / (before.total + 1) * everybody
    looks = [(count / by_share, tail(count, by_share, min(said + 0.5, 2 * SHAPE)))]
    usual = None
    if before.days:
        usual = said / before.days * stretch
        by_day = (said + 0.5) / before.days * stretch
        looks.append((count / by_day, tail(count, by_day, min(said + 0.5, SHAPE))))
    times, chance = max(times for times, _ in looks), min(1.0, len(looks) * min(chance for _, chance in looks))
    return Risen(term=term, cases=cases, people=people, usual=usual, times=times, chance=chance)


def tail(count: int, mean: float, shape: float) -> float:
    """P(X ≥ count) of a negative binomial with this mean and shape."""
    odds = mean / (shape + mean)
    log_mass = shape * math.log1p(-odds) + sum(math.log((shape + n) / (n + 1) * odds) for n in range(count))
    mass, above = math.exp(log_mass), 0.0
    while mass > above * 1e-12 or count < mean:
        above += mass
        mass *= (shape + count) / (count + 1) * odds
        count += 1
    return min(1.0, above)


def standing_out(found: Sequence[Risen], policy: IncidentPolicy) -> set[str]:
    """Those beyond chance, by Benjamini and Hochberg, and risen as far as the policy asks."""
    last = 0
    for place, one in enumerate(found, start=1):
        if one.chance <= FALSE * place / len(found):
            last = place
    return {one.term for one in found[:last] if one.times >= policy.rise}


class Company:
    """How like two words are in what stands beside them: the cosine of their positive pointwise mutual information,
    contexts smoothed by the power 0.75 (Levy, Goldberg, Dagan 2015)."""

    def __init__(self, posts: Iterable[Heard], of: Iterable[str], ignore: frozenset[str]) -> None:
        wanted = {term for term in of if " " not in term}
        beside: dict[str, Counter[str]] = {term: Counter() for term in wanted}
        said = [{term for term in rooted(post.text, ignore) if " " not in term} for post in posts]
        posts_of = Counter(word for words in said for word in words)
        seen: Counter[str] = Counter()
        for words in said:
            known = {word for word in words if posts_of[word] >= KNOWN}
            for word in known:
                seen[word] += len(known) - 1
            for word in known & wanted:
                beside[word].update(known - {word})
        total = sum(count**0.75 for count in seen.values()) or 1.0
        self._vectors = {word: _information(near, seen, total) for word, near in beside.items()}

    def likeness(self, one: str, other: str) -> float:
        """0 to 1; 0 for pairs of words, which have no company of their own."""
        a, b = self._vectors.get(one), self._vectors.get(other)
        if not a or not b:
            return 0.0
        small, large = sorted((a, b), key=len)
        return sum(value * large[word] for word, value in small.items() if word in large)


def _information(near: Counter[str], seen: Mapping[str, int], total: float) -> dict[str, float]:
    size = sum(near.values())
    usual = {word: seen[word] ** 0.75 / total for word in near}
    raw = {word: math.log(count / size / usual[word]) for word, count in near.items()}
    kept = {word: value for word, value in raw.items() if value > 0}
    length = math.sqrt(sum(value * value for value in kept.values())) or 1.0
    return {word: value / length for word, value in kept.items()}
