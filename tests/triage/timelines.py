"""A case's random life, played to our clocks and to the dumb ones minute by minute."""

from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache
from random import Random

from listener.domain.calendar import WorkingHours
from listener.domain.case import Case, CaseState, Reason
from listener.domain.policy import TriagePolicy
from listener.domain.sla import Promise, QueueTerms, SlaPolicy
from listener.domain.stored import SavedMention
from listener.triage import arrivals, moves, sla
from listener.triage.assess import Assessment
from listener.triage.calendar import between
from listener.triage.route import Routing
from listener.triage.waking import decide_wake
from tests.builders import scored
from tests.triage.builders import after, case
from tests.triage.clockwork import MINUTE, Doors, stretch
from tests.triage.stopwatch import CaseOracle, Rules, Unwalked

BAND_POINTS = {"low": 10.0, "normal": 30.0, "high": 50.0, "urgent": 70.0}
DAYS = 4
LEAD = 3
"""Days walked before the case opens: a clock may look back."""
AHEAD = 10
"""Days walked after its life: a clock looks ahead."""
MOST = 300
"""Open minutes promised, at the most."""
LIVES_A_WORLD = 8


@dataclass
class Life:
    """One case, ours and the oracle's."""

    dice: Random
    policy: TriagePolicy
    born: datetime
    case: Case
    oracle: CaseOracle
    log: list[str]

    @property
    def now(self) -> datetime:
        return self.at(self.oracle.now)

    def at(self, minute: int) -> datetime:
        return self.born + (minute - LEAD * 1440) * MINUTE

    def steps(self, minutes: int) -> None:
        """Let time pass, then do something, and compare."""
        self.oracle.until(self.oracle.now + minutes)
        choice = self.dice.choice(self._choices())
        self.log.append(f"{self.now:%d %H:%M} {choice}")
        getattr(self, f"_{choice}")()
        self.compares()

    def _choices(self) -> list[str]:
        if self.case.state is CaseState.RESOLVED:
            return ["reopens", "writes", "writes", "waits"]
        asleep = self.case.state is CaseState.SNOOZED
        usual = ["replies", "writes", "writes", "snoozes", "resolves", "worsens", "moves", "waits"]
        return (
            usual + (["wakes", "wakes", "reopens"] if asleep else []) + ([] if self.case.escalated else ["escalates"])
        )

    def compares(self) -> None:
        """What a change that changes nothing makes of the clocks is what they show now."""
        seen = after(self.case, replace(_nothing(self.now), set=sla.follow(self.case, {}, self.policy, self.now)))
        hours = self.policy.sla.hours_of(seen.queue)
        shown = {}
        for name, clock in seen.clocks.items():
            if clock.due_at is None:
                assert clock.left is not None
                shown[str(name)] = ("stands", clock.left // MINUTE)
            else:
                due = (clock.due_at - self.at(0)) // MINUTE
                shown[str(name)] = (f"due {due}", between(hours, self.now, clock.due_at) // MINUTE)
        assert shown == self.oracle.shows(), "\n".join([*self.log, f"ours {shown}", f"oracle {self.oracle.shows()}"])
        running = [clock.due_at for clock in seen.clocks.values() if clock.due_at is not None]
        assert seen.sla_at == min(running, default=None)

    def _change(self, change: moves.CaseChange) -> None:
        self.case = after(self.case, change)

    def _waits(self) -> None:
        pass

    def _replies(self) -> None:
        self._change(moves.decide_reply(self.case, "hello", "ann", self.policy, self.now))
        self.oracle.reply()

    def _writes(self, points: float = 10.0) -> None:
        found = Assessment(
            reason=Reason.COMPLAINT,
            severity=0.5,
            terms={"severity": points},
            routing=Routing(queue=self.case.queue, rule="default", escalate=False),
            escalated=False,
        )
        happens = {
            CaseState.OPEN: arrivals.attached,
            CaseState.SNOOZED: arrivals.woken,
            CaseState.RESOLVED: arrivals.reopened,
        }[self.case.state]
        self._change(happens(self.case, SAVED, found, self.policy, self.now))
        self.oracle.becomes(self._band(), self.case.queue)
        self.oracle.author_writes()

    def _worsens(self) -> None:
        self._writes(self.dice.choice(list(BAND_POINTS.values())))

    def _snoozes(self) -> None:
        minutes = self.dice.randint(1, 900)
        until = self.now + minutes * MINUTE
        self._change(moves.decide_snooze(self.case, until, "ann", self.policy, self.now))
        self.oracle.snooze(self.oracle.now + minutes)

    def _wakes(self) -> None:
        """The program wakes it once its time has come, mostly late."""
        assert self.case.snoozed_until is not None
        if self.case.snoozed_until <= self.now:
            self._change(decide_wake(self.case, self.policy, self.now))

    def _reopens(self) -> None:
        self._change(moves.decide_reopen(self.case, "", "ann", self.policy, self.now))
        self.oracle.wake()

    def _resolves(self) -> None:
        self._change(moves.decide_resolve(self.case, "done", "ann", self.policy, self.now))
        self.oracle.resolve()

    def _escalates(self) -> None:
        self._change(moves.decide_escalate(self.case, "now", "ann", self.policy, self.now))
        if self.oracle.state == "snoozed":
            self.oracle.wake()
        self.oracle.becomes(self._band(), self.case.queue)

    def _moves(self) -> None:
        queue = self.dice.choice(["support", "billing"])
        moved = sla.follow(self.case, {"queue": queue}, self.policy, self.now)
        self._change(replace(_nothing(self.now), set=moved))
        self.oracle.becomes(self._band(), queue)

    def _band(self) -> str:
        points = self.case.priority
        return "urgent" if points >= 60 else "high" if points >= 40 else "normal" if points >= 20 else "low"


SAVED = SavedMention(id=1, author_id=7, scored=scored(), is_new=True)


def _nothing(now: datetime) -> moves.CaseChange:
    return moves.CaseChange(kind=moves.EventKind.NOTED, agent="ann", at=now)


@dataclass(frozen=True)
class World:
    """The hours of two queues, and their minutes."""

    born: datetime
    hours: WorkingHours
    billing: WorkingHours | None
    open: dict[str, list[bool]]


@lru_cache(maxsize=8)
def world(seed: int) -> World:
    """Around a change of clocks; walking its minutes costs more than a life in it, so several share one."""
    dice = Random(seed)
    one = stretch(dice)
    billing = dice.choice([None, stretch(dice).hours, stretch(dice).hours])
    since, until = one.since - timedelta(days=LEAD), one.since + timedelta(days=DAYS + AHEAD)
    doors = {"support": Doors(one.hours, since, until).open}
    doors["billing"] = Doors(billing, since, until).open if billing else doors["support"]
    return World(one.since, one.hours, billing, doors)


def life(seed: int) -> Life:
    """A case of random promises."""
    dice, here = Random(seed), world(seed // LIVES_A_WORLD)
    born = here.born
    policy = TriagePolicy(
        sla=SlaPolicy(
            targets=_targets(dice),
            hours=here.hours,
            queues={"billing": QueueTerms(targets=_targets(dice), hours=here.billing)},
            pause_while_snoozed=dice.random() < 0.7,
            pause_while_waiting=dice.random() < 0.7,
        )
    )
    band = dice.choice(list(BAND_POINTS))
    oracle = CaseOracle(_rules(policy, here.open), "support", band, now=LEAD * 1440)
    oracle.open()
    timed = sla.opening("support", BAND_POINTS[band], policy, born)
    ours = case(
        priority=BAND_POINTS[band],
        terms={"severity": BAND_POINTS[band]},
        opened_at=born,
        wrote_at=born,
        clocks=timed.clocks,
        due_at=timed.due_at,
        sla_at=timed.sla_at,
        alarm_at=timed.alarm_at,
    )
    return Life(dice, policy, born, ours, oracle, [f"{seed}: {policy.sla}", f"{born:%Y-%m-%d %H:%M} opened {band}"])


def _rules(policy: TriagePolicy, doors: dict[str, list[bool]]) -> Rules:
    def promised(name: str, band: str, queue: str) -> int | None:
        own = policy.sla.queues["billing"].targets if queue == "billing" else {}
        for targets in (own, policy.sla.targets):
            span = targets.get(Promise(name), {}).get(band)
            if span is not None:
                return span // MINUTE
        return None

    return Rules(doors, promised, policy.sla.pause_while_snoozed, policy.sla.pause_while_waiting)


def _targets(dice: Random) -> dict[Promise, dict[str, timedelta]]:
    return {
        promise: {band: dice.randint(1, MOST) * MINUTE for band in BAND_POINTS if dice.random() < 0.75}
        for promise in Promise
    }


def plays(seed: int) -> int:
    """A whole life, or what of it the oracle's minutes hold; how many things happened in it."""
    one = life(seed)
    count = 0
    with suppress(Unwalked):
        one.compares()
        while one.oracle.now < (LEAD + DAYS) * 1440:
            one.steps(one.dice.choice((1, 7, 45, 200, 700)) + one.dice.randrange(60))
            count += 1
    return count
