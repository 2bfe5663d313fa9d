"""A queue emptied by many processes at once, two of them killed and one frozen past its lease.

Each process writes down what it was told in a ledger of its own, a line after every commit. Afterwards the ledgers and
the histories in the store are held against each other; what doesn't fit is a fault, in words.

    python -m tests.store.storm --cases 10000 --seeds 5
"""

import argparse
import json
import os
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from multiprocessing.process import BaseProcess
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import select

from listener.clock import SystemClock
from listener.domain.case import CaseState, EventKind
from listener.domain.policy import TriagePolicy
from listener.errors import Conflict
from listener.ports import Store
from listener.store import open_store
from listener.store.desk_tables import case_events, cases
from listener.triage import moves
from listener.triage.desk import Desk
from tests.builders import NOON, scored
from tests.spawning import spawner
from tests.store.steps import draft

KILLED = (0, 1)
FROZEN = 2

# Real processes, forked from one that has made the slow imports and opened no database.
_processes = spawner("listener.store", "tests.store.storm")


@dataclass(frozen=True, slots=True, kw_only=True)
class Weather:
    """How hard it blows."""

    agents: int = 8
    cases: int = 400
    seed: int = 1
    lease: timedelta = timedelta(seconds=1)
    freezes: tuple[int, int] = (3, 6)
    """At which of its claims the frozen agent is, at the earliest and the latest."""
    fenced: bool = True
    """False lets the frozen agent write without looking: the control, which must be noticed."""


@dataclass(slots=True, kw_only=True)
class Outcome:
    """What became of it."""

    seconds: float = 0.0
    claims: Counter[str] = field(default_factory=Counter)
    """By agent."""
    resolved: int = 0
    refused: list[str] = field(default_factory=list)
    """What agents were told whose case had gone on."""
    refused_frozen: list[str] = field(default_factory=list)
    lapsed: int = 0
    """Leases that ran out before another took the case."""
    faults: list[str] = field(default_factory=list)


def storm(place: Path | str, folder: Path, weather: Weather) -> Outcome:
    """Fill the store there, let them loose, and hold the ledgers in the folder against the histories."""
    store = open_store(place)
    try:
        _fill(store, weather.cases)
        began = time.monotonic()
        _let_loose(store, place, folder, weather)
        outcome = Outcome(seconds=time.monotonic() - began)
        _hold_against(store, folder, weather, outcome)
        return outcome
    finally:
        store.close()


def _fill(store: Store, count: int) -> None:
    for start in range(0, count, 1000):
        with store.write() as tx:
            posts = [scored(native_id=str(n)) for n in range(start, min(start + 1000, count))]
            tx.open_cases([draft(one) for one in tx.save_mentions(posts, NOON)])


def _let_loose(store: Store, place: Path | str, folder: Path, weather: Weather) -> None:
    chance = Random(weather.seed)
    running = [_processes.Process(target=_agent, args=(place, folder, n, weather)) for n in range(weather.agents)]
    for agent in running:
        agent.start()
    kill_at = [chance.uniform(0.1, 0.3), chance.uniform(0.3, 0.6)]
    frozen = running[FROZEN]
    thawed = False
    while any(agent.is_alive() for agent in running):
        done = _share_done(store, weather.cases)
        for n, share in zip(KILLED, kill_at, strict=True):
            if done >= share and running[n].is_alive():
                os.kill(_pid(running[n]), signal.SIGKILL)
        if not thawed and frozen.is_alive() and _is_stopped(_pid(frozen)) and _taken_by_another(store, folder):
            os.kill(_pid(frozen), signal.SIGCONT)
            thawed = True
        time.sleep(0.02 if weather.cases < 1000 else 0.25)
    for agent in running:
        agent.join()


def _share_done(store: Store, count: int) -> float:
    with store.read() as reads:
        return 1 - sum(open_ for open_, _ in reads.queue_counts(NOON).values()) / count


def _is_stopped(pid: int) -> bool:
    return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "T"


