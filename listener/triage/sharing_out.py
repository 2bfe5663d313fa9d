"""Giving cases out and taking them back: reads, lets `listener.triage.assignment` decide, and writes.

Every change is fenced by the version that was read, in the same transaction; a case that somebody holds, or that a
person or a rule assigned, is never touched.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from listener.domain.case import PROGRAM, CaseChange, EventKind
from listener.domain.policy import TriagePolicy
from listener.domain.roster import AgentProfile, AgentState, Cause, Mode, Roster, Skills, WaitingCase
from listener.ports import Reads, Transaction
from listener.triage.assignment import Give, TakeBack, absence, decide, take_back


def share_out(tx: Transaction, policy: TriagePolicy, now: datetime) -> list[Give]:
    """Take back from the silent, then give out what waits, as far as there is room; what was given."""
    roster = policy.roster
    states = {state.profile.name: state for state in agent_states(tx, roster, now)}
    given_to = [one.agent for one in tx.presences() if one.given_at is not None]
    returned = take_back(tx.given_cases(given_to), states, roster, now) if given_to else []
    return_cases(tx, returned, now)
    for name in sorted({one.agent for one in returned if one.cause is Cause.SILENT}):
        here = states[name].presence
        if here is None or not here.silent:
            tx.note_silent(name, now)
    if not roster.pushes:
        return []
    now_there = agent_states(tx, roster, now) if returned else list(states.values())
    gives = decide(waiting(tx, roster, now_there, now), now_there, roster, now)
    _apply(tx, gives, now)
    return gives


def agent_states(reads: Reads, roster: Roster, now: datetime) -> list[AgentState]:
    """Everybody agents.toml names, as they are at this moment, in its order."""
    if not roster.agents:
        return []
    presences = {one.agent: one for one in reads.presences()}
    loads = reads.loads([one.name for one in roster.agents], now, count_waiting=roster.count_waiting)
    return [
        AgentState(profile=one, presence=presences.get(one.name), load=loads.get(one.name, 0)) for one in roster.agents
    ]


def waiting(reads: Reads, roster: Roster, states: Sequence[AgentState], now: datetime) -> list[WaitingCase]:
    """What could be given now, in the queue's order: never more of a kind than there is room for.

    Of each line of equally skilled agents as many as all agents together have room for: whoever takes a case from its
    front leaves one less room, so nothing behind could be given before it.
    """
    free = [state for state in states if not absence(state, now)]
    room = sum(state.profile.capacity - state.load for state in free)
    alike: dict[Skills, list[str]] = {}
    for state in free:
        skills = _given_out(roster, state.profile)
        if skills is not None:
            alike.setdefault(skills, []).append(state.profile.name)
    wanted: set[int] = set()
    for skills, names in alike.items():
        wanted.update(reads.waiting_cases(names, skills, _pulled(roster), now, room))
    facts = reads.waiting_facts(sorted(wanted))
    return known_to(reads, roster, facts, now)


def known_to(reads: Reads, roster: Roster, cases: Sequence[WaitingCase], now: datetime) -> list[WaitingCase]:
    """The same, with who last dealt with each author."""
    if not roster.sticky or not cases:
        return list(cases)
    authors = sorted({case.author_id for case in cases})
    known = reads.who_knows(authors, [one.name for one in roster.agents], now - roster.sticky_within)
    return [replace(case, known=known.get(case.author_id)) for case in cases]


def return_cases(tx: Transaction, back: Sequence[TakeBack], now: datetime) -> None:
    """Each back to its queue, at the place it had."""
    for one in back:
        tx.change_case(
            one.case_id,
            one.version,
            CaseChange(
                kind=EventKind.RETURNED,
                agent=PROGRAM,
                at=now,
                detail={"from": one.agent, "cause": one.cause, "why": one.why},
                set={"assignee": "", "lease_until": None, "assigned_at": None},
            ),
        )


def _apply(tx: Transaction, gives: Sequence[Give], now: datetime) -> None:
    for give in gives:
        tx.change_case(
            give.case_id,
            give.version,
            CaseChange(
                kind=EventKind.DISTRIBUTED,
                agent=PROGRAM,
                at=now,
                detail={"to": give.to, "why": give.why, **({"lapsed": give.lapsed} if give.lapsed else {})},
                set={"assignee": give.to, "lease_until": None, "assigned_at": now},
            ),
        )
    for name, turn in {give.to: give.turn for give in gives}.items():
        tx.note_given(name, turn, now)


def _pulled(roster: Roster) -> tuple[str, ...]:
    """Queues that are the exception where all others are given out."""
    return tuple(sorted(name for name, way in roster.queues.items() if way.mode is Mode.PULL))


def _given_out(roster: Roster, profile: AgentProfile) -> Skills | None:
    """An agent's skills, narrowed to queues that are given out; None if they work none of these."""
    skills = profile.skills
    if roster.way.mode is Mode.PUSH:
        return skills
    pushed = tuple(sorted(name for name, way in roster.queues.items() if way.mode is Mode.PUSH))
    queues = tuple(name for name in pushed if not skills.queues or name in skills.queues)
    return replace(skills, queues=queues) if queues else None
