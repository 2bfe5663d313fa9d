"""`python -m tests.fuzz --seconds 300 [TARGET …]`: the parsers, one after another; what breaks comes with its seed."""

import argparse
import gc
import signal
import sys
import time
import traceback
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from random import Random
from types import FrameType

from tests.fuzz.targets import DECLARED, TARGETS, target

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


def tried(name: str, seeds: range, seconds: float = float("inf")) -> tuple[int, dict[str, str]]:
    """How often a target was called, and what broke: place in the program → the first seed and its traceback."""
    broken: dict[str, str] = {}
    until, number = time.monotonic() + seconds, 0
    with target(name) as run, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a library that is told nonsense may complain of it
        for seed in seeds:
            number += 1
            try:
                with bounded():
                    run(Random(f"{name} {seed}"))
            except DECLARED:
                pass
            except (Exception, Hang) as error:  # noqa: BLE001 - whatever else comes is the find
                frames = [f for f in traceback.extract_tb(error.__traceback__) if "/listener/" in f.filename]
                place = f"{type(error).__name__} {frames[-1].name if frames else ''}"
                broken.setdefault(place, f"seed {seed}: " + "".join(traceback.format_exception(error))[-3_000:])
            if time.monotonic() > until:
                break
        gc.collect()  # what an error left open is closed here, and not amid somebody else's work
    return number, broken


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=300, help="of each target (300)")
    parser.add_argument("--from-seed", type=int, default=0, help="resume where a run stopped")
    parser.add_argument("targets", nargs="*", default=list(TARGETS))
    told = parser.parse_args()
    worst = 0
    for name in told.targets:
        done, broken = tried(name, range(told.from_seed, 2**60), told.seconds)
        sys.stdout.write(f"{name}: {done:,} calls, {len(broken)} defects, next seed {told.from_seed + done}\n")
        sys.stdout.writelines(f"  {place}\n{text}\n" for place, text in broken.items())
        sys.stdout.flush()
        worst = max(worst, len(broken))
    return min(worst, 1)


if __name__ == "__main__":
    sys.exit(main())
