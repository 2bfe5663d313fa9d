"""What is due is told by the tables alone, the same whoever looks."""

from datetime import timedelta
from pathlib import Path

from listener import app, pipeline
from listener.clock import VirtualClock
from listener.domain.policy import SourceConfig
from listener.errors import Retry
from listener.pipeline import Stages
from listener.ports import Store
from listener.rounds import TICK, Job
from listener.workers.hints import STRETCH, Task
from listener.workers.sweep import AGAIN, PACES, Sweep, due_sources
from tests.builders import NOON, minutes
from tests.pipeline.parts import Keywords, Scripted, page, settings
from tests.workers.parts import posts, source, unscored

HOURLY = timedelta(hours=1)


def ready(store: Store, folder: Path) -> tuple[Stages, VirtualClock]:
    clock = VirtualClock(NOON)
    return app.compose(settings(folder), store, clock, classifier=Keywords()), clock


def job(config: SourceConfig, *steps: object, credential: str = "") -> Job:
    connector = Scripted(list(steps))  # type: ignore[arg-type]
    if credential:
        connector.credential = credential  # type: ignore[attr-defined]
    return Job(source=config, connector=connector)


def names(found: list[Job]) -> list[str]:
    return [one.source.name for one in found]


def test_a_source_is_due_when_its_interval_is_over(store: Store, tmp_path: Path) -> None:
    stages, clock = ready(store, tmp_path)
    jobs = [job(source("a", HOURLY), page(cursor=0, done=True)), job(source("b", HOURLY))]
    assert names(due_sources(stages, jobs)) == ["a", "b"]
    pipeline.run_source(stages, jobs[0].source, jobs[0].connector)
    assert names(due_sources(stages, jobs)) == ["b"]
    clock.advance_to(NOON + HOURLY)
    assert names(due_sources(stages, jobs)) == ["a", "b"]


def test_a_source_that_fails_is_asked_less_often(store: Store, tmp_path: Path) -> None:
    stages, clock = ready(store, tmp_path)
    failing = job(source("a", minutes(5)), Retry("away"), Retry("away"), Retry("away"))
    pipeline.run_source(stages, failing.source, failing.connector)
    clock.advance_to(clock.now() + minutes(6))
    assert due_sources(stages, [failing]) == []
    clock.advance_to(clock.now() + minutes(5))
    assert names(due_sources(stages, [failing])) == ["a"]


def test_A6_of_those_whose_credential_was_refused_one_asks_when_the_pause_is_over(store: Store, tmp_path: Path) -> None:
    stages, clock = ready(store, tmp_path)
    jobs = [job(source(name, minutes(5)), credential="token") for name in ("a", "b")]
    with store.write() as tx:
        for one in jobs:
            tx.record_attempt(
                one.source.name,
                "x",
                NOON,
                error="Reauthorize: refused",
                paused_until=NOON + HOURLY,
                credential="token",
            )
    assert due_sources(stages, jobs) == []
    clock.advance_to(NOON + 2 * HOURLY)
    assert names(due_sources(stages, jobs)) == ["a"]


def test_stretches_without_verdicts_are_found_newest_first_and_not_again_at_once(store: Store, tmp_path: Path) -> None:
    unscored(store, tmp_path, posts(1, STRETCH + 5))
    stages, clock = ready(store, tmp_path)
    sweep = Sweep(stages, [])

    def found() -> list[object]:
        return [hint.args["first"] for hint in sweep.look() if hint.task is Task.SCORE]

    assert found() == [STRETCH, 0]
    assert found() == []
    clock.advance_to(NOON + AGAIN)
    assert found() == [STRETCH, 0]


def test_chores_keep_their_pace_however_many_look(store: Store, tmp_path: Path) -> None:
    stages, clock = ready(store, tmp_path)
    sweeps = [Sweep(stages, []), Sweep(stages, [])]

    def found() -> list[Task]:
        return [hint.task for sweep in sweeps for hint in sweep.look() if hint.task is not Task.DELIVER]

    assert sorted(found()) == sorted(PACES)
    assert found() == []
    clock.advance_to(NOON + TICK)
    assert sorted(found()) == sorted(task for task, pace in PACES.items() if pace <= TICK)
