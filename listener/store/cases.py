"""Reading cases: one, a list, an author's, a card."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Connection,
    Select,
    and_,
    bindparam,
    false,
    func,
    or_,
    select,
    tuple_,
    update,
)

from listener.domain.case import Case, CaseEvent, CaseLink, CaseState, EventKind, Reason
from listener.domain.clocks import clocks_from
from listener.domain.stored import CaseCard, InboxFilter
from listener.domain.verdict import Tone
from listener.errors import NotFound
from listener.store.base import in_chunks
from listener.store.desk_tables import case_events, case_mentions, cases
from listener.store.people import People
from listener.store.rows import load_mentions
from listener.store.sends import sends_of
from listener.store.tables import authors, mentions, verdicts, voices
from listener.store.team_tables import case_links

QUEUE_ORDER = (cases.c.escalated.desc(), cases.c.rank_at, cases.c.id)
"""Served by `ix_cases_queue_order`."""


def unheld(now: datetime | BindParameter[datetime]) -> ColumnElement[bool]:
    """Nobody has it, or the claim's lease ran out."""
    return or_(cases.c.assignee == "", cases.c.lease_until <= now)


_OFFENSIVE = verdicts.c.scores[("tones", Tone.OFFENSIVE.value)].as_float()
_FROM = verdicts.c.thresholds[Tone.OFFENSIVE.value].as_float()
_ABUSIVE = func.coalesce(_OFFENSIVE - _FROM >= 0, false()).label("abusive")
"""As `Verdict.tones` decides it, of the post that the list shows."""


def case_rows(*where: ColumnElement[bool]) -> Select[Any]:
    """Cases with what their other tables say of them."""
    joined = (
        cases.join(authors, authors.c.id == cases.c.author_id)
        .join(mentions, mentions.c.id == cases.c.headline_id)
        .outerjoin(verdicts, and_(verdicts.c.mention_id == cases.c.headline_id, verdicts.c.in_force))
    )
    said = (authors.c.handle, mentions.c.text, mentions.c.url, _ABUSIVE)
    return select(cases, *said).select_from(joined).where(*where)


def case_from(row: Any) -> Case:
    """From a row of `case_rows`."""
    return Case(
        id=row.id,
        version=row.version,
        brand=row.brand,
        platform=row.platform,
        author_id=row.author_id,
        handle=row.handle,
        thread=row.thread,
        queue=row.queue,
        state=CaseState(row.state),
        reason=Reason(row.reason),
        priority=row.priority,
        terms=row.terms,
        rank_at=row.rank_at,
        escalated=row.escalated,
        assignee=row.assignee,
        lease_until=row.lease_until,
        opened_at=row.opened_at,
        updated_at=row.updated_at,
        due_at=row.due_at,
        first_reply_at=row.first_reply_at,
        snoozed_until=row.snoozed_until,
        resolved_at=row.resolved_at,
        resolution=row.resolution,
        mentions=row.mentions,
        headline=row.text,
        url=row.url,
        abusive=bool(row.abusive),
        tags=tuple(row.tags),
        clocks=clocks_from(row.clocks),
        sla_at=row.sla_at,
        alarm_at=row.alarm_at,
        wrote_at=row.wrote_at,
        answered_at=row.answered_at,
        assigned_at=row.assigned_at,
        incident_id=row.incident_id,
        merged_into=row.merged_into,
    )


# Made once: building one costs several times what running it does.
_ONE = case_rows(cases.c.id == bindparam("wanted"))
_LINKS = select(case_links).where(
    or_(case_links.c.case_id == bindparam("wanted"), case_links.c.other_id == bindparam("wanted"))
)


def choose_headline(db: Connection, case_id: int) -> None:
    """The post that a list shows: one not erased, a complaint if there is one, else the first."""
    db.execute(_HEADLINE, {"chosen": case_id})


_HELD = (
    select(mentions.c.id)
    .join(case_mentions, case_mentions.c.mention_id == mentions.c.id)
    .outerjoin(voices, and_(voices.c.mention_id == mentions.c.id, voices.c.brand == case_mentions.c.brand))
    .where(case_mentions.c.case_id == bindparam("chosen"))
    .order_by(
        mentions.c.deleted_at.is_not(None),
        func.coalesce(voices.c.complaint, false()).desc(),
        mentions.c.created_at,
        mentions.c.id,
    )
)
_HEADLINE = update(cases).where(cases.c.id == bindparam("chosen")).values(headline_id=_HELD.limit(1).scalar_subquery())


