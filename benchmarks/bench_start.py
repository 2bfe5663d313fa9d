"""How fast a command starts, beside bare Python and beside the imports it can't do without, in the same run."""

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROUNDS = 9


def run() -> dict[str, object]:
    """Medians in milliseconds, and ratios."""
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "config"
        subprocess.run([sys.executable, "-m", "listener", "init", str(config)], check=True, capture_output=True)
        commands = {
            "python": [sys.executable, "-c", "pass"],
            "import typer, sqlalchemy": [sys.executable, "-c", "import typer, sqlalchemy"],
            "listener --help": [sys.executable, "-m", "listener", "--help"],
            "listener inbox (empty)": [sys.executable, "-m", "listener", "--config", str(config), "inbox"],
        }
        subprocess.run(commands["listener inbox (empty)"], check=True, capture_output=True)  # makes the database
        times: dict[str, list[float]] = {name: [] for name in commands}
        for _ in range(ROUNDS):
            for name, command in commands.items():
                times[name].append(_seconds(command))
    medians = {name: statistics.median(found) for name, found in times.items()}
    figures: dict[str, object] = {f"{name} (ms)": round(value * 1000, 1) for name, value in medians.items()}
    figures["inbox / imports"] = round(medians["listener inbox (empty)"] / medians["import typer, sqlalchemy"], 2)
    return figures


def _seconds(command: list[str]) -> float:
    start = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - start
