"""Recorded answers of real platforms, served on loopback by the shared replay tool."""

import importlib.util
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


@contextmanager
def replayed(shared: Path, *tapes: str, ignore: tuple[str, ...] = ()) -> Iterator[tuple[str, Any]]:
    """The address of a server that plays these tapes, and the tape with its log of requests."""
    spec = importlib.util.spec_from_file_location("replay", shared / "tools" / "replay.py")
    assert spec is not None
    assert spec.loader is not None
    replay = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(replay)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)  # the tool leaves closing its files to the interpreter
        tape = replay.Tape([shared / "recordings" / name for name in tapes], ignore=ignore)
    server = replay.serve(tape)
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", tape
    finally:
        server.shutdown()
        server.server_close()
