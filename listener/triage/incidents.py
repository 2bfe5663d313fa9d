"""Which complaints say nearly the same, and what becomes of them: a new incident, one that stands, none. Pure.

An incident begins with a post to which enough others are alike; one that joins later must be alike to one of them and
also resemble the post in their middle: likeness handed on from post to post ends anywhere.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from listener.domain.incident import Heard, Incident, IncidentPolicy, IncidentState
from listener.triage.similarity import Folded, likeness
from listener.triage.themes import rooted

LEEWAY = 15.0
"""Points of likeness by which a joining post may resemble the first one less than its neighbour."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Signed:
    """A post with what it is compared by."""

    heard: Heard
    folded: Folded
    bands: tuple[int, ...]


@dataclass(slots=True, kw_only=True)
class Grouping:
    """One brand's posts put into incidents, one after another.

    Incidents that are to be opened have negative numbers until they are written.
    """

    policy: IncidentPolicy
    incidents: Mapping[int, Incident]
    """Open ones, and those closed a while ago."""
    firsts: dict[int, Folded]
    """Incident → the post in the middle of those it began with, where that still stands."""
    now: datetime
    groups: dict[int, list[Heard]] = field(default_factory=dict)
    """Incident → cases that join it."""
    reopened: set[int] = field(default_factory=set)
    keep: dict[int, tuple[int, ...]] = field(default_factory=dict)
    """Mention → bands worth storing: of posts that nothing was like yet, and of those an incident began with."""
    _known: dict[int, Signed] = field(default_factory=dict)
    _buckets: defaultdict[tuple[int, int], list[int]] = field(default_factory=lambda: defaultdict(list))
    _homes: dict[int, int] = field(default_factory=dict)
    """Case → incident, of cases that joined just now."""

    def know(self, posts: Iterable[Signed]) -> None:
        """Posts heard before, to which new ones may be alike."""
        for post in posts:
            self._known[post.heard.mention_id] = post
            for bucket in enumerate(post.bands):
                self._buckets[bucket].append(post.heard.mention_id)

    def place(self, post: Signed) -> None:
        """Decide on one post."""
        one = post.heard
        if not one.live or self._home(one) is not None:
            return
        near = self.near(post)
        home = self._standing(post, near) or self._returning(one, near)
        if home is not None:
            self._join(home, one)
            return
        self.know([post])
        if not any(other.heard.author == one.author for other in near):
            self.keep[one.mention_id] = post.bands
        self._begin(post, near)

    def near(self, post: Signed) -> list[Signed]:
        """Posts that say nearly the same, posted within the policy's stretch; the likest first."""
        one = post.heard
        ids = {n for bucket in enumerate(post.bands) for n in self._buckets.get(bucket, ())} - {one.mention_id}
        found = []
        for other in (self._known[n] for n in ids):
            if other.heard.case != one.case and abs(other.heard.at - one.at) <= self.policy.within:
                like = likeness(post.folded, other.folded)
                if like >= self.policy.likeness:
                    found.append((-like, other.heard.mention_id, other))
        return [other for _, _, other in sorted(found, key=lambda entry: entry[:2])]

    def _home(self, one: Heard) -> int | None:
        return self._homes.get(one.case, one.incident)

    def _standing(self, post: Signed, near: Sequence[Signed]) -> int | None:
        """An incident that is open, or about to be, and holds a neighbour."""
        for other in near:
            home = self._home(other.heard)
            if home is None or not self._takes(home, post.heard.case):
                continue
            first = self.firsts.get(home)
            if first is None or likeness(post.folded, first) >= self.policy.likeness - LEEWAY:
                return home
        return None

    def _takes(self, home: int, case: int) -> bool:
        if home < 0 or home in self.reopened:
            return True
        incident = self.incidents.get(home)
        return incident is not None and incident.state is IncidentState.OPEN and case not in incident.apart

    def _returning(self, one: Heard, near: Sequence[Signed]) -> int | None:
        """An incident closed a while ago, where enough people say the same again."""
        for other in near:
            incident = self.incidents.get(self._home(other.heard) or 0)
            if incident is None or incident.closed_at is None or one.case in incident.apart:
                continue
            free = self._free(near)
            if self.now - incident.closed_at <= self.policy.returns_within and self._enough([one, *free]):
                self.reopened.add(incident.id)
                self._join_all(incident.id, [post for post in free if post.case not in incident.apart])
                return incident.id
        return None

    def _begin(self, post: Signed, near: Sequence[Signed]) -> None:
        """A new incident around this post or one of its neighbours, whichever has more people about it."""
        best: tuple[int, int, list[Heard]] | None = None
        for centre in [post, *near]:
            if centre.heard.live and self._home(centre.heard) is None:
                circle = [centre.heard, *self._free(self.near(centre))]
                people = len({one.author for one in circle})
                if best is None or (people, -centre.heard.mention_id) > best[:2]:
                    best = people, -centre.heard.mention_id, circle
        if best is not None and self._enough(best[2]):
            home = min([0, *self.groups]) - 1
            self.firsts[home] = self._known[best[2][0].mention_id].folded
            self._join_all(home, best[2])

    def _free(self, near: Sequence[Signed]) -> list[Heard]:
        return [other.heard for other in near if other.heard.live and self._home(other.heard) is None]

    def _enough(self, posts: Sequence[Heard]) -> bool:
        """One loud author's repeats are no incident."""
        return len({post.author for post in posts}) >= self.policy.min_cases

    def _join_all(self, home: int, posts: Iterable[Heard]) -> None:
        for post in posts:
            if post.case not in self._homes:
                self._join(home, post)

    def _join(self, home: int, post: Heard) -> None:
        self._homes[post.case] = home
        self.groups.setdefault(home, []).append(post)


def by_terms(post: Heard, incidents: Iterable[Incident]) -> Incident | None:
    """The open incident whose weightiest term the post holds; None if it holds no term of any."""
    words: set[str] | None = None
    best: tuple[int, int] | None = None
    found = None
    for incident in incidents:
        if not incident.terms or incident.state is not IncidentState.OPEN or post.case in incident.apart:
            continue
        words = set(rooted(post.text)) if words is None else words
        place = next((n for n, term in enumerate(incident.terms) if term in words), None)
        if place is not None and (best is None or (place, incident.id) < best):
            best, found = (place, incident.id), incident
    return found
