"""What a preview predicts is what a live run then does: on invented lives, and on a real week of airline posts."""

import json
import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from itertools import groupby
from pathlib import Path
from typing import Any

import pytest

from listener.domain.case import CaseState
from listener.domain.rules import Rule, RuleAct, Then, When
from listener.domain.verdict import Label, Sentiment
from listener.errors import ListenerError
from listener.store import open_store
from listener.triage import rule_story, rule_timing, rules
from listener.triage.desk import Desk
from listener.triage.facts import FACTS
from listener.triage.rule_preview import Preview, preview
from listener.triage.waking import wake
from tests.builders import NOON, minutes, verdict
from tests.triage.builders import POLICY, THANKS, Office, fresh_store, office

HOUR = timedelta(hours=1)
TICK = HOUR
EVER = datetime(1970, 1, 1, tzinfo=UTC)

RULES = (
    Rule(
        name="cancelled",
        when=When(labels=("complaint",), words=("cancelled", "cancelled flight", "flightled")),
        then=Then(tag=("cancelled",), points=12.0, queue="rebooking", notify=("chat",)),
    ),
    Rule(name="phone", when=When(words=("hold", "phone", "hours")), then=Then(assign="ada", tag=("phone",)), stop=True),
    Rule(name="bags", when=When(words=("bag", "bags", "luggage")), then=Then(queue="bags")),
    Rule(name="asks", when=When(labels=("question",), max_confidence=0.8), then=Then(snooze=2 * HOUR, points=-4.0)),
    Rule(name="both", when=When(tags=("cancelled",), bands=("high", "urgent")), then=Then(escalate=True)),
    Rule(name="off", when=When(brands=("Acme",)), then=Then(escalate=True), enabled=False),
    Rule(name="alone", when=When(tags=("cancelled",), no_reply_for=5 * HOUR), then=Then(tag=("alone",))),
    Rule(name="old", when=When(labels=("question",), older_than=26 * HOUR), then=Then(tag=("old",), points=2.0)),
    Rule(name="old and cold", when=When(queues=("bags",), older_than=HOUR, words=("the",)), then=Then(queue="cold")),
)


VERBS: tuple[Callable[[Desk, int, str, datetime], object], ...] = (
    lambda desk, n, agent, later: desk.claim(n, agent),
    lambda desk, n, agent, later: desk.release(n, agent),
    lambda desk, n, agent, later: desk.assign(n, agent, "lead"),
    lambda desk, n, agent, later: desk.note(n, "hm", agent),
    lambda desk, n, agent, later: desk.reply(n, "we look into it", agent),
    lambda desk, n, agent, later: desk.snooze(n, later, agent),
    lambda desk, n, agent, later: desk.escalate(n, "hot", agent),
    lambda desk, n, agent, later: desk.resolve(n, "done", agent),
    lambda desk, n, agent, later: desk.reopen(n, "no", agent),
    lambda desk, n, agent, later: desk.undo(n, agent),
    lambda desk, n, agent, later: desk.tag(n, ("mine",), ("cancelled", "phone"), agent),
)


@dataclass(slots=True, kw_only=True)
class Life:
    """A team at work: posts come in hourly pages, the program looks around, and agents act."""

    at: Office
    dice: random.Random | None = None
    """None: nobody acts."""

    def plays(self, posts: Sequence[dict[str, Any]]) -> None:
        for _, page in groupby(posts, key=lambda post: post["created_at"][:13]):
            rows = list(page)
            now = max(datetime.fromisoformat(row["created_at"]) for row in rows)
            while self.at.clock.now() + TICK < now:
                self.ticks(self.at.clock.now() + TICK)
            self.ticks(now - timedelta(microseconds=1))
            self.at.clock.advance_to(now)
            self.at.takes(*(self.post(row) for row in rows))
            self.ticks(now)
            if self.dice is not None:
                self.act(self.dice)

    def ticks(self, now: datetime) -> None:
        self.at.clock.advance_to(now)
        with self.at.store.write() as tx:
            wake(tx, self.at.policy, now)
            rule_timing.look(tx, self.at.policy, now)

    def post(self, row: dict[str, Any]) -> Any:
        labels = {"negative": (Label.COMPLAINT,), "positive": (Label.PRAISE,)}.get(row["sentiment"], ())
        if not labels and "?" in row["text"]:
            labels = (Label.QUESTION,)
        said = verdict(
            *labels,
            sentiment=Sentiment(row["sentiment"]),
            confidence=0.6 + int(row["id"]) % 40 / 100,
        )
        return self.at.post(
            row["text"],
            native_id=row["id"],
            thread="",
            by=row["author"],
            said=said,
            created_at=datetime.fromisoformat(row["created_at"]),
        )

    def act(self, dice: random.Random) -> None:
        """A minute later, each at another one; who is refused tries something else later."""
        desk, now = self.at.desk, self.at.clock.now()
        waiting = [case for case in self.at.cases() if case.state is not CaseState.RESOLVED]
        for case in dice.sample(waiting, min(4, len(waiting))):
            now += minutes(1)
            # What comes due in the hour before is not left to chance.
            self.ticks(now)
            agent = dice.choice(("ada", "bob", "cleo"))
            try:
                dice.choice(VERBS)(desk, case.id, agent, now + dice.randint(1, 9) * HOUR)
            except ListenerError:
                continue
        self.ticks(now + minutes(1))


