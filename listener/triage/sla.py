"""A case's clocks: what starts, pauses, tightens and stops them, and when each is due. Pure, counted in business time.

`opening` starts them and `follow` carries them through a change; nothing else writes them. A clock that runs is kept
as the instant it is due, one that stands as the business time it has left.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from listener.domain.calendar import WorkingHours
from listener.domain.case import Case, CaseState
from listener.domain.policy import TriagePolicy
from listener.domain.sla import Promise, SlaClock
from listener.triage.calendar import add, between
from listener.triage.priority import band

Clocks = Mapping[str, SlaClock]
"""By promise."""

WARNED, BREACHED = "warned", "breached"
"""What `SlaClock.told` may say."""

_ZERO = timedelta(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Timed:
    """A case's clocks and the instants that the store finds it by."""

    clocks: Clocks = field(default_factory=dict)
    due_at: datetime | None = None
    """Of the first answer; None while its clock stands."""
    sla_at: datetime | None = None
    alarm_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pressing:
    """The promise that a case must keep next."""

    promise: Promise
    left: timedelta
    """Business time, negative once broken."""
    due_at: datetime | None
    """None while the clock stands."""


def opening(queue: str, priority: float, policy: TriagePolicy, now: datetime) -> Timed:
    """The clocks of a case that opens now: first response and resolution."""
    here = _Terms(policy, band(priority, policy), queue)
    clocks: dict[str, SlaClock] = {
        promise: SlaClock(due_at=add(here.hours, now, span))
        for promise in (Promise.FIRST_RESPONSE, Promise.RESOLUTION)
        if (span := here.promised(promise)) is not None
    }
    first = clocks.get(Promise.FIRST_RESPONSE)
    return _timed(clocks, first.due_at if first else None, here)


def follow(
    case: Case, changes: Mapping[str, object], policy: TriagePolicy, now: datetime, *, rejudged: bool = False
) -> dict[str, object]:
    """The changes, with what they make of the clocks: of any change of state, queue, priority, or of who spoke last.

    A stricter promise counts from now and can only bring a due instant nearer. `rejudged` means that the case was
    this urgent all along: then the time already used counts against the stricter promise.
    """
    given: Any = changes
    before = _caught_up(case, policy, now)
    after = replace(before, **given)
    was, here = _terms(before, policy), _terms(after, policy)
    moved = (was.band, was.queue) != (here.band, here.queue)
    clocks: dict[str, SlaClock] = {}
    for promise in Promise:
        clock = before.clocks.get(promise)
        if _kept(promise, before, after):
            continue
        if _starts(promise, before, after, running=clock is not None):
            clock = _offered(promise, here, now)
        elif moved and _owed(promise, after):
            used = _used(promise, clock, before, was, now) if rejudged else _ZERO
            clock = _stricter(clock, _offered(promise, here, now, used), here.hours, now)
        if clock is not None:
            settle = _standing if _stands(promise, after, policy) else _running
            clocks[promise] = settle(clock, here.hours, now)
    found = _timed(clocks, _due_at(before, after, clocks, was, now), here)
    return {**changes, **_differences(case, found)}


def told(case: Case, promise: Promise, word: str, policy: TriagePolicy) -> dict[str, object]:
    """The changes that note what was said of a clock, so that it is said once."""
    clocks = {**case.clocks, promise: replace(case.clocks[promise], told=word)}
    return _differences(case, _timed(clocks, case.due_at, _terms(case, policy)))


def pressing(case: Case, policy: TriagePolicy, now: datetime) -> Pressing | None:
    """The promise that breaks first if nothing is done: of those that run, else of those that stand; None: none."""
    if case.state is CaseState.RESOLVED:
        return None
    here, before = _terms(case, policy), _caught_up(case, policy, now)
    found = [
        Pressing(promise=promise, left=_left(before.clocks[promise], here.hours, now), due_at=clock.due_at)
        for promise in Promise
        if (clock := before.clocks.get(promise)) is not None
    ]
    runs = [one for one in found if one.due_at is not None]
    return min(runs or found, key=lambda one: one.due_at or now + one.left, default=None)


def warns_at(case: Case, promise: Promise, policy: TriagePolicy) -> datetime:
    """When a clock that runs is to be warned of."""
    due_at = case.clocks[promise].due_at
    assert due_at is not None, "only a clock that runs is warned of"
    return _terms(case, policy).warns_at(promise, due_at)


def left_of(case: Case, promise: Promise, policy: TriagePolicy, now: datetime) -> timedelta:
    """Business time that a clock has left, negative once its promise is broken."""
    return _left(case.clocks[promise], policy.sla.hours_of(case.queue), now)


@dataclass(frozen=True, slots=True)
class _Terms:
    """What holds for a case of one band in one queue."""

    policy: TriagePolicy
    band: str
    queue: str

    @property
    def hours(self) -> WorkingHours:
        return self.policy.sla.hours_of(self.queue)

    def promised(self, promise: Promise) -> timedelta | None:
        return self.policy.sla.promised(promise, self.band, self.queue)

    def warns_at(self, promise: Promise, due: datetime) -> datetime:
        return add(self.hours, due, -self.policy.sla.lead(promise, self.band, self.queue))


def _terms(case: Case, policy: TriagePolicy) -> _Terms:
    return _Terms(policy, band(case.priority, policy), case.queue)


