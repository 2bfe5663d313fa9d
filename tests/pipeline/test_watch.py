"""One honest alert when complaints spike or a source falls silent; none for a record that only begins."""

from datetime import datetime, timedelta

import pytest

from listener.domain.alert import Alert, AlertKind
from listener.domain.hours import hour_of
from listener.domain.mention import Gap
from listener.domain.policy import SourceConfig, SpikePolicy
from listener.domain.watched import Scope
from listener.insight.spikes import Detector
from listener.insight.watch import MARK, Watch
from listener.ports import Store
from tests.builders import NOON, author, scored

START = NOON - timedelta(days=6)
QUIET = 3
BURST = 25


def complaints(store: Store, hour: datetime, people: int, *, brand: str = "Acme") -> None:
    """`people` different authors complain within the hour."""
    rows = [
        scored(
            f"@acme late {brand} {hour} {n}",
            f"{brand}{hour:%d%H}-{n}",
            brand=brand,
            author=author(f"{brand}{hour:%d%H}-{n}"),
            created_at=hour + timedelta(minutes=1 + n % 58),
        )
        for n in range(people)
    ]
    with store.write() as tx:
        tx.save_mentions(rows, hour)


def watch_hour(store: Store, watch: Watch, hour: datetime) -> list[Alert]:
    """Look once, when `hour` is over and its grace has passed."""
    with store.write() as tx:
        return watch.spikes(tx, hour + timedelta(hours=1, minutes=6))


