"""Who is at work: what people say of themselves and of each other, and why a case is whose it is."""

from dataclasses import dataclass
from datetime import datetime

from listener.clock import Clock
from listener.domain.case import Case, CaseState, EventKind
from listener.domain.policy import TriagePolicy
from listener.domain.roster import AgentProfile, AgentState, Mode, Roster
from listener.domain.stored import CaseCard
from listener.errors import NotFound
from listener.ports import Store
from listener.triage.assignment import Give, all_back, obstacle
from listener.triage.sharing_out import agent_states, known_to, return_cases, share_out


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """Somebody came or went, and what came of it."""

    agent: str
    available: bool
    returned: tuple[int, ...]
    """Cases that went back to their queue."""
    kept: tuple[int, ...]
    """Cases that the program gave them, and that stay with them."""
    given: tuple[Give, ...]
    """Cases that then went to whoever has room."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """Whether an agent could be given a case."""

    agent: str
    obstacle: str
    """Why not; empty if they could."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Whose:
    """Whose a case is, and why."""

    case: Case
    holder: str
    says: str
    fits: tuple[Fit, ...]
    """Everybody agents.toml names; empty for a case that is closed."""


class Staff:
    """The roster at work. Who isn't named in agents.toml raises `NotFound`, as an unknown case does."""

    def __init__(self, store: Store, policy: TriagePolicy, clock: Clock) -> None:
        self._store = store
        self._policy = policy
        self._clock = clock

    def states(self) -> list[AgentState]:
        """Everybody agents.toml names, in its order."""
        with self._store.read() as reads:
            return agent_states(reads, self._policy.roster, self._clock.now())

    def available(self, name: str, agent: str) -> Changed:
        """They are there: what waits for them is given out at once."""
        return self._set(name, agent, available=True, keep=True)

    def away(self, name: str, agent: str, *, keep: bool = False) -> Changed:
        """They are going: what they were given and didn't answer goes to others at once, unless they keep it."""
        return self._set(name, agent, available=False, keep=keep)

    def why(self, case_id: int) -> Whose:
        """Whose a case is and why, or who could be given it and what keeps the others from it."""
        now, roster = self._clock.now(), self._policy.roster
        with self._store.read() as reads:
            card = reads.case_card(case_id)
            case = card.case
            states = agent_states(reads, roster, now)
            (facts,) = known_to(reads, roster, reads.waiting_facts([case_id]), now)
        fits = tuple(Fit(agent=one.profile.name, obstacle=obstacle(facts, one, now)) for one in states)
        if case.state is CaseState.RESOLVED:
            fits = ()
        free = sum(not fit.obstacle for fit in fits)
        return Whose(case=case, holder=case.holder(now), says=_says(card, roster, free, now), fits=fits)

    def _set(self, name: str, agent: str, *, available: bool, keep: bool) -> Changed:
        profile, now = self._profile(name), self._clock.now()
        with self._store.write() as tx:
            tx.set_available(profile.name, agent, now, available=available)
            given = tx.given_cases([profile.name])
            back = [] if keep else all_back(given, profile.name)
            return_cases(tx, back, now)
            gives = share_out(tx, self._policy, now)
        returned = tuple(one.case_id for one in back)
        return Changed(
            agent=profile.name,
            available=available,
            returned=returned,
            kept=tuple(one.id for one in given if one.id not in returned),
            given=tuple(gives),
        )

    def _profile(self, name: str) -> AgentProfile:
        profile = self._policy.roster.agent(name)
        if profile is None:
            named = ", ".join(one.name for one in self._policy.roster.agents) or "nobody"
            raise NotFound(f"agents.toml doesn't name {name}: it names {named}", next_step="add them: [[agent]]")
        return profile


def _says(card: CaseCard, roster: Roster, free: int, now: datetime) -> str:
    """One sentence on whose it is."""
    case = card.case
    holder = case.holder(now)
    if case.state is CaseState.RESOLVED:
        return f"resolved by {case.assignee or 'nobody'}"
    if holder and case.lease_until is not None:
        return f"claimed by {holder} until {case.lease_until:%Y-%m-%d %H:%M} UTC"
    if holder:
        return _how_it_came(card, holder)
    if case.state is CaseState.SNOOZED:
        return f"snoozed until {case.snoozed_until:%Y-%m-%d %H:%M} UTC"
    if case.awaits_author:
        return "our word was the last: it is given to somebody when its author writes"
    if roster.way_of(case.queue).mode is Mode.PULL:
        return f"waits to be taken: the queue {case.queue} is pulled (listener next)"
    return _waits(card, free)


def _how_it_came(card: CaseCard, holder: str) -> str:
    for event in reversed(card.events):
        if event.detail.get("to") != holder:
            continue
        at = f"{event.at:%Y-%m-%d %H:%M} UTC"
        if event.kind is EventKind.DISTRIBUTED:
            return f"given to {holder} at {at} ({event.detail.get('why', '')})"
        if event.kind is EventKind.ASSIGNED:
            return f"assigned to {holder} by {event.agent} at {at}, by hand"
    return f"assigned to {holder}"


def _waits(card: CaseCard, free: int) -> str:
    last = card.events[-1] if card.events else None
    returned = f"; returned: {last.detail.get('why', '')}" if last and last.kind is EventKind.RETURNED else ""
    if not free:
        return f"waits: nobody can be given it now{returned}"
    return f"waits for its turn: {free} could be given it{returned}"
