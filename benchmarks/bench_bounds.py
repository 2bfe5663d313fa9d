"""What a hostile peer can cost one call: seconds beyond its deadline and memory, by each way out to the network."""

import multiprocessing
import os
import re
import time
import zlib
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path

DEADLINE = 1.0


def _bomb(mebibytes: int) -> bytes:
    """Gzip of that many zeros, made without ever holding them."""
    pack = zlib.compressobj(9, wbits=31)
    return b"".join(pack.compress(bytes(1 << 20)) for _ in range(mebibytes)) + pack.flush()


FAULTS = {
    "a slow drip": {"body": b" " * 4000, "manner": "drip"},
    "a silent peer": {"manner": "hang"},
    "endless headers": {"manner": "endless_head"},
    "a slow head": {"body": b"{}", "manner": "slow_head"},
    "a compression bomb": {
        "body": _bomb(1000),
        "headers": {"content-encoding": "gzip"},
    },
    "a body without end": {"body": b" " * 200_000_000},
}


def run() -> dict[str, float]:
    """Seconds after the deadline (below 0: it ended before) and MiB at the peak, by fault and way out."""
    from tests.contracts.server import Reply, Server

    figures: dict[str, float] = {}
    context = multiprocessing.get_context("spawn")
    for name, fault in FAULTS.items():
        reply = Reply(**fault)  # type: ignore[arg-type]
        with Server(lambda _asked, reply=reply: reply) as server:  # type: ignore[misc]
            for way in WAYS:
                ours, theirs = context.Pipe()
                process = context.Process(target=_suffer, args=(way, server.base, theirs))
                process.start()
                seconds, grown = ours.recv()
                process.join()
                figures[f"{way}: {name}, s after the deadline"] = round(seconds - DEADLINE, 2)
                figures[f"{way}: {name}, MiB"] = round(grown, 1)
    return figures


def _suffer(way: str, base: str, say: Connection) -> None:
    from listener.errors import ListenerError

    os.environ["NO_PROXY"] = "127.0.0.1"
    call = WAYS[way](base)
    Path("/proc/self/clear_refs").write_text("5")  # the peak counts from here; a process inherits its parent's
    before, began = _peak(), time.monotonic()
    try:
        call()
    except ListenerError:
        pass
    else:
        raise AssertionError("a hostile answer was taken for a proper one")
    say.send((time.monotonic() - began, (_peak() - before) / 1024))


def _peak() -> int:
    """KiB of resident memory at the peak so far."""
    found = re.search(r"VmHWM:\s*(\d+)", Path("/proc/self/status").read_text())
    assert found
    return int(found[1])


def _plain(base: str) -> Callable[[], object]:
    from listener.connectors.http import Limits, Request, fetch

    return lambda: fetch(Request(url=base), Limits(timeout=DEADLINE, deadline=DEADLINE))


def _sdk(base: str) -> Callable[[], object]:
    """Through a library built on requests, as tweepy and praw are."""
    import requests

    from listener.connectors.http import Limits
    from listener.connectors.transport import Transport

    session = requests.Session()
    Transport(Limits(timeout=DEADLINE, deadline=DEADLINE)).mount_on(session)
    return lambda: session.get(base)


def _stream(base: str) -> Callable[[], object]:
    """A stream has no deadline in all; each silence and each line has one."""
    from listener.connectors.http import Request
    from listener.connectors.lasting import Patience, lines
    from listener.connectors.refusals import refusal
    from tests.builders import NOON

    patience = Patience(connect=DEADLINE, silence=DEADLINE / 3)
    return lambda: list(
        lines(Request(url=base), patience, lambda: False, lambda answer: refusal(answer, NOON, who="it"))
    )


WAYS = {"plain": _plain, "sdk": _sdk, "stream": _stream}
