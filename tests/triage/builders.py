"""Cases out of thin air for the deciders, and an office on a real store for the edges."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from functools import lru_cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from listener.clock import VirtualClock
from listener.domain.brand import Brand, Match
from listener.domain.case import Case, CaseChange, CaseState, Reason
from listener.domain.mention import Mention
from listener.domain.policy import Route, TriagePolicy
from listener.domain.sla import Promise, SlaPolicy
from listener.domain.stored import CaseCard, InboxFilter, ScoredMention
from listener.domain.verdict import Label, Verdict
from listener.ports import Store
from listener.store import open_store
from listener.triage.desk import Desk
from listener.triage.intake import IntakeReport, take_in
from tests.builders import NOON, author, mention, minutes, verdict

FIRST_RESPONSE = {"urgent": minutes(30), "high": minutes(120), "normal": minutes(480), "low": minutes(1440)}

POLICY = TriagePolicy(
    routes=(
        Route(name="safety first", queue="safety", words=("caught fire", "lawyer"), escalate=True),
        Route(name="money", queue="billing", words=("refund",), reasons=("complaint",)),
    ),
    severe_words=("lawyer", "caught fire"),
    sla=SlaPolicy(targets={Promise.FIRST_RESPONSE: FIRST_RESPONSE}),
)

BRANDS = {
    "Acme": Brand(name="Acme", handles=("acme",), own_accounts=("AcmeHelp",)),
    "Zeta": Brand(name="Zeta", handles=("zeta",)),
    "Rival": Brand(name="Rival", handles=("rival",), competitor=True),
}


def case(**more: Any) -> Case:
    """An open complaint of Ann's, opened at noon, worth 30 points."""
    defaults: dict[str, Any] = {
        "id": 12,
        "version": 1,
        "brand": "Acme",
        "platform": "x",
        "author_id": 7,
        "handle": "ann",
        "thread": "t1",
        "queue": "support",
        "state": CaseState.OPEN,
        "reason": Reason.COMPLAINT,
        "priority": 30.0,
        "terms": {"severity": 21.0, "confidence": 9.0},
        "rank_at": NOON - timedelta(hours=36),
        "escalated": False,
        "assignee": "",
        "lease_until": None,
        "opened_at": NOON,
        "updated_at": NOON,
        "due_at": NOON + minutes(480),
        "first_reply_at": None,
        "snoozed_until": None,
        "resolved_at": None,
        "resolution": "",
        "mentions": 1,
        "headline": "@acme my parcel is late",
        "url": "https://example.com/1",
    }
    return Case(**{**defaults, **more})


def after(before: Case, change: CaseChange) -> Case:
    """The case as a store would keep it after this change."""
    return replace(
        before,
        version=before.version + 1,
        updated_at=change.at,
        mentions=before.mentions + (1 if change.add_mention is not None else 0),
        **change.set,
    )


def held(agent: str = "bob", **more: Any) -> Case:
    """Claimed, with a lease until a quarter past noon."""
    return case(**{"assignee": agent, "lease_until": NOON + minutes(15), **more})


def resolved(**more: Any) -> Case:
    """Settled by Bob at noon."""
    settled = {"state": CaseState.RESOLVED, "resolved_at": NOON, "resolution": "done", "assignee": "bob"}
    return case(**{**settled, **more})


def snoozed(**more: Any) -> Case:
    """Asleep until two."""
    return case(**{"state": CaseState.SNOOZED, "snoozed_until": NOON + timedelta(hours=2), **more})


CHATTER = verdict(sentiment=None, confidence=0.6, abstained=False)
"""Neither label nor doubt."""
THANKS = verdict(Label.PRAISE)
UNSURE = verdict(sentiment=None, confidence=0.4)


class Office:
    """A store, a desk and a clock; posts come in by `hears`."""

    def __init__(self, store: Store, policy: TriagePolicy = POLICY) -> None:
        self.store = store
        self.policy = policy
        self.clock = VirtualClock(NOON)
        self.desk = Desk(store, policy, self.clock)
        with store.read() as reads:
            self._posts = reads.stats().mentions

    def post(
        self, text: str = "@acme my parcel is late", *, brands: tuple[str, ...] = ("Acme",), **more: Any
    ) -> ScoredMention:
        """A complaint by Ann in thread t1 unless told otherwise; `said=None` leaves it unscored."""
        self._posts += 1
        said: Verdict | None = more.pop("said", verdict(Label.COMPLAINT))
        native_id = more.pop("native_id", str(self._posts))
        facts = {"thread": "t1", "created_at": self.clock.now(), "author": author(more.pop("by", "ann")), **more}
        post: Mention = mention(text, native_id, **facts)
        return ScoredMention(
            mention=post,
            matches=tuple(Match(brand=name, term=f"@{name.lower()}", start=0, end=5) for name in brands),
            verdict=said,
        )

    def takes(self, *posts: ScoredMention) -> IntakeReport:
        """One page in one transaction, as the run does it."""
        now = self.clock.now()
        with self.store.write() as tx:
            return take_in(tx, tx.save_mentions(posts, now), BRANDS, self.policy, now)

    def hears(self, text: str = "@acme my parcel is late", **more: Any) -> IntakeReport:
        return self.takes(self.post(text, **more))

    def cases(self) -> list[Case]:
        """All of them, by id."""
        with self.store.read() as reads:
            found = reads.inbox(InboxFilter(states=tuple(CaseState)), self.clock.now(), 1000)
        return sorted(found, key=lambda one: one.id)

    def card(self, case_id: int = 1) -> CaseCard:
        with self.store.read() as reads:
            return reads.case_card(case_id)

    def kinds(self, case_id: int = 1) -> list[str]:
        return [event.kind for event in self.card(case_id).events]


@lru_cache
def _template() -> Path:
    """The schema is made once a test run; a copy is quicker than the migrations."""
    file = Path(mkdtemp()) / "listener.db"
    open_store(file).close()
    return file


def fresh_store(folder: Path) -> Path:
    """The file of an empty store in this folder."""
    return Path(shutil.copy(_template(), folder / "listener.db"))


@contextmanager
def office(folder: Path, policy: TriagePolicy = POLICY) -> Iterator[Office]:
    store = open_store(fresh_store(folder))
    try:
        yield Office(store, policy)
    finally:
        store.close()
