"""One case lived through again with rules in force: what each event made of it, and where a rule acts. Pure.

Uses the deciders of the run itself, on what was measured then. Which posts a case holds, and what agents did, is taken
as it happened.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any

from listener.domain.case import PROGRAM, CaseEvent, CaseState, EventKind, Reason
from listener.domain.policy import TriagePolicy
from listener.domain.rules import PostText, Rule, RuleAct, Timeline
from listener.triage.facts import Measured
from listener.triage.intake_rules import strongest
from listener.triage.priority import heavier
from listener.triage.rule_timing import Waiting, due, follow, followed, may_act, seen
from listener.triage.rules import Fired, Stand, Subject, consider

_INSTANT = timedelta(microseconds=1)
_HELD = ("state", "assignee", "lease_until", "asleep_until")
_RESTORED: Mapping[str, tuple[str, ...]] = {
    EventKind.TAGGED: ("tags",),
    EventKind.NOTED: (),
    EventKind.ESCALATED: ("state", "asleep_until", "escalated", "terms"),
}
"""What taking back an act restores; of any other act, who has the case and whether it sleeps."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """A rule acted in a story."""

    act: RuleAct
    fired: Fired
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What all stories of one look share."""

    of_posts: Sequence[Rule]
    of_time: Sequence[Rule]
    policy: TriagePolicy
    posts: Mapping[int, tuple[PostText, ...]]
    measured: Mapping[int, Measured]
    """By the id of the event that took the post in."""
    passed_over: Callable[[Rule], None]


