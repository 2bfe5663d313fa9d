"""The list of promises is true."""

import pytest

from tests.promises import PAGE, ROOT, carriers, page, promises


def test_the_page_is_what_the_tests_say() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "make it anew: python -m tests.promises --write"


def test_every_id_that_a_test_carries_is_a_promise() -> None:
    assert set(carriers()) <= {one.id for one in promises()}


@pytest.mark.parametrize("one", promises(), ids=lambda one: one.id)
def test_what_is_said_to_prove_a_promise_exists(one: object) -> None:
    for test in (*one.tests, *filter(None, [one.control])):  # type: ignore[attr-defined]
        file, _, name = test.partition("::")
        assert (ROOT / file).is_file(), test
        assert not name or f"def {name}(" in (ROOT / file).read_text(encoding="utf-8"), test
