"""The four loyalty factors of one brand, each a score from 0 to 100 made of counted things; pure.

A part's value lies between 0 and 1, and a factor's score is the mean of its parts that can be told, times 100. People
are counted once in a window, by all their linked accounts; posts that only name the brand beside another aren't.
"""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from math import exp, log, sqrt

from listener.domain.digest import MIN_N, Share
from listener.domain.factors import Factor, FactorName, Part
from listener.domain.loyalty import Saying
from listener.domain.themes import Act, ThemeKind, names_of, tag
from listener.domain.verdict import Sentiment
from listener.insight.advocacy import Stance, balance_of, stand_of
from listener.insight.intervals import Z, share, wilson

MOODS: Mapping[str, float] = {Sentiment.NEGATIVE: 0.0, Sentiment.NEUTRAL: 0.5, Sentiment.POSITIVE: 1.0}
"""What a post's mood is worth; posts whose mood is unsure are left out."""

USES = frozenset(tag(ThemeKind.ACT, act) for act in (Act.HOWTO, Act.TIP, Act.USE))
HOWTO = tag(ThemeKind.ACT, Act.HOWTO)
RECOMMEND = tag(ThemeKind.ACT, Act.RECOMMEND)

FORMULAS: Mapping[FactorName, str] = {
    FactorName.USAGE: (
        "usage = 100 × mean of"
        " [authors who ask how it is used, tell how, or tell of using it (act: howto, tip, use) ÷ authors;"
        " how-to questions that got an answer from us ÷ how-to questions]"
    ),
    FactorName.ADVOCACY: (
        "advocacy = 100 × mean of"
        " [(advocacy balance + 100) ÷ 200, the balance being promoters % − detractors % by each author's latest stand;"
        " authors who recommend (act: recommend) ÷ authors]"
    ),
    FactorName.WORD_OF_MOUTH: (
        "word of mouth = 100 × mean of"
        " [r ÷ (1 + r), r being the distinct authors of each whole day, summed, ÷ those usual on its weekday,"
        " so that 50 is as usual;"
        " posts that others reposted or replied to ÷ posts; posts that carry a message ÷ posts]"
    ),
    FactorName.EXPERIENCE: (
        "experience = 100 × mean of"
        " [mean over touchpoints, each weighing the same, of the mean over authors of the mean mood of their posts"
        f" there (negative 0, neutral ½, positive 1; touchpoints of {MIN_N} authors or more);"
        " people none of whose posts complains in the 30 days after their complaint was resolved ÷ those who posted in"
        " them, of as many days, ending 30 days before the window does]"
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What the factors of one brand and window are counted from."""

    sayings: Sequence[Saying]
    looked_at: tuple[int, int]
    """Posts in which themes were looked for, and posts."""
    answered: frozenset[int]
    """Mention ids of questions that we answered after they were asked."""
    daily: Mapping[date, int]
    """Distinct authors of the window's whole days and of the days these are compared with."""
    usual: Mapping[date, Sequence[date]]
    """Whole day of the window → the days it is compared with; empty where it has too little history."""
    carried: tuple[int, int]
    """Posts that others reposted or replied to, and posts."""
    messages: bool = True
    """Whether any message is configured."""
    recovery: Share | None = None
    """Of people whose complaint was resolved and who posted again within 30 days, those who didn't complain again."""


def factors(
    heard: Heard, before: Heard | None = None, command: Callable[[FactorName], str] = lambda _: ""
) -> tuple[Factor, ...]:
    """All four; `before` is the window before, of the same length, and `command` what lists the posts of one."""
    return tuple(_factor(name, heard, before, command(name)) for name in FactorName)


def parts_of(name: FactorName, heard: Heard) -> tuple[Part, ...]:
    return _PARTS[name](heard)


def behind(name: FactorName, sayings: Sequence[Saying]) -> list[Saying]:
    """The posts that a factor is counted from, latest first; word of mouth's by how far they were carried."""
    spoken = [one for one in sayings if one.addressed]
    match name:
        case FactorName.USAGE:
            found = [one for one in spoken if one.tags & USES]
        case FactorName.ADVOCACY:
            found = [one for one in spoken if stand_of(one) is not Stance.UNKNOWN]
        case FactorName.WORD_OF_MOUTH:
            return sorted(sayings, key=lambda one: (-one.engagement, one.mention_id))
        case FactorName.EXPERIENCE:
            found = [one for one in spoken if names_of(one.tags, ThemeKind.TOUCHPOINT) and one.sentiment is not None]
    return sorted(found, key=lambda one: (one.at, one.mention_id), reverse=True)


def _factor(name: FactorName, heard: Heard, before: Heard | None, command: str) -> Factor:
    parts = parts_of(name, heard)
    told = [part for part in parts if part.telling]
    earlier = [part for part in parts_of(name, before) if part.telling] if before else []
    comparable = told and [part.name for part in told] == [part.name for part in earlier]
    score, low, high = _mean(told)
    return Factor(
        name=name,
        score=score,
        parts=parts,
        formula=FORMULAS[name],
        command=command,
        before=_mean(earlier)[0] if comparable else None,
        low=low,
        high=high,
    )


def _mean(parts: Sequence[Part]) -> tuple[float | None, float, float]:
    """Of what can be told, in points, with the interval of independent parts."""
    values = [part.value for part in parts if part.value is not None]
    if not values:
        return None, 0.0, 100.0
    score, each = sum(values) / len(values), 100 / len(values)
    down = sqrt(sum((value - part.low) ** 2 for value, part in zip(values, parts, strict=True)))
    up = sqrt(sum((part.high - value) ** 2 for value, part in zip(values, parts, strict=True)))
    return 100 * score, max(0.0, 100 * score - each * down), min(100.0, 100 * score + each * up)


def _usage(heard: Heard) -> tuple[Part, ...]:
    spoken = [one for one in heard.sayings if one.addressed]
    people, using = _people(spoken), {one.author_id for one in spoken if one.tags & USES}
    asked = [one for one in spoken if HOWTO in one.tags]
    answered = sum(one.mention_id in heard.answered for one in asked)
    if not heard.looked_at[0]:
        return _unseen("talk of using", heard), _unseen("questions answered", heard)
    return (
        _share("talk of using", "authors talk of using it", share(len(using), len(people)), heard=heard),
        _share(
            "questions answered",
            "how-to questions got an answer from us",
            share(answered, len(asked)),
            unit="questions",
            heard=heard,
        ),
    )


def _advocacy(heard: Heard) -> tuple[Part, ...]:
    balance = balance_of(heard.sayings)
    sides = f"{balance.promoters:,} promoters, {balance.detractors:,} detractors"
    stood = Part(
        name="balance",
        says=f"{sides}, {balance.passives:,} passive authors",
        value=(balance.points + 100) / 200 if balance.n else None,
        low=(balance.low + 100) / 200,
        high=(balance.high + 100) / 200,
        n=balance.n,
    )
    if not heard.looked_at[0]:
        return stood, _unseen("recommend it", heard)
    spoken = [one for one in heard.sayings if one.addressed]
    recommending = {one.author_id for one in spoken if RECOMMEND in one.tags}
    counted = share(len(recommending), len(_people(spoken)))
    return stood, _share("recommend it", "authors recommend it", counted, heard=heard)


def _word_of_mouth(heard: Heard) -> tuple[Part, ...]:
    carried = _share("carried on", "posts were reposted or replied to", share(*heard.carried), unit="posts")
    if not heard.messages:
        missing = "no message is configured: add [[message]] to themes.toml"
        return _against_usual(heard), carried, Part(name="messages", says=missing, value=None, unit="posts")
    if not heard.looked_at[0]:
        return _against_usual(heard), carried, _unseen("messages", heard)
    bearing = sum(bool(names_of(one.tags, ThemeKind.MESSAGE)) for one in heard.sayings)
    pull = _share("messages", "posts carry a message", share(bearing, len(heard.sayings)), unit="posts", heard=heard)
    return _against_usual(heard), carried, pull


def _against_usual(heard: Heard) -> Part:
    """The ratio r of authors to the usual as r ÷ (1 + r); its interval takes each day's authors as a Poisson count."""
    name, unit = "authors against usual", "authors a day, summed"
    days = [day for day, comparable in heard.usual.items() if comparable]
    seen = sum(heard.daily.get(day, 0) for day in days)
    weights: defaultdict[date, float] = defaultdict(float)
    for day in days:
        for other in heard.usual[day]:
            weights[other] += 1 / len(heard.usual[day])
    usual = sum(weight * heard.daily.get(day, 0) for day, weight in weights.items())
    if not usual:
        return Part(name=name, says="too little history to tell what is usual", value=None, unit=unit)
    variance = sum(weight * weight * heard.daily.get(day, 0) for day, weight in weights.items())
    # None seen: as if one had been, for the interval's upper end.
    spread = Z * sqrt(1 / max(seen, 1) + variance / usual**2)
    middle = log(max(seen, 1) / usual)
    return Part(
        name=name,
        says=f"{seen:,} authors a day, summed over {len(days)} days, where {usual:,.0f} are usual",
        value=seen / (seen + usual),
        low=0.0 if not seen else _of_odds(middle - spread),
        high=_of_odds(middle + spread),
        n=seen + round(usual),
        unit=unit,
    )


def _experience(heard: Heard) -> tuple[Part, ...]:
    again = heard.recovery
    recovered = Part(
        name="recovered", says="nobody whose complaint was resolved posted again", value=None, unit="people"
    )
    if again is not None and again.whole:
        recovered = _share("recovered", "people no longer complain once it was resolved", again, unit="people")
    if not heard.looked_at[0]:
        return _unseen("mood at touchpoints", heard), recovered
    return _moods(heard), recovered


def _moods(heard: Heard) -> Part:
    moods = moods_at(heard.sayings)
    told = {name: authors for name, authors in moods.items() if len(authors) >= MIN_N}
    name = "mood at touchpoints"
    if not told:
        most = max(map(len, moods.values()), default=0)
        says = f"too few to tell: no touchpoint has {MIN_N} authors (the most are {most})"
        return Part(name=name, says=says, value=None, n=most)
    means = {one: sum(authors.values()) / len(authors) for one, authors in told.items()}
    mean = sum(means.values()) / len(means)
    people = {author for authors in told.values() for author in authors}
    low, high = _interval(mean, told, means, len(people))
    each = ", ".join(f"{one} {100 * value:.0f} (n = {len(told[one])})" for one, value in sorted(means.items()))
    return Part(name=name, says=f"mean of {each}" + _coverage(heard), value=mean, low=low, high=high, n=len(people))


def moods_at(sayings: Sequence[Saying]) -> dict[str, dict[int, float]]:
    """Touchpoint → author → the mean mood of what they said there."""
    said: defaultdict[str, defaultdict[int, list[float]]] = defaultdict(lambda: defaultdict(list))
    for one in sayings:
        if one.addressed and one.sentiment is not None:
            for name in names_of(one.tags, ThemeKind.TOUCHPOINT):
                said[name][one.author_id].append(MOODS[one.sentiment])
    return {
        name: {author: sum(moods) / len(moods) for author, moods in authors.items()} for name, authors in said.items()
    }


def _interval(
    mean: float, told: Mapping[str, Mapping[int, float]], means: Mapping[str, float], people: int
) -> tuple[float, float]:
    """By what each author adds to the mean: who speaks of several touchpoints weighs in all of them."""
    adds: defaultdict[int, float] = defaultdict(float)
    for name, authors in told.items():
        for author, mood in authors.items():
            adds[author] += (mood - means[name]) / (len(authors) * len(told))
    half = Z * sqrt(sum(one * one for one in adds.values()))
    if half == 0.0:
        # All alike at every touchpoint: an interval of no width would pretend.
        return wilson(round(mean * people), people)
    return max(0.0, mean - half), min(1.0, mean + half)


def _share(name: str, what: str, counted: Share, *, unit: str = "authors", heard: Heard | None = None) -> Part:
    said = f"{counted.part:,} of {counted.whole:,} {what}"
    return Part(
        name=name,
        says=said + (_coverage(heard) if heard else ""),
        value=counted.value if counted.whole else None,
        low=counted.low,
        high=counted.high,
        n=counted.whole,
        unit=unit,
    )


def _coverage(heard: Heard) -> str:
    """Of what part of the posts themes are known; nothing where of all."""
    looked, posts = heard.looked_at
    return "" if looked >= posts else f"; themes were looked for in {looked:,} of {posts:,} posts only"


def _unseen(name: str, heard: Heard) -> Part:
    posts = heard.looked_at[1]
    says = "no post was looked at for themes: listener themes apply" if posts else "nobody posted"
    return Part(name=name, says=says, value=None)


def _people(sayings: Sequence[Saying]) -> set[int]:
    return {one.author_id for one in sayings}


def _of_odds(logarithm: float) -> float:
    return 1 / (1 + exp(-logarithm))


_PARTS: Mapping[FactorName, Callable[[Heard], tuple[Part, ...]]] = {
    FactorName.USAGE: _usage,
    FactorName.ADVOCACY: _advocacy,
    FactorName.WORD_OF_MOUTH: _word_of_mouth,
    FactorName.EXPERIENCE: _experience,
}
