"""A case's life as a state machine: the real desk on the real store against a model that fits on a few pages.

The model says who holds a case, in which state it is, which posts it has, how many events, and which verbs are refused.
What undo restores it knows from looking: before each act it notes the case as it was.
"""

import contextlib
import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from listener.clock import VirtualClock
from listener.domain.case import Case, CaseEvent
from listener.domain.mention import MentionKey
from listener.domain.verdict import Label, Verdict
from listener.errors import ConfigError, Conflict
from listener.store import open_store
from listener.triage.desk import Desk
from tests.builders import verdict
from tests.triage.builders import CHATTER, POLICY, THANKS, Office, fresh_store
from tests.triage.crash import Crash, CrashingStore

KINDS: dict[str, Verdict] = {"complaint": verdict(Label.COMPLAINT), "thanks": THANKS, "chatter": CHATTER}
AGENTS = ("ann", "bob")

which = st.integers(0, 2)
agents = st.sampled_from(AGENTS)

PROGRAM = "listener"
COUNTED = {"version", "updated_at", "mentions", "headline", "url", "handle", "author_id", "thread"}
"""What no verb sets."""
FOLLOWS = {"clocks", "due_at", "sla_at", "alarm_at", "rank_at", "wrote_at"}
"""What undo counts again: it never stands in the way."""
RAM = Path("/dev/shm")
"""Spares the disk: durability is another test's."""


@dataclass(eq=False)
class Act:
    """Something that happened to a case, and what the case was before."""

    agent: str
    before: dict[str, Any]
    words_only: bool = False
    stands: bool = True
    pair: "Pair | None" = None

    @property
    def touched(self) -> set[str]:
        return set() if self.words_only else set(self.before) - FOLLOWS


@dataclass(eq=False)
class Pair:
    """A merge or a split: both cases have their act of it."""

    giver: "Life"
    taker: "Life"
    posts: set[str]
    is_split: bool
    acts: list[Act] = field(default_factory=list)


@dataclass(eq=False)
class Life:
    """What the model knows of a case."""

    author: str
    thread: str
    state: str = "open"
    agent: str = ""
    lease: datetime | None = None
    until: datetime | None = None
    closed: datetime | None = None
    escalated: bool = False
    answered: bool = False
    posts: set[str] = field(default_factory=set)
    events: int = 1
    merged: "Life | None" = None
    acts: list[Act] = field(default_factory=list)

    def holder(self, now: datetime) -> str:
        return "" if self.lease is not None and self.lease <= now else self.agent

    def free_for(self, agent: str, now: datetime) -> bool:
        return self.holder(now) in ("", agent)

    def renew(self, agent: str, now: datetime) -> None:
        if self.lease is not None and self.agent == agent:
            self.lease = now + POLICY.lease

    def take(self, agent: str, now: datetime) -> None:
        by_hand = self.agent == agent and self.lease is None
        self.agent, self.lease = agent, None if by_hand else now + POLICY.lease

    def to_queue(self) -> None:
        self.state, self.closed, self.until, self.agent, self.lease = "open", None, None, "", None

    def settle(self, agent: str, now: datetime) -> None:
        self.state, self.closed, self.until, self.agent, self.lease = "resolved", now, None, agent, None

    @property
    def heir(self) -> "Life":
        return self if self.merged is None else self.merged.heir

    def latest(self, agent: str) -> Act | None:
        return next((act for act in reversed(self.acts) if act.stands and act.agent == agent), None)

    def since(self, act: Act) -> list[Act]:
        return [one for one in self.acts[self.acts.index(act) + 1 :] if one.stands]


