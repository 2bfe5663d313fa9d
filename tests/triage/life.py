"""A case's life as a state machine: the real desk on the real store against a model that fits on a few pages.

The model says who holds a case, in which state it is, which posts it has, how many events, and which verbs are refused.
What undo restores it knows from looking: before each act it notes the case as it was.
"""

import contextlib
from collections.abc import Callable
from datetime import timedelta

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from listener.errors import ConfigError, Conflict
from listener.triage.desk import Desk
from tests.triage.builders import POLICY
from tests.triage.crash import Crash, CrashingStore
from tests.triage.life_model import PROGRAM, Act, Life, Pair, agents, which
from tests.triage.life_world import World


class CaseLife(World):
    """Two agents at the desk of that world."""

    # what agents do

    @precondition(lambda self: self.lives)
    @rule(n=which, agent=agents)
    def claim(self, n: int, agent: str) -> None:
        life = self._pick(n)
        allowed = life.state == "open" and life.free_for(agent, self.now)
        if self._tried(lambda: self.office.desk.claim(self._id(life), agent), allowed=allowed):
            life.take(agent, self.now)
            self._did(life, agent)

    @rule(agent=agents)
    def take_the_next(self, agent: str) -> None:
        asleep = [life for life in self.lives if life.state == "snoozed" and life.until and life.until <= self.now]
        for life in asleep:
            life.state, life.until = "open", None
            life.events += 1
        free = {self._id(life) for life in self.lives if life.state == "open" and not life.holder(self.now)}
        case = self.office.desk.next(agent)
        assert (case.id in free) if case else not free
        for life in asleep:
            if case is None or self._id(life) != case.id:
                self._look(life, PROGRAM)
        if case:
            life = self.lives[case.id - 1]
            if life in asleep:
                life.acts.append(Act(agent=PROGRAM, before={"state": "snoozed", "snoozed_until": None}))
            life.events += 2 if life.agent else 1
            life.agent, life.lease = agent, self.now + POLICY.lease
            self._look(life, "")
            life.acts.append(Act(agent=agent, before={"assignee": "", "lease_until": None, "assigned_at": None}))

    @precondition(lambda self: self.lives)
    @rule(n=which, agent=agents)
    def release(self, n: int, agent: str) -> None:
        life = self._pick(n)
        allowed = life.state != "resolved" and life.holder(self.now) == agent
        if self._tried(lambda: self.office.desk.release(self._id(life), agent), allowed=allowed):
            life.agent, life.lease = "", None
            self._did(life, agent)

    @precondition(lambda self: self.lives)
    @rule(n=which, agent=agents, to=agents)
    def assign(self, n: int, agent: str, to: str) -> None:
        life = self._pick(n)
        allowed = life.state != "resolved" and (life.lease is None or life.free_for(agent, self.now))
        if self._tried(lambda: self.office.desk.assign(self._id(life), to, agent), allowed=allowed):
            life.agent, life.lease = to, None
            self._did(life, agent)

    @precondition(lambda self: self.lives)
    @rule(n=which, agent=agents)
    def note(self, n: int, agent: str) -> None:
        life = self._pick(n)
        self.office.desk.note(self._id(life), "hm", agent)
        life.renew(agent, self.now)
        self._did(life, agent, words_only=True)

    @precondition(lambda self: self.lives)
    @rule(n=which, agent=agents)
    def reply(self, n: int, agent: str) -> None:
        life = self._pick(n)
        allowed = life.state != "resolved" and life.free_for(agent, self.now)
        if self._tried(lambda: self.office.desk.reply(self._id(life), "sorry", agent), allowed=allowed):
            life.answered = True
            if life.state == "open":
                life.take(agent, self.now)
            self._did(life, agent)

    @precondition(lambda self: self.lives)
    @rule(n=which, agent=agents, hours=st.sampled_from([0.2, 20]))
    def snooze(self, n: int, agent: str, hours: float) -> None:
        life, until = self._pick(n), self.now + timedelta(hours=hours)
        allowed = life.state != "resolved" and life.free_for(agent, self.now)
        if self._tried(lambda: self.office.desk.snooze(self._id(life), until, agent), allowed=allowed):
            life.state, life.until = "snoozed", until
            if life.lease is not None:
                life.agent, life.lease = "", None
            self._did(life, agent)

    @precondition(lambda self: self.lives)
    @rule(n=which, agent=agents)
    def escalate(self, n: int, agent: str) -> None:
        life = self._pick(n)
        allowed = life.state != "resolved" and life.free_for(agent, self.now) and not life.escalated
        if self._tried(lambda: self.office.desk.escalate(self._id(life), "why", agent), allowed=allowed):
            life.escalated, life.state, life.until = True, "open", None
            life.renew(agent, self.now)
            self._did(life, agent)

    @precondition(lambda self: self.lives)
    @rule(n=which, agent=agents, behind=st.sampled_from([0, 0, 1]))
    def resolve(self, n: int, agent: str, behind: int) -> None:
        """Now and then by an agent who looked at it one change ago."""
        life = self._pick(n)
        seen = self.seen[self._id(life)][0].version - behind
        allowed = life.state != "resolved" and life.free_for(agent, self.now) and not behind
        if self._tried(lambda: self.office.desk.resolve(self._id(life), "done", agent, seen=seen), allowed=allowed):
            life.settle(agent, self.now)
            self._did(life, agent)

    @precondition(lambda self: self.lives)
    @rule(n=which, agent=agents)
    def reopen(self, n: int, agent: str) -> None:
        life = self._pick(n)
        allowed = life.state == "resolved" or (life.state == "snoozed" and life.free_for(agent, self.now))
        allowed = allowed and life.merged is None
        if self._tried(lambda: self.office.desk.reopen(self._id(life), "", agent), allowed=allowed):
            life.to_queue()
            self._did(life, agent)

    # ways that chance alone seldom goes

    @rule(agent=agents)
    def two_become_one_and_their_author_returns(self, agent: str) -> None:
        author, thread = self.lives[0].author, self.lives[0].thread
        self.merge(n=0, m=1, agent=agent)
        self.an_author_writes(author=author or "eve", thread=thread or "t1", kind="complaint")

    @rule(agent=agents)
    def two_become_one_and_two_again(self, agent: str) -> None:
        self.merge(n=0, m=1, agent=agent)
        self.undo(n=1, agent=agent)

    @rule(n=which, agent=agents)
    def it_sleeps_and_is_taken(self, n: int, agent: str) -> None:
        self.snooze(n=n, agent=agent, hours=0.2)
        self.time_passes(hours=0.3)
        self.take_the_next(agent=agent)

    @rule(n=which, agent=agents)
    def it_is_claimed_and_put_off(self, n: int, agent: str) -> None:
        self.claim(n=n, agent=agent)
        self.snooze(n=n, agent=agent, hours=20)

    @rule(n=which, agent=agents)
    def a_note_is_lost_in_a_crash(self, n: int, agent: str) -> None:
        self.a_verb_crashes_midway(n=n, m=n, agent=agent, writes=1, verb="note")

    @rule(n=which, agent=agents)
    def it_is_settled_and_its_author_returns(self, n: int, agent: str) -> None:
        self.resolve(n=n, agent=agent, behind=0)
        self.its_author_writes_again(n=n, kind="complaint")

    @rule(n=which, m=which, agent=agents)
    def merge(self, n: int, m: int, agent: str) -> None:
        giver, taker = self._pick(n), self._pick(m)
        allowed = giver is not taker and all(
            life.state != "resolved" and life.free_for(agent, self.now) for life in (giver, taker)
        )
        ids = self._id(giver), self._id(taker)
        if not self._tried(lambda: self.office.desk.merge(*ids, agent), allowed=allowed):
            return
        if not taker.holder(self.now) and giver.holder(self.now) == agent and taker.state == "open":
            taker.agent, taker.lease = agent, None if giver.lease is None else self.now + POLICY.lease
        else:
            taker.renew(agent, self.now)
        taker.escalated |= giver.escalated
        pair = Pair(giver=giver, taker=taker, posts=set(giver.posts), is_split=False)
        taker.posts |= giver.posts
        giver.posts = set()
        giver.settle(agent, self.now)
        giver.merged = taker
        for life in (giver, taker):
            self._did(life, agent, pair=pair)

    @precondition(lambda self: self.lives)
    @rule(n=which, agent=agents)
    def split(self, n: int, agent: str) -> None:
        life = self._pick(n)
        standing = sorted(life.posts & set(self.posts), key=int)
        allowed = len(standing) > 1 and life.state != "resolved" and life.free_for(agent, self.now)
        leaving = standing[-1:]
        numbers = self._numbers(leaving)
        if not self._tried(lambda: self.office.desk.split(self._id(life), numbers, agent), allowed=allowed):
            return
        (post,) = leaving
        author, thread = self.posts[post]
        new = Life(author=author, thread=thread, posts={post}, events=1)
        self.lives.append(new)
        life.posts.remove(post)
        life.renew(agent, self.now)
        pair = Pair(giver=life, taker=new, posts={post}, is_split=True)
        for one in (life, new):
            self._did(one, agent, pair=pair)

    @precondition(lambda self: self.lives)
    @rule(n=which, agent=agents)
    def undo(self, n: int, agent: str) -> None:
        life = self._pick(n)
        act = life.latest(agent)
        sides = self._sides(life, act)
        allowed = act is not None and all(self._may_undo(one, its, agent) for one, its in sides)
        if not self._tried(lambda: self.office.desk.undo(self._id(life), agent), allowed=allowed):
            return
        for one, its in sides:
            its.stands = False
            one.events += 1
            if not its.words_only:
                self._restore(one, its, agent)
        if act and act.pair:
            pair = act.pair
            pair.taker.posts -= pair.posts
            pair.giver.posts |= pair.posts
            if pair.is_split:
                pair.taker.settle(agent, self.now)
                pair.taker.merged = pair.giver
        for one, _ in sides:
            self._look(one, "")

    def _sides(self, life: Life, act: Act | None) -> list[tuple[Life, Act]]:
        if act is None or act.pair is None:
            return [(life, act)] if act else []
        return list(zip((act.pair.giver, act.pair.taker), act.pair.acts, strict=True))

    def _may_undo(self, life: Life, act: Act, agent: str) -> bool:
        later = life.since(act)
        if any(one.touched & act.touched for one in later):
            return False
        if act.pair and life is act.pair.taker:
            if not life.posts >= act.pair.posts:
                return False
            if act.pair.is_split and (later or not life.free_for(agent, self.now)):
                return False
        if act.words_only or "assignee" in act.touched or life.state == "resolved":
            return True
        return life.free_for(agent, self.now)

    def _restore(self, life: Life, act: Act, agent: str) -> None:
        back = {"state": "state", "snoozed_until": "until", "resolved_at": "closed", "escalated": "escalated"}
        for name, mine in {**back, "assignee": "agent", "lease_until": "lease"}.items():
            if name in act.before:
                setattr(life, mine, act.before[name])
        if "first_reply_at" in act.before:
            life.answered = act.before["first_reply_at"] is not None
        if "merged_into" in act.before:
            life.merged = None
        if "lease_until" in act.before or "assignee" in act.before:
            if life.lease is not None and life.agent == agent:
                life.lease = self.now + POLICY.lease
            elif life.lease is not None and life.lease <= self.now:
                life.agent, life.lease = "", None

    @precondition(lambda self: self.lives)
    @rule(n=which, m=which, agent=agents, writes=st.integers(1, 3), verb=st.sampled_from(["resolve", "merge", "undo"]))
    def a_verb_crashes_midway(self, n: int, m: int, agent: str, writes: int, verb: str) -> None:
        """After so many writes the process dies; whoever opens the file next finds nothing of it."""
        one, other = (self._id(self._pick(k)) for k in (n, m))
        desk = Desk(CrashingStore(self.office.store, after=writes), POLICY, self.office.clock)
        verbs: dict[str, Callable[[], object]] = {
            "note": lambda: desk.note(one, "hm", agent),
            "resolve": lambda: desk.resolve(one, "done", agent),
            "merge": lambda: desk.merge(one, other, agent),
            "undo": lambda: desk.undo(one, agent),
        }
        with contextlib.suppress(Crash, Conflict, ConfigError):
            verbs[verb]()
        self.the_program_starts_again()
        self.touched |= {one, other}
