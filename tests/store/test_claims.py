"""Several agents' processes at one queue, at once."""

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

from listener.ports import Store
from tests.builders import NOON, scored
from tests.store.steps import draft

AGENTS = 8
CASES = 2_000

AGENT = """
import sys
from datetime import timedelta
from pathlib import Path
from listener.store import open_store
from tests.builders import NOON

store = open_store(Path(sys.argv[1]))
print("ready", flush=True)
sys.stdin.readline()  # all agents start together
claimed = []
while True:
    with store.write() as tx:
        case = tx.claim_next(sys.argv[2], (), NOON, timedelta(minutes=15))
    if case is None:
        break
    claimed.append(case.id)
print(*claimed)
"""

NAIVE_AGENT = """
import sys
from pathlib import Path
from sqlalchemy import select, update
from listener.store import open_store
from listener.store.desk_tables import cases

store = open_store(Path(sys.argv[1]))
print("ready", flush=True)
sys.stdin.readline()
claimed = []
while True:
    with store.read() as reads:  # looks first, takes later
        case_id = reads._db.scalars(select(cases.c.id).where(cases.c.assignee == "").limit(1)).first()
    if case_id is None:
        break
    with store.write() as tx:
        tx._db.execute(update(cases).where(cases.c.id == case_id).values(assignee=sys.argv[2]))
    claimed.append(case_id)
print(*claimed)
"""


def test_C1_eight_processes_claim_each_of_2000_cases_exactly_once(path: Path, store: Store) -> None:
    _fill(store, CASES)
    claimed = _race(AGENT, path, AGENTS)
    assert sorted(claimed) == list(range(1, CASES + 1))
    with store.read() as reads:
        assert reads.queue_counts(NOON) == {"support": (CASES, 0)}
        assert [event.kind.value for event in reads.case_card(CASES).events] == ["opened", "claimed"]


def test_C1_control_looking_first_and_taking_later_claims_twice(path: Path, store: Store) -> None:
    _fill(store, 100)
    claimed = Counter(_race(NAIVE_AGENT, path, 4))
    assert max(claimed.values()) > 1


def _fill(store: Store, count: int) -> None:
    with store.write() as tx:
        saved = tx.save_mentions([scored(native_id=str(n)) for n in range(count)], NOON)
        tx.open_cases([draft(one) for one in saved])


def _race(program: str, path: Path, agents: int) -> list[int]:
    """Start the agents together; what they claimed, in no order."""
    running = [
        subprocess.Popen(
            [sys.executable, "-c", program, str(path), f"agent{number}"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": "."},
        )
        for number in range(agents)
    ]
    for agent in running:
        assert agent.stdout
        assert agent.stdout.readline() == "ready\n"
    for agent in running:
        assert agent.stdin
        agent.stdin.write("\n")
        agent.stdin.flush()
    said = [agent.communicate()[0] for agent in running]
    assert [agent.returncode for agent in running] == [0] * agents
    return [int(line) for text in said for line in text.split()]
