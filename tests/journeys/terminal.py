"""A command on a pseudo-terminal, and what a terminal made of it."""

import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Mapping
from dataclasses import dataclass
from fcntl import ioctl
from pathlib import Path

import pyte

# What we write ourselves: styles (SGR), a hidden and shown cursor, an erased line, the cursor a line up or to the left.
OURS = re.compile(rb"\x1b\[(?:[0-9;]*m|\?25[lh]|[0-2]?K|[0-9]*[AG])")
ESCAPE = re.compile(rb"\x1b.?.?.?.?.?.?.?.?", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What came out of the terminal's wire, and the screen it drew."""

    raw: bytes
    code: int
    title: str
    modes: frozenset[int]
    lines: tuple[str, ...]

    @property
    def text(self) -> str:
        return "\n".join(self.lines)

    @property
    def foreign(self) -> list[bytes]:
        """Escape sequences and control bytes that we did not author."""
        rest = OURS.sub(b"", self.raw)
        controls = re.findall(rb"[\x00-\x07\x0b-\x0c\x0e-\x1a\x1c-\x1f\x7f]", rest)
        c1 = re.findall(
            "[\x80-\x9f\u202a-\u202e\u2066-\u2069\u200b\U000e0000-\U000e007f]", rest.decode("utf-8", "replace")
        )
        return [*ESCAPE.findall(rest), *controls, *(char.encode() for char in c1)]


def _without_size(environment: Mapping[str, str]) -> dict[str, str]:
    """The terminal's own size counts, not that of whoever runs the tests."""
    return {name: value for name, value in environment.items() if name not in ("COLUMNS", "LINES")}


def on_a_terminal(*words: str, cwd: Path, rows: int = 50, columns: int = 100) -> Seen:
    """`listener …` on a terminal of this size; its input is closed."""
    ours, theirs = pty.openpty()
    ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    process = subprocess.Popen(
        [sys.executable, "-m", "listener", *words],
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        stdout=theirs,
        stderr=theirs,
        env={**_without_size(os.environ), "TERM": "xterm-256color", "PYTHONUTF8": "1"},
    )
    os.close(theirs)
    raw = _drain(ours, process)
    os.close(ours)
    screen = pyte.HistoryScreen(columns, rows, history=5000, ratio=1.0)
    clean = frozenset(screen.mode)
    pyte.ByteStream(screen).feed(raw)
    past = ["".join(line[x].data for x in range(columns)) for line in screen.history.top]
    return Seen(
        raw=raw,
        code=process.wait(60),
        title=screen.title,
        modes=frozenset(screen.mode) ^ clean,
        lines=tuple(line.rstrip() for line in [*past, *screen.display]),
    )


def _drain(ours: int, process: "subprocess.Popen[bytes]") -> bytes:
    """All that is written until the other end is closed."""
    raw = bytearray()
    until = time.monotonic() + 120
    while time.monotonic() < until:
        if not select.select([ours], [], [], 1.0)[0]:
            if process.poll() is not None:
                break
            continue
        try:
            chunk = os.read(ours, 65536)
        except OSError:  # Linux says EIO when the last writer has gone
            break
        if not chunk:
            break
        raw += chunk
    return bytes(raw)
