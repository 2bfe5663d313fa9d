"""The customer's way: who speaks of which touchpoint, and in what mood."""

from collections import Counter
from collections.abc import Mapping, Sequence

from listener.domain.journey import Journey, Stop
from listener.domain.loyalty import Saying
from listener.domain.themes import ThemeKind, names_of
from listener.domain.verdict import Sentiment
from listener.insight.intervals import share

UNLOOKED = ""
"""Names the tagger of posts in which nobody looked for themes."""

_UNSURE, _UNSCORED = "unsure", "unscored"


def journey(
    brand: str, sayings: Sequence[Saying], touchpoints: Sequence[str], taggers: Mapping[str, int], tagger: str
) -> Journey:
    """The map of one window; `sayings` oldest first.

    `taggers` counts the window's posts by who looked at them, `tagger` is the one in force. A touchpoint that is
    configured no more, but stands in tags, follows the others.
    """
    spoken = [saying for saying in sayings if saying.addressed]
    named = [(saying, names_of(saying.tags, ThemeKind.TOUCHPOINT)) for saying in spoken]
    others = sorted({name for _, names in named for name in names} - set(touchpoints))
    stops = tuple(_stop(name, [one for one, names in named if name in names]) for name in (*touchpoints, *others))
    nowhere = [one for one, names in named if not names]
    return Journey(
        brand=brand,
        posts=len(spoken),
        people=len({saying.author_id for saying in spoken}),
        stops=stops,
        nowhere=_stop("", nowhere),
        without=share(len(nowhere), len(spoken)),
        older=sum(posts for name, posts in taggers.items() if name not in (tagger, UNLOOKED)),
        unlooked=taggers.get(UNLOOKED, 0),
    )


def _stop(name: str, sayings: Sequence[Saying]) -> Stop:
    latest = {saying.author_id: _mood(saying) for saying in sayings}
    moods = Counter(latest.values())
    known = sum(moods[mood] for mood in Sentiment)
    return Stop(
        touchpoint=name,
        posts=len(sayings),
        people=len(latest),
        negative=moods[Sentiment.NEGATIVE],
        neutral=moods[Sentiment.NEUTRAL],
        positive=moods[Sentiment.POSITIVE],
        unsure=moods[_UNSURE],
        unscored=moods[_UNSCORED],
        unhappy=share(moods[Sentiment.NEGATIVE], known),
        happy=share(moods[Sentiment.POSITIVE], known),
    )


def _mood(saying: Saying) -> str:
    if not saying.scored:
        return _UNSCORED
    return saying.sentiment or _UNSURE
