"""C5: whatever is done to cases, in whatever order, they are as the model says; and the machine sees seeded bugs."""

from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from listener.triage import intake, moves
from listener.triage.intake_rules import Arrival, Attach, Decision, Nothing, Open, Wake, decide
from tests.triage.life import CaseLife

QUIET = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]


def test_C5_a_cases_life_is_as_the_model_says() -> None:
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        CaseLife, settings=settings(max_examples=25, stateful_step_count=20, deadline=None, suppress_health_check=QUIET)
    )


def never_refuses(*_: object) -> None:
    """A guard that lets everything pass."""


def opens_always(arrival: Arrival, *rest: object) -> Decision:
    reason = arrival.reason
    return Open(reason) if reason == "complaint" else Nothing()


def wakes_never(*given: object) -> Decision:
    decision = decide(*given)  # type: ignore[arg-type]
    return Attach(decision.case) if isinstance(decision, Wake) else decision


@pytest.mark.parametrize(
    ("where", "name", "bug"),
    [
        pytest.param(moves, "_refuse_if_held", never_refuses, id="a live lease is robbed"),
        pytest.param(moves, "_refuse_if_resolved", never_refuses, id="a resolved case is resolved again"),
        pytest.param(intake, "decide", opens_always, id="every complaint opens a case of its own"),
        pytest.param(intake, "decide", wakes_never, id="a snoozed case sleeps on"),
    ],
)
def test_C5_the_machine_sees_a_seeded_bug(
    where: object, name: str, bug: Callable[..., object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(where, name, bug)
    with pytest.raises(AssertionError):
        run_state_machine_as_test(  # type: ignore[no-untyped-call]
            CaseLife,
            settings=settings(
                max_examples=50,
                stateful_step_count=20,
                deadline=None,
                derandomize=True,
                database=None,
                phases=[Phase.generate],
                suppress_health_check=QUIET,
                print_blob=False,
            ),
        )
