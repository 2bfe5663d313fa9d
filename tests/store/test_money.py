"""The ledger never lets a credential pass its cap, however many spend at once."""

import threading
from datetime import UTC, datetime, timedelta

from listener.domain.budget import Purpose, Quota, Rate
from listener.ports import Store
from tests.builders import NOON
from tests.store.steps import write

CAP = 1_000


def _reserve(store: Store, amount: int, now: datetime = NOON, credential: str = "x") -> bool:
    return bool(write(store, lambda tx: tx.reserve(credential, amount, CAP, now)))


def _settle(store: Store, reserved: int, spent: int, now: datetime = NOON) -> None:
    write(store, lambda tx: tx.settle("x", reserved, spent, now))


def test_a_reservation_beyond_the_cap_is_refused_and_changes_nothing(store: Store) -> None:
    assert _reserve(store, 600)
    assert not _reserve(store, 401)
    assert _reserve(store, 400)
    assert not _reserve(store, 1)
    assert not _reserve(store, CAP + 1, credential="other")


def test_settling_frees_what_was_not_spent(store: Store) -> None:
    _reserve(store, CAP)
    _settle(store, CAP, 300)
    assert not _reserve(store, 701)
    assert _reserve(store, 700)


def test_a_call_that_cost_more_than_reserved_counts_in_full(store: Store) -> None:
    _reserve(store, 100)
    _settle(store, 100, CAP)
    assert not _reserve(store, 1)


def test_each_month_begins_anew(store: Store) -> None:
    last = datetime(2026, 3, 31, 23, 59, tzinfo=UTC)
    assert _reserve(store, CAP, last)
    april = datetime(2026, 4, 1, tzinfo=UTC)
    assert _reserve(store, 400, april)
    _settle(store, CAP, CAP, last)
    assert _reserve(store, 600, april)
    assert not _reserve(store, 1, april)


def test_a_settlement_of_last_month_does_not_free_anothers_reservation_below_nothing(store: Store) -> None:
    april = datetime(2026, 4, 1, tzinfo=UTC)
    _reserve(store, 10, april)
    _settle(store, 500, 20, april)
    assert _reserve(store, CAP - 20, april)
    assert not _reserve(store, 1, april)


def test_threads_that_reserve_at_once_stay_under_the_cap(store: Store) -> None:
    granted: list[bool] = []
    threads = [threading.Thread(target=lambda: granted.extend(_reserve(store, 90) for _ in range(5))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert granted.count(True) == CAP // 90


def _take(store: Store, units: int = 1, now: datetime = NOON, purpose: Purpose = Purpose.REPLY) -> datetime | None:
    quota = Quota(units=10, period=timedelta(hours=1))
    until: datetime | None = write(store, lambda tx: tx.take("x", "read", units, purpose, quota, now))
    return until


def test_a_quota_is_counted_across_units_of_work_until_its_window_ends(store: Store) -> None:
    assert [_take(store, 4), _take(store, 4)] == [None, None]
    assert _take(store, 4) == NOON + timedelta(hours=1)
    assert _take(store, 2) is None
    assert _take(store, 4, NOON + timedelta(hours=1)) is None


def test_buckets_and_credentials_are_counted_apart(store: Store) -> None:
    assert _take(store, 10) is None
    assert write(store, lambda tx: tx.take("x", "write", 1, Purpose.REPLY, None, NOON)) is None
    assert write(store, lambda tx: tx.take("y", "read", 1, Purpose.REPLY, None, NOON)) is None


def test_what_a_platform_said_outranks_our_count(store: Store) -> None:
    _take(store, 1)
    until = NOON + timedelta(minutes=5)
    write(store, lambda tx: tx.heard("x", "read", Rate(left=0, resets_at=until, blocked_until=until), NOON))
    assert _take(store) == until
    assert _take(store, now=until) is None


def test_many_at_once_never_take_more_than_there_is(store: Store) -> None:
    granted: list[bool] = []
    threads = [threading.Thread(target=lambda: granted.append(_take(store) is None)) for _ in range(25)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert granted.count(True) == 10