def quiet_days(store: Store, watch: Watch, until: datetime, *, brand: str = "Acme", start: datetime = START) -> None:
    for n in range((until - start) // timedelta(hours=1)):
        complaints(store, start + timedelta(hours=n), QUIET + n % 2, brand=brand)
    assert watch_hour(store, watch, until - timedelta(hours=1)) == []


def usual(watch: Watch, brand: str) -> Detector:
    """The detector of a brand's complaints."""
    return watch._brands[brand].detectors[Scope(brand)]


@pytest.fixture
def watch() -> Watch:
    return Watch(SpikePolicy())


def test_a_spike_opens_once_and_closes_when_it_is_over(store: Store, watch: Watch) -> None:
    quiet_days(store, watch, NOON)
    told: list[Alert] = []
    for n, people in enumerate([BURST, BURST, BURST, 2, 2, 2, 2, 2]):
        complaints(store, NOON + timedelta(hours=n), people)
        told += watch_hour(store, watch, NOON + timedelta(hours=n))
    opened = [alert for alert in told if alert.closed_at is None and alert.level == 1]
    closed = [alert for alert in told if alert.closed_at is not None]
    assert len(opened) == len(closed) == 1
    assert "Acme" in opened[0].title
    assert "usual" in opened[0].body
    with store.read() as reads:
        assert reads.open_alerts() == []


def test_an_alert_need_not_wait_for_the_hour_to_end(store: Store, watch: Watch) -> None:
    quiet_days(store, watch, NOON)
    complaints(store, NOON, BURST)
    with store.write() as tx:
        assert len(watch.spikes(tx, NOON + timedelta(minutes=59))) == 1


def test_looking_again_at_the_same_instant_says_nothing_new(store: Store, watch: Watch) -> None:
    quiet_days(store, watch, NOON)
    complaints(store, NOON, BURST)
    assert len(watch_hour(store, watch, NOON)) == 1
    assert watch_hour(store, watch, NOON) == []


def test_a_restart_sees_what_an_unbroken_run_would_have_seen(store: Store, watch: Watch) -> None:
    quiet_days(store, watch, NOON)
    complaints(store, NOON, BURST)
    fresh = Watch(SpikePolicy())
    told = watch_hour(store, fresh, NOON)
    assert len(told) == 1
    assert watch_hour(store, Watch(SpikePolicy()), NOON) == []


def test_a_brand_first_heard_after_a_pause_is_judged_alike_with_and_without_a_restart(
    store: Store, watch: Watch
) -> None:
    quiet_days(store, watch, NOON)
    later = NOON + timedelta(hours=20)
    complaints(store, later, QUIET, brand="Newcomer")
    restarted = Watch(SpikePolicy())
    for seen in (watch, restarted):
        with store.write() as tx:
            tx.set_mark(MARK, (NOON - timedelta(hours=1)).isoformat())
        watch_hour(store, seen, later)
    hour = later + timedelta(hours=1)
    assert usual(watch, "Newcomer").peek(QUIET, hour) == usual(restarted, "Newcomer").peek(QUIET, hour)
    fresh = Watch(SpikePolicy())
    watch_hour(store, fresh, later)
    assert usual(fresh, "Newcomer").peek(QUIET, hour) == usual(watch, "Newcomer").peek(QUIET, hour)


def test_a_rolled_back_look_is_forgotten(store: Store, watch: Watch) -> None:
    quiet_days(store, watch, NOON)
    complaints(store, NOON, BURST)
    with pytest.raises(RuntimeError, match="crash"), store.write() as tx:
        assert len(watch.spikes(tx, NOON + timedelta(hours=1, minutes=6))) == 1
        raise RuntimeError("crash")
    assert len(watch_hour(store, watch, NOON)) == 1


def test_a_record_that_only_begins_is_no_spike_but_is_told_once_as_too_new(store: Store, watch: Watch) -> None:
    quiet_days(store, watch, NOON)
    told = []
    for n in range(8):
        complaints(store, NOON + timedelta(hours=n), BURST, brand="Newcomer")
        told += watch_hour(store, watch, NOON + timedelta(hours=n))
    assert [(alert.kind, alert.brand) for alert in told] == [(AlertKind.COLD, "Newcomer")]


def test_where_every_record_begins_nobody_is_told_that_it_is_new(store: Store, watch: Watch) -> None:
    complaints(store, NOON, BURST)
    assert watch_hour(store, watch, NOON) == []


def test_hours_that_were_caught_up_on_late_do_not_page(store: Store, watch: Watch) -> None:
    quiet_days(store, watch, NOON)
    complaints(store, NOON, BURST)
    with store.write() as tx:
        assert watch.spikes(tx, NOON + timedelta(hours=9)) == []


def test_an_outage_of_ours_is_neither_calm_nor_a_spike(store: Store, watch: Watch) -> None:
    quiet_days(store, watch, NOON)
    back = NOON + timedelta(hours=10)
    with store.write() as tx:
        tx.add_gap("x", Gap(since=NOON, until=back, reason="down"), back)
    told = []
    for n in range(5):
        complaints(store, back + timedelta(hours=n), 2 * QUIET)
        told += watch_hour(store, watch, back + timedelta(hours=n))
    assert told == []


def test_hours_in_which_every_source_failed_are_not_taken_for_calm(store: Store, watch: Watch) -> None:
    quiet_days(store, watch, NOON)
    heard(store, NOON)
    back = NOON + timedelta(hours=30)
    for n in range(30):
        heard(store, NOON + timedelta(hours=n, minutes=30), error="Retry: 503")
        assert watch_hour(store, watch, NOON + timedelta(hours=n)) == []
    expected = usual(watch, "Acme").peek(0, back).expected
    assert expected > QUIET


SOURCE = SourceConfig(name="x-acme", connector="x", silent_after=timedelta(hours=2))


def silences(store: Store, watch: Watch, now: datetime) -> list[Alert]:
    with store.write() as tx:
        return watch.silences(tx, [SOURCE], now)


def heard(store: Store, at: datetime, error: str = "") -> None:
    with store.write() as tx:
        tx.record_attempt(SOURCE.name, "x", at, error=error, last_mention=None if error else at)


def test_a_silent_source_is_told_once_and_once_more_when_it_is_heard_again(store: Store, watch: Watch) -> None:
    heard(store, NOON)
    assert silences(store, watch, NOON + timedelta(hours=2)) == []
    late = silences(store, watch, NOON + timedelta(hours=3))
    assert [alert.title for alert in late] == ["Silent: nothing from x-acme for 3 h 0 min"]
    assert silences(store, watch, NOON + timedelta(hours=4)) == []
    heard(store, NOON + timedelta(hours=5))
    back = silences(store, watch, NOON + timedelta(hours=5))
    assert [alert.title for alert in back] == ["Heard again: x-acme"]
    assert silences(store, watch, NOON + timedelta(hours=5)) == []


def test_a_silence_says_whether_reading_fails(store: Store, watch: Watch) -> None:
    heard(store, NOON)
    heard(store, NOON + timedelta(hours=1), error="Reauthorize: token refused")
    assert "token refused" in silences(store, watch, NOON + timedelta(hours=3))[0].body


def test_a_source_that_was_never_heard_is_not_yet_silent(store: Store, watch: Watch) -> None:
    assert silences(store, watch, NOON) == []


def test_clock_hours_are_utc() -> None:
    assert hour_of(datetime.fromisoformat("2026-03-02T12:59:59.5+05:30")) == datetime.fromisoformat(
        "2026-03-02T07:00:00+00:00"
    )