@dataclass(slots=True, kw_only=True)
class Story:
    """A case on its way through its events."""

    timeline: Timeline
    here: Surroundings
    state: CaseState = CaseState.OPEN
    reason: Reason | None = None
    queue: str = ""
    terms: dict[str, float] = field(default_factory=dict)
    tags: tuple[str, ...] = ()
    escalated: bool = False
    assignee: str = ""
    lease_until: datetime | None = None
    asleep_until: datetime | None = None
    waiting: Waiting = field(default_factory=Waiting)
    dues: list[tuple[Rule, datetime]] = field(default_factory=list)
    """When the time of each rule is up, of those whose time runs; in their order."""
    latest: Subject | None = None
    clock: datetime | None = None
    """Up to when it is told."""
    acted: dict[str, datetime] = field(default_factory=dict)
    """When each rule last did; of those on posts, since its author's return last reopened it."""
    found: list[Seen] = field(default_factory=list)
    before: dict[int, dict[str, Any]] = field(default_factory=dict)
    """What an agent's act found, by its event's id."""
    naps: list[tuple[datetime, datetime]] = field(default_factory=list)
    """From when until when rules put it to sleep."""

    def live(self, until: datetime) -> list[Seen]:
        """Tell it up to and with an instant; everything that rules did."""
        for at, events in groupby(self.timeline.events, key=lambda event: event.at):
            if at > until:
                break
            self._pass_time(at)
            for event in events:
                self._hear(event)
            self.clock = at
            self._look(at)
        self._pass_time(until + _INSTANT)
        return self.found

    def _pass_time(self, to: datetime) -> None:
        """Whatever happens by itself before an instant: it wakes, and rules of time come up."""
        while (at := self._next()) is not None and at < to:
            self.clock = at
            if self.asleep_until is not None and self.asleep_until <= at:
                self._wake()
            self._look(at)
        if self.asleep_until is not None and self.asleep_until <= to:
            self._wake()

    def _next(self) -> datetime | None:
        if self.clock is None:
            return None
        ends = [end for _, end in self.dues if end > self.clock]
        if self.asleep_until is not None and self.asleep_until > self.clock:
            ends.append(self.asleep_until)
        return min(ends, default=None)

    def _look(self, at: datetime) -> None:
        """As `rule_timing.look` does with one case."""
        if self.state is not CaseState.OPEN or self.latest is None:
            return
        up = [rule for rule, end in self.dues if end <= at]
        if not up:
            return
        done = {rule.name for rule in up if not may_act(rule, self.waiting, self.acted.get(rule.name))}
        if len(done) < len(up):
            self._rule(up, self.latest, done, None, at, moved=False)

    def _hear(self, event: CaseEvent) -> None:
        self._wait(follow(self.waiting, event))
        post = self.here.measured.get(event.id)
        if post is not None:
            self._take(event, post)
        else:
            self._witness(event)

    def _take(self, event: CaseEvent, post: Measured) -> None:
        """A post came, or was read anew."""
        moved = self._grow(event, post)
        subject = seen(post, self.here.posts, event.at)
        self.latest = subject or self.latest
        if event.kind is EventKind.REOPENED:
            for rule in self.here.of_posts:
                self.acted.pop(rule.name, None)
        if subject is not None and self.state is not CaseState.RESOLVED:
            done = {rule.name for rule in self.here.of_posts if rule.name in self.acted}
            self._rule(self.here.of_posts, subject, done, post.mention_id, event.at, moved=moved)

    def _grow(self, event: CaseEvent, post: Measured) -> bool:
        """What `listener.triage.arrivals` makes of it; True if it chose the queue."""
        match event.kind:
            case EventKind.OPENED:
                self.queue, self.reason = post.routing.queue, post.reason
                self.terms, self.escalated = post.terms(False, self.here.policy), post.routing.escalate
                return False
            case EventKind.RESOLVED:
                self.state = CaseState.RESOLVED
                return False
            case EventKind.ROUTED:
                self.terms = {**self.terms, **post.terms(self.escalated, self.here.policy)}
                self.reason, self.queue = post.reason or self.reason, post.routing.queue
                self.escalated = self.escalated or post.routing.escalate
                return True
            case EventKind.EDITED if self.state is CaseState.RESOLVED:
                return False
        moved = self._worsen(post, event.at)
        if event.kind is EventKind.REOPENED:
            self._back_in_queue()
        elif event.kind is not EventKind.EDITED and self.state is CaseState.SNOOZED:
            self._wake()
        return moved

    def _worsen(self, post: Measured, at: datetime) -> bool:
        if post.reason is None or post.reason is Reason.PRAISE:
            return False
        raised = post.routing.escalate and not self.escalated
        reason = strongest([self.reason, post.reason])
        moved = (reason is not self.reason or raised) and (self.state is CaseState.RESOLVED or not self._holder(at))
        self.terms = heavier(self.terms, post.terms(self.escalated, self.here.policy))
        self.reason, self.escalated = reason, self.escalated or raised
        self.queue = post.routing.queue if moved else self.queue
        return moved

    def _rule(
        self,
        rules: Sequence[Rule],
        subject: Subject,
        done: set[str],
        mention_id: int | None,
        at: datetime,
        *,
        moved: bool,
    ) -> None:
        stand = Stand(
            brand=self.timeline.brand,
            platform=self.timeline.platform,
            queue=self.queue,
            terms=self.terms,
            tags=self.tags,
            escalated=self.escalated,
            assignee=self.assignee,
            held=bool(self._holder(at)),
            asleep_until=self.asleep_until,
        )
        policy, over = self.here.policy, self.here.passed_over
        for fired in consider(rules, subject, stand, done, policy, at, moved=moved, passed_over=over):
            self._apply(fired, at)
            name, case_id = fired.rule.name, self.timeline.case_id
            act = RuleAct(rule=name, case_id=case_id, mention_id=mention_id, at=at, did=fired.did)
            self.acted[name] = at
            self.found.append(Seen(act=act, fired=fired, text=subject.text))

    def _apply(self, fired: Fired, at: datetime) -> None:
        after = fired.after
        self.queue, self.terms, self.tags, self.escalated = after.queue, dict(after.terms), after.tags, after.escalated
        if after.assignee != self.assignee:
            self.assignee, self.lease_until = after.assignee, None
        if "snooze" in fired.did and after.asleep_until is not None:
            self.state, self.asleep_until = CaseState.SNOOZED, after.asleep_until
            self.naps.append((at, after.asleep_until))

    def _witness(self, event: CaseEvent) -> None:
        """What an agent did, or the program without a post."""
        if event.agent != PROGRAM:
            self.before[event.id] = {name: getattr(self, name) for name in (*_HELD, "tags", "escalated", "terms")}
        match event.kind:
            case EventKind.UNDONE:
                self._undo(event)
            case EventKind.RELEASED | EventKind.LEASE_EXPIRED | EventKind.RETURNED:
                self.assignee, self.lease_until = "", None
            case EventKind.ASSIGNED | EventKind.DISTRIBUTED:
                self.assignee, self.lease_until = event.detail.get("to", ""), None
            case EventKind.SEND_FAILED | EventKind.SEND_CANCELLED:
                self._came_back(event)
            case EventKind.CLAIMED | EventKind.REPLIED if self.state is CaseState.OPEN:
                self._taken(event)
            case _:
                self._witness_state(event)
                self._renew(event)

    def _witness_state(self, event: CaseEvent) -> None:
        match event.kind:
            case EventKind.RESOLVED | EventKind.MERGED:
                self._witness_end(event)
            case EventKind.SNOOZED:
                self._witness_sleep(event)
            case EventKind.WOKE:
                self._wake()
            case EventKind.REOPENED:
                self._back_in_queue()
            case EventKind.ESCALATED:
                self._wake()
                self._raise()
            case EventKind.TAGGED:
                self.tags = _tagged(self.tags, event.detail)
            case EventKind.BREACHED if event.detail.get("why", "").endswith("; escalated"):
                self._raise()
            case _:
                pass

    def _came_back(self, event: CaseEvent) -> None:
        """An answer came to nothing: the case is open, and its writer's where nobody else had it."""
        self._wake()
        self.state = CaseState.OPEN
        if event.detail.get("to"):
            self.assignee, self.lease_until = event.detail["to"], None

    def _undo(self, event: CaseEvent) -> None:
        """As before the act that is taken back, but for what posts and rules have done since."""
        number = event.detail.get("event", "")
        found = self.before.get(int(number) if number.isdigit() else 0, {})
        for name in _RESTORED.get(event.detail.get("kind", ""), _HELD):
            setattr(self, name, found.get(name, getattr(self, name)))
        so_far = [one for one in self.timeline.events if one.id <= event.id]
        self._wait(followed(so_far)[0])

    def _wait(self, waiting: Waiting) -> None:
        if waiting != self.waiting:
            self.waiting = waiting
            self.dues = [(rule, end) for rule in self.here.of_time if (end := due(rule, waiting)) is not None]

    def _raise(self) -> None:
        self.escalated = True
        self.terms = {**self.terms, "escalated": round(self.here.policy.weights.get("escalated", 0.0), 1)}

    def _witness_end(self, event: CaseEvent) -> None:
        """Resolved, or gone up in another case."""
        if event.kind is EventKind.RESOLVED or "into" in event.detail:
            self.state, self.assignee, self.lease_until, self.asleep_until = (
                CaseState.RESOLVED,
                event.agent,
                None,
                None,
            )

    def _witness_sleep(self, event: CaseEvent) -> None:
        if self.lease_until is not None:
            self.assignee, self.lease_until = "", None
        self.state, self.asleep_until = CaseState.SNOOZED, datetime.fromisoformat(event.detail["until"])

    def _taken(self, event: CaseEvent) -> None:
        by_hand = self.assignee == event.agent and self.lease_until is None
        self.assignee = event.agent
        self.lease_until = None if by_hand else event.at + self.here.policy.lease

    def _renew(self, event: CaseEvent) -> None:
        if event.agent != PROGRAM and self.lease_until is not None and self._holder(event.at) == event.agent:
            self.lease_until = event.at + self.here.policy.lease

    def _back_in_queue(self) -> None:
        self.state, self.asleep_until, self.assignee, self.lease_until = CaseState.OPEN, None, "", None

    def _wake(self) -> None:
        if self.state is CaseState.SNOOZED:
            self.state = CaseState.OPEN
        self.asleep_until = None

    def _holder(self, at: datetime) -> str:
        return "" if self.lease_until is not None and self.lease_until <= at else self.assignee


def _tagged(tags: tuple[str, ...], detail: Mapping[str, str]) -> tuple[str, ...]:
    """After an agent changed them."""
    added, removed = ({tag for tag in detail.get(key, "").split(", ") if tag} for key in ("added", "removed"))
    return tuple(sorted(({*tags} | added) - removed))
