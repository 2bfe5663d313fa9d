"""To whom a case goes, and when it goes back: the decisions of giving out. Pure, deterministic.

Cases go out in the order of their queue. Of all who could have one — skilled, there, at work, with room — it goes to
whoever last dealt with its author, else by turns (`round_robin`) or to the least loaded (`balanced`). A case that
somebody holds is none of this module's business until it is taken back, so nothing is given twice.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from operator import attrgetter

from listener.domain.roster import (
    AgentProfile,
    AgentState,
    Cause,
    GivenCase,
    Mode,
    Order,
    Role,
    Roster,
    Skills,
    WaitingCase,
)
from listener.triage import calendar
from listener.triage.shifts import clock_of, next_shift

NEVER = datetime.min.replace(tzinfo=UTC)
_TICK = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Give:
    """A case goes to an agent."""

    case_id: int
    version: int
    to: str
    why: str
    turn: datetime
    """Marks the agent's turn as taken: now, and a tick more for each case given before it."""
    lapsed: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeBack:
    """A case leaves an agent."""

    case_id: int
    version: int
    agent: str
    cause: Cause
    why: str


def lacks(skills: Skills, case: WaitingCase) -> str:
    """The skills a case asks for that are missing, as `lang=de, queue=billing`; empty if none is."""
    missing = {
        "queue": bool(skills.queues) and case.queue not in skills.queues,
        "brand": bool(skills.brands) and case.brand not in skills.brands,
        "platform": bool(skills.platforms) and case.platform.lower() not in skills.platforms,
        "lang": bool(skills.langs and case.lang) and not _speaks(skills.langs, case.lang),
        "label": bool(skills.reasons) and case.reason not in skills.reasons,
    }
    asked = {"queue": case.queue, "brand": case.brand, "platform": case.platform, "lang": case.lang}
    asked["label"] = case.reason
    return ", ".join(f"{name}={asked[name]}" for name, is_missing in missing.items() if is_missing)


def absence(state: AgentState, now: datetime) -> str:
    """Why this agent is given nothing at all at the moment; empty if they may be."""
    profile, here = state.profile, state.presence
    if profile.role is Role.LEAD:
        return "a lead, who is given nothing"
    if here is not None and not here.available:
        return f"away since {clock_of(here.changed_at, profile.hours, now)}"
    if here is not None and here.silent and here.silent_at is not None:
        return f"silent since {clock_of(here.seen_at, profile.hours, now)}"
    if not calendar.is_open(profile.hours, now):
        return f"off shift until {next_shift(profile.hours, now)}"
    if state.load >= profile.capacity:
        return f"full: {state.load} of {profile.capacity}"
    return ""


def obstacle(case: WaitingCase, state: AgentState, now: datetime) -> str:
    """Why this agent can't be given this case; empty if they can."""
    missing = lacks(state.profile.skills, case)
    found = [
        absence(state, now),
        f"lacks {missing}" if missing else "",
        "left it untouched before" if state.profile.name in case.passed_by else "",
    ]
    return "; ".join(one for one in found if one)


class _Candidate:
    """An agent with room, while cases are being given out."""

    __slots__ = ("by_load", "by_turn", "given_at", "load", "name", "profile")

    def __init__(self, state: AgentState) -> None:
        self.profile: AgentProfile = state.profile
        self.name = state.profile.name
        self.load = state.load
        self.given_at = (state.presence.given_at if state.presence else None) or NEVER
        self._rank()

    @property
    def full(self) -> bool:
        return self.load >= self.profile.capacity

    def take(self, turn: datetime) -> None:
        self.load += 1
        self.given_at = turn
        self._rank()

    def _rank(self) -> None:
        self.by_turn = (self.given_at, self.name)
        self.by_load = (self.load / max(1, self.profile.capacity), self.given_at, self.name)


class _Ring:
    """Those with room, and which of them can work which sort of case."""

    def __init__(self, agents: Iterable[AgentState], now: datetime) -> None:
        self._free = [_Candidate(state) for state in agents if not absence(state, now)]
        self._able: dict[tuple[str, ...], list[_Candidate]] = {}

    @property
    def full(self) -> bool:
        return not self._free

    def able(self, case: WaitingCase) -> Sequence[_Candidate]:
        """Who could have it; worked out once for each sort of case."""
        sort = (case.queue, case.brand, case.platform, case.reason, case.lang)
        found = self._able.get(sort)
        if found is None:
            found = self._able[sort] = [one for one in self._free if not lacks(one.profile.skills, case)]
        if not case.passed_by:
            return found
        return [one for one in found if one.name not in case.passed_by]

    def leave(self, gone: _Candidate) -> None:
        """No room any more."""
        self._free.remove(gone)
        for able in self._able.values():
            if gone in able:
                able.remove(gone)


