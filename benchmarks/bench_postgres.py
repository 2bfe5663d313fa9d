"""The store on a throwaway PostgreSQL beside the file it was moved from: the move itself, and what people wait for.

The server's memory and processor are its own, so of it only seconds are told.
"""

import os
import sys
import tempfile
from collections import Counter
from pathlib import Path

from benchmarks.bench_scale import FULL, SIZES, fill, measure
from listener.clock import monotonic
from listener.store.moving import move

READY = "LISTENER_BENCH_STORE"
"""A file filled by `bench_scale`, to spare filling another."""


def run(*, full: bool = False) -> dict[str, object]:
    """Nothing where PostgreSQL's binaries are missing."""
    from tests import postgres

    tools = postgres.binaries()
    if tools is None:
        sys.stderr.write("  PostgreSQL's binaries (initdb) are not on this machine\n")
        return {}
    size = FULL[-1] if full else SIZES[0]
    with tempfile.TemporaryDirectory() as folder, postgres.running(tools) as server:
        path = Path(os.environ.get(READY) or Path(folder) / "store.db")
        if not path.exists():
            fill(path, size)
        address, rows = server.address(server.create()), Counter[str]()
        began = monotonic()
        for one in move(path, address, lambda _table, _rows: None):
            rows[one.table] = one.rows
        seconds = monotonic() - began
        figures: dict[str, object] = {
            "mentions moved": rows["mentions"],
            "rows moved, all equal": rows.total(),
            "seconds, with reading both sides again": round(seconds, 1),
            "rows a second": round(rows.total() / seconds),
        }
        return figures | _compared(path, address)


def _compared(path: Path, address: str) -> dict[str, object]:
    here, there = measure(path), measure(path, address)
    return {
        f"{name} (ms), {where}": round(took[name].wall, 2)
        for name in here
        for where, took in (("file", here), ("server", there))
    }
