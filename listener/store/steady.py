"""Leases end by time that passed, not by a clock that was set.

Leases are kept as instants of the wall clock, which people and time servers set. With each lease it is noted how far
the wall clock was ahead of the machine's own count since it started; whoever writes next and finds another distance
moves every lease by the difference. After a restart nothing is known, and the wall clock is believed.
"""

from typing import Any

from sqlalchemy import Connection

from listener.clock import wall_ahead
from listener.store.marks import read_mark, write_mark

MARK = "leases by"
_LEAST_MICROSECONDS = 2_000_000
"""Less is no jump: clocks are steered by so much."""


def move_leases(driver: Any) -> None:
    """At the beginning of a transaction, on the driver's own connection: once for each jump, whoever sees it first."""
    noted = driver.execute("SELECT value FROM marks WHERE name = ?", (MARK,)).fetchone()
    told = wall_ahead()
    if noted is None or told is None:
        return
    start, _, before = noted[0].rpartition(" ")
    if start != told.start or abs(jumped := told.microseconds - int(before)) < _LEAST_MICROSECONDS:
        return
    driver.execute("UPDATE cases SET lease_until = lease_until + ? WHERE lease_until IS NOT NULL", (jumped,))
    driver.execute("UPDATE marks SET value = ? WHERE name = ?", (f"{start} {told.microseconds}", MARK))


def note_lease(db: Connection) -> None:
    """With a lease that is written: which start of the machine, and how far ahead."""
    told = wall_ahead()
    if told is not None and read_mark(db, MARK).rpartition(" ")[0] != told.start:
        write_mark(db, MARK, f"{told.start} {told.microseconds}")
