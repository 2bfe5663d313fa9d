"""Answering: from a canned reply or an agent's own words to a recorded answer, by way of a second person if need be."""

from dataclasses import dataclass, replace

from listener.clock import Clock
from listener.domain.answers import Answer, Draft, DraftState
from listener.domain.case import PROGRAM, Case
from listener.domain.policy import TriagePolicy
from listener.domain.sending import NO_OUTLET, Outlet
from listener.domain.stored import CaseCard
from listener.domain.text import clean
from listener.errors import Conflict, NotFound
from listener.ports import Store, Transaction
from listener.triage import canned, moves
from listener.triage.desk import named
from listener.triage.drafting import (
    decide_approved,
    decide_declined,
    decide_draft,
    decide_sent,
    needs_second_person,
    posting,
    refuse_if_wrote_since_draft,
    refuse_if_wrote_since_seen,
    refuse_own,
    refuse_too_long,
    since_version,
)
from listener.triage.lengths import length
from listener.triage.sending_handover import BY_HAND, Replied, WayOut, hand_over


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """An answer that a second person has yet to approve; nothing of it is recorded as an answer."""

    case: Case
    draft: Draft
    why: str
    """What asks for a second person: `the queue press`."""
    warning: str
    """Why the platform won't take a reply; empty if it will."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """How long an answer is, as its platform counts, and how long it may be there."""

    length: int
    limit: int | None
    """None where nobody knows."""

    def __str__(self) -> str:
        return f"{self.length:,}" if self.limit is None else f"{self.length:,} of {self.limit:,}"


class Answering:
    """How agents answer. Each verb is one transaction; `seen`, `Conflict` and `NotFound` are as in `Desk`."""

    def __init__(self, store: Store, policy: TriagePolicy, clock: Clock, way_out: WayOut = BY_HAND) -> None:
        self._store = store
        self._policy = policy
        self._clock = clock
        self._way_out = way_out

    def reply(self, case_id: int, text: str, agent: str, *, seen: int | None = None) -> Replied | Waiting:
        """Record an answer, and send it where a source can; or leave it waiting for a second person.

        What can't be sent the agent posts. Raises `ConfigError` for an answer that its platform would not take,
        `Conflict` while an earlier one waits.
        """
        outlet = self.outlet(case_id)
        now, name = self._clock.now(), named(agent)
        words = clean(text)
        with self._store.write() as tx:
            card = tx.case_card(case_id)
            version = _version_to_answer(card, name, seen)
            refuse_too_long(card.case, words, self._policy.answers)
            change = moves.decide_reply(card.case, words, name, self._policy, now)
            why = needs_second_person(card.case, self._policy)
            if not why:
                _refuse_while_one_waits(tx, case_id)
                return hand_over(tx, card, version, change, outlet, now + self._way_out.grace)
            _, warning = posting(card)
            draft = tx.add_draft(case_id, name, words, now)
            held = decide_draft(card.case, words, draft.id, why, name, self._policy, now)
            return Waiting(case=tx.change_case(case_id, version, held), draft=draft, why=why, warning=warning)

    def approve(self, draft_id: int, agent: str, *, anyway: bool = False) -> Replied:
        """The second person's word: the answer is recorded, by its writer, and their case's clocks stop now.

        Raises `Conflict` if the author wrote after the draft, unless `anyway`; if it is the agent's own draft; if it
        doesn't wait any more; or if the case isn't its writer's any more.
        """
        with self._store.read() as reads:
            draft = reads.draft(draft_id)
        outlet = self.outlet(draft.case_id)
        now, name = self._clock.now(), named(agent)
        with self._store.write() as tx:
            draft = tx.draft(draft_id)
            if draft.state is DraftState.WAITING:
                refuse_own(draft, name)
            decided = tx.decide_draft(draft_id, DraftState.APPROVED, name, now)
            card = tx.case_card(draft.case_id)
            if not anyway:
                refuse_if_wrote_since_draft(card, draft)
            case = tx.change_case(card.case.id, card.case.version, decide_approved(decided, name, now))
            sent = decide_sent(case, draft, card.events, name, self._policy, now)
            return hand_over(tx, replace(card, case=case), case.version, sent, outlet, now + self._way_out.grace)

    def decline(self, draft_id: int, why: str, agent: str) -> Draft:
        """Give it back to its writer, with a reason; the case stays theirs."""
        now, name, said = self._clock.now(), named(agent), clean(why)
        with self._store.write() as tx:
            draft = tx.draft(draft_id)
            mine = draft.agent == name
            state = DraftState.WITHDRAWN if mine else DraftState.DECLINED
            decided = tx.decide_draft(draft_id, state, name, now, said)
            card = tx.case_card(draft.case_id)
            declined = decide_declined(card, draft, said, name, self._policy, now)
            tx.change_case(card.case.id, card.case.version, declined)
            return decided

    def withdraw(self, draft_id: int, agent: str) -> Draft:
        """Take one's own draft back. Raises `Conflict` for somebody else's."""
        with self._store.read() as reads:
            draft = reads.draft(draft_id)
        if draft.agent != named(agent):
            raise Conflict(
                f"draft {draft_id} is {draft.agent}'s: only they can take it back",
                next_step=f'decline it: listener approvals decline {draft_id} "why"',
            )
        return self.decline(draft_id, "", agent)

    def outlet(self, case_id: int) -> Outlet:
        """Whether, and as whom, an answer to this case would be sent."""
        if self._way_out is BY_HAND:
            return NO_OUTLET
        with self._store.read() as reads:
            card = reads.case_card(case_id)
        return self._way_out.outlet(card)

    def render(self, name: str, case_id: int, agent: str) -> str:
        """A canned reply, filled in for this case. Raises `NotFound` for an unknown name."""
        answer = self.answer(name)
        with self._store.read() as reads:
            return canned.render(answer, reads.case_card(case_id), named(agent))

    def offered(self, case_id: int) -> list[Answer]:
        """The canned replies meant for a case like this, in the order of answers.toml."""
        with self._store.read() as reads:
            card = reads.case_card(case_id)
        return canned.offered(self._policy.answers.answers, card.case, canned.lang_of(card))

    def limit(self, platform: str) -> int | None:
        """How long an answer may be there, in `measure`'s units; None where nobody knows."""
        return self._policy.answers.limit(platform)

    def measure(self, platform: str, text: str) -> Measured:
        """As the platform counts it."""
        return Measured(length=length(platform, text.strip()), limit=self.limit(platform))

    def answer(self, name: str) -> Answer:
        """A canned reply as it is written. Raises `NotFound`."""
        known = {answer.name: answer for answer in self._policy.answers.answers}
        if name not in known:
            some = f"known: {', '.join(known)}" if known else "write one into answers.toml"
            raise NotFound(f"there is no canned reply {name!r}", next_step=some)
        return known[name]


def _version_to_answer(card: CaseCard, agent: str, seen: int | None) -> int:
    """The version to write to: what was seen, or a later one where only this agent or the program has acted since.

    A promise that broke while an answer was being typed is no reason to lose it.
    """
    now = card.case.version
    if seen is None or seen >= now:
        return now if seen is None else seen
    refuse_if_wrote_since_seen(card, seen)
    others = [event for event in since_version(card, seen) if event.agent not in (agent, PROGRAM)]
    return seen if others else now


def _refuse_while_one_waits(tx: Transaction, case_id: int) -> None:
    """Two answers to one customer, of which the second may say something else."""
    draft = tx.waiting_draft(case_id)
    if draft is not None:
        raise Conflict(
            f"an answer to case {case_id} waits for approval: draft {draft.id}, by {draft.agent}",
            next_step=f"listener approvals show {draft.id}",
        )