def rows_of(acts: Sequence[RuleAct]) -> list[Any]:
    """Comparable: a rule of time acts at the next look, so of its instant only the hour counts."""
    return sorted(
        (a.rule, a.case_id, a.mention_id or 0, a.at.isoformat() if a.mention_id else "", sorted(a.did.items()))
        for a in acts
    )


def seen(at: Office, chosen: Sequence[Rule] = RULES) -> Preview:
    with at.store.read() as reads:
        return preview(reads, chosen, at.policy, EVER, at.clock.now())


def log(at: Office) -> list[RuleAct]:
    with at.store.read() as reads:
        return reads.rule_log(limit=10**6)


@pytest.fixture(scope="module")
def posts(shared: Path) -> list[dict[str, Any]]:
    """Those of the week's thirty busiest authors: many cases of several posts."""
    with (shared / "data" / "airline.train.jsonl").open(encoding="utf-8") as lines:
        week = [json.loads(line) for line in lines]
    busy = {name for name, _ in Counter(row["author"] for row in week).most_common(30)}
    return sorted((row for row in week if row["author"] in busy), key=lambda row: row["created_at"])[:220]


def lives(folder: Path, posts: Sequence[dict[str, Any]], chosen: tuple[Rule, ...], seed: int | None) -> Office:
    folder.mkdir()
    at = Office(open_store(fresh_store(folder)), replace(POLICY, rules=chosen))
    at.clock._now = datetime.fromisoformat(posts[0]["created_at"])
    Life(at=at, dice=None if seed is None else random.Random(seed)).plays(posts)
    return at


@pytest.fixture(scope="module")
def without(tmp_path_factory: pytest.TempPathFactory, posts: list[dict[str, Any]]) -> Iterator[Office]:
    at = lives(tmp_path_factory.mktemp("preview") / "without", posts, (), None)
    yield at
    at.store.close()


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory, posts: list[dict[str, Any]]) -> Iterator[Office]:
    at = lives(tmp_path_factory.mktemp("preview") / "live", posts, RULES, None)
    yield at
    at.store.close()


def test_what_is_predicted_of_a_week_without_rules_is_what_a_week_under_them_logs(
    without: Office, live: Office
) -> None:
    predicted, logged = seen(without), log(live)
    assert rows_of(predicted.acts) == rows_of(logged)
    assert {act.rule for act in logged} == {rule.name for rule in RULES if rule.enabled}
    assert predicted.strayed == predicted.unknown == 0
    assert log(without) == []


def test_rules_of_time_are_predicted_to_the_next_look(without: Office, live: Office) -> None:
    told = {(a.rule, a.case_id): a.at for a in log(live) if a.mention_id is None}
    due = {(a.rule, a.case_id): a.at for a in seen(without).acts if a.mention_id is None}
    assert told
    assert all(timedelta(0) <= told[key] - due[key] <= TICK for key in told)


@pytest.mark.parametrize("seed", range(2))
def test_it_follows_what_agents_did_meanwhile(tmp_path: Path, posts: list[dict[str, Any]], seed: int) -> None:
    """The same rules again over a store where they were live and agents were at work, retell the log."""
    at = lives(tmp_path / "busy", posts[seed * 60 : seed * 60 + 80], RULES, seed)
    assert rows_of(seen(at).acts) == rows_of(log(at))
    assert len(log(at)) > 5
    at.store.close()


