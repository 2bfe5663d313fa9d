"""Does a post open a case, join one, wake one, reopen one, or do nothing? Pure: facts and now in, decision out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from listener.domain.brand import Brand
from listener.domain.case import Case, CaseState, Reason
from listener.domain.mention import Mention
from listener.domain.policy import TriagePolicy
from listener.domain.verdict import Label, Verdict

_STRENGTH = (Reason.COMPLAINT, Reason.QUESTION, Reason.UNSURE, Reason.UNSCORED, Reason.PRAISE)
"""Of several reasons the first of these counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """A post that has just been stored, seen from one brand."""

    reason: Reason | None
    """What its verdict gives; None where it gives no reason at all."""
    thread: str
    cases: tuple[Case, ...]
    """Of this author on this brand: open and snoozed ones, those resolved a while ago, and merged ones."""
    heirs: Mapping[int, Case] = field(default_factory=dict)
    """By id of a merged case: the one that has its posts now."""


@dataclass(frozen=True, slots=True)
class Open:
    """A case begins."""

    reason: Reason


@dataclass(frozen=True, slots=True)
class Attach:
    """The post joins a case, whose state stays as it is."""

    case: Case


@dataclass(frozen=True, slots=True)
class Wake:
    """The post joins a snoozed case, which returns to its queue."""

    case: Case


@dataclass(frozen=True, slots=True)
class Reopen:
    """The post joins a resolved case, which returns to its queue."""

    case: Case


@dataclass(frozen=True, slots=True)
class Nothing:
    """The post is counted, and nobody has to act."""


Decision = Open | Attach | Wake | Reopen | Nothing


def reason_of(verdict: Verdict | None) -> Reason | None:
    """Why this verdict asks for a case: complaint, question, unsure, unscored, praise, in that order; else None."""
    if verdict is None:
        return Reason.UNSCORED
    if Label.COMPLAINT in verdict.labels:
        return Reason.COMPLAINT
    if Label.QUESTION in verdict.labels:
        return Reason.QUESTION
    if verdict.abstained and not verdict.labels:
        return Reason.UNSURE
    return Reason.PRAISE if Label.PRAISE in verdict.labels else None


def strongest(reasons: Sequence[Reason | None]) -> Reason | None:
    """The one that counts where a case holds several posts."""
    return next((reason for reason in _STRENGTH if reason in reasons), None)


def concerns(mention: Mention, brand: Brand | None) -> bool:
    """Whether this brand's team answers such a post at all: not a repost, not a competitor's, not our own."""
    if brand is None or brand.competitor or mention.is_repost:
        return False
    handle = mention.author.handle.casefold().removeprefix("@")
    return handle not in {own.casefold().removeprefix("@") for own in brand.own_accounts}


def decide(arrival: Arrival, policy: TriagePolicy, now: datetime) -> Decision:
    """A live case takes the post before a resolved one does, and only a post that no case takes may open one.

    A live case takes its author's posts in the same thread always, and elsewhere within `attach_within` of the last
    word in it, theirs or ours: a reminder or a rule that moves a case doesn't prolong it. A snoozed one wakes at any
    post of its author. A resolved one returns, except for thanks: praise joins it and leaves it resolved. In a merged
    case's place stands the one that took its posts, as if it were of that thread and author as well.
    """
    live = _live_case(arrival, policy, now)
    if live is not None:
        return Wake(live) if live.state is CaseState.SNOOZED else Attach(live)
    resolved = _resolved_case(arrival, policy, now)
    if resolved is not None:
        return Attach(resolved) if arrival.reason is Reason.PRAISE else Reopen(resolved)
    if arrival.reason is not None and arrival.reason in policy.open_for:
        return Open(arrival.reason)
    return Nothing()


def _live_case(arrival: Arrival, policy: TriagePolicy, now: datetime) -> Case | None:
    near = [
        (same_thread, case.state is CaseState.SNOOZED, _last_word(case), case.id, case)
        for case, same_thread in _standing(arrival)
        if case.state is CaseState.SNOOZED
        or (case.state is CaseState.OPEN and (same_thread or now - _last_word(case) <= policy.attach_within))
    ]
    # A sleeping case waits for just this; it goes before an open one of another thread.
    return max(near, key=lambda one: one[:4])[4] if near else None


def _resolved_case(arrival: Arrival, policy: TriagePolicy, now: datetime) -> Case | None:
    """The case this post returns to: of its thread, or of its author and brand where the platform has no threads.

    Without a thread to prove that it is the same matter, the post must be one that would open a case by itself.
    """
    if not arrival.thread and (arrival.reason is None or arrival.reason not in policy.open_for):
        return None
    lately = [
        case
        for case, same_thread in _standing(arrival)
        if case.resolved_at is not None
        and now - case.resolved_at <= policy.reopen_within
        and (same_thread or not arrival.thread)
    ]
    return max(lately, key=lambda case: (case.resolved_at or case.opened_at, case.id), default=None)


def _last_word(case: Case) -> datetime:
    said = case.wrote_at or case.opened_at
    return said if case.answered_at is None else max(said, case.answered_at)


def _standing(arrival: Arrival) -> list[tuple[Case, bool]]:
    """The cases that can take the post, each with whether the post is of its thread, or of one merged into it."""
    found: dict[int, tuple[Case, bool]] = {}
    for case in arrival.cases:
        heir = arrival.heirs.get(case.id, case)
        _, same_thread = found.get(heir.id, (heir, False))
        found[heir.id] = (heir, same_thread or _same_thread(case, arrival))
    return list(found.values())


def _same_thread(case: Case, arrival: Arrival) -> bool:
    return bool(arrival.thread) and case.thread == arrival.thread
