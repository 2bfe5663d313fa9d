"""Steps that many store tests take."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from listener.domain.case import Case, CaseChange, CaseDraft, EventKind, Reason
from listener.domain.loyalty import Gift, Reward
from listener.domain.stored import SavedMention, ScoredMention
from listener.ports import Store, Transaction
from tests.builders import NOON, scored


def save(store: Store, *mentions: ScoredMention, now: datetime = NOON) -> list[SavedMention]:
    with store.write() as tx:
        return tx.save_mentions(mentions or [scored()], now)


def draft(saved: SavedMention, **more: Any) -> CaseDraft:
    defaults: dict[str, Any] = {
        "brand": "Acme",
        "author_id": saved.author_id,
        "thread": "",
        "mention_id": saved.id,
        "queue": "support",
        "reason": Reason.COMPLAINT,
        "priority": 30.0,
        "terms": {"severity": 30.0},
        "escalated": False,
        "due_at": None,
        "opened_at": NOON,
    }
    return CaseDraft(**{**defaults, **more})


def open_case(store: Store, saved: SavedMention, **more: Any) -> Case:
    with store.write() as tx:
        return tx.open_case(draft(saved, **more))


def gift_of(author_id: int, **more: Any) -> Reward:
    """A mug from Ada, for whoever it is."""
    defaults: dict[str, Any] = {
        "id": 0,
        "brand": "Acme",
        "gift": Gift.REWARD,
        "what": "a mug",
        "cost_cents": 900,
        "why": "their review",
        "mention_id": None,
        "agent": "ada",
        "at": NOON,
    }
    return Reward(**{**defaults, "author_id": author_id, **more})


def change(kind: EventKind = EventKind.NOTED, agent: str = "ben", at: datetime = NOON, **more: Any) -> CaseChange:
    return CaseChange(kind=kind, agent=agent, at=at, **more)


def apply(store: Store, case: Case, what: CaseChange) -> Case:
    with store.write() as tx:
        return tx.change_case(case.id, case.version, what)


def write(store: Store, step: Callable[[Transaction], Any]) -> Any:
    with store.write() as tx:
        return step(tx)
