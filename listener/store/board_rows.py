"""What the board counts. One select a figure says which cases it is; counts and the rows behind them share it."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import starmap
from typing import Any

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Select,
    String,
    Subquery,
    and_,
    exists,
    func,
    literal,
    or_,
    select,
    union,
)
from sqlalchemy import case as when

from listener.domain.board import SOON, BoardBy, BoardCase, BoardView, Figure, Flow, Standing, Wait
from listener.domain.case import PROGRAM, REVOKES, CaseState, EventKind
from listener.store.base import Part, in_chunks
from listener.store.cases import case_from, case_rows, unheld
from listener.store.desk_tables import case_events, cases

_LIVE = (CaseState.OPEN, CaseState.SNOOZED)
_CHUNK = 500
_OF_THE_STRETCH = (Figure.OPENED, Figure.ANSWERED, Figure.RESOLVED, Figure.REOPENED)

_c = cases.c


def _stands(event: FromClause) -> ColumnElement[bool]:
    """Whether nobody took the event back, and it didn't come to nothing."""
    undo = case_events.alias()
    undid: ColumnElement[str] = undo.c.detail["event"].as_string()
    taken_back = exists().where(
        undo.c.case_id == event.c.case_id,
        undo.c.id > event.c.id,
        undo.c.kind.in_(REVOKES),
        undid == event.c.id.cast(String),
    )
    return ~taken_back.correlate(event)


_first_answer = case_events.alias("first_answer")
# Who first answered: the event that set `first_reply_at`, by a reply or by a second person's word.
_ANSWERER = (
    select(_first_answer.c.agent)
    .where(
        _first_answer.c.case_id == _c.id,
        _first_answer.c.at == _c.first_reply_at,
        _first_answer.c.kind.in_((EventKind.REPLIED, EventKind.APPROVED)),
        _stands(_first_answer),
    )
    .order_by(_first_answer.c.id)
    .limit(1)
    .correlate(cases)
    .scalar_subquery()
)


class BoardRows(Part):
    """The board's questions; a merged case counts in the one that took over its posts."""

    def standings(self, view: BoardView, by: BoardBy) -> list[Standing]:
        key = _holder(view.now) if by is BoardBy.AGENT else _c[by.value]
        counts = [
            func.count().filter(_is(figure, view)).label(figure.value)
            for figure in Figure
            if figure not in (*_OF_THE_STRETCH, Figure.OLDEST)
        ]
        oldest = func.min(when((_c.state == CaseState.OPEN, _c.opened_at))).label("oldest_at")
        wanted = select(key.label("key"), oldest, *counts).where(_c.state.in_(_LIVE), *_held(view))
        found = []
        for row in self._db.execute(wanted.group_by(key).order_by(key)):
            line = view.narrowed(by, row.key)
            first = None if row.oldest_at is None else self._db.scalar(_oldest(line, row.oldest_at))
            found.append(Standing(**row._mapping, oldest_id=first))
        return found

    def flow(self, view: BoardView, by: BoardBy) -> Flow:
        return Flow(opened=self._opened(view, by), answered=self._answered(view, by), resolved=self._settled(view, by))

    def _opened(self, view: BoardView, by: BoardBy) -> dict[str, int]:
        if by is BoardBy.AGENT or view.agent is not None:
            return {}
        key = _c[by.value]
        counts = select(key.label("key"), func.count().label("n")).where(*_stretch(_c.opened_at, view), *_about(view))
        return {row.key: row.n for row in self._db.execute(counts.group_by(key))}

    def _answered(self, view: BoardView, by: BoardBy) -> list[Wait]:
        key = func.coalesce(_ANSWERER, "") if by is BoardBy.AGENT else _c[by.value]
        wanted = select(key, _c.queue, _c.opened_at, _c.first_reply_at).where(*_answered(view))
        return list(starmap(Wait, self._db.execute(wanted)))

    def _settled(self, view: BoardView, by: BoardBy) -> list[Wait]:
        settled = _settlements(view)
        key = settled.c.agent if by is BoardBy.AGENT else _c[by.value]
        wanted = (
            select(key, _c.queue, _c.opened_at, settled.c.at, settled.c.returns > 0)
            .join(settled, settled.c.case_id == _c.id)
            .where(*_settled_by(view, settled))
        )
        return list(starmap(Wait, self._db.execute(wanted)))

    def board_cases(self, view: BoardView, figure: Figure | None = None) -> Iterator[BoardCase]:
        # Merged by the database, which keeps what doesn't fit into memory in a file of its own.
        ids = union(*(_ids(one, view) for one in ([figure] if figure else Figure))).subquery()
        wanted = select(ids.c.id).order_by(ids.c.id).execution_options(yield_per=_CHUNK)
        with self._db.scalars(wanted) as found:
            for chunk in in_chunks(found, _CHUNK):
                yield from self._board_cases(chunk, view)

    def _board_cases(self, ids: Sequence[int], view: BoardView) -> Iterator[BoardCase]:
        settled = {
            row.case_id: row for row in self._db.execute(select(_settlements(view, case_events.c.case_id.in_(ids))))
        }
        broken = self._broken(ids)
        rows = case_rows(_c.id.in_(ids)).add_columns(_ANSWERER.label("answered_by")).order_by(_c.id)
        for row in self._db.execute(rows):
            case, last = case_from(row), settled.get(row.id)
            yield BoardCase(
                case=case,
                answered_by=row.answered_by or "",
                settled_at=last.at if last else case.resolved_at,
                settled_by=last.agent if last else case.assignee if case.resolved_at else "",
                reopened=last.returns if last else 0,
                breached=broken.get(case.id, ()),
            )

    def _broken(self, ids: Sequence[int]) -> dict[int, tuple[str, ...]]:
        """Promises that each was told to have broken."""
        e = case_events.c
        told = select(e.case_id, e.detail).where(e.case_id.in_(ids), e.kind == EventKind.BREACHED).order_by(e.id)
        found: dict[int, set[str]] = {}
        for row in self._db.execute(told):
            found.setdefault(row.case_id, set()).add(str(row.detail.get("promise", "")))
        return {case_id: tuple(sorted(promises - {""})) for case_id, promises in found.items()}


