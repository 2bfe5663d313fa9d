"""What keeps us from hearing is told once, soon, with what to do, and once more when it is over."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from listener.domain.alert import Alert, AlertKind
from listener.domain.budget import Rate
from listener.domain.mention import Gap
from listener.domain.policy import SourceConfig
from listener.domain.stored import ScoredMention
from listener.domain.watched import WatchPolicy
from listener.insight.blindness import Sight, blind_stretches
from listener.insight.windows import HOUR, Window
from listener.ports import Store
from listener.store import open_store
from tests.builders import NOON, author, minutes, scored

X, Y, R = (SourceConfig(name=name, connector=kind) for name, kind in (("x-a", "x"), ("x-b", "x"), ("r", "reddit")))
ALL = (X, Y, R)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    found = open_store(tmp_path / "blind.db")
    yield found
    found.close()


@pytest.fixture
def sight() -> Sight:
    return Sight(WatchPolicy(x_cap_micro_usd=100_000_000))


def read(store: Store, at: datetime, *sources: SourceConfig, error: str = "", credential: str = "") -> None:
    with store.write() as tx:
        for source in sources:
            newest = None if error else at
            tx.record_attempt(
                source.name, source.connector, at, error=error, last_mention=newest, credential=credential
            )


def look(store: Store, sight: Sight, at: datetime, *sources: SourceConfig) -> list[Alert]:
    with store.write() as tx:
        return sight.look(tx, sources or ALL, at)


def test_a_failing_source_is_told_within_ten_minutes_once_and_closed_when_it_is_read(
    store: Store, sight: Sight
) -> None:
    read(store, NOON, *ALL)
    read(store, NOON + minutes(5), X, error="Reauthorize: token refused")
    assert look(store, sight, NOON + minutes(8)) == []
    [alert] = look(store, sight, NOON + minutes(9))
    assert (alert.kind, alert.subject, alert.level) == (AlertKind.BLIND, "x-a", 1)
    assert "token refused" in alert.body
    assert "listener connect" in alert.body
    read(store, NOON + minutes(14), X, error="Reauthorize: token refused")
    assert look(store, sight, NOON + minutes(14)) == []
    read(store, NOON + minutes(30), X)
    [over] = look(store, sight, NOON + minutes(30))
    assert over.closed_at == NOON + minutes(30)
    assert over.title == "Heard again: x-a"
    assert look(store, sight, NOON + minutes(31)) == []


def test_sources_that_fail_for_one_reason_share_an_alert(store: Store, sight: Sight) -> None:
    read(store, NOON, *ALL)
    read(store, NOON + minutes(5), X, Y, error="Retry: 503")
    [alert] = look(store, sight, NOON + minutes(10))
    assert alert.facts["sources"] == ["x-a", "x-b"]
    assert "2 sources" in alert.title


def test_one_that_fails_alike_later_joins_without_a_second_word(store: Store, sight: Sight) -> None:
    read(store, NOON, *ALL)
    read(store, NOON + minutes(5), X, error="Retry: 503")
    [first] = look(store, sight, NOON + minutes(10))
    read(store, NOON + minutes(40), R)
    read(store, NOON + minutes(60), Y, error="Retry: 503")
    assert look(store, sight, NOON + minutes(60)) == []
    with store.read() as reads:
        [standing] = reads.open_alerts()
    assert (standing.key, standing.facts["sources"]) == (first.key, ["x-a", "x-b"])
    read(store, NOON + minutes(61), X)
    assert look(store, sight, NOON + minutes(61)) == []
    read(store, NOON + minutes(62), Y)
    assert [alert.key for alert in look(store, sight, NOON + minutes(62))] == [first.key]


def test_when_every_source_fails_one_alert_says_that_we_are_blind(store: Store, sight: Sight) -> None:
    read(store, NOON, *ALL)
    read(store, NOON + minutes(5), X, Y, error="Retry: 503")
    read(store, NOON + minutes(6), R, error="Retry: timeout")
    [alert] = look(store, sight, NOON + minutes(10))
    assert alert.title.startswith("We are blind: none of 3 sources")
    assert look(store, sight, NOON + minutes(20)) == []


def test_what_begins_with_one_source_and_ends_with_all_is_one_alert_that_grows(store: Store, sight: Sight) -> None:
    read(store, NOON, *ALL)
    read(store, NOON + minutes(5), X, error="Retry: 503")
    [first] = look(store, sight, NOON + minutes(10))
    read(store, NOON + minutes(30), Y, R, error="Retry: no route")
    [grown] = look(store, sight, NOON + minutes(31))
    assert (grown.key, grown.level) == (first.key, 2)
    assert grown.title.startswith("We are blind")
    read(store, NOON + minutes(60), *ALL)
    [over] = look(store, sight, NOON + minutes(60))
    assert over.key == first.key


def test_a_platforms_own_short_pause_is_its_everyday(store: Store, sight: Sight) -> None:
    read(store, NOON, *ALL)
    read(store, NOON + minutes(5), X, error="RateLimited: until 12:20")
    assert look(store, sight, NOON + minutes(20)) == []
    assert len(look(store, sight, NOON + minutes(61))) == 1


def test_a_source_that_was_never_read_is_told_once_it_is_refused(store: Store, sight: Sight) -> None:
    read(store, NOON, Y, R)
    read(store, NOON, X, error="NotPermitted: no access")
    assert [alert.subject for alert in look(store, sight, NOON + minutes(1))] == ["x-a"]


def test_money_nearly_gone_is_told_once_grows_when_it_is_spent_and_ends_with_the_month(
    store: Store, sight: Sight
) -> None:
    read(store, NOON, X, credential="x:1")
    with store.write() as tx:
        assert tx.reserve("x:1", 89_000_000, 100_000_000, NOON)
    assert look(store, sight, NOON, X) == []
    with store.write() as tx:
        assert tx.reserve("x:1", 2_000_000, 100_000_000, NOON)
    [alert] = look(store, sight, NOON, X)
    assert "$9.00 of $100.00" in alert.title
    assert "x_monthly_cap_usd" in alert.body
    assert look(store, sight, NOON + minutes(5), X) == []
    read(store, NOON + minutes(10), X, error="BudgetSpent: cap reached", credential="x:1")
    [spent] = look(store, sight, NOON + minutes(30), X)
    assert (spent.key, spent.level, spent.title) == (alert.key, 2, "Money is spent: x-a can't be read")
    read(store, NOON + timedelta(days=31), X, credential="x:1")
    [over] = look(store, sight, NOON + timedelta(days=31), X)
    assert over.closed_at is not None


def test_money_of_a_months_last_day_needs_nobody(store: Store, sight: Sight) -> None:
    late = NOON.replace(day=31, hour=12)
    read(store, late, X, credential="x:1")
    with store.write() as tx:
        tx.reserve("x:1", 99_000_000, 100_000_000, late)
    assert look(store, sight, late, X) == []


@pytest.mark.parametrize(("left", "resets", "told"), [(9, 24, 1), (11, 24, 0), (0, 0.5, 0)])
def test_calls_that_come_back_late_are_told_when_few_are_left(
    store: Store, sight: Sight, left: int, resets: float, told: int
) -> None:
    read(store, NOON, X, credential="x:1")
    with store.write() as tx:
        tx.heard("x:1", "search", Rate(capacity=100, left=left, resets_at=NOON + resets * HOUR), NOON)
    assert len(look(store, sight, NOON, X)) == told


def test_a_gap_that_grows_is_told_and_one_that_was_found_once_is_not(store: Store, sight: Sight) -> None:
    read(store, NOON, *ALL)
    gap(store, X, NOON - 3 * HOUR, NOON)
    assert look(store, sight, NOON) == []
    assert look(store, sight, NOON + minutes(5)) == []
    gap(store, X, NOON, NOON + minutes(10))
    [alert] = look(store, sight, NOON + minutes(10))
    assert (alert.subject, alert.title) == ("gap of x-a", "A gap grows: 3 h 10 min of x-a are unseen")
    [over] = look(store, sight, NOON + 3 * HOUR)
    assert over.closed_at is not None


def gap(store: Store, source: SourceConfig, since: datetime, until: datetime) -> None:
    with store.write() as tx:
        tx.add_gap(source.name, Gap(since=since, until=until, reason="page cap"), until)


def test_unclassified_posts_are_told_by_age_or_by_number_and_closed_when_read(store: Store, sight: Sight) -> None:
    with store.write() as tx:
        tx.save_mentions([unread("1")], NOON)
    assert look(store, sight, NOON + minutes(8)) == []
    [alert] = look(store, sight, NOON + minutes(9))
    assert alert.kind is AlertKind.BACKLOG
    assert alert.title == "Unclassified: 1 posts, the oldest for 9 min"
    with store.write() as tx:
        tx.save_mentions([scored("@acme late", "1")], NOON + minutes(20))
    assert [a.closed_at is not None for a in look(store, sight, NOON + minutes(20))] == [True]
    many = Sight(WatchPolicy(backlog_posts=2))
    with store.write() as tx:
        tx.save_mentions([unread("2"), unread("3")], NOON + minutes(30))
    assert len(look(store, many, NOON + minutes(30))) == 1


def unread(native_id: str) -> ScoredMention:
    return replace(scored("@acme late", native_id), verdict=None)


def test_a_loud_platform_that_goes_quiet_is_told_long_before_a_day_has_passed(store: Store, sight: Sight) -> None:
    begin = NOON - timedelta(days=10)
    posts = [
        scored("@acme hello", f"{n}", author=author(f"a{n}"), created_at=begin + n * minutes(6))
        for n in range(10 * 240)
    ]
    with store.write() as tx:
        tx.save_mentions(posts, NOON)
    read(store, NOON, X)
    assert quiet(store, sight, NOON + minutes(50)) == []
    with store.write() as tx:
        tx.record_attempt(X.name, "x", NOON + minutes(64))
    [alert] = quiet(store, sight, NOON + minutes(65))
    assert (alert.kind, alert.subject) == (AlertKind.SILENCE, "x-a")
    assert "about 11 posts are usual" in alert.title
    assert quiet(store, sight, NOON + minutes(70)) == []
    read(store, NOON + minutes(75), X)
    assert [a.title for a in quiet(store, sight, NOON + minutes(75))] == ["Heard again: x-a"]


def quiet(store: Store, sight: Sight, at: datetime) -> list[Alert]:
    with store.write() as tx:
        return sight.silences(tx, [X], at)


def test_what_fails_is_blind_and_not_silent_too(store: Store, sight: Sight) -> None:
    read(store, NOON, *ALL)
    later = NOON + timedelta(days=2)
    read(store, later, *ALL, error="Retry: 503")
    assert len(look(store, sight, later)) == 1
    with store.write() as tx:
        assert sight.silences(tx, ALL, later) == []


def test_the_day_tells_when_a_source_failed_that_is_read_again(store: Store, sight: Sight) -> None:
    read(store, NOON, *ALL)
    read(store, NOON + minutes(5), X, error="Retry: 503")
    look(store, sight, NOON + minutes(10))
    read(store, NOON + minutes(90), X)
    look(store, sight, NOON + minutes(90))
    with store.read() as reads:
        [only] = blind_stretches(reads, Window(since=NOON - HOUR, until=NOON + HOUR))
    assert (only.source, only.since, only.until) == ("x-a", NOON, NOON + HOUR)
