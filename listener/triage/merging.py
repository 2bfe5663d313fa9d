"""Which cases belong together: merging, splitting and linking them. Pure: cases in, changes out, or a refusal."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from listener.domain.case import Case, CaseChange, CaseDraft, CaseState, EventKind
from listener.domain.policy import TriagePolicy
from listener.domain.sla import SlaClock
from listener.domain.stored import CaseCard, SavedMention, ScoredMention, StoredMention
from listener.domain.text import visible
from listener.errors import ConfigError, Conflict
from listener.triage import arrivals, moves, sla
from listener.triage.assess import Assessment
from listener.triage.corrections import together
from listener.triage.intake_rules import strongest
from listener.triage.priority import heavier, rank_at, total, waiting_since

MAX_TAG = 30
"""Characters of a tag."""
MAX_TAGS = 20
"""Of one case."""

RELATED, SPLIT = "related", "split"
"""What a link says."""

TIMING = ("clocks", "due_at", "sla_at", "alarm_at")
"""The fields that follow from a case's promises."""


def refuse_merge(case: Case, into: Case, agent: str, now: datetime) -> None:
    """Both must be the agent's to change, of one brand, and unsettled."""
    if case.id == into.id:
        raise ConfigError(f"case {case.id} can't be merged into itself")
    if case.brand != into.brand:
        raise ConfigError(
            f"case {case.id} is about {visible(case.brand, 60)}, case {into.id} about {visible(into.brand, 60)}",
            next_step=f"put them beside each other instead: listener case link {case.id} {into.id}",
        )
    for one in (case, into):
        moves.refuse_if_resolved(one)
        moves.refuse_if_held(one, agent, now)


def merged(case: Case, into: Case, posts: Sequence[int], agent: str, policy: TriagePolicy, now: datetime) -> CaseChange:
    """What becomes of the case that gives up its posts: it is settled, and says where they went."""
    return CaseChange(
        kind=EventKind.MERGED,
        agent=agent,
        at=now,
        detail={"into": str(into.id), "mentions": listed(posts)},
        set={**_closed(case, into.id, f"merged into case {into.id}", agent, policy, now), "incident_id": None},
    )


def gathered(
    case: Case, into: Case, posts: Sequence[int], agent: str, policy: TriagePolicy, now: datetime
) -> CaseChange:
    """What the other becomes by taking them: the heavier of both, due at the earlier instant, waiting the longer.

    Whoever held the first goes on with the second, if nobody has that.
    """
    terms = heavier(into.terms, case.terms)
    reason = strongest([into.reason, case.reason]) or into.reason
    since = min(waiting_since(into, policy), waiting_since(case, policy))
    graver = reason is not into.reason or (case.escalated and not into.escalated)
    changes: dict[str, object] = {
        "reason": reason,
        "terms": terms,
        "priority": total(terms),
        "escalated": into.escalated or case.escalated,
        "rank_at": rank_at(since, total(terms), policy),
        "tags": tuple(sorted({*into.tags, *case.tags})),
        "wrote_at": max((at for at in (into.wrote_at, case.wrote_at) if at is not None), default=None),
        "incident_id": into.incident_id or case.incident_id,
        **({"queue": case.queue} if graver and not into.holder(now) else {}),
        **_held_on(case, into, agent, policy, now),
    }
    base = replace(into, clocks=_sooner(into.clocks, case.clocks))
    return CaseChange(
        kind=EventKind.MERGED,
        agent=agent,
        at=now,
        detail={"from": str(case.id), "mentions": listed(posts)},
        set=differing(into, timed(base, changes, policy, now)),
    )


def timed(base: Case, changes: Mapping[str, object], policy: TriagePolicy, now: datetime) -> dict[str, object]:
    """The changes and all that the promises make of them, where `base` has other clocks than are stored."""
    return {**{name: getattr(base, name) for name in TIMING}, **sla.follow(base, changes, policy, now)}


def differing(case: Case, changes: Mapping[str, object]) -> dict[str, object]:
    """A change that leaves a field as it is doesn't mention it."""
    return {name: value for name, value in changes.items() if getattr(case, name) != value}


def split_posts(card: CaseCard, mention_ids: Sequence[int], agent: str, now: datetime) -> list[StoredMention]:
    """Those that leave, oldest first. One must stay, and none may have been deleted by its author."""
    case = card.case
    moves.refuse_if_resolved(case)
    moves.refuse_if_held(case, agent, now)
    standing = {post.id: post for post in card.mentions if not post.deleted}
    unknown = [one for one in mention_ids if one not in standing]
    if unknown:
        raise ConfigError(
            f"case {case.id} holds no post {unknown[0]} that still stands", next_step=f"listener case show {case.id}"
        )
    if not mention_ids:
        raise ConfigError("say which posts leave: --mention N, for each")
    leaving = set(mention_ids)
    if leaving >= set(standing):
        raise ConfigError(f"one post at least must stay in case {case.id}", next_step=f"listener case show {case.id}")
    return [post for post in card.mentions if post.id in leaving]


def split_off(card: CaseCard, posts: Sequence[StoredMention], policy: TriagePolicy, now: datetime) -> CaseDraft:
    """The new case: its first post's author and thread, judged by its own posts, in nobody's hands.

    That the old one was escalated by hand stays with the old one.
    """
    first = posts[0]
    found = together(replace(card.case, escalated=False), posts, card.author, policy)
    scored = ScoredMention(mention=first.mention, matches=first.matches, verdict=first.verdict)
    saved = SavedMention(id=first.id, author_id=first.author_id, scored=scored, is_new=False)
    judged = replace(found, reason=found.reason or card.case.reason)
    return arrivals.opened(saved, card.case.brand, judged, policy, now)


