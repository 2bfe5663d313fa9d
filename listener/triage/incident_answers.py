"""One answer for many: whom it reaches, whom it doesn't and why, and who still needs something. Pure."""

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from listener.domain.answers import Answer, pieces
from listener.domain.case import CaseChange, CaseState
from listener.domain.incident import Incident, IncidentState, Member
from listener.domain.policy import TriagePolicy
from listener.domain.sending import Send
from listener.domain.stored import CaseCard
from listener.domain.text import visible
from listener.errors import ConfigError, Conflict
from listener.triage import canned, moves
from listener.triage.drafting import needs_second_person, refuse_too_long

_TAKING = frozenset({"assignee", "lease_until", "assigned_at"})
"""What a reply of one's own changes and a joint answer leaves: nobody claims a hundred cases with it."""


class Need(StrEnum):
    """What a case of an incident still asks for."""

    UNANSWERED = "not answered"
    WROTE_AGAIN = "wrote again"
    UNREACHED = "can't be reached"
    GONE = "deleted its posts"
    UNSETTLED = "not settled"
    """The incident is closed and the case isn't."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """A line of the follow-up."""

    member: Member
    need: Need
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Passed:
    """A case the answer was not recorded on."""

    case: int
    why: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """A case the answer was recorded on: its words, and where to post them, or what carries them."""

    case: int
    url: str
    text: str
    send: Send | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """What became of an answer to many."""

    incident: Incident
    recorded: tuple[Recorded, ...]
    before: int
    """Cases that had this answer already."""
    passed: tuple[Passed, ...]
    resolved: tuple[int, ...] = ()
    """Cases that closing settled."""


def template(text: str) -> str:
    """The text, if its braces hold nothing but known variables. Raises `ConfigError`."""
    said = text.strip()
    if not said or len(said) > moves.MAX_TEXT:
        raise ConfigError("the answer is empty" if not said else f"the answer is longer than {moves.MAX_TEXT}")
    try:
        list(pieces(said))
    except ValueError as error:
        raise ConfigError(
            f"the answer can't be filled in: {error}", next_step="known: {name} {handle} {brand} {link} {agent} {case}"
        ) from error
    return said


def digest(text: str) -> str:
    """By which a case knows that it has had this very answer."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def refuse_unapproved(incident: Incident, policy: TriagePolicy) -> None:
    """Raises `Conflict` for an answer that may not go out yet."""
    again = f"listener incident answer {incident.id}"
    if incident.state is not IncidentState.OPEN:
        raise Conflict(f"incident {incident.id} is closed", next_step=f"listener incident reopen {incident.id}")
    if not incident.answer:
        raise Conflict(f"incident {incident.id} has no answer yet", next_step=f'{again} "Hello {{name}}, …"')
    if policy.incidents.second_person and not incident.approved_by:
        raise Conflict(
            f"the answer by {incident.answer_by} waits for somebody else's word",
            next_step=f"listener --as ANOTHER incident approve {incident.id}",
        )


def why_not(member: Member, agent: str, now: datetime, *, by_hand: bool) -> str:
    """Why a case is passed over, in words; empty if the answer may be recorded on it."""
    case, holder = member.case, member.case.holder(now)
    if case.state is CaseState.RESOLVED:
        return "resolved already"
    if not member.standing:
        return "its author deleted every post"
    if member.wrote_again_at is not None:
        return "its author wrote again: read it first"
    if member.answered_apart_at is not None:
        return f"answered by itself at {member.answered_apart_at:%Y-%m-%d %H:%M} UTC"
    if holder and holder != agent:
        return f"{holder} has it"
    if not member.can_reply and not by_hand:
        return _unreachable(member)
    return ""


def _unreachable(member: Member) -> str:
    note = member.reply_note or "the platform doesn't say that a reply can be sent"
    return f"no reply can be sent on {visible(member.case.platform, 40)}: {visible(note, 200)}"


def answered(
    incident: Incident, text: str, card: CaseCard, agent: str, policy: TriagePolicy, now: datetime, *, agreed: bool
) -> CaseChange:
    """The answer as recorded on one case, which stays with whoever has it; `agreed` says that two people stand for it.

    Raises `ConfigError` where the case lacks what the answer names, or the platform takes no answer of that length.
    """
    case = card.case
    if not agreed and (why := needs_second_person(case, policy)):
        raise Conflict(f"an answer to case {case.id} needs a second person because of {why}")
    said = canned.render(Answer(name=f"of incident {incident.id}", text=text), card, agent)
    refuse_too_long(case, said, policy.answers)
    change = moves.decide_reply(case, said, agent, policy, now)
    return replace(
        change,
        detail={**change.detail, "incident": str(incident.id), "answer": digest(text)},
        set={name: value for name, value in change.set.items() if name not in _TAKING},
    )


def follow_up(incident: Incident, members: list[Member]) -> list[Due]:
    """Who still needs something, the most pressing kind first."""
    order = list(Need)
    found = [due for member in members if (due := _need(incident, member)) is not None]
    return sorted(found, key=lambda due: (order.index(due.need), due.member.case.id))


def _need(incident: Incident, member: Member) -> Due | None:
    if member.case.state is CaseState.RESOLVED:
        return None
    if not member.standing:
        return Due(member=member, need=Need.GONE, why="nothing is left to answer: resolve it")
    if member.wrote_again_at is not None:
        return Due(member=member, need=Need.WROTE_AGAIN, why=f"at {member.wrote_again_at:%Y-%m-%d %H:%M} UTC")
    if not _has_answer(incident, member):
        if not member.can_reply:
            return Due(member=member, need=Need.UNREACHED, why=_unreachable(member))
        return Due(
            member=member, need=Need.UNANSWERED, why=f"{member.case.assignee} has it" if member.case.assignee else ""
        )
    if incident.state is IncidentState.CLOSED:
        return Due(member=member, need=Need.UNSETTLED, why="the incident is closed, the case is not")
    return None


def _has_answer(incident: Incident, member: Member) -> bool:
    """This answer, or one of their own; an earlier answer of the incident doesn't count once there is a new one."""
    if member.answered_apart_at is not None:
        return True
    return bool(member.answered) if not incident.answer else digest(incident.answer) in member.answered