def _caught_up(case: Case, policy: TriagePolicy, now: datetime) -> Case:
    """The case as of now: where its snooze ended meanwhile, the clocks have run since, woken or not.

    A case from before there were clocks has its promise of a first answer; whether that is broken is no news.
    """
    if not case.clocks and case.due_at is not None and case.first_reply_at is None:
        clock = SlaClock(due_at=case.due_at, told=BREACHED if case.due_at <= now else "")
        return replace(case, clocks={Promise.FIRST_RESPONSE: clock})
    ended = case.snoozed_until
    if case.state is not CaseState.SNOOZED or ended is None or ended > now:
        return case
    awake, hours = replace(case, state=CaseState.OPEN), policy.sla.hours_of(case.queue)
    clocks = {
        promise: clock if _stands(Promise(promise), awake, policy) else _running(clock, hours, ended)
        for promise, clock in case.clocks.items()
    }
    return replace(awake, clocks=clocks)


def _kept(promise: Promise, before: Case, after: Case) -> bool:
    """Whether the promise is settled by this change, or was before."""
    if promise is Promise.FIRST_RESPONSE:
        return after.first_reply_at is not None
    if promise is Promise.RESOLUTION:
        return after.state is CaseState.RESOLVED
    return after.state is CaseState.RESOLVED or after.answered_at != before.answered_at


def _starts(promise: Promise, before: Case, after: Case, *, running: bool) -> bool:
    """Whether this change starts a clock anew."""
    if promise is Promise.NEXT_RESPONSE:
        return not running and after.wrote_at != before.wrote_at and _owed(promise, after)
    return promise is Promise.RESOLUTION and before.state is CaseState.RESOLVED


def _owed(promise: Promise, case: Case) -> bool:
    """Whether the customer may still expect it."""
    if promise is Promise.NEXT_RESPONSE:
        return case.answered_at is not None and not case.awaits_author
    return case.state is not CaseState.RESOLVED


def _stands(promise: Promise, case: Case, policy: TriagePolicy) -> bool:
    if case.state is CaseState.RESOLVED:
        return True
    if case.state is CaseState.SNOOZED and policy.sla.pause_while_snoozed:
        return True
    return promise is Promise.RESOLUTION and case.awaits_author and policy.sla.pause_while_waiting


def _offered(promise: Promise, here: _Terms, now: datetime, used: timedelta = _ZERO) -> SlaClock | None:
    promised = here.promised(promise)
    return None if promised is None else SlaClock(due_at=add(here.hours, now, promised - used))


def _stricter(clock: SlaClock | None, offered: SlaClock | None, hours: WorkingHours, now: datetime) -> SlaClock | None:
    """The earlier of two: a case that got worse is due sooner, one that got better keeps its word."""
    if clock is None or offered is None or offered.due_at is None:
        return clock or offered
    if clock.due_at is not None:
        return replace(clock, due_at=min(clock.due_at, offered.due_at))
    assert clock.left is not None, "a clock runs or stands"
    return replace(clock, left=min(clock.left, between(hours, now, offered.due_at)))


def _used(promise: Promise, clock: SlaClock | None, before: Case, was: _Terms, now: datetime) -> timedelta:
    """Business time used of a promise: at the most all since it can have begun."""
    began = before.answered_at if promise is Promise.NEXT_RESPONSE else before.opened_at
    longest = max(between(was.hours, began or now, now), _ZERO)
    promised = was.promised(promise)
    if clock is None or promised is None:
        return longest
    return min(longest, max(promised - _left(clock, was.hours, now), _ZERO))


def _left(clock: SlaClock, hours: WorkingHours, now: datetime) -> timedelta:
    if clock.due_at is not None:
        return between(hours, now, clock.due_at)
    assert clock.left is not None, "a clock runs or stands"
    return clock.left


def _standing(clock: SlaClock, hours: WorkingHours, now: datetime) -> SlaClock:
    return clock if clock.due_at is None else replace(clock, due_at=None, left=between(hours, now, clock.due_at))


def _running(clock: SlaClock, hours: WorkingHours, now: datetime) -> SlaClock:
    return clock if clock.left is None else replace(clock, due_at=add(hours, now, clock.left), left=None)


def _due_at(before: Case, after: Case, clocks: Clocks, was: _Terms, now: datetime) -> datetime | None:
    """When the first answer is or was due: unknown while its clock stands, fixed once it is given or the case shut."""
    first = clocks.get(Promise.FIRST_RESPONSE)
    if first is not None and after.state is not CaseState.RESOLVED:
        return first.due_at
    last = before.clocks.get(Promise.FIRST_RESPONSE)
    if last is None or before.state is CaseState.RESOLVED:
        return after.due_at
    return _running(last, was.hours, now).due_at


def _timed(clocks: Clocks, due_at: datetime | None, here: _Terms) -> Timed:
    running = [(Promise(name), clock, clock.due_at) for name, clock in clocks.items() if clock.due_at is not None]
    alarms = [
        due if clock.told == WARNED else here.warns_at(promise, due)
        for promise, clock, due in running
        if clock.told != BREACHED
    ]
    return Timed(
        clocks=clocks,
        due_at=due_at,
        sla_at=min((due for _, _, due in running), default=None),
        alarm_at=min(alarms, default=None),
    )


def _differences(case: Case, found: Timed) -> dict[str, object]:
    """What of the clocks the case doesn't hold already: a change that leaves them alone doesn't mention them."""
    wanted = {name: getattr(found, name) for name in ("clocks", "due_at", "sla_at", "alarm_at")}
    return {name: value for name, value in wanted.items() if getattr(case, name) != value}
