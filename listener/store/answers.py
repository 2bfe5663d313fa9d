"""Rows of answers that wait for a second person, and what becomes of them."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update

from listener.domain.answers import Draft, DraftState, WaitingDraft
from listener.domain.case import PROGRAM
from listener.errors import Conflict, NotFound
from listener.store.cases import case_from, case_rows
from listener.store.desk_tables import cases
from listener.store.sends import Sends, SendsWrites
from listener.store.team_tables import replies

_R = replies.c

# Names of its own: a row of `case_rows` has an id, an agent's state and more.
_NAMED = [column.label(f"draft_{column.name}") for column in _R]


class Answers(Sends):
    """What is asked."""

    def draft(self, draft_id: int) -> Draft:
        row = self._db.execute(select(*_NAMED).where(_R.id == draft_id)).first()
        if row is None:
            raise NotFound(f"there is no draft {draft_id}", next_step="listener approvals list")
        return _draft(row)

    def waiting_draft(self, case_id: int) -> Draft | None:
        row = self._db.execute(select(*_NAMED).where(_R.case_id == case_id, _R.state == DraftState.WAITING)).first()
        return None if row is None else _draft(row)

    def waiting_drafts(self, limit: int) -> list[WaitingDraft]:
        waiting = case_rows().join(replies, _R.case_id == cases.c.id).add_columns(*_NAMED)
        oldest = waiting.where(_R.state == DraftState.WAITING).order_by(_R.created_at, _R.id).limit(limit)
        return [WaitingDraft(draft=_draft(row), case=case_from(row)) for row in self._db.execute(oldest)]


class AnswersWrites(Answers, SendsWrites):
    """What is written."""

    def add_draft(self, case_id: int, agent: str, text: str, now: datetime) -> Draft:
        waits = self.waiting_draft(case_id)
        if waits is not None:
            raise Conflict(
                f"an answer to case {case_id} waits for approval already: draft {waits.id},"
                f" by {waits.agent} at {waits.created_at:%Y-%m-%d %H:%M} UTC",
                next_step=f"its writer may take it back: listener approvals withdraw {waits.id}",
            )
        row = {"case_id": case_id, "agent": agent, "text": text, "state": DraftState.WAITING, "created_at": now}
        draft_id = self._db.scalars(insert(replies).returning(_R.id), {**row, "decided_by": "", "why": ""}).one()
        return self.draft(draft_id)

    def decide_draft(self, draft_id: int, state: DraftState, by: str, now: datetime, why: str = "") -> Draft:
        decided = self._db.execute(
            update(replies)
            .where(_R.id == draft_id, _R.state == DraftState.WAITING)
            .values(state=state, decided_by=by, decided_at=now, why=why)
        )
        draft = self.draft(draft_id)
        if not decided.rowcount:
            raise already(draft)
        return draft


def already(draft: Draft) -> Conflict:
    """Somebody was first."""
    return Conflict(
        f"draft {draft.id} was {draft.state} by {draft.decided_by} at {draft.decided_at:%Y-%m-%d %H:%M} UTC",
        next_step="listener approvals list",
    )


def withdraw_with_case(db: Connection, case_id: int, now: datetime) -> None:
    """A case that is resolved needs no answer any more."""
    waiting = update(replies).where(_R.case_id == case_id, _R.state == DraftState.WAITING)
    db.execute(waiting.values(state=DraftState.WITHDRAWN, decided_by=PROGRAM, decided_at=now))


def forget_drafts(db: Connection, author_id: int, now: datetime) -> None:
    """Nothing of drafts to somebody erased is left: they name the customer, and nobody has read them in public."""
    theirs = _R.case_id.in_(select(cases.c.id).where(cases.c.author_id == author_id))
    waiting = update(replies).where(theirs, _R.state == DraftState.WAITING)
    db.execute(waiting.values(state=DraftState.WITHDRAWN, decided_by=PROGRAM, decided_at=now))
    db.execute(update(replies).where(theirs).values(text="", why=""))


def _draft(row: Any) -> Draft:
    found = {name.removeprefix("draft_"): value for name, value in row._mapping.items() if name.startswith("draft_")}
    return Draft(**{**found, "state": DraftState(found["state"])})
