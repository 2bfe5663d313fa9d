"""The edge of a correction: the verdict, the truth that is learnt and the case judged again, in one transaction."""

from dataclasses import dataclass, replace
from datetime import datetime

from listener.domain.case import Case
from listener.domain.policy import TriagePolicy
from listener.domain.stored import CaseCard, StoredMention
from listener.domain.truth import Asked, Word
from listener.domain.verdict import Label, Verdict
from listener.ports import Transaction
from listener.triage.corrections import Correction, corrected, implied, relabelled, still_asks


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What an agent says of a post, and how they came to say it."""

    said: Correction
    agent: str
    asked: Asked = Asked.RELABEL
    sample: int | None = None


def relabel_post(
    tx: Transaction,
    card: CaseCard,
    post: StoredMention,
    told: Told,
    policy: TriagePolicy,
    now: datetime,
    *,
    seen: int | None = None,
) -> tuple[Case, bool]:
    """Correct a post of this case, which may be changed; whether anything in it still asks for an answer."""
    tx.save_verdict(post.id, corrected(post.verdict, told.said, told.agent), now)
    tx.add_truth(learnt(post, card.case.brand, told, now))
    after = tx.case_card(card.case.id)
    change = relabelled(after.case, after.mentions, post.id, after.author, told.agent, policy, now)
    change = replace(change, detail={**change.detail, **_was(post.verdict)})
    case = tx.change_case(card.case.id, after.case.version if seen is None else seen, change)
    return case, still_asks(after.mentions, policy)


def learnt(post: StoredMention, brand: str, told: Told, now: datetime) -> Word:
    """The labels, which the agent saw if they left them as they were; the mood only where they told it."""
    said = told.said
    seen: frozenset[Label] = post.verdict.labels if post.verdict else frozenset()
    return Word(
        mention_id=post.id,
        brand=brand,
        labels=seen if said.labels is None else said.labels,
        sentiment=said.sentiment or implied(said.labels),
        agent=told.agent,
        at=now,
        asked=told.asked,
        sample=told.sample,
    )


def _was(verdict: Verdict | None) -> dict[str, str]:
    """What undoing a relabel needs to know of the verdict it replaces."""
    if verdict is None:
        return {"was": "", "was_labels": "", "was_sentiment": ""}
    labels = ", ".join(sorted(verdict.labels))
    return {"was": verdict.model, "was_labels": labels, "was_sentiment": verdict.sentiment or ""}
