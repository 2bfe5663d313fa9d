"""Themes of a store's last hours, and an incident made of one."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from listener.domain.case import CaseChange, EventKind
from listener.domain.incident import Heard, Incident, IncidentDraft, IncidentKind, IncidentPolicy, Theme
from listener.domain.verdict import Sentiment
from listener.domain.words import parts
from listener.ports import Reads, Transaction
from listener.triage.matters import themes
from listener.triage.themes import Record, is_warm, record

BEFORE = timedelta(days=7)
"""How far back the usual is looked for."""
MILD = (Sentiment.NEUTRAL, Sentiment.POSITIVE)
"""Posts of these moods show which words a brand's people use anyway."""
MILD_READ = 1_000
MOST_READ = 4_000
"""Complaints of one brand and stretch, the latest: enough to rank words, bounded on the worst day."""


def brands_heard(reads: Reads) -> list[str]:
    """Those with complaints."""
    return sorted({brand for brand, queue in reads.spike_series() if not queue})


def proposals(
    reads: Reads, brand: str, policy: IncidentPolicy, until: datetime, *, usual_too: bool = False
) -> list[Theme]:
    """Themes of the brand's complaints in the policy's stretch before `until`, of cases that are live and ungrouped."""
    since = until - policy.within
    now = [post for post in reads.complaints(brand, since, until, MOST_READ) if post.live and post.incident is None]
    if len({post.author for post in now}) < policy.min_people:
        return []
    own = reads.complaints(brand, since - BEFORE, since, MOST_READ)
    others = [
        post
        for other in brands_heard(reads)
        if other != brand
        for post in reads.complaints(other, since - BEFORE, until, MOST_READ)
    ]
    ignore = parts([brand, *policy.ignore])
    return themes(
        now, _usual(reads, brand, own, others, since, ignore), [*own, *others], policy, ignore, usual_too=usual_too
    )


def _usual(
    reads: Reads, brand: str, own: Sequence[Heard], others: Sequence[Heard], since: datetime, ignore: frozenset[str]
) -> Record:
    """The brand's own record if it is one, else what everybody complains of."""
    mild = [post.mention.text for mood in MILD for post in reads.samples(brand, mood, since - BEFORE, since, MILD_READ)]
    if is_warm(own):
        begin = own[-1].at if len(own) == MOST_READ else max(since - BEFORE, reads.first_mention_hour(brand) or since)
        return record(own, mild, ignore, (since - begin) / timedelta(days=1))
    return record([*own, *(post for post in others if post.at < since)], mild, ignore, 0.0)


def open_theme(tx: Transaction, found: Sequence[Theme], title: str, agent: str, now: datetime) -> Incident:
    """One incident of the cases of these themes, which were read in the same transaction."""
    terms = tuple(dict.fromkeys(term for theme in found for term in theme.terms))
    named = title or ", ".join(dict.fromkeys(word for theme in found for word in theme.shown[:3]))
    owner = "" if agent == "listener" else agent
    draft = IncidentDraft(brand=found[0].brand, title=named[:200], kind=IncidentKind.THEME, owner=owner, terms=terms)
    incident = tx.open_incident(draft, agent, now)
    cases = sorted({case for theme in found for case in theme.cases})
    group(tx, incident.id, cases, agent, now, why="holds its words")
    return incident


def group(tx: Transaction, incident_id: int, cases: Sequence[int], agent: str, now: datetime, *, why: str) -> None:
    """Put cases into an incident, each with its event."""
    for case_id in cases:
        put(tx, incident_id, case_id, tx.case(case_id).version, agent, now, why=why)


def put(tx: Transaction, incident_id: int, case_id: int, version: int, agent: str, now: datetime, *, why: str) -> None:
    """One case."""
    change = CaseChange(
        kind=EventKind.GROUPED,
        agent=agent,
        at=now,
        detail={"incident": str(incident_id), "why": why},
        set={"incident_id": incident_id},
    )
    tx.change_case(case_id, version, change)
