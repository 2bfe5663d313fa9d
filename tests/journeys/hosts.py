"""Hosts of their own on one machine: network namespaces, each with a cable to us that can be pulled.

Needs root, on Linux, and Debian's iproute2.
"""

import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

NETWORK = "10.213.0.0/16"


def can_make() -> bool:
    return os.getuid() == 0 and shutil.which("ip") is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """One of them."""

    name: str
    cable: str
    """Our end of it."""
    us: str
    """Our address on it."""

    def words(self, *command: str | Path) -> list[str | Path]:
        """What runs a command there, as the same process."""
        return ["ip", "netns", "exec", self.name, *command]

    def pull(self) -> None:
        """Nothing that is sent arrives any more, and nobody is told so."""
        _ip("link", "set", self.cable, "down")

    def plug(self) -> None:
        _ip("link", "set", self.cable, "up")


@contextmanager
def hosts(count: int) -> Iterator[Sequence[Host]]:
    """So many, which are gone afterwards."""
    made = [Host(name=f"lst{os.getpid()}x{n}", cable=f"lst{n}", us=f"10.213.{n}.1") for n in range(1, count + 1)]
    try:
        for number, one in enumerate(made, start=1):
            _ip("netns", "add", one.name)
            _ip("link", "add", one.cable, "type", "veth", "peer", "name", "there", "netns", one.name)
            _ip("address", "add", f"{one.us}/24", "dev", one.cable)
            one.plug()
            _ip("-n", one.name, "address", "add", f"10.213.{number}.2/24", "dev", "there")
            _ip("-n", one.name, "link", "set", "there", "up")
            _ip("-n", one.name, "link", "set", "lo", "up")
        yield made
    finally:
        for one in made:
            subprocess.run(["ip", "link", "delete", one.cable], check=False, stderr=subprocess.DEVNULL)
            subprocess.run(["ip", "netns", "delete", one.name], check=False, stderr=subprocess.DEVNULL)


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True)
