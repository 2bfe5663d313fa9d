"""A script can act on how a command ended."""

import pytest

from listener import errors
from listener.cli.exits import Exit, code_named
from listener.cli.run import failure_code
from listener.domain.run import RunReport, SourceReport


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("BudgetSpent", Exit.RETRY_LATER),
        ("RateLimited", Exit.RETRY_LATER),
        ("Reauthorize", Exit.CREDENTIALS),
        ("NotPermitted", Exit.CREDENTIALS),
        ("DiskFull", Exit.DISK_FULL),
        ("StoreError", Exit.STORE),
        ("Conflict", Exit.STORE),
        ("ConfigError", Exit.USAGE),
        ("KeyError", Exit.BUG),
        ("datetime", Exit.BUG),
    ],
)
def test_each_failure_has_its_code(name: str, code: Exit) -> None:
    assert code_named(name) is code


def test_every_expected_error_has_a_code_that_is_no_bug() -> None:
    kinds = [
        kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, errors.ListenerError)
    ]
    assert len(kinds) > 10
    assert all(code_named(kind.__name__) is not Exit.BUG for kind in kinds)


def report(*codes: str) -> RunReport:
    """One source a code; the empty code is a source that was read."""
    return RunReport(sources=[SourceReport(source=f"s{n}", error=code, code=code) for n, code in enumerate(codes)])


def test_a_run_whose_only_source_spent_its_money_says_try_later() -> None:
    assert failure_code(report("BudgetSpent")) is Exit.RETRY_LATER


def test_a_run_of_which_some_sources_were_read_is_partial() -> None:
    assert failure_code(report("Reauthorize", "")) is Exit.PARTIAL


def test_a_run_that_failed_in_several_ways_is_partial() -> None:
    assert failure_code(report("Reauthorize", "Retry")) is Exit.PARTIAL
