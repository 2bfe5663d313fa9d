"""Emotional connection: authors with a post that names a motivator and bears an emotion of attachment to the brand."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from listener.domain.connection import Connection, Contrast, Difference
from listener.domain.digest import Share
from listener.domain.loyalty import Saying
from listener.domain.themes import Act, ThemeKind, names_of, tag
from listener.insight.advocacy import Stance, stances
from listener.insight.intervals import newcombe, share

ATTACHED = ("love", "gratitude", "admiration", "joy", "pride", "relief", "excitement")
EMOTIONS = frozenset(tag(ThemeKind.EMOTION, name) for name in ATTACHED)
LEAVES = tag(ThemeKind.ACT, Act.LEAVE)
RECOMMENDS = tag(ThemeKind.ACT, Act.RECOMMEND)

CAVEAT = (
    "A post that moves somebody also tends to praise, so advocacy differs in part by how both are told; talk of leaving"
    " and recommending are told apart from mood."
)


def connection(brand: str, sayings: Sequence[Saying], taggers: Mapping[str, int]) -> Connection:
    """Of one brand's window; `taggers` counts its posts by who looked at them, the empty one for nobody."""
    spoken = [one for one in sayings if one.addressed]
    people = {one.author_id for one in spoken}
    by = connected_by(spoken)
    connected = set().union(*by.values()) if by else set()
    ranked = sorted(by.items(), key=lambda entry: (-len(entry[1]), entry[0]))
    posts = sum(taggers.values())
    return Connection(
        brand=brand,
        connected=share(len(connected), len(people)),
        motivators=tuple((name, share(len(authors), len(people))) for name, authors in ranked),
        contrasts=tuple(_contrast(name, having, connected, people) for name, having in _doing(spoken).items()),
        looked_at=posts - taggers.get("", 0),
        posts=posts,
    )


def connected_by(sayings: Sequence[Saying]) -> dict[str, set[int]]:
    """Motivator → authors whom it connects: both stand in one post of theirs."""
    found: defaultdict[str, set[int]] = defaultdict(set)
    for one in sayings:
        if one.addressed and one.tags & EMOTIONS:
            for name in names_of(one.tags, ThemeKind.MOTIVATOR):
                found[name].add(one.author_id)
    return dict(found)


def connected_authors(sayings: Sequence[Saying]) -> set[int]:
    return {author for authors in connected_by(sayings).values() for author in authors}


def who_says(sayings: Sequence[Saying], wanted: str) -> set[int]:
    """Authors with a post about the brand that bears the tag."""
    return {one.author_id for one in sayings if one.addressed and wanted in one.tags}


def promoters(sayings: Sequence[Saying]) -> set[int]:
    """Authors whose latest stand promotes."""
    return {author for author, stand in stances(sayings).items() if stand is Stance.PROMOTER}


def difference(a: Share, b: Share, interval: tuple[float, float]) -> Difference:
    """a − b, in points."""
    low, high = interval
    telling = a.telling and b.telling
    return Difference(points=100 * (a.value - b.value), low=100 * low, high=100 * high, telling=telling)


def _doing(sayings: Sequence[Saying]) -> dict[str, set[int]]:
    return {
        "promoters": promoters(sayings),
        "recommend": who_says(sayings, RECOMMENDS),
        "talk of leaving": who_says(sayings, LEAVES),
    }


def _contrast(name: str, having: set[int], connected: set[int], people: set[int]) -> Contrast:
    others = people - connected
    a, b = share(len(having & connected), len(connected)), share(len(having & others), len(others))
    return Contrast(
        name=name, connected=a, others=b, difference=difference(a, b, newcombe(a.part, a.whole, b.part, b.whole))
    )
