"""`python -m tests.alerts.delivery_kills --kills 10000`: SIGKILL around the opening, telling and delivering of alerts.

Two web hooks on loopback count what they take. A run that opens alerts, ends old ones and delivers dies at random
instants and is started anew. Nothing is lost; a message comes twice only where a run died after the far side took it
and before our mark was committed, and then it bears the same key and the same body.

A run is a fork of a warm process, and its end is the kernel's: an alarm whose default action ends the process at once,
wherever it stands, with nothing unwound.
"""

import argparse
import random
import sys
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from listener.store import open_store
from tests.alerts.delivery_lives import HOOKS, Graveyard, Life, grave, graveyard
from tests.builders import NOON
from tests.contracts.server import Asked, Reply, Server

STEP = timedelta(minutes=3)
"""Between two lives: longer than a claim holds."""


@dataclass(slots=True, kw_only=True)
class Met:
    """What a campaign came to."""

    kills: int = 0
    lives: int = 0
    alerts: int = 0
    messages: int = 0
    taken: int = 0
    twice: int = 0
    """Messages that came again, all in the stated window."""
    at_work: Counter[str] = field(default_factory=Counter)
    """Where the runs stood when they died, by what the store then held."""


@dataclass(frozen=True, slots=True)
class Taken:
    """What the far side took, and from which life: what a dying run had sent may be read when the next one lives."""

    life: int
    key: str
    body: str


class Hooks:
    """What the far side took, in order."""

    def __init__(self, seed: int) -> None:
        self.taken: list[Taken] = []
        self._lock = threading.Lock()
        self._chance = random.Random(seed)

    def answer(self, asked: Asked) -> Reply:
        """Taken the moment it is whole; the answer sometimes dawdles, so that death finds us waiting for it."""
        if len(asked.body) != int(asked.headers["content-length"]):
            return Reply(status=400)  # whoever sent it died before its end
        with self._lock:
            self.taken.append(Taken(int(asked.query["life"]), asked.headers["idempotency-key"], asked.body))
            dawdle = self._chance.random() < 0.3
        if dawdle:
            time.sleep(0.003)
        return Reply(status=204)


def campaign(kills: int, folder: Path, warm: Graveyard, *, seed: int = 1, bug: str = "") -> Met:
    """Kill runs. Raises AssertionError for a message that is lost, or comes again outside the window."""
    chance, met, hooks = random.Random(seed), Met(), Hooks(seed)
    database, now, opened = folder / "listener.sqlite", NOON, 0
    opens: tuple[int, ...] = ()
    marked: dict[str, int] = {}
    died: list[int] = []
    open_store(database).close()
    with Server(hooks.answer) as server:
        pace = 0.05
        while len(died) < kills:
            opens = (*opens, *range(opened, opened + (chance.random() < 0.7)))
            opened = max([opened, *(n + 1 for n in opens)])
            now += STEP
            dies = chance.uniform(0.02, 1.0) * pace if met.lives % 8 else 0.0
            life = Life(
                number=met.lives, base=server.base, database=database, now=now, opens=opens, dies_after=dies, bug=bug
            )
            ended, seconds = warm.live(life)
            assert ended in ("killed", "whole"), ended
            died += [met.lives] * (ended == "killed")
            pace = 0.8 * pace + 0.2 * seconds if ended == "whole" else pace
            opens = _left(database, opens)
            for key in _marked(database):
                marked.setdefault(key, met.lives)
            met.lives += 1
        last = Life(
            number=met.lives, base=server.base, database=database, now=now + STEP, opens=tuple(range(opened)),
            dies_after=0, bug=bug,
        )  # fmt: skip
        assert warm.live(last)[0] == "whole"
    _within_the_window(hooks.taken, marked)
    _checked(database, hooks.taken, met)
    met.kills, met.at_work = len(died), _stood(hooks.taken, marked, died)
    return met


def _within_the_window(taken: list[Taken], marked: dict[str, int]) -> None:
    """No life sends what an earlier one had marked, nor anything twice."""
    again = [one.key for one in taken if marked.get(one.key, one.life) < one.life]
    assert not again, f"sent again though it was marked: {again[:3]}"
    times = Counter((one.life, one.key) for one in taken)
    twice = [key for (_, key), count in times.items() if count > 1]
    assert not twice, f"sent twice by one run: {twice[:3]}"


def _stood(taken: list[Taken], marked: dict[str, int], died: list[int]) -> Counter[str]:
    """Where runs stood when they died, by what the store then held."""
    sent_by: dict[int, list[str]] = {}
    for one in taken:
        sent_by.setdefault(one.life, []).append(one.key)
    stood: Counter[str] = Counter()
    for life in died:
        keys = sent_by.get(life, [])
        unmarked = any(marked.get(key) != life for key in keys)
        stood["taken, not marked" if unmarked else "between messages" if keys else "before the first message"] += 1
    return stood


def _checked(database: Path, taken: list[Taken], met: Met) -> None:
    """Every alert has its messages; each is marked, was taken, and every time it came it was the same."""
    rows = _rows(database, "SELECT key, state FROM outbox")
    messages, counts = {str(key): state for key, state in rows}, Counter(one.key for one in taken)
    alerts = {str(row[0]) for row in _rows(database, "SELECT key FROM alerts")}
    owed = {f"{key}|level1|{hook}" for key in alerts for hook in HOOKS}
    assert not owed - messages.keys(), f"never written: {sorted(owed - messages.keys())[:3]}"
    assert set(messages.values()) == {"sent"}, "not all of it is sent in the end"
    strange = [key for key in counts if key not in messages]
    assert not strange, f"keys that nobody wrote: {strange[:3]}"
    lost = [key for key in messages if not counts[key]]
    assert not lost, f"{len(lost)} of {len(messages)} lost, such as {lost[:3]}"
    assert len({(one.key, one.body) for one in taken}) == len(counts), "a message came again with another body"
    met.alerts, met.messages, met.taken = len(alerts), len(messages), len(taken)
    met.twice = len(taken) - len(counts)


def _left(database: Path, opens: tuple[int, ...]) -> tuple[int, ...]:
    """Those that no run came to open: whatever they tell of is still so, and the next run sees it."""
    return tuple(n for n in opens if not _rows(database, f"SELECT 1 FROM alerts WHERE key = 'spike:Acme/{n}:1'"))


def _marked(database: Path) -> list[str]:
    """Of the last few hundred messages, those marked as sent."""
    few = "SELECT key, state FROM outbox ORDER BY id DESC LIMIT 300"
    return [str(key) for key, state in _rows(database, few) if state == "sent"]


def _rows(database: Path, question: str) -> list[tuple[object, ...]]:
    from listener.store.engine import sqlite_module

    db = sqlite_module().connect(str(database))
    try:
        return list(db.execute(question))
    finally:
        db.close()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    began = time.monotonic()
    with graveyard() as warm, grave() as folder:
        met = campaign(asked.kills, folder, warm, seed=asked.seed)
    sys.stdout.write(
        f"{met.kills} kills in {met.lives} lives: {met.alerts} alerts, {met.messages} messages, 0 lost, "
        f"{met.twice} came again under the same key ({dict(met.at_work)}; {time.monotonic() - began:.0f} s)\n"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
