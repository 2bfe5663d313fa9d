"""`python -m tests.fuzz --seconds 300 [TARGET …]`: the parsers, one after another; what breaks comes with its seed.

With `--engine atheris` inputs are led by the lines they reach, and those that reach new ones are kept as the corpus.
"""

import argparse
import logging
import sys

from tests.fuzz import guided
from tests.fuzz.recorded import Missing
from tests.fuzz.targets import TARGETS
from tests.fuzz.trying import tried

SEEDED, GUIDED = "seeds", "atheris"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=300, help="of each target (300)")
    parser.add_argument("--engine", choices=(SEEDED, GUIDED), default=SEEDED)
    parser.add_argument("--from-seed", type=int, default=0, help="resume where a run by seeds stopped")
    parser.add_argument("targets", nargs="*", default=list(TARGETS))
    told = parser.parse_args()
    if told.engine == GUIDED and (why := guided.lacking()):
        sys.stdout.write(f"skipped: {why}\n")
        return 0
    logging.disable()
    worst = 0
    for name in told.targets:
        said, broken = _searched(name, told.seconds) if told.engine == GUIDED else _tried(name, told)
        sys.stdout.write(f"{name}: {said}\n")
        sys.stdout.writelines(f"  {place}\n{text}\n" for place, text in broken.items())
        sys.stdout.flush()
        worst = max(worst, len(broken))
    return min(worst, 1)


def _tried(name: str, told: argparse.Namespace) -> tuple[str, dict[str, str]]:
    try:
        done, broken = tried(name, range(told.from_seed, 2**60), told.seconds)
    except Missing as why:
        return f"skipped: {why}", {}
    return f"{done:,} calls, {len(broken)} defects, next seed {told.from_seed + done}", broken


def _searched(name: str, seconds: float) -> tuple[str, dict[str, str]]:
    found = guided.search(name, seconds)
    if found.skipped:
        return f"skipped: {found.skipped}", {}
    return f"{found.calls:,} calls, {len(found.broken)} defects, {found.kept} inputs kept", found.broken


if __name__ == "__main__":
    sys.exit(main())
