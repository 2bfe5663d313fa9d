"""Pages of `listener web` over 100,000 mentions: each asked for the first time, and again as leads do all day."""

import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

from starlette.testclient import TestClient

from benchmarks.bench_scale import END
from benchmarks.team import the_settings
from listener.clock import VirtualClock, monotonic
from listener.store import open_store
from listener.web.board import Board, Reading
from listener.web.guard import Guard

SIZE = 100_000
TIMES = 15
PAGES = (
    "today",
    "queue",
    "alerts",
    "voice",
    "loyalty",
    "journey",
    "drivers",
    "advocates",
    "recovery",
    "search?words=lost",
    "search?words=nowhere",
    "case?id=5000",
    "mentions?day=latest",
    "mentions?day=latest&label=complaint&people=1",
    "cases?what=opened&day=latest",
)


def run() -> dict[str, object]:
    """Milliseconds a page, the rendering and the network of one machine included."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "board.db"
        words = [sys.executable, "-m", "benchmarks.bench_scale", str(path), str(SIZE)]
        subprocess.run(words, capture_output=True, check=True, cwd=Path(__file__).parents[1])
        settings = the_settings(path)
        reading = Reading(path, lambda: open_store(path, read_only=True))
        board = Board(settings, reading, VirtualClock(END), Guard(settings.web, "127.0.0.1"))
        figures: dict[str, object] = {}
        again = []
        with TestClient(board.app(), base_url="http://127.0.0.1") as asks:
            for page in PAGES:
                first, *later = (_asked(asks, page) for _ in range(1 + TIMES))
                again.append(median(later))
                figures[f"{page} (ms, first)"] = round(first, 1)
                figures[f"{page} (ms, again)"] = round(again[-1], 1)
        reading.close()
    return {**figures, "p50 of all pages (ms)": round(median(again), 1), "slowest page (ms)": round(max(again), 1)}


def _asked(asks: TestClient, page: str) -> float:
    begun = monotonic()
    answer = asks.get(f"/{page}")
    assert answer.status_code == 200, page
    return 1000 * (monotonic() - begun)
