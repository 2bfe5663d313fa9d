"""One call of a target, or many from seeds: what broke, told by its place in the program."""

import gc
import signal
import sys
import time
import traceback
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from random import Random
from types import FrameType

from tests.fuzz.fed import Fed
from tests.fuzz.targets import DECLARED, target

LONGEST = 10.0
"""Seconds after which one call counts as hanging."""


class Hang(BaseException):
    """No parser catches it."""


def _hangs(_number: int, _frame: FrameType | None) -> None:
    raise Hang


@contextmanager
def bounded() -> Iterator[None]:
    before = signal.signal(signal.SIGALRM, _hangs)
    signal.setitimer(signal.ITIMER_REAL, LONGEST)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def what_broke(call: Callable[[], None]) -> tuple[str, str] | None:
    """The place and its traceback; None where the call answered, or refused in words."""
    try:
        with bounded():
            call()
    except DECLARED:
        return None
    except (Exception, Hang) as error:  # noqa: BLE001 - whatever else comes is the find
        frames = [f for f in traceback.extract_tb(error.__traceback__) if "/listener/" in f.filename]
        place = f"{type(error).__name__} {frames[-1].name if frames else ''}"
        return place, "".join(traceback.format_exception(error))[-3_000:]
    return None


def fewest(name: str, inputs: Iterable[bytes], seconds: float = 60.0) -> list[bytes]:
    """Of these inputs, shortest first, each that takes a step in the program which none before it took."""
    until, taken, kept = time.monotonic() + seconds, set[tuple[str, int, int]](), []
    with target(name) as run, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for one in sorted(set(inputs), key=lambda found: (len(found), found)):
            steps = _steps(lambda: run(Fed(one)))  # noqa: B023 - called at once
            if not steps <= taken:
                taken |= steps
                kept.append(one)
            if time.monotonic() > until:
                break
        gc.collect()
    return kept


def _steps(call: Callable[[], None]) -> set[tuple[str, int, int]]:
    """(function's file, line, next line) within the program."""
    steps: set[tuple[str, int, int]] = set()

    def enters(frame: FrameType, _event: str, _given: object) -> object:
        file, last = frame.f_code.co_filename, frame.f_lineno
        if "/listener/" not in file and "/classifiers/" not in file:
            return None

        def goes(frame: FrameType, event: str, _given: object) -> object:
            nonlocal last
            if event == "line":
                steps.add((file, last, frame.f_lineno))
                last = frame.f_lineno
            return goes

        return goes

    before = sys.gettrace()
    sys.settrace(enters)  # type: ignore[arg-type]
    try:
        what_broke(call)
    finally:
        sys.settrace(before)
    return steps


def tried(name: str, seeds: range, seconds: float = float("inf")) -> tuple[int, dict[str, str]]:
    """How often a target was called, and what broke: place in the program → the first seed and its traceback."""
    broken: dict[str, str] = {}
    until, number = time.monotonic() + seconds, 0
    with target(name) as run, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a library that is told nonsense may complain of it
        for seed in seeds:
            number += 1
            found = what_broke(lambda: run(Random(f"{name} {seed}")))  # noqa: B023 - called at once
            if found is not None:
                broken.setdefault(found[0], f"seed {seed}: {found[1]}")
            if time.monotonic() > until:
                break
        gc.collect()  # what an error left open is closed here, and not amid somebody else's work
    return number, broken