def _taken_by_another(store: Store, folder: Path) -> bool:
    """Whether the case that the frozen agent holds in its mind has gone on without it."""
    last = [line for line in _ledger(folder, FROZEN) if line["did"] == "claimed"][-1]
    with store.read() as reads:
        return reads.case(int(last["case"])).version > int(last["version"])


def _pid(agent: BaseProcess) -> int:
    assert agent.pid is not None
    return agent.pid


def _agent(place: Path | str, folder: Path, number: int, weather: Weather) -> None:
    """Claims, works and settles until nothing is left to wait for."""
    chance, name, clock = Random(weather.seed * 1000 + number), f"agent{number}", SystemClock()
    freeze_at = chance.randint(*weather.freezes) if number == FROZEN else 0
    store = open_store(place)
    ledger = os.open(_ledger_file(folder, number), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def wrote(did: str, case_id: int, version: int, said: str = "") -> None:
        os.write(ledger, (json.dumps({"did": did, "case": case_id, "version": version, "said": said}) + "\n").encode())

    desk, taken = Desk(store, TriagePolicy(lease=weather.lease), clock), 0
    while (case := desk.next(name)) is not None or _share_done(store, weather.cases) < 1:
        if case is None:
            clock.sleep(0.05)
            continue
        wrote("claimed", case.id, case.version)
        taken += 1
        if taken == freeze_at:
            os.kill(os.getpid(), signal.SIGSTOP)
            if not weather.fenced:
                _write_blindly(store, case.id, name, clock.now())
                continue
        did, act = _chosen(chance, desk, case.id, name, case.version)
        try:
            after = act()
        except Conflict as refused:
            wrote("refused", case.id, case.version, str(refused))
        else:
            wrote(did, case.id, after)


def _chosen(chance: Random, desk: Desk, case_id: int, name: str, seen: int) -> tuple[str, Callable[[], int]]:
    """Mostly settle it; now and then give it back, or answer first."""
    die = chance.random()
    if die < 0.05:
        return "released", lambda: desk.release(case_id, name, seen=seen).version
    if die < 0.15:

        def answer_first() -> int:
            answered = desk.reply(case_id, "sorry", name, seen=seen).case
            return desk.resolve(case_id, "done", name, seen=answered.version).version

        return "resolved", answer_first
    return "resolved", lambda: desk.resolve(case_id, "done", name, seen=seen).version


def _write_blindly(store: Store, case_id: int, name: str, now: datetime) -> None:
    with store.write() as tx:
        case = tx.case(case_id)
        theirs = replace(case, assignee=name, lease_until=None, state=CaseState.OPEN, resolved_at=None)
        tx.change_case(case_id, case.version, moves.decide_resolve(theirs, "done", name, TriagePolicy(), now))


def _hold_against(store: Store, folder: Path, weather: Weather, outcome: Outcome) -> None:
    ledgers = {f"agent{n}": list(_ledger(folder, n)) for n in range(weather.agents)}
    killed = {f"agent{n}" for n in KILLED}
    with store.read() as reads:
        db = reads._db  # type: ignore[attr-defined]
        rows = db.execute(select(cases.c.id, cases.c.version, cases.c.state)).all()
        events = db.execute(select(case_events).order_by(case_events.c.id)).all()
    histories: dict[int, list[tuple[str, str, datetime]]] = {row.id: [] for row in rows}
    for row in events:
        histories[row.case_id].append((row.kind, row.agent, row.at))
    outcome.faults += [f"case {row.id} is {row.state}" for row in rows if row.state != CaseState.RESOLVED]
    for row in rows:
        outcome.faults += [f"case {row.id}: {fault}" for fault in _faults(histories[row.id], row.version, weather)]
    for name, ledger in ledgers.items():
        outcome.claims[name] = sum(line["did"] == "claimed" for line in ledger)
        outcome.refused += [str(line["said"]) for line in ledger if line["did"] == "refused"]
        outcome.faults += _unkept(name, ledger, histories, slack=name in killed)
    outcome.refused_frozen = [str(one["said"]) for one in ledgers[f"agent{FROZEN}"] if one["did"] == "refused"]
    outcome.resolved = sum(row.kind == EventKind.RESOLVED for row in events)
    outcome.lapsed = sum(row.kind == EventKind.LEASE_EXPIRED for row in events)


def _faults(history: Sequence[tuple[str, str, datetime]], version: int, weather: Weather) -> Iterator[str]:
    """One life: nobody but the holder acts, and nobody claims what another's lease still holds."""
    holder, until = "", None
    for kind, agent, at in history:
        if kind == EventKind.CLAIMED:
            if holder and (until is None or at < until):
                yield f"claimed by {agent} while {holder} held it"
            holder, until = agent, at + weather.lease
        elif kind in (EventKind.RESOLVED, EventKind.RELEASED, EventKind.REPLIED):
            if agent != holder:
                yield f"{kind} by {agent}, though {holder or 'nobody'} held it"
            holder, until = (agent, at + weather.lease) if kind == EventKind.REPLIED else ("", None)
    kinds = Counter(kind for kind, _, _ in history)
    if kinds[EventKind.RESOLVED] != 1:
        yield f"resolved {kinds[EventKind.RESOLVED]} times"
    if version != len(history) - kinds[EventKind.LEASE_EXPIRED]:
        yield f"version {version} after {len(history)} events"


def _unkept(
    name: str,
    ledger: Sequence[Mapping[str, object]],
    histories: Mapping[int, Sequence[tuple[str, str, datetime]]],
    *,
    slack: bool,
) -> Iterator[str]:
    """What an agent was told that the store doesn't know, or the other way round.

    A killed agent may miss the last thing that was done for it: it died before it could write that down.
    """
    told = Counter((str(line["did"]), int(str(line["case"]))) for line in ledger if line["did"] != "refused")
    known = Counter(
        (kind, case_id)
        for case_id, history in histories.items()
        for kind, agent, _ in history
        if agent == name and kind in (EventKind.CLAIMED, EventKind.RESOLVED, EventKind.RELEASED)
    )
    yield from (f"{name} was told {did} {case_id}, the store lost it" for did, case_id in (told - known))
    unsaid = list((known - told).elements())
    if len(unsaid) > (1 if slack else 0):
        yield f"{name} was never told of {unsaid[:3]}"


def _ledger_file(folder: Path, number: int) -> Path:
    return folder / f"ledger{number}.jsonl"


def _ledger(folder: Path, number: int) -> list[dict[str, Any]]:
    """Whole lines only: the last may have been cut off."""
    file = _ledger_file(folder, number)
    lines = file.read_text().split("\n")[:-1] if file.exists() else []
    return [json.loads(line) for line in lines]


def main() -> None:
    parser = argparse.ArgumentParser(description="Eight agents at one queue, seed after seed.")
    parser.add_argument("--cases", type=int, default=10_000)
    parser.add_argument("--agents", type=int, default=8)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--place", default="", help="address of an empty PostgreSQL database, for one seed")
    asked = parser.parse_args()
    for seed in range(1, asked.seeds + 1):
        with TemporaryDirectory() as folder:
            weather = Weather(agents=asked.agents, cases=asked.cases, seed=seed, lease=timedelta(seconds=5))
            found = storm(asked.place or Path(folder) / "listener.db", Path(folder), weather)
        sys.stdout.write(f"seed {seed}: {_told(found)}\n")
        sys.stdout.flush()


def _told(found: Outcome) -> str:
    lived = [count for name, count in found.claims.items() if name not in {f"agent{n}" for n in KILLED}]
    claims = sum(found.claims.values())
    return (
        f"{found.resolved} resolved, {claims} claims in {found.seconds:.0f} s ({claims / found.seconds:.0f}/s), "
        f"{min(lived)} to {max(lived)} an agent that lived, {found.lapsed} leases ran out, "
        f"{len(found.refused)} writes refused, of the frozen {found.refused_frozen}, "
        f"{len(found.faults)} faults {found.faults[:3]}"
    )


if __name__ == "__main__":
    main()
