"""`[digest]` of alerts.toml: when digests are sent, and of which brands."""

import re
from collections.abc import Collection, Sequence
from datetime import time

from listener.domain.alert import DIGEST
from listener.domain.policy import DigestPolicy, Target
from listener.settings.hours import DAYS
from listener.settings.table import Table

_DAILY = re.compile(r"(\d{1,2}):(\d{2})")
_WEEKLY = re.compile(r"([a-z]+)\s+(\d{1,2}:\d{2})")


def digest_policy(table: Table, targets: Sequence[Target], brands: Collection[str]) -> DigestPolicy:
    """The whole table. A digest that no target takes is a problem."""
    policy = DigestPolicy(
        daily_at=_daily(table),
        weekly_on=_weekly(table),
        brands=_brands(table, brands),
    )
    wanted = next((key for key in ("daily_at", "weekly_on") if table.text(key)), "")
    if wanted and not any(DIGEST in target.kinds for target in targets):
        table.problem(wanted, "no target takes digests", f'add "{DIGEST}" to the kinds of a [[target]]')
    table.done()
    return policy


def _daily(table: Table) -> time | None:
    said = table.text("daily_at")
    found = _time(said)
    if said and found is None:
        table.problem("daily_at", f'"{said}" is no time of day', 'write it like this: daily_at = "08:00"')
    return found


def _weekly(table: Table) -> tuple[int, time] | None:
    said = table.text("weekly_on").casefold()
    match = _WEEKLY.fullmatch(said)
    at = _time(match[2]) if match and match[1] in DAYS else None
    if match and at is not None:
        return DAYS.index(match[1]), at
    if said:
        table.problem("weekly_on", f'"{said}" is no time of the week', 'write it like this: weekly_on = "monday 08:00"')
    return None


def _time(said: str) -> time | None:
    match = _DAILY.fullmatch(said)
    return time(int(match[1]), int(match[2])) if match and int(match[1]) < 24 and int(match[2]) < 60 else None


def _brands(table: Table, brands: Collection[str]) -> tuple[str, ...]:
    named = table.items("brands")
    for number, name in named:
        if name not in brands:
            fix = f"one of: {', '.join(brands)}" if brands else "configure it in brands.toml"
            table.problem("brands", f'no brand is named "{name}"', fix, item=number)
    return tuple(name for _, name in named)
