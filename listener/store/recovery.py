"""Which complaint cases were resolved, by whom, and what they were about."""

from collections import defaultdict
from datetime import datetime

from sqlalchemy import ColumnElement, FromClause, String, exists, func, select

from listener.domain.case import REVOKES, EventKind, Reason
from listener.domain.recovery import Resolution
from listener.domain.themes import ThemeKind, tag
from listener.store.base import Part, in_chunks
from listener.store.desk_tables import case_events, case_mentions, cases
from listener.store.loyalty_tables import tags
from listener.store.tables import authors
from listener.store.team_tables import author_links

_E, _C, _A, _L = case_events.c, cases.c, authors.c, author_links.c
_PREFIX = tag(ThemeKind.TOUCHPOINT, "")


class Recovering(Part):
    """What recovery asks."""

    def resolutions(self, brand: str, since: datetime, until: datetime) -> list[Resolution]:
        who = func.coalesce(_L.person, _C.author_id).label("author_id")
        wanted = (
            select(_E.case_id, who, _C.brand, _C.queue, _E.agent, _E.at)
            .select_from(
                case_events.join(cases, _C.id == _E.case_id)
                .join(authors, _A.id == _C.author_id)
                .outerjoin(author_links, _L.author_id == _C.author_id)
            )
            # By the events and not by the cases' own instant: a case that its author opened anew was resolved too,
            # and leaving those out would leave out whoever didn't recover.
            .where(_E.at >= since, _E.at < until, _E.kind == EventKind.RESOLVED)
            .where(_C.brand == brand, _C.reason == Reason.COMPLAINT, _C.merged_into.is_(None), _A.native_id != "")
            .where(_stands(case_events))
            .order_by(_E.at, _E.id)
        )
        rows = self._db.execute(wanted).all()
        spoken = self._touchpoints(sorted({row.case_id for row in rows}))
        return [Resolution(**row._mapping, touchpoints=tuple(sorted(spoken[row.case_id]))) for row in rows]

    def _touchpoints(self, case_ids: list[int]) -> defaultdict[int, set[str]]:
        found: defaultdict[int, set[str]] = defaultdict(set)
        for chunk in in_chunks(case_ids):
            named = (
                select(case_mentions.c.case_id, tags.c.tag)
                .join(tags, tags.c.mention_id == case_mentions.c.mention_id)
                .where(case_mentions.c.case_id.in_(chunk), tags.c.tag.startswith(_PREFIX, autoescape=True))
            )
            for case_id, name in self._db.execute(named):
                found[case_id].add(name.removeprefix(_PREFIX))
        return found


def _stands(event: FromClause) -> ColumnElement[bool]:
    """Whether nobody took it back."""
    undo = case_events.alias()
    taken_back = exists().where(
        undo.c.case_id == event.c.case_id,
        undo.c.id > event.c.id,
        undo.c.kind.in_(REVOKES),
        undo.c.detail["event"].as_string() == event.c.id.cast(String),
    )
    return ~taken_back.correlate(event)
