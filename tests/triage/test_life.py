"""C5: whatever is done to cases, in whatever order, they are as the model says; and the machine sees seeded bugs."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from listener.triage import intake, moves
from listener.triage.intake_rules import Arrival, Attach, Decision, Nothing, Open, Wake, decide
from tests.triage.life import CaseLife

QUIET = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]


def test_C5_a_cases_life_is_as_the_model_says() -> None:
    run_state_machine_as_test(
        CaseLife, settings=settings(max_examples=20, stateful_step_count=20, deadline=None, suppress_health_check=QUIET)
    )


def never_refuses(*_: object) -> None:
    """A guard that lets everything pass."""


def opens_always(arrival: Arrival, *rest: object) -> Decision:
    reason = arrival.reason
    return Open(reason) if reason == "complaint" else Nothing()


def wakes_never(*given: object) -> Decision:
    decision = decide(*given)  # type: ignore[arg-type]
    return Attach(decision.case) if isinstance(decision, Wake) else decision


ROBBED = pytest.param(moves, "refuse_if_held", never_refuses, id="a live lease is robbed")
BUGS = [
    ROBBED,
    pytest.param(moves, "refuse_if_resolved", never_refuses, id="a resolved case is resolved again"),
    pytest.param(intake, "decide", opens_always, id="every complaint opens a case of its own"),
    pytest.param(intake, "decide", wakes_never, id="a snoozed case sleeps on"),
]


@contextmanager
def machine() -> Iterator[CaseLife]:
    """With one case, opened by a complaint."""
    life = CaseLife()
    life.begin()
    try:
        yield life
    finally:
        life.teardown()


def a_busy_morning(life: CaseLife) -> None:
    """Steps that pass over each of the seeded bugs, checked as the machine checks them."""
    steps: list[Callable[[], object]] = [
        lambda: life.its_author_writes_again(n=0, kind="complaint"),
        lambda: life.claim(n=0, agent="ann"),
        lambda: life.reply(n=0, agent="bob"),
        lambda: life.snooze(n=0, agent="ann", hours=20),
        lambda: life.its_author_writes_again(n=0, kind="chatter"),
        lambda: life.resolve(n=0, agent="bob"),
        lambda: life.resolve(n=0, agent="bob"),
        lambda: life.its_author_writes_again(n=0, kind="thanks"),
    ]
    for step in steps:
        step()
        life.the_store_is_as_the_model_has_it()


def test_C5_a_busy_morning_is_as_the_model_says() -> None:
    with machine() as life:
        a_busy_morning(life)


@pytest.mark.parametrize(("where", "name", "bug"), BUGS)
def test_C5_the_model_sees_a_seeded_bug(
    where: object, name: str, bug: Callable[..., object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(where, name, bug)
    with machine() as life, pytest.raises(AssertionError):
        a_busy_morning(life)


@pytest.mark.parametrize(("where", "name", "bug"), [ROBBED])
def test_C5_the_machine_finds_a_seeded_bug_by_itself(
    where: object, name: str, bug: Callable[..., object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(where, name, bug)
    with pytest.raises(AssertionError):
        run_state_machine_as_test(
            CaseLife,
            settings=settings(
                max_examples=200,
                stateful_step_count=20,
                deadline=None,
                derandomize=True,
                database=None,
                phases=[Phase.generate],
                suppress_health_check=QUIET,
                print_blob=False,
            ),
        )
