"""C4: a clock that is set ahead or back, by anything from an hour to ten years, ends no lease and prolongs none."""

from datetime import timedelta
from random import Random

import pytest

from listener.clock import WallAhead, wall_ahead
from listener.errors import Conflict
from listener.store import steady
from tests.triage.builders import POLICY, Office

JUMPS = [
    timedelta(hours=1), timedelta(hours=-1), timedelta(days=3650), timedelta(days=-3650), timedelta(minutes=14),
    timedelta(minutes=-16),
]  # fmt: skip


class Machine:
    """One whose time passes evenly, while its wall clock is set."""

    def __init__(self, office: Office, patch: pytest.MonkeyPatch) -> None:
        self.office, self.start, self.ahead = office, "boot/1", timedelta()
        patch.setattr(steady, "wall_ahead", self.told)

    def told(self) -> WallAhead:
        return WallAhead(start=self.start, microseconds=self.ahead // timedelta(microseconds=1))

    def passes(self, time: timedelta) -> None:
        self.office.clock._now += time

    def is_set(self, by: timedelta) -> None:
        self.ahead += by
        self.office.clock._now += by


@pytest.fixture
def machine(desk_office: Office, monkeypatch: pytest.MonkeyPatch) -> Machine:
    return Machine(desk_office, monkeypatch)


def can_take(office: Office) -> bool:
    """Whether another agent gets what Ann holds."""
    try:
        office.desk.claim(1, "bob")
    except Conflict:
        return False
    return True


def early_or_late(machine: Machine, seed: int) -> str:
    """A lease over which the clock is set some times: what was wrong with its end, or nothing."""
    chance, office = Random(seed), machine.office
    office.desk.claim(1, "ann")
    left = POLICY.lease
    for _ in range(chance.randint(1, 4)):
        step = left * chance.uniform(0.1, 0.5)
        machine.passes(step)
        left -= step
        machine.is_set(chance.choice(JUMPS))
        if can_take(office):
            return f"ended {left} early"
    machine.passes(left - timedelta(seconds=1))
    if can_take(office):
        return "ended a second early"
    machine.passes(timedelta(seconds=1))
    taken = can_take(office)
    office.desk.release(1, "bob" if taken else "ann")
    return "" if taken else "outlived its end"


@pytest.mark.sqlite
def test_C4_no_jump_ends_a_lease_early_or_late(machine: Machine) -> None:
    machine.office.hears()
    found = {seed: said for seed in range(60) if (said := early_or_late(machine, seed))}
    assert found == {}


@pytest.mark.parametrize("jump", JUMPS[:2])
def test_C4_control_a_lease_by_the_wall_clock_is_caught(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, jump: timedelta
) -> None:
    monkeypatch.setattr("listener.store.database.move_leases", lambda _driver: None)
    machine.office.hears()
    machine.office.desk.claim(1, "ann")
    machine.is_set(jump)
    early = can_take(machine.office)
    machine.passes(POLICY.lease)
    assert early or not can_take(machine.office)


@pytest.mark.sqlite
def test_C4_what_next_takes_is_held_through_a_jump(machine: Machine) -> None:
    machine.office.hears()
    machine.office.desk.next("ann")
    machine.is_set(timedelta(hours=1))
    assert machine.office.desk.next("bob") is None
    machine.passes(POLICY.lease)
    assert machine.office.desk.next("bob") is not None


def test_after_a_restart_the_wall_clock_is_believed(machine: Machine) -> None:
    machine.office.hears()
    machine.office.desk.claim(1, "ann")
    machine.start, machine.ahead = "boot/2", timedelta(days=9)
    assert not can_take(machine.office)
    machine.passes(POLICY.lease)
    assert can_take(machine.office)


def test_what_a_clock_is_steered_by_moves_nothing(machine: Machine) -> None:
    machine.office.hears()
    before = machine.office.desk.claim(1, "ann").lease_until
    machine.ahead += timedelta(seconds=1)
    assert machine.office.desk.note(1, "hm", "bob").lease_until == before


def test_this_machine_tells_the_same_start_and_nearly_the_same_distance() -> None:
    first, then = wall_ahead(), wall_ahead()
    if first is None or then is None:
        pytest.skip("this system has no count since its start")
    assert first.start == then.start
    assert abs(first.microseconds - then.microseconds) < 1_000_000
