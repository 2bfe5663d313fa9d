"""A case's life as a state machine: the real desk on the real store against a model that fits on a page."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import mkdtemp

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from listener.domain.verdict import Label, Verdict
from listener.errors import Conflict
from listener.store import open_store
from tests.builders import verdict
from tests.triage.builders import CHATTER, POLICY, THANKS, Office, fresh_store

KINDS: dict[str, Verdict] = {"complaint": verdict(Label.COMPLAINT), "thanks": THANKS, "chatter": CHATTER}
AGENTS = ("ann", "bob")

which = st.integers(0, 2)
agents = st.sampled_from(AGENTS)


@dataclass
class Life:
    """What the model knows of a case."""

    author: str
    thread: str
    changed: datetime
    state: str = "open"
    agent: str = ""
    lease: datetime | None = None
    until: datetime | None = None
    closed: datetime | None = None
    escalated: bool = False
    answered: bool = False
    posts: int = 1
    events: int = 1

    def holder(self, now: datetime) -> str:
        return "" if self.lease is not None and self.lease <= now else self.agent

    def free_for(self, agent: str, now: datetime) -> bool:
        return self.holder(now) in ("", agent)


class CaseLife(RuleBasedStateMachine):
    """Two authors, two threads, two agents; after each step every case is as the model has it."""

    @initialize()
    def begin(self) -> None:
        self.file = fresh_store(Path(mkdtemp()))
        self.office = Office(open_store(self.file))
        self.lives: list[Life] = []
        self.touched: Life | None = None
        self.an_author_writes(author="eve", thread="t1", kind="complaint")

    def teardown(self) -> None:
        if hasattr(self, "office"):
            self.office.store.close()
            shutil.rmtree(self.file.parent)

    @property
    def now(self) -> datetime:
        return self.office.clock.now()

    @rule(
        author=st.sampled_from(["eve", "sam"]),
        thread=st.sampled_from(["t1", "t2"]),
        kind=st.sampled_from(sorted(KINDS)),
    )
    def an_author_writes(self, author: str, thread: str, kind: str) -> None:
        self.office.hears(by=author, thread=thread, said=KINDS[kind])
        mine = [life for life in self.lives if life.author == author]
        live = [
            life
            for life in mine
            if life.state == "snoozed"
            or (life.state == "open" and (life.thread == thread or self.now - life.changed <= POLICY.attach_within))
        ]
        closed = [
            life
            for life in mine
            if life.closed is not None and life.thread == thread and self.now - life.closed <= POLICY.reopen_within
        ]
        if live:
            taken = max(
                live, key=lambda one: (one.thread == thread, one.state == "snoozed", one.changed, self._id(one))
            )
            taken.state, taken.until = "open", None
            self._joined(taken)
        elif closed:
            back = max(closed, key=lambda one: (one.changed, self._id(one)))
            if kind != "thanks":
                back.state, back.closed, back.agent, back.lease = "open", None, "", None
            self._joined(back)
        elif kind == "complaint":
            self.lives.append(Life(author=author, thread=thread, changed=self.now))

    @precondition(lambda self: self.lives)
    @rule(n=which, kind=st.sampled_from(sorted(KINDS)))
    def its_author_writes_again(self, n: int, kind: str) -> None:
        life = self._pick(n)
        self.an_author_writes(author=life.author, thread=life.thread, kind=kind)

    @rule(hours=st.sampled_from([0.1, 0.3, 3, 30, 200]))
    def time_passes(self, hours: float) -> None:
        self.office.clock.advance_to(self.now + timedelta(hours=hours))

    @precondition(lambda self: self.lives)
    @rule(n=which, agent=agents)
    def claim(self, n: int, agent: str) -> None:
        life = self._pick(n)
        allowed = life.state == "open" and life.free_for(agent, self.now)
        if self._tried(lambda: self.office.desk.claim(self._id(life), agent), life, allowed=allowed):
            by_hand = life.agent == agent and life.lease is None
            life.agent, life.lease = agent, None if by_hand else self.now + POLICY.lease

    @rule(agent=agents)
    def take_the_next(self, agent: str) -> None:
        for life in self.lives:
            if life.state == "snoozed" and life.until is not None and life.until <= self.now:
                life.state, life.until = "open", None
                self._changed(life)
        free = {self._id(life) for life in self.lives if life.state == "open" and not life.holder(self.now)}
        case = self.office.desk.next(agent)
        assert (case.id in free) if case else not free
        if case:
            life = self.lives[case.id - 1]
            life.events += 1 if life.agent else 0
            life.agent, life.lease = agent, self.now + POLICY.lease
            self._changed(life)

    @precondition(lambda self: self.lives)
    @rule(n=which, agent=agents)
    def release(self, n: int, agent: str) -> None:
        life = self._pick(n)
        allowed = life.state != "resolved" and life.holder(self.now) == agent
        if self._tried(lambda: self.office.desk.release(self._id(life), agent), life, allowed=allowed):
            life.agent, life.lease = "", None

    @precondition(lambda self: self.lives)
    @rule(n=which, agent=agents, to=agents)
    def assign(self, n: int, agent: str, to: str) -> None:
        life = self._pick(n)
        allowed = life.state != "resolved" and (life.lease is None or life.free_for(agent, self.now))
        if self._tried(lambda: self.office.desk.assign(self._id(life), to, agent), life, allowed=allowed):
            life.agent, life.lease = to, None

    @precondition(lambda self: self.lives)
    @rule(n=which, agent=agents)
    def reply(self, n: int, agent: str) -> None:
        life = self._pick(n)
        allowed = life.state != "resolved" and life.free_for(agent, self.now)
        if self._tried(lambda: self.office.desk.reply(self._id(life), "sorry", agent), life, allowed=allowed):
            life.answered = True
            if life.state == "open":
                by_hand = life.agent == agent and life.lease is None
                life.agent, life.lease = agent, None if by_hand else self.now + POLICY.lease

    @precondition(lambda self: self.lives)
    @rule(n=which, agent=agents, hours=st.sampled_from([0.2, 20]))
    def snooze(self, n: int, agent: str, hours: float) -> None:
        life, until = self._pick(n), self.now + timedelta(hours=hours)
        allowed = life.state != "resolved" and life.free_for(agent, self.now)
        if self._tried(lambda: self.office.desk.snooze(self._id(life), until, agent), life, allowed=allowed):
            life.state, life.until = "snoozed", until
            if life.lease is not None:
                life.agent, life.lease = "", None

    @precondition(lambda self: self.lives)
    @rule(n=which, agent=agents)
    def escalate(self, n: int, agent: str) -> None:
        life = self._pick(n)
        allowed = life.state != "resolved" and life.free_for(agent, self.now) and not life.escalated
        if self._tried(lambda: self.office.desk.escalate(self._id(life), "why", agent), life, allowed=allowed):
            life.escalated, life.state, life.until = True, "open", None
            if life.lease is not None and life.holder(self.now) == agent:
                life.lease = self.now + POLICY.lease

    @precondition(lambda self: self.lives)
    @rule(n=which, agent=agents)
    def resolve(self, n: int, agent: str) -> None:
        life = self._pick(n)
        allowed = life.state != "resolved" and life.free_for(agent, self.now)
        if self._tried(lambda: self.office.desk.resolve(self._id(life), "done", agent), life, allowed=allowed):
            life.state, life.closed, life.until, life.agent, life.lease = "resolved", self.now, None, agent, None

    @precondition(lambda self: self.lives)
    @rule(n=which, agent=agents)
    def reopen(self, n: int, agent: str) -> None:
        life = self._pick(n)
        allowed = life.state == "resolved" or (life.state == "snoozed" and life.free_for(agent, self.now))
        if self._tried(lambda: self.office.desk.reopen(self._id(life), "", agent), life, allowed=allowed):
            life.state, life.closed, life.until, life.agent, life.lease = "open", None, None, "", None

    @rule()
    def the_program_starts_again(self) -> None:
        self.office.store.close()
        again = Office(open_store(self.file))
        again.clock.advance_to(self.now)
        self.office = again

    @invariant()
    def the_store_is_as_the_model_has_it(self) -> None:
        if not hasattr(self, "office"):
            return
        cases = self.office.cases()
        assert len(cases) == len(self.lives)
        for case, life in zip(cases, self.lives, strict=True):
            found = (case.handle, case.thread, case.state, case.assignee, case.lease_until, case.snoozed_until)
            assert found == (life.author, life.thread, life.state, life.agent, life.lease, life.until)
            assert (case.escalated, case.mentions, case.resolved_at) == (life.escalated, life.posts, life.closed)
            assert (case.first_reply_at is not None) == life.answered
            assert round(sum(case.terms.values()), 1) == case.priority
            if life is self.touched:
                assert len(self.office.card(case.id).events) == life.events

    def _pick(self, n: int) -> Life:
        return self.lives[n % len(self.lives)]

    def _id(self, life: Life) -> int:
        return next(n for n, one in enumerate(self.lives, 1) if one is life)

    def _tried(self, verb: Callable[[], object], life: Life, *, allowed: bool) -> bool:
        """The verb is refused just where the model refuses it."""
        try:
            verb()
        except Conflict:
            assert not allowed
            return False
        assert allowed
        self._changed(life)
        return True

    def _joined(self, life: Life) -> None:
        life.posts += 1
        self._changed(life)

    def _changed(self, life: Life) -> None:
        life.changed = self.now
        life.events += 1
        self.touched = life
