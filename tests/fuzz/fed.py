"""Chance that comes out of bytes: what a fuzzer that watches coverage changes, a target takes for luck."""

import base64
from collections.abc import Iterable
from pathlib import Path
from random import Random

CORPUS = Path(__file__).parent / "corpus"
LONGEST = 512
"""Bytes of one input."""
MOST = 24_000
"""Bytes of one target's corpus; those of all together stay below a megabyte."""


class Fed(Random):
    """Takes its bits from bytes, and where they end from what the first two seed: what follows them steers.

    Half of the inputs stand for themselves wherever a text is to be changed: `own` is that text, once.
    """

    def __init__(self, given: bytes) -> None:
        super().__init__(given[:2])
        self._given, self._at = given[1:], 0
        self._speaks = given[:1] > b"\x7f"

    def getrandbits(self, k: int) -> int:
        size = (k + 7) // 8
        if self._at + size > len(self._given):
            return super().getrandbits(k)
        taken = self._given[self._at : self._at + size]
        self._at += size
        return int.from_bytes(taken, "little") >> (size * 8 - k)

    def random(self) -> float:
        return self.getrandbits(16) / 65536

    def own(self) -> bytes | None:
        """What is left of the bytes, if this input speaks for itself and hasn't yet."""
        if not self._speaks or self._at >= len(self._given):
            return None
        said = self._given[self._at :]
        self._at, self._speaks = len(self._given), False
        return said


def corpus(name: str, folder: Path = CORPUS) -> list[bytes]:
    """The inputs that are kept of a target."""
    file = folder / f"{name}.txt"
    return [base64.b64decode(line) for line in file.read_text("ascii").splitlines()] if file.is_file() else []


def keep(name: str, inputs: Iterable[bytes], folder: Path = CORPUS) -> int:
    """The shortest of them, as many as there is room for; how many."""
    lines, size = [], 0
    for one in sorted(set(inputs), key=lambda found: (len(found), found)):
        line = base64.b64encode(one).decode()
        size += len(line) + 1
        if size > MOST:
            break
        lines.append(line)
    folder.mkdir(exist_ok=True)
    (folder / f"{name}.txt").write_text("".join(f"{line}\n" for line in sorted(lines)), encoding="ascii")
    return len(lines)
