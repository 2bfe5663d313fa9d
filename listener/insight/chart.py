"""Numbers as a row of bars, for text that goes anywhere."""

from collections.abc import Sequence

BARS = "▁▂▃▄▅▆▇█"
NOTHING = "·"


def bars(numbers: Sequence[int]) -> str:
    """One character a number, the tallest for the largest; a dot for none."""
    most = max(numbers, default=0)
    return "".join(BARS[-(-n * len(BARS) // most) - 1] if n > 0 else NOTHING for n in numbers)
