"""The edge of undo: reads what it needs, lets `listener.triage.undo` decide, and writes, in the caller's transaction.

Merges, splits and links concern two cases: both get their event, or neither.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from listener.domain.case import Case, CaseEvent, EventKind
from listener.domain.policy import TriagePolicy
from listener.domain.stored import CaseCard
from listener.domain.verdict import Label, Sentiment
from listener.ports import Transaction
from listener.triage import moves, undo
from listener.triage.corrections import Correction, corrected
from listener.triage.merging import differing, refuse_moved_on, rejoined
from listener.triage.sending_back import SEND
from listener.triage.sending_ends import call_back

_PAIRS = frozenset({EventKind.MERGED, EventKind.SPLIT, EventKind.LINKED})


@dataclass(frozen=True, slots=True)
class _Side:
    """One case, and the event on it that is to be undone."""

    card: CaseCard
    act: CaseEvent

    @property
    def id(self) -> int:
        return self.card.case.id

    @property
    def gave(self) -> bool:
        """Whether posts went from here to the other."""
        return "into" in self.act.detail


def take_back(
    tx: Transaction, case_id: int, agent: str, policy: TriagePolicy, now: datetime, *, seen: int | None
) -> Case:
    """Undo the agent's latest act on this case. Raises `Conflict`."""
    card = tx.case_card(case_id)
    act = undo.act_to_undo(card, agent)
    undo.refuse_if_theirs(card.case, act, agent, now)
    undo.refuse_if_moved_on(card, act)
    desk = _Undoing(tx=tx, agent=agent, policy=policy, now=now)
    here = _Side(card, act)
    version = card.case.version if seen is None else seen
    if SEND in act.detail:
        call_back(tx, int(act.detail[SEND]), now)
    if act.kind in _PAIRS:
        desk.both(here, version)
    else:
        desk.write(here, version)
        if act.kind is EventKind.RELABELLED:
            desk.verdict(here)
    return tx.case(case_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Undoing:
    """One undo under way."""

    tx: Transaction
    agent: str
    policy: TriagePolicy
    now: datetime

    def write(self, side: _Side, version: int | None = None, **more: object) -> None:
        """The event on one side, with the fields it restores."""
        change = undo.undone(side.card, side.act, self.agent, self.policy, self.now)
        expected = side.card.case.version if version is None else version
        self.tx.change_case(side.id, expected, replace(change, set={**change.set, **more}))

    def both(self, here: _Side, version: int) -> None:
        other_id = undo.other_of(here.act)
        assert other_id is not None, "such an event names the other case"
        card = self.tx.case_card(other_id)
        there = _Side(card, undo.counterpart(card, here.act, here.id))
        undo.refuse_if_theirs(card.case, there.act, self.agent, self.now)
        undo.refuse_if_moved_on(card, there.act)
        if here.act.kind is EventKind.LINKED:
            self.tx.unlink_cases(here.id, there.id)
            self.write(here, version)
            self.write(there)
            return
        giver, taker = (here, there) if here.gave else (there, here)
        if here.act.kind is EventKind.MERGED:
            self._unmerge(giver, taker, here, version)
        else:
            self._put_back(giver, taker, here, version)

    def _unmerge(self, giver: _Side, taker: _Side, here: _Side, version: int) -> None:
        """The posts that were moved return; those that came since stay."""
        posts = undo.posts_of(giver.act)
        refuse_moved_on(taker.card, posts)
        self._write_each(giver, taker, here, version)
        self.tx.take_posts(taker.id, posts)
        self.tx.give_posts(giver.id, posts)

    def _put_back(self, giver: _Side, taker: _Side, here: _Side, version: int) -> None:
        """The posts that were split off return, and the case made for them closes: nothing may have become of it."""
        posts = undo.posts_of(giver.act)
        moves.refuse_if_held(taker.card.case, self.agent, self.now)
        undo.refuse_if_touched(taker.card, taker.act)
        refuse_moved_on(taker.card, posts)
        case = taker.card.case
        closed = differing(case, rejoined(case, giver.card.case, self.agent, self.policy, self.now))
        self.write(giver, version if here is giver else None)
        self.write(taker, version if here is taker else None, **closed)
        self.tx.unlink_cases(giver.id, taker.id)
        self.tx.take_posts(taker.id, posts)
        self.tx.give_posts(giver.id, posts)

    def _write_each(self, giver: _Side, taker: _Side, here: _Side, version: int) -> None:
        for side in (giver, taker):
            self.write(side, version if side is here else None)

    def verdict(self, side: _Side) -> None:
        """The verdict from before the relabel is in force again; the agent's own earlier one is said once more."""
        post_id = undo.post_of(side.act)
        post = next((one for one in side.card.mentions if one.id == post_id), None)
        if post is None or post.deleted:
            return
        self.tx.withdraw_truth(post.id, side.card.case.brand, self.agent, self.now)
        mine, was = f"agent:{self.agent}", side.act.detail.get("was", "")
        if was != mine:
            self.tx.withdraw_verdict(post.id, mine)
            return
        said = Correction(
            labels=frozenset(Label(one) for one in side.act.detail.get("was_labels", "").split(", ") if one),
            sentiment=Sentiment(side.act.detail["was_sentiment"]) if side.act.detail.get("was_sentiment") else None,
        )
        self.tx.save_verdict(post.id, corrected(post.verdict, said, self.agent), self.now)
