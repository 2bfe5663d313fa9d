"""Who is at work, what they have in hand, what could be given to them."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from listener.domain.case import Case, CaseState, EventKind, Reason
from listener.domain.roster import ANYTHING, Cause, Known, Presence, Skills
from listener.ports import Store
from tests.builders import NOON, author, minutes, scored
from tests.store.steps import apply, change, open_case, save, write
from tests.store.test_plans import _scans, _statements

LATER = NOON + minutes(10)
ALL = ("ana", "ben", "cleo")


def cases_of(store: Store, count: int, **more: Any) -> list[Case]:
    """As many cases, opened a minute apart, each by another author."""
    posts = save(store, *(scored(native_id=str(n), author=author(f"a{n}")) for n in range(1, count + 1)))
    return [open_case(store, post, opened_at=NOON + minutes(n), **more) for n, post in enumerate(posts)]


def give(store: Store, case: Case, to: str = "ana", at: datetime = LATER) -> Case:
    to_them = {"assignee": to, "lease_until": None, "assigned_at": at}
    return apply(store, case, change(EventKind.DISTRIBUTED, "listener", at, detail={"to": to, "why": ""}, set=to_them))


def take(store: Store, case: Case, who: str = "ana", cause: Cause = Cause.UNTOUCHED, at: datetime = LATER) -> Case:
    nobody = {"assignee": "", "assigned_at": None}
    detail = {"from": who, "cause": cause.value}
    return apply(store, case, change(EventKind.RETURNED, "listener", at, detail=detail, set=nobody))


def act(
    store: Store, case: Case, agent: str, kind: EventKind = EventKind.NOTED, at: datetime = LATER, **more: Any
) -> Case:
    return apply(store, case, change(kind, agent, at, **more))


def read(store: Store, question: Callable[[Any], Any]) -> Any:
    with store.read() as reads:
        return question(reads)


def line(
    store: Store, skills: Skills = ANYTHING, *, agents: Any = ("ana",), limit: int = 9, not_queues: Any = ()
) -> list[int]:
    found = read(store, lambda reads: reads.waiting_cases(agents, skills, not_queues, LATER, limit))
    return [int(case_id) for case_id in found]


class TestPresence:
    def test_nobody_is_known_at_first(self, store: Store) -> None:
        assert read(store, lambda reads: reads.presences()) == []

    def test_coming_and_going_are_kept_and_audited(self, store: Store) -> None:
        write(store, lambda tx: tx.set_available("ana", "lea", NOON, available=False))
        write(store, lambda tx: tx.set_available("ana", "ana", LATER, available=True))
        (here,) = read(store, lambda reads: reads.presences())
        assert here == Presence(
            agent="ana", available=True, changed_at=LATER, given_at=None, acted_at=LATER, silent_at=None
        )
        with store.read() as reads:
            rows = reads._db.exec_driver_sql("SELECT agent, kind, subject FROM audit ORDER BY id").all()
        assert [tuple(row) for row in rows] == [("lea", "away", "agent:ana"), ("ana", "available", "agent:ana")]

    def test_a_case_given_leaves_being_there_as_it_is(self, store: Store) -> None:
        write(store, lambda tx: tx.set_available("ana", "ana", NOON, available=False))
        write(store, lambda tx: tx.note_given("ana", LATER, LATER))
        write(store, lambda tx: tx.note_given("ben", LATER, LATER))
        ana, ben = read(store, lambda reads: reads.presences())
        assert (ana.available, ana.changed_at, ana.given_at) == (False, NOON, LATER)
        assert (ben.available, ben.changed_at, ben.given_at) == (True, LATER, LATER)

    def test_silence_lasts_until_the_next_act(self, store: Store) -> None:
        (case,) = cases_of(store, 1)
        write(store, lambda tx: tx.note_given("ana", NOON, NOON))
        write(store, lambda tx: tx.note_silent("ana", LATER))
        assert [one.silent for one in read(store, lambda reads: reads.presences())] == [True]
        act(store, case, "ana", at=LATER + minutes(1))
        assert [one.silent for one in read(store, lambda reads: reads.presences())] == [False]


class TestLoad:
    def test_it_counts_what_is_open_and_in_hand(self, store: Store) -> None:
        given, claimed, lapsed, asleep, answered, done = cases_of(store, 6)
        give(store, given)
        for case, until in ((claimed, LATER + minutes(9)), (lapsed, LATER)):
            act(store, case, "ana", EventKind.CLAIMED, set={"assignee": "ana", "lease_until": until})
        asleep_until = {"assignee": "ana", "state": CaseState.SNOOZED, "snoozed_until": LATER + minutes(60)}
        act(store, asleep, "ana", EventKind.SNOOZED, set=asleep_until)
        act(store, answered, "ana", EventKind.REPLIED, set={"assignee": "ana", "answered_at": LATER})
        act(store, done, "ana", EventKind.RESOLVED, set={"assignee": "ana", "state": "resolved", "resolved_at": LATER})
        assert read(store, lambda r: r.loads(ALL, LATER, count_waiting=False)) == {"ana": 2}
        assert read(store, lambda r: r.loads(ALL, LATER, count_waiting=True)) == {"ana": 4}
        assert read(store, lambda r: r.loads([], LATER, count_waiting=True)) == {}


class TestGiven:
    def given(self, store: Store) -> list[tuple[int, str, bool]]:
        found = read(store, lambda reads: reads.given_cases(ALL))
        return [(one.id, one.agent, one.touched_at is not None) for one in found]

    def test_what_the_program_gave_and_what_became_of_it(self, store: Store) -> None:
        fresh, noted, answered, asleep = (give(store, case) for case in cases_of(store, 4))
        act(store, noted, "ana", at=LATER + minutes(1))
        act(store, answered, "ana", EventKind.REPLIED, set={"answered_at": LATER + minutes(1)})
        act(store, asleep, "ana", EventKind.SNOOZED, set={"state": "snoozed", "snoozed_until": LATER + minutes(9)})
        assert self.given(store) == [(fresh.id, "ana", False), (noted.id, "ana", True)]

    def test_the_authors_next_post_makes_an_answered_case_theirs_to_answer(self, store: Store) -> None:
        case = give(store, *cases_of(store, 1))
        case = act(store, case, "ana", EventKind.REPLIED, set={"answered_at": LATER + minutes(1)})
        act(store, case, "listener", EventKind.ATTACHED, set={"wrote_at": LATER + minutes(2)})
        assert self.given(store) == [(case.id, "ana", True)]

    @pytest.mark.parametrize("same", [True, False])
    def test_a_hand_assignment_is_never_ours_to_take_back(self, store: Store, same: bool) -> None:
        case = give(store, *cases_of(store, 1))
        to = "ana" if same else "ben"
        by_hand = {"assignee": to, "lease_until": None}
        act(store, case, "lea", EventKind.ASSIGNED, detail={"to": to}, set=by_hand)
        assert self.given(store) == []

    def test_a_rules_assignment_is_none_either(self, store: Store) -> None:
        case = give(store, *cases_of(store, 1))
        act(
            store,
            case,
            "listener",
            EventKind.RULED,
            at=LATER + minutes(1),
            set={"assignee": "ben", "assigned_at": LATER},
        )
        assert self.given(store) == []

    def test_a_claim_is_left_to_its_lease(self, store: Store) -> None:
        case = give(store, *cases_of(store, 1))
        act(store, case, "ana", EventKind.CLAIMED, set={"lease_until": LATER + minutes(15)})
        assert self.given(store) == []


class TestWaiting:
    def test_in_the_queues_order_those_nobody_holds(self, store: Store) -> None:
        first, second, held, lapsed, raised = cases_of(store, 5)
        act(store, held, "ben", EventKind.CLAIMED, set={"assignee": "ben", "lease_until": LATER + minutes(1)})
        act(store, lapsed, "ben", EventKind.CLAIMED, set={"assignee": "ben", "lease_until": LATER})
        act(store, raised, "ben", EventKind.ESCALATED, set={"escalated": True})
        assert line(store) == [raised.id, first.id, second.id, lapsed.id]
        assert line(store, limit=2) == [raised.id, first.id]
        facts = read(store, lambda reads: reads.waiting_facts([lapsed.id, raised.id]))
        assert [(one.id, one.lapsed) for one in facts] == [(raised.id, ""), (lapsed.id, "ben")]

    def test_what_awaits_its_author_does_not_wait_for_us(self, store: Store) -> None:
        case, other = cases_of(store, 2)
        act(store, case, "ben", EventKind.REPLIED, set={"answered_at": LATER})
        assert line(store) == [other.id]

    def test_skills_narrow_it(self, store: Store) -> None:
        langs = ["de", "de-AT", "en", ""]
        posts = save(
            store, *(scored(native_id=str(n), lang=lang, author=author(f"a{n}")) for n, lang in enumerate(langs))
        )
        reasons = [Reason.COMPLAINT, Reason.QUESTION, Reason.COMPLAINT, Reason.PRAISE]
        for post, reason, queue in zip(posts, reasons, ["billing", "billing", "support", "press"], strict=True):
            open_case(store, post, reason=reason, queue=queue, opened_at=NOON + minutes(post.id))
        assert line(store, Skills(langs=("de",))) == [1, 2, 4]
        assert line(store, Skills(langs=("de-at", "en"))) == [2, 3, 4]
        assert line(store, Skills(reasons=("complaint",))) == [1, 3]
        assert line(store, Skills(queues=("billing", "press"), langs=("de",), reasons=("question",))) == [2]
        assert line(store, Skills(brands=("Zeta",))) == line(store, Skills(platforms=("reddit",))) == []
        assert line(store, not_queues=("billing",)) == [3, 4]

    def test_what_somebody_left_untouched_is_not_in_their_line_until_they_come_back(self, store: Store) -> None:
        case, other = cases_of(store, 2)
        take(store, give(store, case))
        assert (line(store), line(store, agents=("ben",))) == ([other.id], [case.id, other.id])
        assert line(store, agents=("ana", "ben")) == [case.id, other.id]
        (facts,) = read(store, lambda reads: reads.waiting_facts([case.id]))
        assert facts.passed_by == {"ana"}
        take(store, give(store, read(store, lambda reads: reads.case(case.id)), "ben"), "ben")
        assert line(store, agents=("ana", "ben")) == [other.id]
        assert line(store, agents=ALL) == [case.id, other.id]
        write(store, lambda tx: tx.set_available("ana", "ana", LATER + minutes(1), available=True))
        assert line(store) == [case.id, other.id]
        (facts,) = read(store, lambda reads: reads.waiting_facts([case.id]))
        assert facts.passed_by == {"ben"}

    def test_other_returns_shut_nobody_out(self, store: Store) -> None:
        (case,) = cases_of(store, 1)
        take(store, give(store, case), cause=Cause.OFF_SHIFT)
        assert line(store) == [case.id]


class TestKnowing:
    def test_the_last_to_answer_or_resolve_knows_the_author(self, store: Store) -> None:
        posts = save(store, *(scored(native_id=str(n), author=author("ann")) for n in (1, 2)))
        first, second = (open_case(store, post) for post in posts)
        first = act(store, first, "ben", EventKind.REPLIED, at=LATER)
        act(store, second, "ana", EventKind.RESOLVED, at=LATER + minutes(1))
        first = act(store, first, "cleo", EventKind.NOTED, at=LATER + minutes(2))
        writer = first.author_id

        def knows(agents: tuple[str, ...], since: datetime = NOON) -> dict[int, Known]:
            return dict(read(store, lambda reads: reads.who_knows([writer], agents, since)))

        assert knows(ALL) == {writer: Known(agent="ana", case_id=second.id, did="resolved")}
        assert knows(("ben", "cleo")) == {writer: Known(agent="ben", case_id=first.id, did="replied")}
        assert knows(("cleo",)) == knows(ALL, since=LATER + timedelta(days=1)) == {}


class TestInHand:
    def next_of(self, store: Store, *queues: str) -> int | None:
        found: int | None = read(store, lambda reads: reads.next_in_hand("ana", queues))
        return found

    def test_the_first_that_they_have_yet_to_look_at(self, store: Store) -> None:
        first, second, other = cases_of(store, 3)
        give(store, second)
        first = give(store, first)
        give(store, other, "ben")
        assert self.next_of(store) == first.id
        act(store, first, "ana", EventKind.CLAIMED, at=LATER + minutes(1))
        assert self.next_of(store) == second.id
        assert self.next_of(store, "billing") is None

    def test_one_they_answered_comes_back_when_its_author_writes(self, store: Store) -> None:
        case = give(store, *cases_of(store, 1))
        case = act(
            store, case, "ana", EventKind.REPLIED, at=LATER + minutes(1), set={"answered_at": LATER + minutes(1)}
        )
        assert self.next_of(store) is None
        act(store, case, "listener", EventKind.ATTACHED, set={"wrote_at": LATER + minutes(2)})
        assert self.next_of(store) == case.id


class TestClaiming:
    def claim(self, store: Store, skills: Skills, *queues: str) -> int | None:
        case = write(store, lambda tx: tx.claim_next("ana", queues, NOON + minutes(30), minutes(15), skills))
        return case.id if case else None

    def test_a_claim_takes_the_first_that_the_skills_allow(self, store: Store) -> None:
        german, english = save(
            store,
            scored(native_id="1", lang="de", author=author("a")),
            scored(native_id="2", lang="en", author=author("b")),
        )
        open_case(store, german)
        open_case(store, english, opened_at=NOON + minutes(1), queue="billing", reason=Reason.QUESTION)
        assert self.claim(store, Skills(langs=("fr",))) is None
        assert self.claim(store, Skills(queues=("billing",)), "support") is None
        assert self.claim(store, Skills(langs=("en",), reasons=("question",))) == english.id
        assert self.claim(store, ANYTHING) == german.id


SKILLED = Skills(queues=("billing",), brands=("Acme",), platforms=("x",), langs=("de", "en"), reasons=("question",))
QUESTIONS: dict[str, Callable[[Any], Any]] = {
    "presences": lambda tx: tx.presences(),
    "loads": lambda tx: tx.loads(ALL, NOON, count_waiting=False),
    "loads with what waits": lambda tx: tx.loads(ALL, NOON, count_waiting=True),
    "given": lambda tx: tx.given_cases(ALL),
    "waiting": lambda tx: tx.waiting_cases(["ana"], ANYTHING, (), NOON, 9),
    "waiting for the skilled": lambda tx: tx.waiting_cases(ALL, SKILLED, ("press",), NOON, 9),
    "facts": lambda tx: tx.waiting_facts([1, 2]),
    "who knows": lambda tx: tx.who_knows([1, 2], ALL, NOON),
    "in hand": lambda tx: tx.next_in_hand("ana", ["support"]),
    "claim of the skilled": lambda tx: tx.claim_next("ana", ["support"], NOON, minutes(15), SKILLED),
}


@pytest.mark.sqlite
@pytest.mark.parametrize("question", QUESTIONS)
def test_no_question_scans_a_table_that_grows(store: Store, question: str) -> None:
    take(store, give(store, cases_of(store, 5)[0]))
    write(store, lambda tx: tx.set_available("ana", "ana", NOON, available=True))
    with store.write() as tx:
        db = tx._db  # type: ignore[attr-defined]
        with _statements(db) as asked:
            QUESTIONS[question](tx)
        plans = [row[3] for sql, values in asked for row in db.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", values)]
    assert plans
    assert [plan for plan in plans if _scans(plan) or plan.startswith(("SCAN audit", "SCAN desk_events"))] == []


@pytest.mark.sqlite
def test_a_claim_by_any_skill_but_language_is_decided_in_the_index(store: Store) -> None:
    cases_of(store, 3)
    skills = Skills(queues=("billing",), brands=("Acme",), platforms=("x",), reasons=("question",))
    with store.write() as tx:
        db = tx._db  # type: ignore[attr-defined]
        with _statements(db) as asked:
            tx.claim_next("ana", (), NOON, minutes(15), skills)
        sql, values = asked[0]
        plans = [row[3] for row in db.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", values)]
    assert any("COVERING INDEX ix_cases_queue_order" in plan for plan in plans)
