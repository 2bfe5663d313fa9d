"""Posts that agents are asked about, one after the other: each answer is one transaction, and can be taken back."""

from dataclasses import dataclass, replace
from datetime import datetime

from listener.clock import Clock
from listener.domain.case import Case
from listener.domain.policy import TriagePolicy
from listener.domain.stored import StoredMention
from listener.domain.truth import Asked, Word
from listener.domain.verdict import Verdict
from listener.errors import Conflict
from listener.ports import Store, Transaction
from listener.triage import moves
from listener.triage.corrections import Correction, corrected
from listener.triage.desk import named
from listener.triage.relabelling import Told, learnt, relabel_post
from listener.triage.taking_back import take_back


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What became of an answer: all that taking it back needs."""

    mention_id: int
    case: int | None = None
    """The case that was corrected with it."""
    before: Verdict | None = None
    """The verdict that was in force."""
    changed: bool = False
    """Whether another is now."""
    says: str = ""
    """What the agent should know."""


class Reviewing:
    """One agent's look at posts of one brand, for their own sake or for a sample."""

    def __init__(
        self, store: Store, policy: TriagePolicy, clock: Clock, *, brand: str, agent: str, sample: int | None = None
    ) -> None:
        self._store = store
        self._policy = policy
        self._clock = clock
        self._brand = brand
        self._agent = named(agent)
        self._asked = Asked.REVIEW if sample is None else Asked.SAMPLE
        self._sample = sample

    def answer(self, mention_id: int, said: Correction) -> Answered:
        """Keep the agent's word; where it isn't the verdict in force, correct that and the case the post stands in.

        A case that another agent holds is left as it is, and `says` tells so. Raises `NotFound` for an erased post.
        """
        now = self._clock.now()
        told = Told(said=said, agent=self._agent, asked=self._asked, sample=self._sample)
        with self._store.write() as tx:
            post = tx.mention(mention_id)
            if post.deleted or not _differs(post.verdict, said):
                # An erased one is refused here.
                tx.add_truth(learnt(post, self._brand, told, now))
                return Answered(mention_id=mention_id)
            case = self._case(tx, mention_id)
            if case is None:
                tx.save_verdict(mention_id, corrected(post.verdict, said, self._agent), now)
                tx.add_truth(learnt(post, self._brand, told, now))
                return Answered(mention_id=mention_id, before=post.verdict, changed=True)
            return self._correct(tx, case, post, told, now)

    def skip(self, mention_id: int) -> None:
        """Left open: this agent isn't asked again; a sample does without."""
        word = self._word(mention_id, self._clock.now())
        with self._store.write() as tx:
            tx.skip_post(word)

    def known(self, mention_id: int) -> bool:
        """Take over for the sample what is known of this post already; whether anything is."""
        with self._store.write() as tx:
            if not tx.truthed(self._brand, [mention_id]):
                return False
            truth = next(one for one in tx.truths(self._brand) if one.mention_id == mention_id)
            word = self._word(mention_id, self._clock.now())
            tx.add_truth(replace(word, labels=truth.labels, sentiment=truth.sentiment, agent=truth.agent))
            return True

    def take_back(self, answered: Answered) -> None:
        """As if it had not been said. Raises `Conflict` where somebody has worked on its case since."""
        now = self._clock.now()
        with self._store.write() as tx:
            if answered.case is not None:
                take_back(tx, answered.case, self._agent, self._policy, now, seen=None)
                return
            tx.withdraw_truth(answered.mention_id, self._brand, self._agent, now)
            mine = f"agent:{self._agent}"
            if answered.before is not None and answered.before.model == mine:
                tx.save_verdict(answered.mention_id, answered.before, now)
            elif answered.changed:
                tx.withdraw_verdict(answered.mention_id, mine)

    def _correct(self, tx: Transaction, case: Case, post: StoredMention, told: Told, now: datetime) -> Answered:
        try:
            moves.refuse_relabel(case, self._agent, now)
        except Conflict as held:
            tx.add_truth(learnt(post, self._brand, told, now))
            return Answered(mention_id=post.id, says=f"{held}: your word is kept, the case is left as it is")
        changed, asks = relabel_post(tx, tx.case_card(case.id), post, told, self._policy, now)
        live = changed.resolved_at is None and not asks
        says = f"case {case.id} is corrected" + ("; nothing in it asks for an answer now" if live else "")
        return Answered(mention_id=post.id, case=case.id, before=post.verdict, changed=True, says=says)

    def _case(self, tx: Transaction, mention_id: int) -> Case | None:
        return next((case for _, case in tx.cases_holding([mention_id]) if case.brand == self._brand), None)

    def _word(self, mention_id: int, now: datetime) -> Word:
        return Word(
            mention_id=mention_id,
            brand=self._brand,
            labels=frozenset(),
            agent=self._agent,
            at=now,
            asked=self._asked,
            sample=self._sample,
        )


def _differs(verdict: Verdict | None, said: Correction) -> bool:
    if verdict is None or verdict.abstained:
        return True
    return verdict.labels != said.labels or said.sentiment not in (None, verdict.sentiment)
