"""Cases as rows and as JSON: what waits, and what happened to them in a stretch of time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from listener.domain.case import Case
    from listener.domain.policy import Settings, TriagePolicy
    from listener.domain.stored import CaseCard, CaseFacts
    from listener.insight.windows import Window
    from listener.lists import Row
    from listener.ports import Reads

INBOX_COLUMNS = ("id", "band", "points", "queue", "age", "due", "holder", "platform", "author", "reason", "headline")
COLUMNS = ("id", "brand", "queue", "reason", "state", "opened", "due", "answered", "resolved", "handle", "headline")


class What(StrEnum):
    """What happened to a case."""

    OPENED = "opened"
    ANSWERED = "answered"
    LATE = "late"
    RESOLVED = "resolved"


def happened(settings: Settings, reads: Reads, what: What, brand: str, window: Window, now: datetime) -> list[Row]:
    """One row a case to which that happened in the window; of all own brands if none is named."""
    from listener.insight import casework
    from listener.insight.usual import SEARCHED

    own = {entry.name for entry in settings.brands if not entry.competitor}
    facts = reads.case_facts(window.since - SEARCHED, window.until, brand)
    known = [fact for fact in facts if fact.brand == brand or (not brand and fact.brand in own)]
    return [_row(fact) for fact in casework.happened(known, what.value, window, now)]


def _row(fact: CaseFacts) -> Row:
    cells = (
        fact.id, fact.brand, fact.queue, fact.reason, fact.state, fact.opened_at, fact.due_at, fact.first_reply_at,
        fact.resolved_at, fact.handle, fact.headline,
    )  # fmt: skip
    return dict(zip(COLUMNS, cells, strict=True))


def case_json(case: Case, policy: TriagePolicy, now: datetime) -> dict[str, object]:
    """A case with what depends on now: band, points, holder, and the promise that presses most."""
    from listener.triage.priority import band, points_now
    from listener.triage.sla import pressing

    owed = pressing(case, policy, now)
    return {
        **asdict(case),
        "band": band(case.priority, policy),
        "points": points_now(case, now, policy),
        "holder": case.holder(now),
        "owed": asdict(owed) if owed else None,
    }


def card_json(card: CaseCard, policy: TriagePolicy, now: datetime) -> dict[str, object]:
    """A whole card; the platform's raw answer stays in the store."""
    from listener.triage.undo import taken_back

    gone = taken_back(card.events)
    posts = [asdict(post) for post in card.mentions]
    for post in posts:
        post["mention"].pop("raw")
    return {
        "case": case_json(card.case, policy, now),
        "author": asdict(card.author),
        "mentions": posts,
        "links": [asdict(link) for link in card.links],
        "replies": [{name: value for name, value in asdict(send).items() if name != "key"} for send in card.sends],
        "events": [{**asdict(event), "undone": event.id in gone} for event in card.events],
    }


def inbox_row(case: Case, policy: TriagePolicy, now: datetime) -> Mapping[str, object]:
    """A case as a line of the inbox."""
    from listener.triage.card_words import ERASED, due, headline_of, span
    from listener.triage.priority import band, points_now, waiting_since

    return {
        "id": case.id,
        "band": band(case.priority, policy) + ("!" if case.escalated else ""),
        "points": f"{points_now(case, now, policy):.1f}",
        "queue": case.queue,
        "age": span(now - waiting_since(case, policy)),
        "due": due(case, policy, now),
        "holder": case.holder(now),
        "platform": case.platform,
        "author": f"@{case.handle}" if case.handle else ERASED,
        "reason": case.reason,
        "headline": headline_of(case, covered=policy.hide_abuse),
    }
