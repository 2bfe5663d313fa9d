"""How incidents are put into words and columns."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from typing import TYPE_CHECKING

from listener.cli.sending import send_json
from listener.domain.sending import UNFINISHED, SendState
from listener.domain.text import visible, visible_lines

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime, tzinfo

    from listener.domain.incident import Incident, IncidentEvent, IncidentLine, Member, Theme
    from listener.domain.policy import TriagePolicy
    from listener.domain.sending import Send
    from listener.triage.incident_answers import Due, Sent

COLUMNS = ("id", "state", "kind", "brand", "cases", "people", "live", "owner", "answer", "title")
PROPOSED = ("brand", "theme", "people", "usual", "times", "risen", "words")
FOLLOW_COLUMNS = ("case", "author", "needs", "why", "link")
SHOWN = 12
"""Cases listed on the card; the follow-up and --json have all."""
QUOTE = 120


def incident_row(line: IncidentLine) -> Mapping[str, object]:
    """A line of the list."""
    one = line.incident
    return {
        "id": one.id,
        "state": one.state,
        "kind": one.kind.replace("_", " "),
        "brand": one.brand,
        "cases": line.cases,
        "people": line.people,
        "live": line.live,
        "owner": one.owner,
        "answer": _answer_state(one),
        "title": one.title,
    }


def _answer_state(one: Incident) -> str:
    if not one.answer:
        return "none"
    return f"approved by {one.approved_by}" if one.approved_by else "not approved"


def proposal_row(theme: Theme) -> Mapping[str, object]:
    """A line of what is proposed."""
    return {
        "brand": theme.brand,
        "theme": theme.key,
        "people": theme.people,
        "usual": "unknown" if theme.usual is None else f"{theme.usual:.1f}",
        "times": f"{theme.times:.1f}",
        "risen": "yes" if theme.risen else "as usual",
        "words": ", ".join(theme.shown),
    }


def follow_row(due: Due) -> Mapping[str, object]:
    """A line of the follow-up."""
    from listener.triage.card_words import ERASED

    case = due.member.case
    return {
        "case": case.id,
        "author": f"@{case.handle}" if case.handle else ERASED,
        "needs": due.need,
        "why": due.why,
        "link": due.member.url,
    }


def incident_lines(
    line: IncidentLine,
    members: Sequence[Member],
    history: Sequence[IncidentEvent],
    policy: TriagePolicy,
    now: datetime,
    zone: tzinfo,
) -> Iterator[str]:
    """The card."""
    from listener.triage.card_words import local
    from listener.triage.incident_answers import follow_up

    one = line.incident
    yield f"Incident {one.id} · {one.state} · {one.brand} · {one.title}"
    yield f"{line.cases} cases of {line.people} people, {line.live} not resolved · owner: {one.owner or 'nobody'}"
    yield _gathers(one, policy)
    yield f"Answer ({f'by {one.answer_by}, ' if one.answer_by else ''}{_answer_state(one)}):"
    yield from (f"  {text}" for text in visible_lines(one.answer)) if one.answer else ("  none yet",)
    yield ""
    for member in members[:SHOWN]:
        yield _member(member)
    if len(members) > SHOWN:
        yield f"… and {len(members) - SHOWN} more: --json has all"
    yield ""
    for event in history:
        said = "; ".join(f"{name}: {visible(value, 200)}" for name, value in event.detail.items() if value)
        yield f"{local(event.at, now, zone)} {event.agent} {event.kind}{f' · {said}' if said else ''}"
    dues = follow_up(one, list(members))
    yield f"{len(dues)} still need something. Next: {_next(one, policy)}"


def _gathers(one: Incident, policy: TriagePolicy) -> str:
    if one.state == "closed":
        return "Closed: new cases don't join."
    if one.terms:
        return f"New cases join that hold, endings folded: {', '.join(one.terms)}"
    if one.first is not None and policy.incidents.alike:
        return "New cases join whose post says nearly the same."
    return "Cases join by hand."


def _member(member: Member) -> str:
    from listener.triage.card_words import ERASED

    case = member.case
    who = f"@{case.handle}" if case.handle else ERASED
    marks = [case.state] + (["answered"] if member.answered or member.answered_apart_at else [])
    marks += ["wrote again"] if member.wrote_again_at else []
    said = visible(" ".join(member.text.split()), QUOTE) if member.standing else "(deleted by its author)"
    return f"case {case.id} {who} ({', '.join(marks)}): {said}"


def _next(one: Incident, policy: TriagePolicy) -> str:
    if one.state == "closed":
        return f"listener incident follow-up {one.id}"
    if not one.answer:
        return f'listener incident answer {one.id} "Hello {{name}}, …"'
    if policy.incidents.second_person and not one.approved_by:
        return f"listener --as COLLEAGUE incident approve {one.id}"
    return f'listener incident send {one.id}, and in the end: listener incident close {one.id} --fixed "…"'


def told_line(sent: Sent, sends: Mapping[int, Send]) -> str:
    """How many answers went out, how many didn't, and how many are the agent's to post."""
    by_hand = sum(one.send is None for one in sent.recorded)
    states = Counter(send.state for send in sends.values())
    waiting = sum(states[state] for state in UNFINISHED)
    said = [
        f"{states[SendState.SENT]} sent" if sends else "",
        f"{waiting} on their way (listener replies list)" if waiting else "",
        f"{states[SendState.FAILED]} refused, their cases are back" if states[SendState.FAILED] else "",
        f"{by_hand} recorded, not sent: post each yourself at its address" if by_hand or not sends else "",
    ]
    return "; ".join(one for one in said if one) + "."


def sent_json(sent: Sent, sends: Mapping[int, Send]) -> dict[str, object]:
    """As it was decided, each answer with how far it came."""
    told = asdict(sent)
    for one in told["recorded"]:
        send = sends.get(one["case"])
        one["send"] = send_json(send) if send is not None else None
    return told
