"""How often a credential may call: one count for all who share it, with some kept back for replies. Pure.

A platform tells what is left until when; where it doesn't, its documented quota is counted down here. What is left is
taken from before each call, so that a crash forgets no call that was made.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum


class Purpose(StrEnum):
    """What a call is for; replies come first when little is left."""

    READ = "read"
    RECHECK = "recheck"
    REPLY = "reply"


KEPT_BACK = {Purpose.READ: 0.1, Purpose.RECHECK: 0.3, Purpose.REPLY: 0.0}
"""Share of a window's capacity that a purpose leaves to those before it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota:
    """A documented allowance, for platforms whose answers don't say what is left."""

    units: int
    period: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """How one credential stands with one kind of call."""

    capacity: int | None = None
    """Calls, or units, of a whole window; None where it isn't known."""
    left: int | None = None
    resets_at: datetime | None = None
    blocked_until: datetime | None = None
    """The platform asked us to wait: no call whatever before."""


def take(rate: Rate, units: int, purpose: Purpose, quota: Quota | None, now: datetime) -> tuple[Rate, datetime | None]:
    """(the rate after taking, None), or (the rate as it was, when to try again)."""
    if rate.blocked_until is not None and rate.blocked_until > now:
        return rate, rate.blocked_until
    current = _begun_anew(rate, quota, now)
    if current.left is None:
        return current, None
    kept = KEPT_BACK[purpose] * (current.capacity or 0)
    if current.left - units < kept:
        return rate, current.resets_at or now + timedelta(minutes=1)
    return replace(current, left=current.left - units), None


def _begun_anew(rate: Rate, quota: Quota | None, now: datetime) -> Rate:
    """With a window that hasn't ended; what the platform said of an ended one says nothing any more."""
    fresh = replace(rate, blocked_until=None)
    if fresh.resets_at is not None and fresh.resets_at > now:
        return fresh
    if quota is None:
        return replace(fresh, left=None, resets_at=None)
    return replace(fresh, capacity=quota.units, left=quota.units, resets_at=now + quota.period)


def heard(rate: Rate, said: Rate) -> Rate:
    """With what an answer said; what it didn't say stays."""
    if said.blocked_until and said.resets_at and rate.resets_at and said.resets_at < rate.resets_at:
        # A pause within a longer window doesn't end it: a day's units aren't whole again after a minute.
        return replace(rate, capacity=said.capacity or rate.capacity, blocked_until=said.blocked_until)
    return Rate(
        capacity=rate.capacity if said.capacity is None else said.capacity,
        left=rate.left if said.left is None else said.left,
        resets_at=said.resets_at or rate.resets_at,
        blocked_until=said.blocked_until or rate.blocked_until,
    )
