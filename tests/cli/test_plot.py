"""`--plot`: bars that are as long as their numbers, whatever the width."""

from hypothesis import given
from hypothesis import strategies as st

from listener.cli.plot import EIGHTHS, FULL, NARROWEST, plotted

rows = st.lists(st.tuples(st.text(max_size=40), st.integers(0, 10**9), st.integers(0, 10**9)), max_size=12)


def test_the_largest_fills_the_line_and_half_of_it_half() -> None:
    whole, half, nothing = plotted([("mon", 80, 0), ("tue", 40, 0), ("wed", 0, 0)], 40)
    assert whole == f"mon  {FULL * 31}  80"
    assert half == f"tue  {FULL * 15}{EIGHTHS[4]}{' ' * 15}  40"
    assert nothing == "wed" + " " * 36 + "0"


def test_what_was_passed_on_stands_behind_it() -> None:
    (line,) = plotted([("x", 10, 10)], 34)
    assert line.count("█") == line.count("░") > 0
    assert line.endswith("10 + 10")


def test_something_is_never_nothing() -> None:
    small, _ = plotted([("a", 1, 0), ("b", 10_000, 0)], 60)
    assert EIGHTHS[1] in small


@given(rows, st.integers(1, 200))
def test_no_line_is_longer_than_it_may_be(some: list[tuple[str, int, int]], width: int) -> None:
    for line in plotted(some, width):
        assert len(line) <= max(width, 24 + NARROWEST + 4 + 30)
        assert "\n" not in line
