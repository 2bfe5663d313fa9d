"""C5: whatever is done to cases, in whatever order, they are as the model says; and the machine sees seeded bugs."""

from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.errors import Flaky
from hypothesis.stateful import run_state_machine_as_test

from tests.triage.bugs import BUGS
from tests.triage.life import CaseLife

QUIET = list(HealthCheck)
MOST = 400
"""Examples within which a seeded bug must be found; it takes far fewer."""


def test_C5_a_cases_life_is_as_the_model_says() -> None:
    run_state_machine_as_test(
        CaseLife, settings=settings(max_examples=15, stateful_step_count=25, deadline=None, suppress_health_check=QUIET)
    )


@pytest.mark.sqlite  # one of them is in how that commits
@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: bug.__name__)
def test_C5_the_machine_finds_a_seeded_bug(
    bug: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    bug(monkeypatch)
    with pytest.raises((AssertionError, Flaky)):
        run_state_machine_as_test(
            CaseLife,
            settings=settings(
                max_examples=MOST,
                stateful_step_count=25,
                deadline=None,
                derandomize=True,
                database=None,
                phases=[Phase.generate],
                suppress_health_check=QUIET,
                print_blob=False,
            ),
        )