def _ids(figure: Figure, view: BoardView) -> Select[int]:
    """Which cases a figure counts."""
    match figure:
        case Figure.OPENED:
            nobodys = literal(view.agent is None)
            return select(_c.id).where(*_stretch(_c.opened_at, view), *_about(view), nobodys)
        case Figure.ANSWERED:
            return select(_c.id).where(*_answered(view))
        case Figure.RESOLVED | Figure.REOPENED:
            settled = _settlements(view)
            wanted = select(_c.id).join(settled, settled.c.case_id == _c.id).where(*_settled_by(view, settled))
            return wanted.where(settled.c.returns > 0) if figure is Figure.REOPENED else wanted
        case Figure.OLDEST:
            return select(_oldest(view).subquery().c.id)
        case _:
            return select(_c.id).where(_c.state.in_(_LIVE), _is(figure, view), *_held(view))


def _is(figure: Figure, view: BoardView) -> ColumnElement[bool]:
    """Whether a live case is in a figure of now."""
    is_open = _c.state == CaseState.OPEN
    answered_last = and_(_c.answered_at.is_not(None), or_(_c.wrote_at.is_(None), _c.wrote_at <= _c.answered_at))
    return {
        Figure.OPEN: is_open,
        Figure.UNASSIGNED: and_(is_open, unheld(view.now)),
        Figure.SNOOZED: _c.state == CaseState.SNOOZED,
        Figure.WAITING: answered_last,
        Figure.BREACHED: _c.sla_at <= view.now,
        Figure.BREACHING: and_(_c.sla_at > view.now, _c.sla_at <= view.now + SOON),
    }[figure]


def _oldest(view: BoardView, opened_at: datetime | None = None) -> Select[int]:
    """The open case that was opened first; by id where several were at once."""
    wanted = select(_c.id).where(_c.state == CaseState.OPEN, *_held(view))
    if opened_at is not None:
        wanted = wanted.where(_c.opened_at == opened_at)
    return wanted.order_by(_c.opened_at, _c.id).limit(1)


def _answered(view: BoardView) -> list[ColumnElement[bool]]:
    where = [*_stretch(_c.first_reply_at, view), *_about(view)]
    return where if view.agent is None else [*where, func.coalesce(_ANSWERER, "") == view.agent]


def _settlements(view: BoardView, *where: ColumnElement[bool]) -> Subquery:
    """Per case resolved by a person in the stretch: its last resolution there, and how often it came back since the
    first. What was undone isn't a resolution."""
    e, back, last = case_events, case_events.alias("back"), case_events.alias("last")
    standing = (
        select(e.c.case_id, func.min(e.c.id).label("first"), func.max(e.c.id).label("last"))
        .where(e.c.kind == EventKind.RESOLVED, e.c.agent != PROGRAM, *_stretch(e.c.at, view), _stands(e), *where)
        .group_by(e.c.case_id)
        .subquery("standing")
    )
    returns = (
        select(func.count())
        .where(
            back.c.case_id == standing.c.case_id,
            back.c.id > standing.c.first,
            back.c.kind == EventKind.REOPENED,
            _stands(back),
        )
        .correlate(standing)
        .scalar_subquery()
    )
    return (
        select(standing.c.case_id, last.c.at, last.c.agent, returns.label("returns"))
        .join(last, last.c.id == standing.c.last)
        .subquery("settled")
    )


def _settled_by(view: BoardView, settled: Subquery) -> list[ColumnElement[bool]]:
    where = _about(view)
    return where if view.agent is None else [*where, settled.c.agent == view.agent]


def _stretch(column: ColumnElement[Any], view: BoardView) -> tuple[ColumnElement[bool], ...]:
    return (column >= view.since, column < view.until)


def _about(view: BoardView) -> list[ColumnElement[bool]]:
    named = ((_c.queue, view.queue), (_c.brand, view.brand), (_c.platform, view.platform))
    return [_c.merged_into.is_(None), *(column == value for column, value in named if value)]


def _held(view: BoardView) -> list[ColumnElement[bool]]:
    """By whom, as of now."""
    return _about(view) if view.agent is None else [*_about(view), _holder(view.now) == view.agent]


def _holder(now: datetime) -> ColumnElement[str]:
    return when((unheld(now), ""), else_=_c.assignee)
