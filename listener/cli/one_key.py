"""Keys as they are pressed, one at a time, on a terminal; whole lines where there is none."""

import os
import select
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import takewhile

LEAVE = "x"
ENTER = "\n"
MOODS = "-=+"
_ENDS = ("\x04", "")
"""Ctrl-D, and nothing left to read."""
_BURST = 64
"""Bytes that a key which sends several may have."""


@contextmanager
def keys() -> Iterator[Iterator[str]]:
    """Each key, then nothing once the input ends. No key is echoed from entering on; Ctrl-C interrupts as ever."""
    if not sys.stdin.isatty():
        yield (key for line in sys.stdin for key in spelled(line))
        return
    with _at_once():
        yield takewhile(lambda key: key not in _ENDS, iter(_key, None))


def spelled(line: str) -> Iterator[str]:
    """A line's letters as keys: a mood first, labels picked together, and Enter for them."""
    letters = line.strip().lower()[:20]
    labels = [letter.upper() for letter in letters if letter in "cpq"]
    # A mood behind its label would be taken for the next post's.
    yield from (letter for letter in letters if letter in MOODS)
    yield from (letter for letter in letters if letter not in f"cpq{MOODS}")
    yield from labels
    if labels:
        yield ENTER


@contextmanager
def _at_once() -> Iterator[None]:
    """No waiting for Enter and no echo; the terminal is as it was afterwards, and again so after a suspension."""
    import signal
    import termios
    import tty

    stdin = sys.stdin.fileno()
    before = termios.tcgetattr(stdin)
    continued = signal.signal(signal.SIGCONT, lambda *_: tty.setcbreak(stdin, termios.TCSADRAIN))
    # Keys pressed ahead are kept.
    tty.setcbreak(stdin, termios.TCSADRAIN)
    try:
        yield
    finally:
        signal.signal(signal.SIGCONT, continued)
        termios.tcsetattr(stdin, termios.TCSADRAIN, before)


def _key() -> str:
    stdin = sys.stdin.fileno()
    byte = os.read(stdin, 1)
    if byte == b"\x1b":
        # An arrow or a function key sends letters behind it: none of them is an answer.
        while select.select([stdin], [], [], 0)[0] and os.read(stdin, _BURST):
            pass
        return "\x1b"
    return ENTER if byte == b"\r" else byte.decode("ascii", "replace")