BUGS: dict[str, tuple[object, str, Any]] = {
    "acts at every post": (
        rules,
        "_again",
        lambda rule, stand, *, moved: {"tag": ", ".join(rule.then.tag)} if rule.then.tag else {},
    ),
    "a lease is forgotten": (rule_story.Story, "_holder", lambda self, at: ""),
    "thanks wait for an answer": (
        rule_story,
        "follow",
        lambda waiting, event: replace(rule_timing.follow(waiting, event), unanswered=event.at),
    ),
    "sleep is forgotten": (rule_story.Story, "_wake", lambda self: None),
    "the first route's queue stays": (rule_story.Story, "_worsen", lambda self, post, at: False),
    "terms are not heavier": (rule_story, "heavier", lambda *many: dict(many[0])),
}


@pytest.mark.parametrize("bug", BUGS)
def test_a_preview_that_errs_is_found_out(
    tmp_path: Path, posts: list[dict[str, Any]], bug: str, monkeypatch: pytest.MonkeyPatch, busy: Office
) -> None:
    assert rows_of(seen(busy).acts) == rows_of(log(busy))
    where, name, wrong = BUGS[bug]
    monkeypatch.setattr(where, name, wrong)
    assert rows_of(seen(busy).acts) != rows_of(log(busy))


@pytest.fixture(scope="module")
def busy(tmp_path_factory: pytest.TempPathFactory, posts: list[dict[str, Any]]) -> Iterator[Office]:
    at = lives(tmp_path_factory.mktemp("preview") / "busy", posts[:180], RULES, 2)
    yield at
    at.store.close()


@pytest.fixture
def at(tmp_path: Path) -> Iterator[Office]:
    with office(tmp_path) as open_office:
        yield open_office


LATE = Rule(name="late", when=When(words=("late", "delayed")), then=Then(tag=("late",), snooze=30 * HOUR), stop=True)
BELOW = Rule(name="below", when=When(brands=("Acme",)), then=Then(points=3.0))
NEVER = Rule(name="never", when=When(words=("zeppelin",)), then=Then(escalate=True))


def test_it_says_how_often_shows_cases_and_names_what_never_acts_or_is_passed_over(at: Office) -> None:
    for n in range(5):
        at.hears("@acme my parcel is DELAYED" if n < 4 else "@acme broken", by=f"a{n}")
    late, below, never = seen(at, (LATE, BELOW, NEVER)).rules
    assert (late.acts, late.cases, late.did) == (4, 4, {"snooze": 4, "tag late": 4})
    assert [(one.case_id, one.hit) for one in late.samples] == [(1, "delayed"), (2, "delayed"), (3, "delayed")]
    assert (below.acts, below.passed_over) == (1, 4)
    assert (never.acts, never.passed_over, never.samples) == (0, 0, ())


def test_nothing_is_written(at: Office) -> None:
    at.hears("@acme late")
    before = at.card()
    seen(at, (LATE, BELOW))
    assert at.card() == before
    assert log(at) == []


def test_only_what_falls_into_the_stretch_counts_and_an_older_case_is_told_from_its_beginning(at: Office) -> None:
    at.hears("@acme late")
    at.clock.advance_to(NOON + HOUR)
    at.hears("@acme and broken")
    with at.store.read() as reads:
        whole = preview(reads, (BELOW,), at.policy, NOON, NOON + 2 * HOUR)
        lately = preview(reads, (BELOW,), at.policy, NOON + minutes(30), NOON + 2 * HOUR)
    assert [act.at for act in whole.acts] == [NOON]
    assert lately.acts == (), "it would have acted when the case was opened"
    assert (lately.cases, lately.posts) == (1, 1)


def test_words_are_read_as_they_were(at: Office) -> None:
    at.hears("@acme it is late", native_id="a")
    at.clock.advance_to(NOON + HOUR)
    at.hears("@acme it is fine, thanks", native_id="a", said=THANKS)
    assert [act.at for act in seen(at, (LATE,)).acts] == [NOON]


def test_cases_without_facts_are_left_out_and_counted(at: Office) -> None:
    at.hears("@acme late")
    at.hears("@acme late", by="ben", native_id="gone")
    event = at.card().events[0]
    with at.store.write() as tx:
        tx.delete_mentions([at.card(2).mentions[0].mention.key], NOON)
    assert FACTS in event.detail
    found = seen(at, (LATE,))
    assert (found.unknown, [act.case_id for act in found.acts]) == (1, [1])


def test_a_post_that_would_have_woken_a_sleeper_is_said_to_stray(at: Office) -> None:
    at.hears("@acme late", thread="one")
    at.clock.advance_to(NOON + 25 * HOUR)
    at.hears("@acme another thing", thread="two")
    assert len(at.cases()) == 2
    assert seen(at, (LATE,)).strayed == 1
    assert seen(at, (BELOW,)).strayed == 0
