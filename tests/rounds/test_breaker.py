"""What holds a source back outlives a restart; a refused credential is tried by one source at a time."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pytest

from listener.clock import VirtualClock
from listener.errors import RateLimited, Reauthorize, Retry
from listener.ports import Store
from listener.rounds import Job, Schedule, one_round
from listener.rounds.breaker import jittered, next_wait
from tests.builders import NOON, minutes
from tests.pipeline.parts import SOURCE, Scripted, page, stages

HOUR = timedelta(hours=1)


@dataclass
class Signed(Scripted):
    credential: str = "x:a"


def signed(*errors: Exception, credential: str = "x:a") -> Signed:
    return Signed([*errors, page(cursor=1, done=True)], credential=credential)


def job(n: int, connector: Scripted) -> Job:
    return Job(source=replace(SOURCE, name=f"s{n}"), connector=connector)


def polled(jobs: list[Job]) -> list[int]:
    return [len(one.connector.polled_from) for one in jobs]  # type: ignore[attr-defined]


def test_the_credential_is_recorded_with_every_attempt(store: Store, tmp_path: Path) -> None:
    one_round(stages(store, tmp_path), [job(1, signed()), job(2, Scripted([Reauthorize("no")]))], {})
    with store.read() as reads:
        assert [(row.source, row.credential) for row in reads.health()] == [("s1", "x:a"), ("s2", "")]


def test_a_failing_source_goes_on_waiting_after_a_restart(store: Store, tmp_path: Path) -> None:
    clock = VirtualClock(NOON)
    with store.write() as tx:
        for n in range(3):
            tx.record_attempt("s1", "x", NOON + minutes(n), error="Retry: 503")
    clock.advance_to(NOON + minutes(10))
    schedule = Schedule(stages(store, tmp_path, clock=clock), [job(1, signed()), job(2, signed())])
    assert schedule.due_at("s1") == NOON + minutes(2) + next_wait(SOURCE.interval, 3)
    assert schedule.due_at("s2") == clock.now()


def test_a_wait_lies_between_the_interval_and_its_bound() -> None:
    waits = [jittered(minutes(5), 3) for _ in range(400)]
    assert min(waits) >= minutes(5)
    assert max(waits) <= minutes(40)
    assert max(waits) - min(waits) > minutes(25), "no jitter to speak of"
    assert jittered(minutes(5), 0) == minutes(5)


def test_one_refusal_rests_all_that_share_the_credential(store: Store, tmp_path: Path) -> None:
    clock = VirtualClock(NOON)
    ready = stages(store, tmp_path, clock=clock)
    one_round(ready, [job(1, signed(Reauthorize("token refused")))], {})
    jobs = [job(1, signed()), job(2, signed()), job(3, signed(credential="x:b"))]
    report = one_round(ready, jobs, {})
    assert polled(jobs) == [0, 0, 1]
    assert sorted(one.source for one in report.failed) == ["s1", "s2"]


def test_after_the_rest_one_asks_and_the_others_wait_for_what_it_hears(store: Store, tmp_path: Path) -> None:
    clock = VirtualClock(NOON)
    ready = stages(store, tmp_path, clock=clock)
    one_round(ready, [job(1, signed(Reauthorize("token refused")))], {})
    clock.advance_to(NOON + minutes(61))
    jobs = [job(n, signed(Reauthorize("still refused"))) for n in range(2, 6)]
    one_round(ready, [job(1, signed(Reauthorize("still refused"))), *jobs], {})
    assert polled(jobs) == [0, 0, 0, 0]
    clock.advance_to(NOON + minutes(130))
    good = [job(n, signed()) for n in range(1, 6)]
    one_round(ready, good, {})
    assert polled(good) == [1, 1, 1, 1, 1]


def test_a_run_asks_with_one_source_too(store: Store, tmp_path: Path) -> None:
    clock = VirtualClock(NOON)
    ready = stages(store, tmp_path, clock=clock)
    one_round(ready, [job(1, signed(Reauthorize("token refused")))], {})
    clock.advance_to(NOON + minutes(61))
    jobs = [job(1, signed(Reauthorize("still refused"))), job(2, signed()), job(3, signed())]
    schedule = Schedule(ready, jobs)
    for asked in ([1, 0, 0], [1, 0, 0]):
        _turn(schedule)
        assert polled(jobs) == asked
    clock.sleep(3700)
    _turn(schedule)
    assert sum(polled(jobs)) == 2
    _turn(schedule), _turn(schedule)
    assert polled(jobs)[1:] == [1, 1]


def _turn(schedule: Schedule) -> None:
    with ThreadPoolExecutor() as pool:
        schedule.start_due(pool)
    schedule.collect()


@pytest.mark.parametrize("error", [Reauthorize("refused"), RateLimited("429", until=NOON + HOUR)])
def test_new_secrets_begin_anew(store: Store, tmp_path: Path, error: Exception) -> None:
    ready = stages(store, tmp_path)
    one_round(ready, [job(1, signed(error))], {})
    same, renewed = [job(1, signed())], [job(1, signed(credential="x:new"))]
    one_round(ready, same, {})
    one_round(ready, renewed, {})
    assert (polled(same), polled(renewed)) == ([0], [1])


def test_a_run_of_failures_ends_with_new_secrets(store: Store, tmp_path: Path) -> None:
    ready = stages(store, tmp_path)
    one_round(ready, [job(1, signed(Retry("503"), Retry("503"), Retry("503")))], {})
    assert Schedule(ready, [job(1, signed())]).due_at("s1") > NOON
    assert Schedule(ready, [job(1, signed(credential="x:new"))]).due_at("s1") == NOON
