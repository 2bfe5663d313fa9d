"""Sources are read side by side; a failing one waits longer, the others don't notice."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from listener.clock import VirtualClock
from listener.domain.stored import InboxFilter
from listener.errors import RateLimited, Reauthorize
from listener.ports import Store
from listener.rounds import Job, Schedule, next_wait, one_round, run_forever
from tests.builders import NOON, author, mention, minutes
from tests.pipeline.parts import SOURCE, Scripted, page, stages

OTHER = replace(SOURCE, name="other")


def good(n: int) -> Scripted:
    return Scripted([page(mention("@acme late", str(n), author=author(f"a{n}")), cursor=1, done=True)])


def test_one_failing_source_is_a_row_of_the_report_and_the_other_is_read(store: Store, tmp_path: Path) -> None:
    jobs = [
        Job(source=SOURCE, connector=Scripted([Reauthorize("refused")])),
        Job(source=OTHER, connector=good(1)),
    ]
    report = one_round(stages(store, tmp_path), jobs, {})
    assert [(one.source, one.code, one.opened) for one in report.sources] == [
        ("x-acme", "Reauthorize", 0),
        ("other", "", 1),
    ]


def test_no_request_is_made_inside_a_declared_window_even_after_a_restart(store: Store, tmp_path: Path) -> None:
    clock = VirtualClock(NOON)
    limited = Scripted([RateLimited("slow down", until=NOON + minutes(15))])
    one_round(stages(store, tmp_path, clock=clock), [Job(source=SOURCE, connector=limited)], {})
    after_restart = good(1)
    report = one_round(stages(store, tmp_path, clock=clock), [Job(source=SOURCE, connector=after_restart)], {})
    assert (after_restart.polled_from, report.failed[0].code) == ([], "RateLimited")
    clock.advance_to(NOON + minutes(16))
    one_round(stages(store, tmp_path, clock=clock), [Job(source=SOURCE, connector=after_restart)], {})
    assert after_restart.polled_from == [""]


def test_a_failing_source_waits_twice_as_long_each_time_up_to_an_hour() -> None:
    five = minutes(5)
    assert [next_wait(five, n) for n in (0, 1, 2, 3, 4, 50)] == [minutes(m) for m in (5, 10, 20, 40, 60, 60)]
    assert next_wait(timedelta(hours=6), 9) == timedelta(hours=6)


def test_a_run_reads_until_it_is_told_to_stop(store: Store, tmp_path: Path) -> None:
    clock = VirtualClock(NOON)
    connector = good(1)
    ready = stages(store, tmp_path, clock=clock, stopping=lambda: len(connector.polled_from) == 3)
    run_forever(ready, [Job(source=SOURCE, connector=connector)], {})
    assert connector.polled_from == ["", "1", "1"]
    assert clock.now() >= NOON + 2 * SOURCE.interval
    with store.read() as reads:
        assert len(reads.inbox(InboxFilter(), NOON, 10)) == 1


def test_a_source_that_is_still_paused_at_start_is_scheduled_for_the_end_of_its_pause(
    store: Store, tmp_path: Path
) -> None:
    until = NOON + minutes(15)
    with store.write() as tx:
        tx.record_attempt(SOURCE.name, "x", NOON, error="limited", paused_until=until)
    schedule = Schedule(stages(store, tmp_path), [Job(source=SOURCE, connector=good(1))])
    assert schedule.due_at(SOURCE.name) == until
