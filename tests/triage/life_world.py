"""What happens around the desk: authors write, time passes, the program starts again; and what must always be so."""

import shutil
from collections.abc import Callable, Iterable
from dataclasses import fields
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from listener.clock import VirtualClock
from listener.domain.case import Case, CaseEvent
from listener.domain.mention import MentionKey
from listener.errors import ConfigError, Conflict
from listener.store import open_store
from listener.triage.desk import Desk
from tests.triage.builders import POLICY, Office, fresh_store
from tests.triage.life_model import COUNTED, KINDS, PROGRAM, RAM, Act, Life, Pair, which


class World(RuleBasedStateMachine):
    """Two authors, two threads, a clock; after each step every case is as the model has it."""

    begun = 0

    @initialize()
    def begin(self) -> None:
        type(self).begun += 1
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
