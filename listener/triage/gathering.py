"""The edge between what came in and incidents: reads what is new, lets the pure parts decide, writes.

A bookmark says up to which event of a case all has been looked at, so a tick costs what came since the last one.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta

from listener.domain.alert import Notice
from listener.domain.case import PROGRAM
from listener.domain.incident import (
    Heard,
    Incident,
    IncidentChange,
    IncidentDraft,
    IncidentKind,
    IncidentPolicy,
    IncidentState,
    Theme,
    Themes,
)
from listener.domain.policy import TriagePolicy
from listener.domain.words import parts, terms
from listener.ports import Transaction
from listener.triage.incidents import Grouping, Signed, by_terms
from listener.triage.proposals import brands_heard, open_theme, proposals, put
from listener.triage.similarity import Folded, bands, comparable, fold

MARK = "incidents: looked at"
THEMES_MARK = "incidents: themes"
PAGE = 2_000
"""Events looked at together."""
MOST = 20_000
"""Events of one tick: what a first tick after a long silence leaves, the next one takes."""
STALE = 2
"""Times the policy's stretch after which a post is too old to be news, and its signature is forgotten."""
NEAREST = 40
"""Stored posts that one new post is compared with: those it shares the most bands with."""
SHARED_BY = 3
"""People whose common words may name an incident."""
TITLE_WORDS = 5
FORGET = 500
"""Signatures' mentions looked at a tick to see whether they are too old."""


def gather(tx: Transaction, policy: TriagePolicy, now: datetime) -> list[Notice]:
    """Put new complaints into incidents; what is to be told of it."""
    mine = policy.incidents
    notices: list[Notice] = []
    at, first = _mark(tx, mine, now)
    while at < first + MOST:
        heard, last = tx.heard_since(at, PAGE)
        if last == at:
            break
        notices += _page(tx, [post for post in heard if now - post.at <= STALE * mine.within], mine, now)
        at = last
    if tx.mark(MARK) != str(at):
        tx.set_mark(MARK, str(at))
    if mine.themes is Themes.OPEN:
        notices += _open_themes(tx, mine, now)
    return notices


def _mark(tx: Transaction, policy: IncidentPolicy, now: datetime) -> tuple[int, int]:
    """Where to go on; a store that was never looked at begins a day back, or further where little has happened."""
    said = tx.mark(MARK)
    if said:
        return int(said), int(said)
    latest = tx.event_before(now + timedelta(days=36500))
    begin = max(0, min(tx.event_before(now - policy.within), latest - MOST))
    return begin, begin


def _page(tx: Transaction, heard: Sequence[Heard], policy: IncidentPolicy, now: datetime) -> list[Notice]:
    if not heard:
        return []
    by_brand: defaultdict[str, list[Heard]] = defaultdict(list)
    for post in heard:
        by_brand[post.brand].append(post)
    notices: list[Notice] = []
    for brand, posts in by_brand.items():
        placed: set[int] = set()
        if policy.alike:
            grouping = _grouped(tx, brand, posts, policy, now)
            placed = {post.case for group in grouping.groups.values() for post in group}
            notices += _write(tx, grouping, brand, now)
        _join_by_terms(tx, [post for post in posts if post.case not in placed], brand, now)
    old = tx.signed_before(now - STALE * policy.within, FORGET)
    if old:
        tx.forget_signatures(old)
    return notices


def _grouped(tx: Transaction, brand: str, posts: Sequence[Heard], policy: IncidentPolicy, now: datetime) -> Grouping:
    new = sorted(_signed(posts), key=lambda one: (one.heard.at, one.heard.mention_id))
    here = {post.mention_id for post in posts}
    before = _stored(tx, brand, new, here)
    homes = {post.heard.incident for post in before if post.heard.incident is not None}
    known = {one.id: one for one in tx.incidents_named(homes)}
    grouping = Grouping(policy=policy, incidents=known, firsts=_firsts(tx, brand, known.values()), now=now)
    grouping.know(before)
    # What is alike to those that are alike may make up the number, where they aren't grouped yet.
    alike = {other.heard.mention_id: other for post in new for other in grouping.near(post) if not other.heard.incident}
    here |= {post.heard.mention_id for post in before}
    more = _stored(tx, brand, list(alike.values()), here)
    grouping.know(post for post in more if not post.heard.incident)
    for post in new:
        grouping.place(post)
    return grouping


def _firsts(tx: Transaction, brand: str, known: Iterable[Incident]) -> dict[int, Folded]:
    begun = {one.first: one.id for one in known if one.first is not None}
    return {begun[post.mention_id]: fold(post.text) for post in tx.heard_in(set(begun), brand)}


def _stored(tx: Transaction, brand: str, posts: Sequence[Signed], known: Collection[int]) -> list[Signed]:
    """Posts that share a band with one of these, but for those known already."""
    holders: defaultdict[tuple[int, int], list[int]] = defaultdict(list)
    for post in posts:
        for bucket in enumerate(post.bands):
            holders[bucket].append(post.heard.mention_id)
    shared: defaultdict[int, Counter[int]] = defaultdict(Counter)
    for band, value, mention in tx.sharing(brand, sorted(holders)):
        for mine in holders[band, value]:
            shared[mine][mention] += 1
    found = {mention for counts in shared.values() for mention, _ in counts.most_common(NEAREST)}
    return _signed(tx.heard_in(found - set(known), brand))