def left_behind(
    card: CaseCard, new_id: int, posts: Sequence[StoredMention], agent: str, policy: TriagePolicy, now: datetime
) -> CaseChange:
    """The old case, judged again by the posts that stay; what rules and agents added to it stays too."""
    case = card.case
    leaving = {post.id for post in posts}
    found = together(case, [post for post in card.mentions if post.id not in leaving], card.author, policy)
    kept = {**{name: value for name, value in case.terms.items() if name not in found.terms}, **found.terms}
    judged: Assessment = replace(found, terms=kept)
    changes = arrivals.regraded(case, judged.reason, judged, policy, now) | moves.renewed(case, agent, policy, now)
    return CaseChange(
        kind=EventKind.SPLIT,
        agent=agent,
        at=now,
        detail={"into": str(new_id), "mentions": listed(sorted(leaving))},
        set=differing(case, changes),
    )


def came_from(case: Case, posts: Sequence[StoredMention], agent: str, now: datetime) -> CaseChange:
    """What the new case's history says of where it came from."""
    detail = {"from": str(case.id), "mentions": listed([post.id for post in posts])}
    return CaseChange(kind=EventKind.SPLIT, agent=agent, at=now, detail=detail)


def rejoined(case: Case, source: Case, agent: str, policy: TriagePolicy, now: datetime) -> dict[str, object]:
    """What closes a case whose splitting off is taken back."""
    return _closed(case, source.id, f"put back into case {source.id}", agent, policy, now)


def linked(other: Case, agent: str, now: datetime) -> CaseChange:
    """The event on one side of a link; nothing else of the case changes."""
    return CaseChange(kind=EventKind.LINKED, agent=agent, at=now, detail={"other": str(other.id)})


def refuse_link(case: Case, other: Case) -> None:
    """Anybody may link, in any state, but no case to itself."""
    if case.id == other.id:
        raise ConfigError(f"case {case.id} can't be linked with itself")


def decide_tags(
    case: Case, add: Sequence[str], remove: Sequence[str], agent: str, policy: TriagePolicy, now: datetime
) -> CaseChange | None:
    """Anybody may tag, in any state; None where the tags are as wanted already."""
    wanted, gone = {tag_of(one) for one in add}, {tag_of(one) for one in remove}
    if not wanted and not gone:
        raise ConfigError("say what to change: --add TAG, --remove TAG, or both")
    if wanted & gone:
        raise ConfigError(f"{min(wanted & gone)!r} can't be both added and removed")
    tags = tuple(sorted(({*case.tags} | wanted) - gone))
    if len(tags) > MAX_TAGS:
        raise ConfigError(f"case {case.id} would have {len(tags)} tags: {MAX_TAGS} at the most")
    if tags == case.tags:
        return None
    changed = {
        "added": ", ".join(sorted(wanted - {*case.tags})),
        "removed": ", ".join(sorted(gone & {*case.tags})),
    }
    return CaseChange(
        kind=EventKind.TAGGED,
        agent=agent,
        at=now,
        detail={name: said for name, said in changed.items() if said},
        set={"tags": tags, **moves.renewed(case, agent, policy, now)},
    )


def tag_of(text: str) -> str:
    """Lower case; letters, digits, - and _. Raises `ConfigError`."""
    tag = text.strip().lower()
    if not tag or len(tag) > MAX_TAG or not all(char.isalnum() or char in "-_" for char in tag):
        raise ConfigError(f"{visible(text, 60)!r} is no tag: up to {MAX_TAG} letters, digits, - and _")
    return tag


def listed(ids: Sequence[int]) -> str:
    """Post numbers as an event's detail keeps them."""
    return " ".join(str(one) for one in ids)


def ids_in(text: str) -> list[int]:
    """What `listed` made."""
    return [int(one) for one in text.split()]


def refuse_moved_on(holder: CaseCard, posts: Sequence[int]) -> None:
    """Posts can only be put back by the case that was given them."""
    here = {post.id for post in holder.mentions}
    if not here >= set(posts):
        raise Conflict(
            f"posts of case {holder.case.id} have moved on since", next_step=f"listener case show {holder.case.id}"
        )


def _closed(case: Case, into_id: int, how: str, agent: str, policy: TriagePolicy, now: datetime) -> dict[str, object]:
    settled = {
        "state": CaseState.RESOLVED,
        "assignee": agent,
        "assigned_at": case.assigned_at or now if case.holder(now) == agent else now,
        "lease_until": None,
        "snoozed_until": None,
        "resolved_at": now,
        "resolution": how,
        "merged_into": into_id,
    }
    return sla.follow(case, settled, policy, now)


def _held_on(case: Case, into: Case, agent: str, policy: TriagePolicy, now: datetime) -> dict[str, object]:
    if into.holder(now) or case.holder(now) != agent or into.state is not CaseState.OPEN:
        return moves.renewed(into, agent, policy, now)
    lease = None if case.lease_until is None else now + policy.lease
    return {"assignee": agent, "lease_until": lease, "assigned_at": case.assigned_at or now}


def _sooner(mine: Mapping[str, SlaClock], theirs: Mapping[str, SlaClock]) -> dict[str, SlaClock]:
    """Of each promise made in both cases the one that is due first; one that stands has the less time left."""
    return {name: _stricter(clock, theirs[name]) if name in theirs else clock for name, clock in mine.items()}


def _stricter(one: SlaClock, other: SlaClock) -> SlaClock:
    if one.due_at is not None and other.due_at is not None:
        return one if one.due_at <= other.due_at else other
    if one.due_at is None and other.due_at is None:
        return min(one, other, key=lambda clock: clock.left or timedelta(0))
    return one
