"""`make bench`: every benchmark, as a table on stderr and one JSON object on stdout.

python -m benchmarks                 # all, up to 100,000 mentions: some minutes
python -m benchmarks --full          # and a million: half an hour
python -m benchmarks store start     # only these
python -m benchmarks --full --keep   # and write benchmarks/results/VERSION.json and its plot
"""

import argparse
import importlib
import inspect
import json
import sys
from pathlib import Path
from typing import Any

from benchmarks import results
from benchmarks.machine import machine


def main() -> None:
    """Run what was asked for."""
    names = sorted(path.stem.removeprefix("bench_") for path in Path(__file__).parent.glob("bench_*.py"))
    asked = argparse.ArgumentParser(prog="benchmarks")
    asked.add_argument("name", nargs="*", choices=[*names, []], help="only these")
    asked.add_argument("--full", action="store_true", help="with a million mentions")
    asked.add_argument("--keep", action="store_true", help="keep the figures as this version's")
    given = asked.parse_args()
    figures: dict[str, Any] = {"machine": machine()}
    for name in given.name or names:
        sys.stderr.write(f"{name} …\n")
        figures[name] = _run(name, full=given.full)
        for key, value in figures[name].items():
            sys.stderr.write(f"  {key:<56} {value:,.4g}\n" if isinstance(value, float) else f"  {key:<56} {value}\n")
    if given.keep:
        sys.stderr.write(f"kept in {results.keep(figures)}\n")
    print(json.dumps(figures, indent=1))


def _run(name: str, *, full: bool) -> dict[str, object]:
    run = importlib.import_module(f"benchmarks.bench_{name}").run
    found: dict[str, object] = run(full=full) if "full" in inspect.signature(run).parameters else run()
    return found


main()
