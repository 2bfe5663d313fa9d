"""The log of rules, and the histories that rules look at, in rows."""

from datetime import timedelta

import pytest

from listener.domain.case import PROGRAM, EventKind
from listener.domain.rules import RuleAct
from listener.ports import Store
from tests.builders import NOON, author, minutes, scored
from tests.store.steps import apply, change, open_case, save, write
from tests.store.test_plans import _scans, _statements

HOUR = timedelta(hours=1)


def act(rule: str = "r", case_id: int = 1, *, hours: float = 0, mention_id: int | None = 1, **did: str) -> RuleAct:
    return RuleAct(rule=rule, case_id=case_id, mention_id=mention_id, at=NOON + hours * HOUR, did=did or {"tag": "a"})


@pytest.fixture
def two(store: Store) -> Store:
    for saved in save(store, *(scored(native_id=str(n), author=author(f"a{n}")) for n in (1, 2))):
        open_case(store, saved)
    write(
        store,
        lambda tx: tx.log_rules(
            [act(), act("s", hours=1, notify="chat"), act("s", 2, hours=2, mention_id=None), act("r", 2, hours=3)]
        ),
    )
    return store


def test_the_log_is_read_latest_first_by_rule_case_and_time(two: Store) -> None:
    with two.read() as reads:
        assert [(a.rule, a.case_id) for a in reads.rule_log()] == [("r", 2), ("s", 2), ("s", 1), ("r", 1)]
        assert reads.rule_log(limit=1) == [act("r", 2, hours=3)]
        assert reads.rule_log(rule="s", case_id=2) == [act("s", 2, hours=2, mention_id=None)]
        assert [a.at for a in reads.rule_log(since=NOON + 2 * HOUR)] == [NOON + 3 * HOUR, NOON + 2 * HOUR]
        assert reads.rule_acts_of([2]) == [act("s", 2, hours=2, mention_id=None), act("r", 2, hours=3)]


def test_rules_are_counted_by_name(two: Store) -> None:
    with two.read() as reads:
        assert [(c.rule, c.acts, c.cases, c.last) for c in reads.rule_counts(NOON)] == [
            ("r", 2, 2, NOON + 3 * HOUR),
            ("s", 2, 2, NOON + 2 * HOUR),
        ]
        assert [c.rule for c in reads.rule_counts(NOON + 2.5 * HOUR)] == ["r"]


def test_only_acts_that_tell_count_as_told(two: Store) -> None:
    with two.read() as reads:
        assert reads.rule_notices("s", NOON, NOON + 9 * HOUR) == 1
        assert reads.rule_notices("s", NOON, NOON + HOUR) == 0
        assert reads.rule_notices("r", NOON, NOON + 9 * HOUR) == 0


def test_a_rule_has_acted_until_the_authors_return_reopens_the_case(two: Store) -> None:
    def acted() -> dict[int, set[str]]:
        with two.read() as reads:
            return reads.rules_acted([1, 2, 3])

    assert acted() == {1: {"r", "s"}, 2: {"r", "s"}}
    with two.read() as reads:
        case = reads.case(1)
    case = apply(two, case, change(EventKind.REOPENED, at=NOON + 5 * HOUR))
    assert acted()[1] == {"r", "s"}, "reopened by hand"
    apply(two, case, change(EventKind.REOPENED, agent=PROGRAM, at=NOON + 5 * HOUR))
    assert acted() == {2: {"r", "s"}}
    write(two, lambda tx: tx.log_rules([act("r", hours=5)]))
    assert acted()[1] == {"r"}


def test_cases_are_touched_by_their_events_and_only_open_ones_count(two: Store) -> None:
    with two.read() as reads:
        case = reads.case(1)
        assert reads.touched_cases(NOON - minutes(1), NOON) == [1, 2]
        assert reads.touched_cases(NOON, NOON + HOUR) == []
    asleep = {"state": "snoozed", "snoozed_until": NOON + 9 * HOUR}
    apply(two, case, change(EventKind.SNOOZED, set=asleep))
    with two.read() as reads:
        assert reads.touched_cases(NOON - minutes(1), NOON) == [2]


def test_a_history_comes_whole_with_the_words_its_posts_had(two: Store) -> None:
    save(two, scored("it is fine", "1", author=author("a1")), now=NOON + HOUR)
    with two.read() as reads:
        case = reads.case(1)
    apply(two, case, change(at=NOON + 2 * HOUR))
    with two.read() as reads:
        lately = reads.timelines(NOON + HOUR, NOON + 3 * HOUR)
        assert lately == reads.timelines_of([1])
    (timeline,) = lately.cases
    assert (timeline.case_id, timeline.brand, timeline.platform) == (1, "Acme", "x")
    assert [event.kind for event in timeline.events] == ["opened", "noted"]
    assert [(one.text, one.until) for one in lately.posts[1]] == [
        ("@acme my parcel is late", NOON + HOUR),
        ("it is fine", None),
    ]


def test_an_erased_post_has_no_words(two: Store) -> None:
    write(two, lambda tx: tx.delete_mentions([scored(native_id="1").mention.key], NOON))
    with two.read() as reads:
        assert list(reads.timelines_of([1, 2]).posts) == [2]


@pytest.mark.parametrize(
    "question",
    [
        lambda tx: tx.rules_acted([1]),
        lambda tx: tx.rule_acts_of([1]),
        lambda tx: tx.rule_log(rule="r"),
        lambda tx: tx.rule_log(case_id=1),
        lambda tx: tx.rule_log(since=NOON),
        lambda tx: tx.rule_notices("r", NOON, NOON + HOUR),
        lambda tx: tx.touched_cases(NOON, NOON + HOUR),
        lambda tx: tx.timelines(NOON, NOON + HOUR),
        lambda tx: tx.timelines_of([1]),
    ],
)
@pytest.mark.sqlite
def test_no_question_scans_a_table_that_grows(two: Store, question: object) -> None:
    assert callable(question)
    with two.write() as tx:
        db = tx._db  # type: ignore[attr-defined]
        with _statements(db) as asked:
            question(tx)
        plans = [row[3] for sql, values in asked for row in db.exec_driver_sql(f"EXPLAIN QUERY PLAN {sql}", values)]
    assert plans
    grows = [plan for plan in plans if _scans(plan) or plan.startswith(("SCAN rule_log", "SCAN mention_versions"))]
    assert [plan for plan in grows if "USING INDEX" not in plan] == []