def _signed(posts: Iterable[Heard]) -> list[Signed]:
    told = [(post, folded) for post in posts if comparable(folded := fold(post.text))]
    made = bands([folded for _, folded in told])
    return [Signed(heard=post, folded=folded, bands=values) for (post, folded), values in zip(told, made, strict=True)]


def _write(tx: Transaction, grouping: Grouping, brand: str, now: datetime) -> list[Notice]:
    notices = []
    for home, posts in grouping.groups.items():
        incident = _incident(tx, grouping, home, posts, brand, now)
        _join(tx, incident.id, posts, now, "says nearly the same")
        if home < 0 or home in grouping.reopened:
            notices.append(_told(incident, posts, now, again=home > 0))
    tx.save_signatures(brand, grouping.keep)
    return notices


def _incident(
    tx: Transaction, grouping: Grouping, home: int, posts: Sequence[Heard], brand: str, now: datetime
) -> Incident:
    if home in grouping.reopened:
        return tx.change_incident(home, grouping.incidents[home].version, reopening(PROGRAM, now, "said again"))
    if home > 0:
        return grouping.incidents[home]
    first = posts[0].mention_id
    draft = IncidentDraft(brand=brand, title=title_of(posts, brand), kind=IncidentKind.ALIKE, first=first)
    return tx.open_incident(draft, PROGRAM, now)


def title_of(posts: Sequence[Heard], brand: str) -> str:
    """The telling words that at least three of these people share, in the first one's order: they are nobody's own."""
    people: defaultdict[str, set[int]] = defaultdict(set)
    for post in posts:
        for word in terms(post.text, parts([brand])):
            people[word].add(post.author)
    shared = [word for word, authors in people.items() if len(authors) >= SHARED_BY and " " not in word]
    said = posts[0].text.casefold()

    def place(word: str) -> tuple[int, str]:
        return said.find(word) % (len(said) + 1), word  # a word that the first one hasn't comes last

    most = sorted(shared, key=lambda word: (-len(people[word]), place(word)))[:TITLE_WORDS]
    return " ".join(sorted(most, key=place)) or "the same words from several people"


def reopening(agent: str, now: datetime, why: str) -> IncidentChange:
    """The fix didn't hold: the answer that was approved may no longer be true, so it needs a new word."""
    return IncidentChange(
        kind="reopened",
        agent=agent,
        at=now,
        detail={"why": why},
        set={"state": IncidentState.OPEN, "closed_at": None, "approved_by": ""},
    )


def _join(tx: Transaction, incident_id: int, posts: Iterable[Heard], now: datetime, why: str) -> None:
    """Put the cases of these posts into an incident, each once."""
    for case_id, version in {post.case: post.version for post in posts}.items():
        put(tx, incident_id, case_id, version, PROGRAM, now, why=why)


def _told(incident: Incident, posts: Sequence[Heard], now: datetime, *, again: bool) -> Notice:
    people = len({post.author for post in posts})
    said = " ".join(posts[0].text.split())[:160]
    what = "is back: " if again else ""
    return Notice(
        key=f"incident:{incident.id}:{now:%Y-%m-%dT%H:%M:%S}",
        title=f"Incident {incident.id} {what}{people} people say nearly the same about {incident.brand}",
        body=f"> {said}\nNext: listener incident show {incident.id}",
    )


def _join_by_terms(tx: Transaction, posts: Sequence[Heard], brand: str, now: datetime) -> None:
    """New cases that hold the words of an incident that a person agreed to."""
    themed = tx.incidents_by_words(brand) if posts else []
    seen: set[int] = set()
    for post in posts if themed else ():
        if not post.live or post.incident is not None or post.case in seen:
            continue
        home = by_terms(post, themed)
        if home is not None:
            seen.add(post.case)
            _join(tx, home.id, [post], now, "holds its words")


def _open_themes(tx: Transaction, policy: IncidentPolicy, now: datetime) -> list[Notice]:
    """Once an hour, where the settings say so."""
    hour = f"{now:%Y-%m-%dT%H}"
    if tx.mark(THEMES_MARK) == hour:
        return []
    tx.set_mark(THEMES_MARK, hour)
    return [
        _theme_told(open_theme(tx, [theme], "", PROGRAM, now), theme)
        for brand in brands_heard(tx)
        for theme in proposals(tx, brand, policy, now)
    ]


def _theme_told(incident: Incident, theme: Theme) -> Notice:
    words = ", ".join(theme.shown[:3])
    return Notice(
        key=f"incident:{incident.id}",
        title=f"Incident {incident.id}: {theme.people} people write about {words} to {theme.brand}",
        body=f"Next: listener incident show {incident.id}",
    )