def decide(waiting: Sequence[WaitingCase], agents: Sequence[AgentState], roster: Roster, now: datetime) -> list[Give]:
    """Who gets which of these cases, given in the order of their queue; those that nobody can have stay."""
    ring = _Ring(agents, now)
    last = max((one.presence.given_at for one in agents if one.presence and one.presence.given_at), default=NEVER)
    turn = max(now, last + _TICK)
    gives: list[Give] = []
    for case in waiting:
        if ring.full:
            break
        way = roster.way_of(case.queue)
        able = ring.able(case) if way.mode is Mode.PUSH else ()
        if not able:
            continue
        chosen, why = _chosen(case, able, way.order, roster)
        gives.append(
            Give(case_id=case.id, version=case.version, to=chosen.name, why=why, turn=turn, lapsed=case.lapsed)
        )
        chosen.take(turn)
        turn += _TICK
        if chosen.full:
            ring.leave(chosen)
    return gives


def _chosen(case: WaitingCase, able: Sequence[_Candidate], order: Order, roster: Roster) -> tuple[_Candidate, str]:
    known = case.known
    if roster.sticky and known is not None:
        for one in able:
            if one.name == known.agent:
                return one, f"sticky: {known.did} case {known.case_id} of the same author"
    if order is Order.ROUND_ROBIN:
        chosen = min(able, key=attrgetter("by_turn"))
        return chosen, f"next in turn of {len(able)}"
    chosen = min(able, key=attrgetter("by_load"))
    return chosen, f"lowest load: {chosen.load} of {chosen.profile.capacity}"


def take_back(
    given: Iterable[GivenCase], agents: Mapping[str, AgentState], roster: Roster, now: datetime
) -> list[TakeBack]:
    """Which of the cases that the program gave return to their queue, and why."""
    found: list[TakeBack] = []
    for case in given:
        verdict = _returns(case, agents.get(case.agent), roster, now)
        if verdict is not None:
            cause, why = verdict
            found.append(TakeBack(case_id=case.id, version=case.version, agent=case.agent, cause=cause, why=why))
    return found


def all_back(given: Iterable[GivenCase], agent: str) -> list[TakeBack]:
    """Everything that awaits an answer of somebody who is going."""
    return [
        TakeBack(case_id=one.id, version=one.version, agent=agent, cause=Cause.AWAY, why=f"{agent} went away")
        for one in given
    ]


def _returns(case: GivenCase, state: AgentState | None, roster: Roster, now: datetime) -> tuple[Cause, str] | None:
    if state is None:
        return Cause.GONE, f"{case.agent} is not in agents.toml any more"
    hours, here = state.profile.hours, state.presence
    untouched = case.touched_at is None
    if untouched and not calendar.is_open(hours, now):
        return Cause.OFF_SHIFT, f"{case.agent}'s hours ended before they began with it"
    seen_at = here.seen_at if here is not None else case.given_at
    quiet_since = max(case.given_at, seen_at, case.touched_at or NEVER, NEVER if untouched else case.wrote_at or NEVER)
    # Who said they were going, and kept their cases, isn't silent.
    is_here = here is None or here.available
    is_silent = here is not None and here.silent
    if is_here and (is_silent or _worked(state, quiet_since, now, roster.return_after)):
        return Cause.SILENT, f"{case.agent} did nothing for {_minutes(roster.return_after)} of working time"
    if untouched and _worked(state, case.given_at, now, roster.untouched_after):
        return Cause.UNTOUCHED, f"{case.agent} left it untouched for {_minutes(roster.untouched_after)} of working time"
    return None


def _worked(state: AgentState, since: datetime, now: datetime, span: timedelta) -> bool:
    """Whether that much of the agent's working time has passed; the wall clock first, for it costs nothing."""
    return now - since >= span and calendar.between(state.profile.hours, since, now) >= span


def _minutes(span: timedelta) -> str:
    minutes = round(span / timedelta(minutes=1))
    return f"{minutes} min" if minutes < 120 else f"{minutes / 60:g} h"


def _speaks(langs: Sequence[str], lang: str) -> bool:
    tag = lang.lower()
    return any(tag == want or tag.startswith(f"{want}-") for want in langs)
