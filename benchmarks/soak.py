"""A long day in short: everything at once for some minutes, and what it leaves behind in memory, descriptors, threads.

    python -m benchmarks.soak --minutes 30          # the release's; nightly: --minutes 480
    python -m benchmarks.soak --minutes 10 --leak 1024      # the control: a kilobyte kept at each act must be flagged

Twenty posts a second through the whole run with the shipped model, eight agents, a desk, a digest a minute, and one
call in twenty failing. Linux only: memory is read from /proc.
"""

import argparse
import json
import os
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import mean, median
from typing import Any

from benchmarks.bench_digest import fill
from benchmarks.machine import machine
from listener.clock import SystemClock, monotonic
from listener.store import open_store

ROLES = ("run", "agents", "desk", "digest")
EVERY = 5.0
WARM_UP = 1 / 3
"""Of the time: allocators, caches and lazy imports settle."""
MOST_MB_AN_HOUR = 1.0
MOST_LOG_BYTES = 64 << 20
KIB = 1024


@dataclass(frozen=True, slots=True)
class Sample:
    """Of one process at one instant."""

    seconds: float
    rss: float
    """MiB."""
    descriptors: int
    threads: int


@dataclass(slots=True)
class Watched:
    """A process and what was seen of it."""

    role: str
    process: subprocess.Popen[bytes]
    samples: list[Sample] = field(default_factory=list)

    def look(self, seconds: float) -> None:
        pid = self.process.pid
        try:
            status = Path(f"/proc/{pid}/status").read_text()
            descriptors = sum(1 for _ in Path(f"/proc/{pid}/fd").iterdir())
        except OSError:
            return  # it has died, which is told at the end
        rss, threads = (int(re.search(rf"{name}:\s*(\d+)", status)[1]) for name in ("VmRSS", "Threads"))  # type: ignore[index]
        self.samples.append(Sample(seconds, rss / KIB, descriptors, threads))


def soak(minutes: float, leak: int = 0, seed: int = 1) -> dict[str, object]:
    """Figures by role, and whether all of them keep the promise."""
    with tempfile.TemporaryDirectory() as folder:
        database = Path(folder) / "soak.db"
        fill(database)
        before = _mentions(database)
        began, clock, wal = monotonic(), SystemClock(), 0
        watched = [Watched(role, _start(role, database, seed, leak)) for role in ROLES]
        try:
            while (now := monotonic() - began) < 60 * minutes:
                clock.sleep(EVERY)
                for one in watched:
                    one.look(now)
                wal = max(wal, _size(database.with_name("soak.db-wal")))
        finally:
            for one in watched:
                one.process.send_signal(signal.SIGTERM)
            codes = [one.process.wait(timeout=120) for one in watched]
        roles = {
            one.role: {"exit": code, **_of(one.samples), **_said(Path(folder) / f"{one.role}.jsonl")}
            for one, code in zip(watched, codes, strict=True)
        }
        found: dict[str, object] = {"machine": machine(), "minutes": minutes, "leak_bytes": leak}
        found["stored_per_second"] = round((_mentions(database) - before) / (60 * minutes), 1)
        found |= {"roles": roles, "wal_peak_mib": round(wal / KIB**2, 1), "database_mib": _size(database) >> 20}
        return {**found, "broken": broken(roles, wal)}


def _mentions(database: Path) -> int:
    store = open_store(database, read_only=True)
    try:
        with store.read() as reads:
            return reads.stats().mentions
    finally:
        store.close()


def _start(role: str, database: Path, seed: int, leak: int) -> subprocess.Popen[bytes]:
    words = [sys.executable, "-m", "benchmarks.soak_parts", role, str(database), str(seed), str(leak)]
    errors = database.with_name(f"{role}.err").open("wb")
    environ = {**os.environ, "MALLOC_ARENA_MAX": "2"}  # as docs/ops/listener.service has it
    return subprocess.Popen(words, cwd=Path(__file__).parents[1], stdout=errors, stderr=errors, env=environ)


def _of(samples: Sequence[Sample]) -> dict[str, object]:
    """After the warm-up."""
    later = [one for one in samples if one.seconds >= samples[-1].seconds * WARM_UP]
    third = max(1, len(later) // 3)
    return {
        "samples": len(later),
        "mb_an_hour": round(slope([(one.seconds / 3600, one.rss) for one in later]) * KIB**2 / 1e6, 2),
        "rss_mib": [round(min(one.rss for one in later), 1), round(max(one.rss for one in later), 1)],
        "rss_mib_first_third": round(median(one.rss for one in later[:third]), 1),
        "rss_mib_last_third": round(median(one.rss for one in later[-third:]), 1),
        "descriptors": _ends([one.descriptors for one in later], third),
        "threads": _ends([one.threads for one in later], third),
    }


def _ends(counts: Sequence[int], third: int) -> list[int]:
    """In the first third and in the last, as it mostly was: a count that swings is no growth."""
    return [round(median(counts[:third])), round(median(counts[-third:]))]


def slope(points: Sequence[tuple[float, float]]) -> float:
    """Least squares."""
    x, y = mean(point[0] for point in points), mean(point[1] for point in points)
    spread = sum((point[0] - x) ** 2 for point in points)
    return sum((point[0] - x) * (point[1] - y) for point in points) / spread if spread else 0.0


def _said(file: Path) -> dict[str, object]:
    lines = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    last, settled = lines[-1], lines[int(len(lines) * WARM_UP) :]
    later = [line["p99"] for line in settled if line["p99"] is not None]
    third = max(1, len(later) // 3)
    found: dict[str, object] = {"counts": last["counts"], "unhandled": last["unhandled"]}
    found["python_objects"] = [settled[0]["objects"], last["objects"]]
    if later:
        found["p99_ms"] = [round(median(later[:third]), 1), round(median(later[-third:]), 1)]
    return found


def broken(roles: Mapping[str, Mapping[str, Any]], wal: int) -> list[str]:
    """What isn't as it was promised."""
    found = [f"the write-ahead log grew to {wal >> 20} MiB"] if wal > MOST_LOG_BYTES else []
    for role, seen in roles.items():
        if float(str(seen["mb_an_hour"])) > MOST_MB_AN_HOUR:
            found.append(f"{role}: memory grows by {seen['mb_an_hour']} MB an hour")
        found += [
            f"{role}: {what} grew from {seen[what][0]} to {seen[what][1]}"
            for what in ("descriptors", "threads")
            if seen[what][1] > seen[what][0]
        ]
        if seen["unhandled"] or seen["exit"]:
            found.append(f"{role}: {len(seen['unhandled'])} faults, exit {seen['exit']}")
    return found


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def main() -> None:
    """Prints JSON, and exits with 1 where something is broken."""
    asked = argparse.ArgumentParser()
    asked.add_argument("--minutes", type=float, default=30.0)
    asked.add_argument("--leak", type=int, default=0, help="bytes kept at each act of an agent: the control")
    asked.add_argument("--out", type=Path, help="also write the figures there")
    given = asked.parse_args()
    found = soak(given.minutes, given.leak)
    text = json.dumps(found, indent=1)
    if given.out:
        given.out.write_text(text + "\n", encoding="utf-8")
    print(text)
    sys.exit(bool(found["broken"]))


if __name__ == "__main__":
    main()
