"""What insight asks of the store."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from listener.domain.brand import Match
from listener.domain.case import CaseState, EventKind, Reason
from listener.domain.mention import Metrics
from listener.domain.verdict import Label, Sentiment
from listener.ports import Store
from tests.builders import NOON, author, minutes, scored, verdict
from tests.store.steps import apply, change, open_case, save, write

HOUR = timedelta(hours=1)
PRAISE = verdict(Label.PRAISE, sentiment=Sentiment.POSITIVE)


def at(minute: float) -> datetime:
    return NOON + minutes(minute)


def test_tallies_are_cells_of_the_hours_in_a_window(store: Store) -> None:
    save(
        store,
        scored(metrics=Metrics(likes=3)),
        scored(native_id="2", created_at=at(59), said=PRAISE),
        scored(native_id="3", created_at=at(60)),
        scored(native_id="4", brand="Bolt"),
        scored(native_id="5", platform="reddit"),
    )
    with store.read() as reads:
        cells = reads.tallies(NOON, NOON + HOUR, "Acme")
        assert {(c.platform, c.label): (c.mentions, c.engagement) for c in cells} == {
            ("x", "all"): (2, 3),
            ("x", "complaint"): (1, 3),
            ("x", "negative"): (1, 3),
            ("x", "praise"): (1, 0),
            ("x", "positive"): (1, 0),
            ("reddit", "all"): (1, 0),
            ("reddit", "complaint"): (1, 0),
            ("reddit", "negative"): (1, 0),
        }
        assert {c.brand for c in reads.tallies(NOON, NOON + HOUR)} == {"Acme", "Bolt"}
        assert {c.hour for c in reads.tallies(NOON + HOUR, NOON + 2 * HOUR)} == {NOON + HOUR}


def test_abstained_and_unscored_mentions_are_counted_as_such(store: Store) -> None:
    save(store, scored(said=verdict(sentiment=None)), replace(scored(native_id="2"), verdict=None))
    with store.read() as reads:
        assert {c.label: c.mentions for c in reads.tallies(NOON, NOON + HOUR)} == {
            "all": 2,
            "abstained": 1,
            "unscored": 1,
        }


def test_an_authors_stand_is_the_latest_that_takes_one(store: Store) -> None:
    ann, bob = author("ann"), author("bob", followers=7)
    save(
        store,
        scored(native_id="1", created_at=at(1), author=ann),
        scored(native_id="2", created_at=at(5), author=ann, said=PRAISE),
        scored(native_id="3", created_at=at(9), author=ann, said=verdict(sentiment=Sentiment.NEUTRAL)),
        scored(native_id="4", created_at=at(9), author=bob, said=verdict(sentiment=Sentiment.NEUTRAL)),
        scored(native_id="5", created_at=at(10), author=author("cyd"), is_repost=True),
        scored(native_id="6", created_at=at(20), author=ann),
    )
    with store.read() as reads:
        stands = {stand.handle: stand for stand in reads.stands("Acme", NOON, at(20))}
    assert set(stands) == {"ann", "bob"}
    assert (stands["ann"].labels, stands["ann"].sentiment) == ({Label.PRAISE}, Sentiment.POSITIVE)
    assert (stands["ann"].at, stands["ann"].mentions) == (at(5), 3)
    assert (stands["bob"].labels, stands["bob"].sentiment) == (frozenset(), Sentiment.NEUTRAL)
    assert stands["bob"].followers == 7


@pytest.mark.parametrize(
    ("label", "platform", "count"),
    [
        ("all", "", 3),
        ("complaint", "", 1),
        ("praise", "", 1),
        ("question", "", 0),
        ("positive", "", 1),
        ("negative", "", 1),
        ("repost", "", 1),
        ("abstained", "", 1),
        ("unscored", "", 1),
        ("all", "reddit", 0),
        ("complaint", "x", 1),
    ],
)
def test_distinct_authors_of_each_label(store: Store, label: str, platform: str, count: int) -> None:
    save(
        store,
        scored(native_id="1"),
        scored(native_id="2"),
        scored(native_id="3", said=PRAISE, author=author("bob")),
        scored(native_id="4", is_repost=True, author=author("cyd")),
        scored(native_id="5", said=verdict(sentiment=None), author=author("bob")),
        replace(scored(native_id="6", author=author("dee")), verdict=None),
        scored(native_id="7", created_at=at(60), author=author("eva")),
    )
    with store.read() as reads:
        assert reads.distinct_authors(NOON, at(60), "Acme", label, platform) == count


def test_complaining_authors_are_counted_once_an_hour_and_by_queue(store: Store) -> None:
    one, two, *_ = save(
        store,
        scored(native_id="1", created_at=at(1)),
        scored(native_id="2", created_at=at(59)),
        scored(native_id="3", created_at=at(2), author=author("bob")),
        scored(native_id="4", created_at=at(3), author=author("cyd"), said=PRAISE),
        scored(native_id="5", created_at=at(4), author=author("dee"), is_repost=True),
        scored(native_id="6", created_at=at(130)),
    )
    case = open_case(store, one, queue="billing")
    case = apply(store, case, change(add_mention=two.id))
    with store.read() as reads:
        assert reads.hourly_authors("Acme", "", NOON, NOON + 9 * HOUR) == [(NOON, 2), (NOON + 2 * HOUR, 1)]
        assert reads.hourly_authors("Acme", "", NOON + HOUR, NOON + 2 * HOUR) == []
        assert reads.hourly_authors("Acme", "billing", NOON, NOON + 9 * HOUR) == [(NOON, 1)]
    apply(store, case, change(set={"queue": "delivery"}))
    with store.read() as reads:
        assert reads.hourly_authors("Acme", "billing", NOON, NOON + 9 * HOUR) == []
        assert reads.hourly_authors("Acme", "delivery", NOON, NOON + 9 * HOUR) == [(NOON, 1)]


def test_spike_series_are_the_brands_and_queues_that_have_complaints(store: Store) -> None:
    with store.read() as reads:
        assert reads.spike_series() == []
    saved = save(
        store,
        scored(native_id="1"),
        scored(native_id="2", brand="Bolt"),
        scored(native_id="3", brand="Calm", said=PRAISE),
        scored(native_id="4", brand="Bolt"),
    )
    open_case(store, saved[1], brand="Bolt", queue="billing")
    open_case(store, saved[3], brand="Bolt", queue="support")
    with store.read() as reads:
        assert reads.spike_series() == [("Acme", ""), ("Bolt", ""), ("Bolt", "billing"), ("Bolt", "support")]
    write(store, lambda tx: tx.save_verdict(saved[0].id, replace(PRAISE, model="agent:ben"), NOON))
    with store.read() as reads:
        assert ("Acme", "") not in reads.spike_series()


def test_a_brands_record_begins_with_its_first_mention(store: Store) -> None:
    save(store, scored(created_at=at(90)), scored(native_id="2", created_at=at(30)))
    with store.read() as reads:
        assert reads.first_mention_hour("Acme") == NOON
        assert reads.first_mention_hour("Bolt") is None
    write(store, lambda tx: tx.delete_mentions([scored(native_id="2").mention.key], NOON))
    with store.read() as reads:
        assert reads.first_mention_hour("Acme") == NOON + HOUR


def test_samples_are_the_loudest_of_a_label_one_an_author(store: Store) -> None:
    loud, quiet, far = author("loud"), author("quiet"), author("far", followers=99)
    saved = save(
        store,
        scored(native_id="1", author=loud, metrics=Metrics(likes=5)),
        scored(native_id="2", author=loud, metrics=Metrics(likes=9)),
        scored(native_id="3", author=quiet),
        scored(native_id="4", author=far),
        scored(native_id="5", author=author("pr"), said=PRAISE, metrics=Metrics(likes=99)),
        scored(native_id="6", author=author("re"), is_repost=True, metrics=Metrics(likes=99)),
        scored(native_id="7", author=author("later"), created_at=at(60), metrics=Metrics(likes=99)),
    )
    with store.read() as reads:
        ids = [one.id for one in reads.samples("Acme", "complaint", NOON, at(60), 9)]
        assert ids == [saved[1].id, saved[3].id, saved[2].id]
        assert [one.id for one in reads.samples("Acme", "negative", NOON, at(60), 1)] == [saved[1].id]
        assert reads.samples("Bolt", "complaint", NOON, at(60), 9) == []


def test_case_facts_are_of_cases_opened_answered_or_resolved_in_the_window(store: Store) -> None:
    saved = save(store, *(scored(f"post {n}", str(n)) for n in range(4)))
    yesterday = NOON - timedelta(days=1)
    fresh, answered, solved, _ = [
        open_case(store, one, opened_at=NOON if n == 0 else yesterday) for n, one in enumerate(saved)
    ]
    apply(store, answered, change(at=at(1), set={"first_reply_at": at(1)}))
    apply(store, solved, change(at=at(2), set={"state": "resolved", "resolved_at": at(2)}))
    with store.read() as reads:
        facts = reads.case_facts(NOON, NOON + HOUR)
        assert reads.case_facts(NOON, NOON + HOUR, "Bolt") == []
        assert [f.id for f in reads.case_facts(yesterday, NOON, "Acme")] == [answered.id, solved.id, 4]
    assert [f.id for f in facts] == [answered.id, solved.id, fresh.id]
    assert (facts[0].headline, facts[0].handle, facts[0].first_reply_at) == ("post 1", "ann", at(1))
    assert (facts[1].state, facts[1].resolved_at, facts[1].queue) == ("resolved", at(2), "support")


def test_a_mention_of_two_brands_counts_for_both(store: Store) -> None:
    both = scored()
    save(store, replace(both, matches=(*both.matches, Match(brand="Bolt", term="bolt", start=6, end=10))))
    with store.read() as reads:
        assert [reads.distinct_authors(NOON, at(60), brand, "all") for brand in ("Acme", "Bolt")] == [1, 1]


def test_complaints_of_a_window_that_nobody_answered(store: Store) -> None:
    posts = save(store, *(scored(native_id=str(n), author=author(f"a{n}")) for n in range(7)))
    waits, answered, resolved = (open_case(store, post, priority=10.0 * n) for n, post in enumerate(posts[:3], start=1))
    open_case(store, posts[3], reason=Reason.QUESTION)
    open_case(store, posts[4], brand="Bolt")
    open_case(store, posts[5], opened_at=at(60))
    urgent = open_case(store, posts[6], opened_at=at(59), priority=90.0)
    apply(store, answered, change(EventKind.REPLIED, set={"first_reply_at": at(5)}))
    apply(store, resolved, change(EventKind.RESOLVED, set={"state": CaseState.RESOLVED, "resolved_at": at(5)}))
    with store.read() as reads:
        assert [case.id for case in reads.unanswered("Acme", NOON, NOON + HOUR)] == [urgent.id, waits.id]
        assert len(reads.unanswered("", NOON, NOON + HOUR)) == 3
