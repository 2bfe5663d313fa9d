"""The desk over 100,000 open cases: from a key to its effect on the terminal, as a person at one would see it.

`listener desk` runs on a pseudo-terminal of 80×24; what it writes is fed to a terminal emulator, and a key has had
its effect when the emulator's screen says so. Timed is the arrival of the bytes, not their emulation.
"""

import fcntl
import os
import pty
import select
import struct
import subprocess
import sys
import tempfile
import termios
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median, quantiles

import pyte

from benchmarks import bench_store
from listener.clock import monotonic
from listener.domain.stored import SavedMention
from listener.store import open_store

ROWS, COLUMNS = 24, 80
CONFIG = Path(__file__).parents[1] / "config"
TIMES = 40
PATIENCE = 20.0

Seen = Callable[[list[str]], bool]


def run() -> dict[str, object]:
    """Milliseconds, median and 95th of a hundred, by key."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "desk.db"
        cases = fill(path)
        terminal = Terminal(path)
        try:
            first = terminal.wait(_has_card)
            return {"open_cases": cases, "first_screen_ms": round(1000 * first), **_day(terminal)}
        finally:
            terminal.close()


def fill(path: Path) -> int:
    """A case for each of the store benchmark's posts."""
    store = open_store(path)
    saved: list[SavedMention] = []
    bench_store.save(store, bench_store.posts(), saved)
    bench_store.open_cases(store, saved, len(saved))
    store.close()
    return len(saved)


class Terminal:
    """The desk at one end, an emulated terminal at the other."""

    def __init__(self, path: Path) -> None:
        self._ours, theirs = pty.openpty()
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        words = ["--config", str(CONFIG), "--db", str(path), "--as", "ada", "desk"]
        self._screen = pyte.Screen(COLUMNS, ROWS)
        self._stream = pyte.ByteStream(self._screen)
        self._sent = monotonic()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "listener", *words],
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
            env={**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor"},
        )
        os.close(theirs)

    @property
    def lines(self) -> list[str]:
        return list(self._screen.display)

    def type(self, keys: str) -> None:
        """Begins to count."""
        self._sent = monotonic()
        os.write(self._ours, keys.encode())

    def wait(self, seen: Seen) -> float:
        """Seconds from the last key until this was on the screen."""
        while monotonic() - self._sent < PATIENCE:
            if not select.select([self._ours], [], [], PATIENCE)[0]:
                break
            chunk = os.read(self._ours, 65536)
            came = monotonic()
            self._stream.feed(chunk)
            if seen(self.lines):
                return came - self._sent
        raise TimeoutError("\n".join(self.lines))

    def settle(self, seconds: float = 0.15) -> None:
        """Take in what still comes, until nothing does for a while."""
        while select.select([self._ours], [], [], seconds)[0]:
            self._stream.feed(os.read(self._ours, 65536))

    def close(self) -> None:
        """End the desk."""
        self._process.kill()
        self._process.wait()
        os.close(self._ours)


def _day(terminal: Terminal) -> dict[str, float]:
    times: dict[str, list[float]] = {}

    def measure(name: str, keys: str, seen: Seen) -> None:
        terminal.settle()
        terminal.type(keys)
        times.setdefault(name, []).append(1000 * terminal.wait(seen))

    for _ in range(TIMES):
        _a_round(terminal, measure)
    return {
        f"{name}_{which}_ms": round(value, 1)
        for name, found in times.items()
        for which, value in (("median", median(found)), ("p95", quantiles(found, n=20)[-1]))
    }


def _a_round(terminal: Terminal, measure: Callable[[str, str, Seen], None]) -> None:
    """Move, read, take, write, snooze, look for a word, take the next, resolve."""
    here = _chosen(terminal.lines)
    measure("j_cursor", "j", lambda lines: _chosen(lines) not in ("", here))
    terminal.settle()
    there = _chosen(terminal.lines)
    measure("j_card", "j", lambda lines: _chosen(lines) not in ("", there) and _has_card(lines))
    measure("c_claimed", "c", lambda lines: f"Case {_chosen(lines)} is yours" in lines[-2])
    measure("s_asked", "s", lambda lines: "Hide case" in lines[1])
    measure("s_snoozed", "\r", lambda lines: "is back at" in lines[-2])
    measure("slash_asked", "/", lambda lines: "Which cases?" in lines[1])
    measure("filter_letter", "w", lambda lines: "filter: w" in lines[0])
    measure("filter_word", "ord77", lambda lines: "filter: word77 (first" in lines[0])
    measure("esc_unfiltered", "\x1b", lambda lines: "filter" not in lines[0])
    before = terminal.lines[-2]
    measure("n_taken", "n", lambda lines: "is yours" in lines[-2] and lines[-2] != before)
    measure("d_asked", "d", lambda lines: "settled?" in lines[1])
    measure("d_resolved", "\r", lambda lines: "resolved: done" in lines[-2])


def _chosen(lines: Sequence[str]) -> str:
    """Number of the case under the cursor."""
    return next((line[2:].split()[0] for line in lines if line.startswith(">")), "")


def _has_card(lines: Sequence[str]) -> bool:
    """Whether the card is that of the case under the cursor."""
    chosen = _chosen(lines)
    return bool(chosen) and any(line.startswith(f"Case {chosen} ") for line in lines)
