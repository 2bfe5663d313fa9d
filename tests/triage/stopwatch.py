"""The dumb oracle of a case's clocks: it counts open minutes one by one. Shares no code with ours.

A stopwatch holds the open minutes it has left and ticks in each minute in which its queue is worked and nothing makes
it stand. Only where a case moves to a queue with other hours is the day of the old promise looked up and kept.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

FIRST, NEXT, RESOLUTION = "first_response", "next_response", "resolution"
Open = list[bool]
"""By minute."""


class Unwalked(Exception):
    """A clock leads to a time whose minutes were not walked."""


@dataclass
class Stopwatch:
    left: int
    due: int | None = None
    """The minute at which it was used up, or one that was promised under other hours."""
    stands: bool = False


@dataclass
class Rules:
    """What the team promises, as the oracle reads it."""

    open: Mapping[str, Open]
    """Queue → its minutes."""
    promised: Callable[[str, str, str], int | None]
    """(promise, band, queue) → open minutes."""
    pause_snoozed: bool
    pause_waiting: bool


@dataclass
class CaseOracle:
    """One case from minute 0 on."""

    rules: Rules
    queue: str
    band: str
    now: int = 0
    state: str = "open"
    asleep_until: int = 0
    answered: bool = False
    waiting: bool = False
    """For the author: our word was the last."""
    watches: dict[str, Stopwatch] = field(default_factory=dict)

    def open(self) -> None:
        for name in (FIRST, RESOLUTION):
            self._start(name)

    def until(self, minute: int) -> None:
        """Tick."""
        while self.now < minute:
            if self.state == "snoozed" and self.now >= self.asleep_until:
                self.state = "open"
                self._settle()
            worked = self.rules.open[self.queue][self.now]
            for watch in self.watches.values():
                if not watch.stands and worked:
                    watch.left -= 1
                    if watch.left == 0 and watch.due is None:
                        watch.due = self.now + 1
            self.now += 1
        if self.state == "snoozed" and self.now >= self.asleep_until:
            self.state = "open"
            self._settle()

    def reply(self) -> None:
        self.answered, self.waiting = True, True
        self.watches.pop(FIRST, None)
        self.watches.pop(NEXT, None)
        self._settle()

    def author_writes(self) -> None:
        self.waiting = False
        if self.state == "resolved":
            self._start(RESOLUTION)
        self.state = "open"
        if self.answered and NEXT not in self.watches:
            self._start(NEXT)
        self._settle()

    def snooze(self, until: int) -> None:
        self.state, self.asleep_until = "snoozed", until
        self._settle()

    def wake(self) -> None:
        if self.state == "resolved":
            self._start(RESOLUTION)
        self.state = "open"
        self._settle()

    def resolve(self) -> None:
        self.state = "resolved"
        self.watches.pop(NEXT, None)
        self.watches.pop(RESOLUTION, None)
        self._settle()

    def becomes(self, band: str, queue: str) -> None:
        """Another band or queue: a stricter promise counts from now."""
        if (band, queue) == (self.band, self.queue):
            return
        before, self.band, self.queue = self.queue, band, queue
        for name in (FIRST, NEXT, RESOLUTION):
            self._tighten(name, before)
        self._settle()

    def _tighten(self, name: str, before: str) -> None:
        watch, offered = self.watches.get(name), self.rules.promised(name, self.band, self.queue)
        if watch is None:
            if self._owed(name):
                self._start(name)
        elif watch.stands:
            watch.left = watch.left if offered is None else min(watch.left, offered)
        elif before == self.queue:
            if offered is not None and offered < watch.left:
                watch.left, watch.due = offered, None
        else:
            old = self._look_up(watch, before)
            new = None if offered is None else self._ahead(self.queue, offered)
            watch.due = old if new is None else min(old, new)
            watch.left = self._open_until(watch.due)

    def _owed(self, name: str) -> bool:
        if name == FIRST:
            return not self.answered
        return self.answered and not self.waiting if name == NEXT else True

    def _look_up(self, watch: Stopwatch, queue: str) -> int:
        return watch.due if watch.due is not None else self._ahead(queue, watch.left)

    def _ahead(self, queue: str, minutes: int) -> int:
        at, worked = self.now, self.rules.open[queue]
        while minutes > 0:
            if at == len(worked):
                raise Unwalked
            minutes -= worked[at]
            at += 1
        return at

    def _open_until(self, minute: int) -> int:
        worked = self.rules.open[self.queue]
        if minute >= self.now:
            return sum(worked[self.now : minute])
        return -sum(worked[minute : self.now])

    def _start(self, name: str) -> None:
        promised = self.rules.promised(name, self.band, self.queue)
        if promised is not None:
            self.watches[name] = Stopwatch(left=promised)

    def _settle(self) -> None:
        for name, watch in self.watches.items():
            stands = self._stands(name)
            if stands and not watch.stands:
                watch.due = None
            elif watch.stands and not stands and watch.left <= 0:
                watch.due = self._back(-watch.left)
            watch.stands = stands

    def _stands(self, name: str) -> bool:
        if self.state == "resolved" or (self.state == "snoozed" and self.rules.pause_snoozed):
            return True
        return name == RESOLUTION and self.waiting and self.rules.pause_waiting

    def _back(self, minutes: int) -> int:
        at, worked = self.now, self.rules.open[self.queue]
        while minutes > 0:
            if at == 0:
                raise Unwalked
            at -= 1
            minutes -= worked[at]
        return at

    def shows(self) -> dict[str, tuple[str, int]]:
        """Promise → whether it stands, and the open minutes left; what runs, with the minute it is due too."""
        return {
            name: ("stands", watch.left) if watch.stands else (f"due {self._look_up(watch, self.queue)}", watch.left)
            for name, watch in self.watches.items()
        }
