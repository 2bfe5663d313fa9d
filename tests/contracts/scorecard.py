"""`python -m tests.contracts.scorecard [NAME…] [--json]`: every connector × every promise of the contract.

✓ kept, – exempt (with the reason below), ✗ broken. It ends with the broken fakes: each promise has been seen red.
"""

import argparse
import json
import os
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tests.contracts import test_contract_catches, test_reach_contract
from tests.contracts.connector_contract import CHECKS, Check
from tests.contracts.every_rig import RIGS, rig_named
from tests.contracts.exempt import Exempt
from tests.contracts.reach_contract import REACH_CHECKS

ALL: dict[str, Check] = {check.__name__: check for check in (*CHECKS, *REACH_CHECKS)}
MARKS = {"kept": "✓", "exempt": "–", "broken": "✗"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    connector: str
    promise: str
    outcome: str
    """Of `MARKS`."""
    why: str = ""


def of_connector(name: str) -> list[Result]:
    """Each promise on a platform of its own."""
    os.environ["NO_PROXY"] = "127.0.0.1,localhost"
    return [_result(name, promise) for promise in ALL]


def _result(name: str, promise: str) -> Result:
    with tempfile.TemporaryDirectory() as folder, rig_named(name, Path(folder)) as rig:
        try:
            ALL[promise](rig)
        except Exempt as error:
            return Result(connector=name, promise=promise, outcome="exempt", why=str(error))
        except Exception as error:  # noqa: BLE001 - whatever broke, the card says so and goes on
            return Result(connector=name, promise=promise, outcome="broken", why=f"{type(error).__name__}: {error}")
    return Result(connector=name, promise=promise, outcome="kept")


def table(results: list[Result]) -> str:
    """Promises down, connectors across; reasons below."""
    names = list(dict.fromkeys(result.connector for result in results))
    by = {(result.connector, result.promise): result for result in results}
    widest = max(map(len, ALL))
    lines = [f"{'':{widest}}  " + "  ".join(names)]
    for promise in ALL:
        marks = "  ".join(f"{MARKS[by[name, promise].outcome]:^{len(name)}}" for name in names)
        lines.append(f"{promise.replace('_', ' '):{widest}}  {marks}".rstrip())
    lines.append("")
    for outcome in ("broken", "exempt"):
        reasons: dict[str, list[str]] = {}
        for result in results:
            if result.outcome == outcome:
                where = f"{result.connector}: {result.promise.replace('_', ' ')}"
                reasons.setdefault(result.why.splitlines()[0][:160], []).append(where)
        lines += [f"{MARKS[outcome]} {why}  ({'; '.join(where)})" for why, where in reasons.items()]
    return "\n".join(lines)


def caught() -> tuple[int, int]:
    """(fakes that break a promise, those that the promise's check catches)."""
    seen = 0
    kinds = {**test_contract_catches.CAUGHT_BY, **test_reach_contract.CAUGHT_BY}
    for kind, check in kinds.items():
        makes = test_reach_contract.ReachRig if kind in test_reach_contract.CAUGHT_BY else test_contract_catches.FakeRig
        rig = makes(kind)
        try:
            check(rig)
        except AssertionError:
            seen += 1
        finally:
            rig.close()
    return len(kinds), seen


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help="connectors; all where none is named")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    if unknown := sorted({*asked.names} - {*RIGS}):
        parser.error(f"no connector {', '.join(unknown)}; there are {', '.join(RIGS)}")
    with ProcessPoolExecutor(max_workers=2) as pool:
        results = [result for card in pool.map(of_connector, asked.names or RIGS) for result in card]
    kept = {outcome: sum(result.outcome == outcome for result in results) for outcome in MARKS}
    if asked.json:
        rows = [{"connector": r.connector, "promise": r.promise, "outcome": r.outcome, "why": r.why} for r in results]
        sys.stdout.write(json.dumps(rows, indent=1) + "\n")
        return int(kept["broken"] > 0)
    breaking, seen = caught()
    sys.stdout.write(table(results) + "\n\n")
    sys.stdout.write(f"{kept['kept']} kept, {kept['exempt']} exempt, {kept['broken']} broken; ")
    sys.stdout.write(f"{seen} of {breaking} broken fakes caught\n")
    return int(kept["broken"] > 0 or seen < breaking)


if __name__ == "__main__":
    sys.exit(main())
