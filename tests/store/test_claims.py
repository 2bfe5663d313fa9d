"""Several agents' processes at one queue, at once."""

import re
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Barrier
from pathlib import Path

from sqlalchemy import select, update

from listener.ports import Store
from listener.store import open_store
from listener.store.desk_tables import cases
from tests.builders import NOON, scored
from tests.spawning import spawner
from tests.store.steps import draft
from tests.store.storm import Weather, storm

AGENTS = 8
CASES = 2_000

Claimer = Callable[[Store, str], int | None]

# Real processes, forked from one that has made the slow imports and opened no database.
_processes = spawner("listener.store", "tests.store.test_claims")


def claim(store: Store, agent: str) -> int | None:
    with store.write() as tx:
        case = tx.claim_next(agent, (), NOON, timedelta(minutes=15))
    return case.id if case else None


def look_first_and_take_later(store: Store, agent: str) -> int | None:
    with store.read() as reads:
        case_id = reads._db.scalars(select(cases.c.id).where(cases.c.assignee == "").limit(1)).first()
    if case_id is not None:
        with store.write() as tx:
            tx._db.execute(update(cases).where(cases.c.id == case_id).values(assignee=agent))
    return case_id


def test_C1_eight_processes_claim_each_of_2000_cases_exactly_once(place: Path | str) -> None:
    store = open_store(place)
    _fill(store, CASES)
    claimed = _race(claim, place, AGENTS)
    assert sorted(claimed) == list(range(1, CASES + 1))
    with store.read() as reads:
        assert reads.queue_counts(NOON) == {"support": (CASES, 0)}
        assert [event.kind.value for event in reads.case_card(CASES).events] == ["opened", "claimed"]
    store.close()


def test_C1_control_looking_first_and_taking_later_claims_twice(place: Path | str) -> None:
    store = open_store(place)
    _fill(store, 200)
    claimed = Counter(_race(look_first_and_take_later, place, AGENTS))
    assert max(claimed.values()) > 1
    store.close()


def test_C2_a_storm_of_eight_loses_nothing_and_no_stale_hand_writes(place: Path | str, tmp_path: Path) -> None:
    """Two are killed; one is frozen until its lease is over and its case another's."""
    outcome = storm(place, tmp_path, Weather(agents=AGENTS, cases=400, seed=1))
    assert outcome.faults == []
    assert outcome.resolved == 400
    assert outcome.lapsed >= 1
    refusal = outcome.refused_frozen[0]
    assert "agent2" not in refusal
    assert re.search(r"(held|resolved already|changed) by agent\d", refusal)


def test_C2_control_a_stale_hand_that_writes_is_noticed(place: Path | str, tmp_path: Path) -> None:
    # At its first claim: of so few it might get no third.
    weather = Weather(agents=4, cases=200, seed=1, lease=timedelta(seconds=0.5), freezes=(1, 1), fenced=False)
    outcome = storm(place, tmp_path, weather)
    assert any("by agent2" in fault for fault in outcome.faults)


def _fill(store: Store, count: int) -> None:
    with store.write() as tx:
        saved = tx.save_mentions([scored(native_id=str(n)) for n in range(count)], NOON)
        tx.open_cases([draft(one) for one in saved])


def _race(claimer: Claimer, place: Path | str, agents: int) -> list[int]:
    """Start the agents together; what they claimed, in no order."""
    together = _processes.Barrier(agents)
    ends = [_processes.Pipe(duplex=False) for _ in range(agents)]
    running = [
        _processes.Process(target=_agent, args=(claimer, place, f"agent{number}", together, said))
        for number, (_, said) in enumerate(ends)
    ]
    for agent in running:
        agent.start()
    for _, said in ends:
        said.close()  # so that an agent that dies is noticed, not waited for
    claimed = [case_id for heard, _ in ends for case_id in heard.recv()]
    for agent in running:
        agent.join()
    return claimed


def _agent(claimer: Claimer, place: Path | str, name: str, together: Barrier, said: Connection) -> None:
    """Claims until nothing is left, then says what it got."""
    store = open_store(place)
    together.wait(timeout=60)
    claimed = []
    while (case_id := claimer(store, name)) is not None:
        claimed.append(case_id)
    said.send(claimed)
