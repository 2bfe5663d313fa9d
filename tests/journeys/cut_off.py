"""`python -m tests.journeys.cut_off`: a host takes its turn at the server, its cable is pulled, another wants to write.

Prints for how many seconds the other one waits; with `--control` as servers are by themselves, which wait for hours.
"""

import argparse
import os
import subprocess
import sys

from listener.clock import SystemClock, monotonic
from listener.errors import StoreError
from listener.store import open_store, server
from tests import postgres
from tests.builders import NOON
from tests.journeys.hosts import NETWORK, can_make, hosts

LIMIT = 45.0
"""Seconds: a quarter of a minute from the last sign of life, half a minute where something was under way."""


def waited(*, control: bool) -> float | None:
    """None if the turn wasn't given up within twice the limit. Needs root, iproute2 and PostgreSQL's binaries."""
    tools = postgres.binaries()
    assert tools is not None
    with hosts(1) as (host,), postgres.running(tools, [host.us], NETWORK) as keeper:
        database = keeper.create()
        store = open_store(keeper.address(database))
        words = [sys.executable, "-m", "tests.journeys.cut_off", "--hold", keeper.address(database, host.us)]
        held = subprocess.Popen(
            host.words(*words, *(["--control"] if control else [])), stdout=subprocess.PIPE, env=dict(os.environ)
        )
        try:
            assert held.stdout is not None
            assert held.stdout.readline() == b"held\n"
            host.pull()
            began = monotonic()
            while monotonic() < began + 2 * LIMIT:
                try:
                    with store.write() as tx:
                        tx.set_mark("other", NOON.isoformat())
                    return monotonic() - began
                except StoreError:  # busy: its patience is less than ours
                    continue
            return None
        finally:
            held.kill()
            held.wait()
            store.close()


def hold(address: str, *, control: bool) -> None:
    """Take the turn, say so, and keep it."""
    if control:
        server.THEIR_KEEPALIVES.update(dict.fromkeys(server.THEIR_KEEPALIVES, 0))
    with open_store(address).write() as tx:
        tx.set_mark("held", NOON.isoformat())
        sys.stdout.write("held\n")
        sys.stdout.flush()
        SystemClock().sleep(600)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--control", action="store_true")
    parser.add_argument("--hold", metavar="ADDRESS")
    asked = parser.parse_args()
    if asked.hold:
        hold(asked.hold, control=asked.control)
        return 0
    if not can_make():
        sys.stderr.write("left out: hosts of their own need root and iproute2\n")
        return 0
    seconds = waited(control=asked.control)
    sys.stderr.write(f"waited {seconds:.1f} s\n" if seconds else f"still waiting after {2 * LIMIT:.0f} s\n")
    return 0 if (seconds is not None and seconds <= LIMIT) is not asked.control else 1


if __name__ == "__main__":
    sys.exit(main())