class CaseLife(RuleBasedStateMachine):
    """Two authors, two threads, two agents; after each step every case is as the model has it."""

    begun = 0

    @initialize()
    def begin(self) -> None:
        CaseLife.begun += 1
        self.file = fresh_store(Path(mkdtemp(dir=RAM if RAM.is_dir() else None)))
        self.office = Office(open_store(self.file))
        self.lives: list[Life] = []
        self.posts: dict[str, tuple[str, str]] = {}
        """Native id → author and thread, of those that stand."""
        self.gone: list[tuple[str, str, str]] = []
        self.numbers: dict[str, int] = {}
        self.written = 0
        self.seen: dict[int, tuple[Case, tuple[CaseEvent, ...]]] = {}
        self.touched: set[int] = set()
        self.an_author_writes(author="eve", thread="t1", kind="complaint")
        self.an_author_writes(author="sam", thread="t2", kind="complaint")

    def teardown(self) -> None:
        if hasattr(self, "office"):
            self.office.store.close()
            shutil.rmtree(self.file.parent)

    @property
    def now(self) -> datetime:
        return self.office.clock.now()

    # what authors do

    @rule(
        author=st.sampled_from(["eve", "sam"]),
        thread=st.sampled_from(["t1", "t2"]),
        kind=st.sampled_from(sorted(KINDS)),
    )
    def an_author_writes(self, author: str, thread: str, kind: str) -> None:
        self.written += 1
        post = str(self.written)
        self.numbers[post] = len(self.numbers) + 1
        self._hears(post, author, thread, kind)
        self.posts[post] = (author, thread)

    @precondition(lambda self: self.lives)
    @rule(n=which, kind=st.sampled_from(sorted(KINDS)))
    def its_author_writes_again(self, n: int, kind: str) -> None:
        life = self._pick(n)
        self.an_author_writes(author=life.author or "eve", thread=life.thread or "t1", kind=kind)

    @precondition(lambda self: self.posts)
    @rule(n=st.integers(0, 5), kind=st.sampled_from(sorted(KINDS)))
    def an_author_edits(self, n: int, kind: str) -> None:
        post = sorted(self.posts)[n % len(self.posts)]
        author, thread = self.posts[post]
        holder = next((life for life in self.lives if post in life.posts), None)
        if holder is None:
            self._hears(post, author, thread, kind)
            return
        self._tell(post, author, thread, kind)
        holder.events += 1
        self._look(holder, PROGRAM)

    @precondition(lambda self: self.posts)
    @rule(n=st.integers(0, 5))
    def an_author_deletes(self, n: int) -> None:
        post = sorted(self.posts)[n % len(self.posts)]
        author, thread = self.posts.pop(post)
        self.gone.append((post, author, thread))
        with self.office.store.write() as tx:
            tx.delete_mentions([MentionKey(platform="x", native_id=post)], self.now)
        if not any(other == author for other, _ in self.posts.values()):
            for life in self.lives:
                if life.author == author:
                    life.author = life.thread = ""

    @precondition(lambda self: self.gone)
    @rule(n=which)
    def a_deleted_post_is_read_again(self, n: int) -> None:
        post, author, thread = self.gone[n % len(self.gone)]
        self._tell(post, author, thread, "complaint")

    def _tell(self, post: str, author: str, thread: str, kind: str) -> None:
        self.written += 1
        self.office.hears(
            f"@acme my parcel is late ({self.written})",
            by=author,
            thread=thread,
            said=KINDS[kind],
            native_id=post,
            version=str(self.written),
        )

    def _hears(self, post: str, author: str, thread: str, kind: str) -> None:
        self._tell(post, author, thread, kind)
        found: dict[Life, bool] = {}
        for life in self.lives:
            if life.author == author:
                found[life.heir] = found.get(life.heir, False) or life.thread == thread
        live = [
            (same, life.state == "snoozed", self._last_word(life), self._id(life), life)
            for life, same in found.items()
            if life.state == "snoozed"
            or (life.state == "open" and (same or self.now - self._last_word(life) <= POLICY.attach_within))
        ]
        closed = [
            (life.closed, self._id(life), life)
            for life, same in found.items()
            if life.closed is not None and same and self.now - life.closed <= POLICY.reopen_within
        ]
        if live:
            taken = max(live, key=lambda one: one[:4])[4]
            taken.state, taken.until = "open", None
        elif closed:
            taken = max(closed, key=lambda one: one[:2])[2]
            if kind != "thanks":
                taken.to_queue()
        elif kind == "complaint":
            self.lives.append(Life(author=author, thread=thread, posts={post}))
            self._look(self.lives[-1], "")
            return
        else:
            return
        taken.posts.add(post)
        taken.events += 1
        self._look(taken, PROGRAM)

    def _last_word(self, life: Life) -> datetime:
        case, _ = self.seen[self._id(life)]
        said = case.wrote_at or case.opened_at
        return said if case.answered_at is None else max(said, case.answered_at)

    # what time does

    @rule(hours=st.sampled_from([0.1, 0.3, 3, 30, 200]))
    def time_passes(self, hours: float) -> None:
        self.office.clock.advance_to(self.now + timedelta(hours=hours))

    @rule(hours=st.sampled_from([0.1, 1]))
    def the_clock_jumps_back(self, hours: float) -> None:
        self._at(self.office.store, self.now - timedelta(hours=hours))

    @rule()
    def the_program_starts_again(self) -> None:
        self.office.store.close()
        self._at(open_store(self.file), self.now)

    def _at(self, store: Any, now: datetime) -> None:
        self.office = Office(store)
        self.office.clock = VirtualClock(now)
        self.office.desk = Desk(store, POLICY, self.office.clock)

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

    # what is always so

    @invariant()
    def the_store_is_as_the_model_has_it(self) -> None:
        if not hasattr(self, "office"):
            return
        cases = self.office.cases()
        assert len(cases) == len(self.lives)
        for case, life in zip(cases, self.lives, strict=True):
            found = (case.handle, case.thread, case.state, case.assignee, case.lease_until, case.snoozed_until)
            assert found == (life.author, life.thread, life.state, life.agent, life.lease, life.until)
            assert (case.escalated, case.resolved_at) == (life.escalated, life.closed)
            assert (case.first_reply_at is not None) == life.answered
            assert case.merged_into == (self._id(life.merged) if life.merged else None)
            assert case.mentions == len(life.posts) or life.merged
            assert round(sum(case.terms.values()), 1) == case.priority
        self._the_posts_are_where_they_belong()
        for case_id in sorted(self.touched):
            self._the_history_only_grows(case_id)
        self.touched.clear()

    def _the_posts_are_where_they_belong(self) -> None:
        with self.office.store.read() as reads:
            db = reads._db  # type: ignore[attr-defined]
            rows = db.exec_driver_sql("SELECT case_id, mention_id FROM case_mentions").all()
        assert sorted(rows) == sorted(
            (self._id(life), number) for life in self.lives for number in self._numbers(life.posts)
        )

    def _the_history_only_grows(self, case_id: int) -> None:
        card = self.office.card(case_id)
        assert len(card.events) == self.lives[case_id - 1].events
        _, before = self.seen.get(case_id, (None, ()))
        assert card.events[: len(before)] == before
        self.seen[case_id] = (card.case, card.events)

    def _numbers(self, posts: Iterable[str]) -> list[int]:
        """The store's own, which it gives to posts as they come."""
        return [self.numbers[post] for post in posts]

    def _pick(self, n: int) -> Life:
        return self.lives[n % len(self.lives)]

    def _id(self, life: Life) -> int:
        return next(n for n, one in enumerate(self.lives, 1) if one is life)

    def _tried(self, verb: Callable[[], object], *, allowed: bool) -> bool:
        """The verb is refused just where the model refuses it."""
        try:
            verb()
        except (Conflict, ConfigError):
            assert not allowed
            return False
        assert allowed
        return True

    def _did(self, life: Life, agent: str, *, words_only: bool = False, pair: Pair | None = None) -> None:
        life.events += 1
        self._look(life, agent, words_only=words_only, pair=pair)

    def _look(self, life: Life, agent: str, *, words_only: bool = False, pair: Pair | None = None) -> None:
        """Note what the case is now, and, where somebody acted, what it was before."""
        case_id = self._id(life)
        with self.office.store.read() as reads:
            case = reads.case(case_id)
        before, events = self.seen.get(case_id, (case, ()))
        names = [one.name for one in fields(Case) if one.name not in COUNTED]
        differ = {name: getattr(before, name) for name in names if getattr(before, name) != getattr(case, name)}
        if agent:
            act = Act(agent=agent, before=differ, words_only=words_only, pair=pair)
            life.acts.append(act)
            if pair:
                pair.acts.append(act)
        self.seen[case_id] = (case, events)
        self.touched.add(case_id)
