"""`python -m tests.fuzz --engine atheris`: libFuzzer watches which lines an input reaches, and changes those that reach
new ones. One process a target, as the engine ends its own; what breaks is written down and the search goes on.

The targets are those of the seeded engine. Their corpus is kept, minimised, in `tests/fuzz/corpus`.
"""

import importlib.util
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.fuzz.fed import LONGEST, corpus, keep

SLOWEST = 10
"""Seconds after which one call counts as hanging."""
GRACE = 120
"""More that the engine may take to begin and to end."""
ROOM = 3_000
"""Megabytes that a target may take."""
_DONE = re.compile(r"Done (\d+) runs|stat::number_of_executed_units: (\d+)")


def lacking() -> str:
    """Why it can't be used here; empty where it can."""
    if importlib.util.find_spec("atheris") is None:
        return "needs atheris: pip install atheris (Python 3.11 to 3.13, Linux)"
    return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Searched:
    """What came of one target."""

    calls: int
    kept: int
    broken: dict[str, str]
    skipped: str = ""


def search(name: str, seconds: float, *, keeps: bool = True) -> Searched:
    """Look for inputs that break a target, and keep those that reach what no other does."""
    with tempfile.TemporaryDirectory() as folder:
        work, finds = Path(folder) / "work", Path(folder) / "finds.jsonl"
        work.mkdir()
        for number, one in enumerate(corpus(name)):
            (work / str(number)).write_bytes(one)
        limits = [
            f"-max_len={LONGEST}",
            "-len_control=10",
            f"-timeout={SLOWEST}",
            f"-rss_limit_mb={ROOM}",
            f"-artifact_prefix={folder}/",
        ]
        flags = [str(work), f"-max_total_time={seconds:.0f}", "-print_final_stats=1", *limits]
        try:
            told = _engine(name, finds, flags, seconds + GRACE)
        except subprocess.TimeoutExpired:
            return Searched(calls=0, kept=0, broken={**_broken(finds), "Hang": "one call never came back"})
        counts = [int(one or two) for one, two in _DONE.findall(told.stderr)]
        broken = _broken(finds)
        if told.returncode == 3:
            return Searched(calls=0, kept=0, broken={}, skipped=told.stdout.strip())
        if not counts or told.returncode:
            broken["the engine ended"] = told.stderr[-3_000:]
        kept = 0
        if keeps and counts and not name.startswith("recorded-"):  # what was recorded isn't the project's to keep
            from tests.fuzz.trying import fewest  # loads what the engine is to watch: never before it, in its process

            kept = keep(name, fewest(name, (file.read_bytes() for file in work.iterdir())))
    return Searched(calls=max(counts, default=0), kept=kept, broken=broken)


def _engine(name: str, finds: Path, flags: Sequence[str], seconds: float) -> subprocess.CompletedProcess[str]:
    words = [sys.executable, "-m", "tests.fuzz.guided", name, str(finds), *flags]
    return subprocess.run(words, capture_output=True, text=True, errors="replace", check=False, timeout=seconds)


def _broken(finds: Path) -> dict[str, str]:
    lines = finds.read_text("utf-8").splitlines() if finds.is_file() else []
    return {told["place"]: told["said"] for told in map(json.loads, lines)}


def _inside() -> None:
    """In a process of its own: never returns."""
    import logging
    import warnings

    import atheris

    name, finds, *flags = sys.argv[1:]
    # Whatever is loaded from here on tells which of its lines were reached.
    with atheris.instrument_imports(include=["listener", "classifiers"]):
        from tests.fuzz import targets
    from tests.fuzz.fed import Fed
    from tests.fuzz.recorded import Missing
    from tests.fuzz.trying import what_broke

    logging.disable()
    warnings.simplefilter("ignore")
    seen: set[str] = set()
    try:
        entered = targets.target(name)
        run = entered.__enter__()
    except Missing as error:
        sys.stdout.write(str(error))
        sys.exit(3)

    def once(given: bytes) -> None:
        found = what_broke(lambda: run(Fed(given)))
        if found is not None and found[0] not in seen:
            seen.add(found[0])
            said = f"input {given.hex()}: {found[1]}"
            with Path(finds).open("a", encoding="utf-8") as out:
                out.write(json.dumps({"place": found[0], "said": said}) + "\n")

    atheris.Setup([sys.argv[0], *flags], once)
    atheris.Fuzz()


if __name__ == "__main__":
    _inside()
