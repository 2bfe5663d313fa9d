"""Terms that stand out, put together into themes: each case in one, each theme with a name and posts to read. Pure."""

from collections import Counter
from collections.abc import Sequence
from itertools import combinations

from listener.domain.incident import Heard, IncidentPolicy, Sample, Theme
from listener.triage.themes import MOST_TERMS, Company, Record, Risen, judged, rooted, standing_out

INSIDE = 0.75
"""Share of a term's people that also wrote another: then it is part of that one's theme."""
SAME_COMPANY = 0.45
"""Average likeness in company of two themes' words above which they are one matter."""
KIN = 0.1
"""Added where one word begins with the other, as baggage with bag."""
SHOWN = 10
"""Posts to read."""
COMMON = 0.05
"""Share of those who complain that a matter no more frequent than usual must have to be listed at all."""


def themes(
    now: Sequence[Heard],
    before: Record,
    earlier: Sequence[Heard],
    policy: IncidentPolicy,
    ignore: frozenset[str] = frozenset(),
    *,
    usual_too: bool = False,
) -> list[Theme]:
    """Of one brand's ungrouped complaints, the largest first.

    `earlier` are the posts that `before` was counted from: with `now` they show which words keep the same company.
    """
    found = judged(now, before, policy, ignore)
    risen = standing_out(found, policy)
    people = len({post.author for post in now})
    listed = [one for one in found if one.term in risen or (usual_too and len(one.people) >= COMMON * people)]
    listed = listed[:MOST_TERMS]
    company = Company([*earlier, *now], [one.term for one in listed], ignore)
    groups = merged(listed, company)
    made = [_theme(group, cases, now, risen, ignore) for group, cases in shared_out(groups)]
    kept = [theme for theme in made if theme.people >= policy.min_people]
    return sorted(kept, key=lambda theme: (not theme.risen, -theme.people, theme.key))


def merged(found: Sequence[Risen], company: Company) -> list[list[Risen]]:
    """Terms of one matter together, the weightiest of each first: nested ones, then those in like company."""
    groups = _nested(sorted(found, key=lambda one: (-len(one.people), one.chance, len(one.term), one.term)))
    while True:
        pairs = [(_likeness(a, b, company), i, j) for (i, a), (j, b) in combinations(enumerate(groups), 2)]
        best = max(pairs, default=(0.0, 0, 0), key=lambda pair: (pair[0], -pair[1], -pair[2]))
        if best[0] < SAME_COMPANY:
            return groups
        groups[best[1]] += groups.pop(best[2])


def _nested(found: Sequence[Risen]) -> list[list[Risen]]:
    """A term whose people nearly all wrote a more frequent one says the same, or says it more closely."""
    groups: list[list[Risen]] = []
    for one in found:
        home = next((g for g in groups if len(one.people & g[0].people) >= INSIDE * len(one.people)), None)
        if home is None:
            groups.append([one])
        else:
            home.append(one)
    return groups


def _likeness(one: Sequence[Risen], other: Sequence[Risen], company: Company) -> float:
    """Average over the single words of both."""
    a, b = ([risen.term for risen in group if " " not in risen.term] for group in (one, other))
    pairs = [(x, y) for x in a for y in b]
    if not pairs:
        return 0.0
    return sum(company.likeness(x, y) + (KIN if kin(x, y) else 0.0) for x, y in pairs) / len(pairs)


def kin(one: str, other: str) -> bool:
    """Whether one word begins with the other."""
    short, long = sorted((one, other), key=len)
    return len(short) >= 3 and long.startswith(short)


def shared_out(groups: Sequence[Sequence[Risen]]) -> list[tuple[Sequence[Risen], frozenset[int]]]:
    """Each case goes to one theme: the one that holds its least likely term, the smaller among equals."""
    sizes = [len(frozenset[int]().union(*(one.cases for one in group))) for group in groups]
    best: dict[int, tuple[float, int, int]] = {}
    for place, group in enumerate(groups):
        for one in group:
            bid = (one.chance, sizes[place], place)
            for case in one.cases:
                best[case] = min(best.get(case, bid), bid)
    return [
        (group, frozenset(case for case, (_, _, at) in best.items() if at == place))
        for place, group in enumerate(groups)
    ]


def _theme(
    group: Sequence[Risen], cases: frozenset[int], now: Sequence[Heard], risen: set[str], ignore: frozenset[str]
) -> Theme:
    head = group[0]
    mine = [post for post in now if post.case in cases]
    written = _as_written([one.term for one in group], mine, ignore)
    return Theme(
        brand=now[0].brand,
        key=written[0],
        terms=tuple(one.term for one in group),
        shown=written,
        cases=tuple(sorted(cases)),
        people=len({post.author for post in mine}),
        usual=head.usual,
        times=head.times
        if head.term in risen
        else max([one.times for one in group if one.term in risen], default=head.times),
        risen=any(one.term in risen for one in group),
        samples=_samples(mine),
    )


def _as_written(wanted: Sequence[str], posts: Sequence[Heard], ignore: frozenset[str]) -> tuple[str, ...]:
    """Each term in its most frequent form."""
    forms: dict[str, Counter[str]] = {term: Counter() for term in wanted}
    for post in posts:
        for term, form in rooted(post.text, ignore).items():
            if term in forms:
                forms[term][form] += 1
    return tuple(max(found, key=lambda form: (found[form], form)) if (found := forms[t]) else t for t in wanted)


def _samples(posts: Sequence[Heard]) -> tuple[Sample, ...]:
    """One post an author, spread over the whole stretch of time."""
    each = list({post.author: post for post in posts}.values())
    each.sort(key=lambda post: (post.at, post.mention_id))
    step = max(1, len(each) / SHOWN)
    chosen = [each[int(n * step)] for n in range(min(SHOWN, len(each)))]
    return tuple(Sample(case=post.case, text=post.text) for post in chosen)
