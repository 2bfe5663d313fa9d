"""Answers that wait for a second person, and what the author wrote meanwhile. Pure.

While a draft waits its case stays with whoever wrote it, without a lease: it isn't offered to others, and a colleague
who must have it takes it with `case assign`. Its clocks run on, since the customer has no answer yet.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from listener.domain.answers import AnswerPolicy, Draft
from listener.domain.case import PROGRAM, Case, CaseChange, CaseEvent, CaseState, EventKind
from listener.domain.policy import TriagePolicy
from listener.domain.stored import CaseCard, StoredMention
from listener.domain.text import visible
from listener.errors import ConfigError, Conflict
from listener.triage import moves
from listener.triage.lengths import length
from listener.triage.priority import band

FIRST_WORDS = 80
"""Code points of a newer post that a refusal quotes."""

DRAFT, HELD, BY_HAND = "draft", "held", "by hand"
"""Keys and a word of the events' details."""

_ALWAYS_A_POST = frozenset({EventKind.ATTACHED, EventKind.EDITED, EventKind.MERGED})
_MAYBE_A_POST = frozenset({EventKind.WOKE, EventKind.REOPENED})


def needs_second_person(case: Case, policy: TriagePolicy) -> str:
    """Why an answer to this case needs one, in words that follow "because of"; empty if it doesn't."""
    asked, name = policy.answers.approval, band(case.priority, policy)
    reasons = {
        f"the queue {case.queue}": case.queue in asked.queues,
        f"the brand {case.brand}": case.brand in asked.brands,
        f"the band {name}": name in asked.bands,
        "its being escalated": asked.escalated and case.escalated,
    }
    return next((words for words, holds in reasons.items() if holds), "")


def refuse_too_long(case: Case, text: str, answers: AnswerPolicy) -> None:
    """Raises `ConfigError` for an answer that its platform would not take."""
    limit, long = answers.limit(case.platform), length(case.platform, text.strip())
    if limit is not None and long > limit:
        raise ConfigError(
            f"the answer is {long - limit} too long: {long} of the {limit} that {visible(case.platform, 40)} takes",
            next_step="shorten it; a limit of your own goes into answers.toml, under [limits]",
        )


def decide_draft(
    case: Case, text: str, draft_id: int, why: str, agent: str, policy: TriagePolicy, now: datetime
) -> CaseChange:
    """An answer that waits: the case stays with its writer, and nothing is answered yet."""
    answered = moves.decide_reply(case, text, agent, policy, now)
    held = {"assignee": agent, "lease_until": None, "assigned_at": answered.set.get("assigned_at", now)}
    by_hand = case.assignee == agent and case.lease_until is None
    return CaseChange(
        kind=EventKind.DRAFTED,
        agent=agent,
        at=now,
        detail={DRAFT: str(draft_id), "why": f"because of {why}", HELD: BY_HAND if by_hand else ""},
        set=held if case.state is CaseState.OPEN else {},
    )


def decide_approved(draft: Draft, agent: str, now: datetime) -> CaseChange:
    """The second person's word."""
    return CaseChange(kind=EventKind.APPROVED, agent=agent, at=now, detail={DRAFT: str(draft.id), "by": draft.agent})


def decide_sent(
    case: Case, draft: Draft, events: Sequence[CaseEvent], approver: str, policy: TriagePolicy, now: datetime
) -> CaseChange:
    """The answer is its writer's, and recorded as if they gave it now; a case they had claimed is on a lease again."""
    answered = moves.decide_reply(case, draft.text, draft.agent, policy, now)
    return replace(
        answered,
        detail={**answered.detail, DRAFT: str(draft.id), "approved_by": approver},
        set={**answered.set, **_leased_again(case, events, draft, policy, now)},
    )


def decide_declined(
    card: CaseCard, draft: Draft, why: str, agent: str, policy: TriagePolicy, now: datetime
) -> CaseChange:
    """Back to its writer, with a reason. Taken back by the writer it needs none, and their lease begins anew."""
    mine = agent == draft.agent
    if not why and not mine:
        raise ConfigError("say why it is declined: its writer has to know what to change")
    if len(why) > moves.MAX_TEXT:
        raise ConfigError(f"longer than {moves.MAX_TEXT:,} characters: {len(why):,}")
    theirs = mine and card.case.holder(now) == agent
    return CaseChange(
        kind=EventKind.DECLINED,
        agent=agent,
        at=now,
        detail={DRAFT: str(draft.id), "why": why or "taken back"},
        set=_leased_again(card.case, card.events, draft, policy, now) if theirs else {},
    )