class Cases(People):
    """What triage and the desk ask."""

    def case(self, case_id: int) -> Case:
        row = self._db.execute(_ONE, {"wanted": case_id}).first()
        if row is None:
            raise NotFound(f"there is no case {case_id}", next_step="listener inbox")
        return case_from(row)

    def case_card(self, case_id: int) -> CaseCard:
        case = self.case(case_id)
        held = self._db.scalars(select(case_mentions.c.mention_id).where(case_mentions.c.case_id == case_id))
        posts = load_mentions(self._db, held).values()
        events = self._db.execute(
            select(case_events).where(case_events.c.case_id == case_id).order_by(case_events.c.id)
        )
        return CaseCard(
            case=case,
            mentions=tuple(sorted(posts, key=lambda post: (post.mention.created_at, post.id))),
            events=tuple(
                CaseEvent(
                    id=row.id,
                    case_id=row.case_id,
                    at=row.at,
                    agent=row.agent,
                    kind=EventKind(row.kind),
                    detail=row.detail,
                    before=row.before,
                )
                for row in events
            ),
            author=self.author_history(case.brand, case.author_id),
            links=self._links(case_id),
            sends=sends_of(self._db, case_id),
        )

    def _links(self, case_id: int) -> tuple[CaseLink, ...]:
        found = [
            CaseLink(
                other_id=row.case_id if row.other_id == case_id else row.other_id,
                kind=row.kind,
                agent=row.agent,
                at=row.at,
            )
            for row in self._db.execute(_LINKS, {"wanted": case_id})
        ]
        return tuple(sorted(found, key=lambda link: link.other_id))

    def inbox(self, want: InboxFilter, now: datetime, limit: int) -> list[Case]:
        # The page is chosen from the index alone; only its rows are then fetched whole.
        ids: list[int] = []
        for part in _parts_after(want.after):
            chosen = select(cases.c.id).where(*_wanted(want, now), *part).order_by(*QUEUE_ORDER)
            ids += self._db.scalars(chosen.limit(limit - len(ids)))
            if len(ids) == limit:
                break
        return self._in_order(ids)

    def _in_order(self, ids: Sequence[int]) -> list[Case]:
        found: dict[int, Case] = {}
        for chunk in in_chunks(ids):
            found |= {row.id: case_from(row) for row in self._db.execute(case_rows(cases.c.id.in_(chunk)))}
        return [found[case_id] for case_id in ids]

    def queue_counts(self, now: datetime) -> dict[str, tuple[int, int]]:
        counts = (
            select(cases.c.queue, func.count().label("open"), func.count().filter(unheld(now)).label("free"))
            .where(cases.c.state == CaseState.OPEN)
            .group_by(cases.c.queue)
            .order_by(cases.c.queue)
        )
        return {row.queue: (row.open, row.free) for row in self._db.execute(counts)}

    def latest_event(self) -> int:
        return self._db.scalar(select(func.max(case_events.c.id))) or 0

    def cases_of_author(self, brand: str, author_id: int, since: datetime) -> list[Case]:
        return [case for case in self.cases_of_authors([author_id], since) if case.brand == brand]

    def cases_of_authors(self, author_ids: Sequence[int], since: datetime) -> list[Case]:
        # A merged one leads to the case that has its posts now, however long ago that was.
        recent = or_(
            cases.c.state != CaseState.RESOLVED, cases.c.resolved_at >= since, cases.c.merged_into.is_not(None)
        )
        found: list[Case] = []
        for chunk in in_chunks(author_ids):
            rows = self._db.execute(case_rows(cases.c.author_id.in_(chunk), recent))
            found += [case_from(row) for row in rows]
        return sorted(found, key=lambda case: (case.updated_at, case.id), reverse=True)

    def cases_holding(self, mention_ids: Sequence[int]) -> list[tuple[int, Case]]:
        found: list[tuple[int, Case]] = []
        for chunk in in_chunks(mention_ids):
            held = case_rows(case_mentions.c.mention_id.in_(chunk)).add_columns(case_mentions.c.mention_id)
            rows = self._db.execute(held.join(case_mentions, case_mentions.c.case_id == cases.c.id))
            found += [(row.mention_id, case_from(row)) for row in rows]
        return sorted(found, key=lambda pair: (pair[0], pair[1].id))


def _wanted(want: InboxFilter, now: datetime) -> list[ColumnElement[bool]]:
    """One state is an equality, which keeps the index's order."""
    states = want.states
    where = [cases.c.state == states[0] if len(states) == 1 else cases.c.state.in_(states)]
    for column, value in ((cases.c.queue, want.queue), (cases.c.brand, want.brand), (cases.c.platform, want.platform)):
        if value:
            where.append(column == value)
    if want.assignee == "":
        where.append(unheld(now))
    elif want.assignee is not None:
        where += [cases.c.assignee == want.assignee, or_(cases.c.lease_until.is_(None), cases.c.lease_until > now)]
    return where


def _parts_after(key: tuple[bool, datetime, int] | None) -> list[list[ColumnElement[bool]]]:
    """What comes after a case, in statements of which each is one walk along the index."""
    if key is None:
        return [[]]
    escalated, rank_at, case_id = key
    behind = [cases.c.escalated == escalated, tuple_(cases.c.rank_at, cases.c.id) > (rank_at, case_id)]
    return [behind, [cases.c.escalated.is_(False)]] if escalated else [behind]
