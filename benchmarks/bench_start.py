"""How fast a command starts, beside bare Python and beside the imports it can't do without, in the same run."""

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks import bench_store
from listener.store import open_store

ROUNDS = 9
INBOX = f"listener inbox, {bench_store.MENTIONS:,} mentions"


def run() -> dict[str, object]:
    """Medians in milliseconds, and ratios."""
    with tempfile.TemporaryDirectory() as folder:
        config, database = Path(folder) / "config", Path(folder) / "bench.db"
        subprocess.run([sys.executable, "-m", "listener", "init", str(config)], check=True, capture_output=True)
        commands = {
            "python": [sys.executable, "-c", "pass"],
            "import typer, sqlalchemy": [sys.executable, "-c", "import typer, sqlalchemy"],
            "listener --help": [sys.executable, "-m", "listener", "--help"],
            INBOX: [sys.executable, "-m", "listener", "--config", str(config), "--db", str(database), "inbox"],
        }
        store = open_store(database)
        bench_store.fill(store)
        store.close()
        times: dict[str, list[float]] = {name: [] for name in commands}
        for _ in range(ROUNDS):
            for name, command in commands.items():
                times[name].append(_seconds(command))
    medians = {name: statistics.median(found) for name, found in times.items()}
    figures: dict[str, object] = {f"{name} (ms)": round(value * 1000, 1) for name, value in medians.items()}
    figures["inbox / imports"] = round(medians[INBOX] / medians["import typer, sqlalchemy"], 2)
    return figures


def _seconds(command: list[str]) -> float:
    start = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - start