def refuse_own(draft: Draft, agent: str) -> None:
    """Two people, not one twice."""
    if agent.casefold() == draft.agent.casefold():
        raise Conflict(
            f"draft {draft.id} is your own: somebody else must approve it",
            next_step=f"take it back to change it: listener approvals withdraw {draft.id}",
        )


def refuse_if_wrote_since_draft(card: CaseCard, draft: Draft) -> None:
    """Raises `Conflict` if the author wrote, or changed a post, after the draft."""
    drafted = _drafted(card.events, draft)
    later = [event for event in card.events if drafted is not None and event.id > drafted.id]
    _refuse_if_wrote(
        card,
        later,
        f"read it: listener case show {card.case.id}; then listener approvals approve {draft.id} --anyway,"
        f' or listener approvals decline {draft.id} "why"',
    )


def refuse_if_wrote_since_seen(card: CaseCard, seen: int) -> None:
    """Raises `Conflict` if the author wrote after the version that the agent looked at."""
    _refuse_if_wrote(card, since_version(card, seen), f"read it before you answer: listener case show {card.case.id}")


def since_version(card: CaseCard, seen: int) -> list[CaseEvent]:
    """What happened after this version. Each change is one event, but for a claim that says whose lease ran out; that
    an answer has arrived changes nothing."""
    uncounted = (EventKind.LEASE_EXPIRED, EventKind.SENT)
    counted = [event for event in card.events if not (event.kind in uncounted and event.agent == PROGRAM)]
    behind = card.case.version - seen
    return counted[-behind:] if behind > 0 else []


def posting(card: CaseCard) -> tuple[str, str]:
    """Where an answer is to be posted, and what speaks against it; each is empty where there is none."""
    latest = latest_post(card)
    if latest is None:
        return "", "the author has deleted every post of this case"
    url = latest.mention.url or card.case.url
    if latest.mention.can_reply:
        return url, ""
    return url, latest.mention.reply_note or "the platform doesn't say that a reply can be sent"


def latest_post(card: CaseCard) -> StoredMention | None:
    """The one to answer: the newest that still stands."""
    return next((post for post in reversed(card.mentions) if not post.deleted), None)


def _refuse_if_wrote(card: CaseCard, events: Sequence[CaseEvent], next_step: str) -> None:
    posts = [event for event in events if _brings_a_post(event)]
    if not posts:
        return
    last = posts[-1]
    did = {EventKind.EDITED: "changed a post", EventKind.MERGED: "has posts from another case"}.get(
        last.kind, "wrote again"
    )
    who = f"@{visible(card.case.handle, 60)}" if card.case.handle else "the author"
    words = _words(card, last)
    raise Conflict(
        f"case {card.case.id}: {who} {did} at {last.at:%Y-%m-%d %H:%M} UTC{f': “{words}”' if words else ''}",
        next_step=next_step,
    )


def _brings_a_post(event: CaseEvent) -> bool:
    return event.kind in _ALWAYS_A_POST or (event.kind in _MAYBE_A_POST and bool(event.detail.get("mention")))


def _words(card: CaseCard, event: CaseEvent) -> str:
    named = event.detail.get("mention", "")
    post = next((post for post in card.mentions if str(post.id) == named), latest_post(card))
    return visible(post.mention.text, FIRST_WORDS) if post is not None and not post.deleted else ""


def _leased_again(
    case: Case, events: Sequence[CaseEvent], draft: Draft, policy: TriagePolicy, now: datetime
) -> dict[str, object]:
    """A case that was claimed when the draft began to wait is a claim again; one assigned by hand stays so."""
    drafted = _drafted(events, draft)
    by_hand = drafted is None or drafted.detail.get(HELD) == BY_HAND
    return {} if by_hand or case.state is not CaseState.OPEN else {"lease_until": now + policy.lease}


def _drafted(events: Sequence[CaseEvent], draft: Draft) -> CaseEvent | None:
    wanted = str(draft.id)
    return next((e for e in events if e.kind is EventKind.DRAFTED and e.detail.get(DRAFT) == wanted), None)
