"""How alarms reach people: the first of a queue at once, those of the next five minutes folded into one notice.

An outage breaks three hundred promises within an hour; whoever is on call gets twelve messages, not three hundred.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from listener.domain.alert import Notice
from listener.domain.text import visible
from listener.ports import Transaction

MARK = "sla notices"
"""Under which the store keeps what waits to be told."""
QUIET = timedelta(minutes=5)
LINES = 10
"""Cases named in one notice."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """An alarm as it is passed on."""

    key: str
    """Names the case, the promise, what became of it and when it was due."""
    case_id: int
    queue: str
    broken: bool
    line: str
    headline: str
    """A stranger's words."""
    url: str


@dataclass(slots=True, kw_only=True)
class _Held:
    """A queue's alarms that wait for its quiet time to be over."""

    at: datetime | None = None
    """When the queue's last notice went out."""
    broken: int = 0
    near: int = 0
    lines: list[str] = field(default_factory=list)

    def add(self, told: Told) -> None:
        self.broken += told.broken
        self.near += not told.broken
        if len(self.lines) < LINES:
            self.lines.append(f"case {told.case_id}: {told.line}")


def tell(tx: Transaction, told: Sequence[Told], now: datetime) -> list[Notice]:
    """The notices that are to go out now; what must wait is kept in the store."""
    kept = tx.mark(MARK)
    if not told and not kept:
        return []
    waiting = _read(kept)
    for one in told:
        waiting.setdefault(one.queue, _Held()).add(one)
    notices: list[Notice] = []
    for queue, held in sorted(waiting.items()):
        if held.lines and not _quiet(held, now):
            fresh = [one for one in told if one.queue == queue]
            alone = len(fresh) == held.broken + held.near == 1
            notices.append(_of_one(fresh[0]) if alone else _of_many(queue, held, now))
            waiting[queue] = _Held(at=now)
    left = {queue: held for queue, held in waiting.items() if held.lines or _quiet(held, now)}
    written = _written(left)
    if written != kept:
        tx.set_mark(MARK, written)
    return notices


def _quiet(held: _Held, now: datetime) -> bool:
    """A machine's clock may have been set back: then nothing is held."""
    return held.at is not None and held.at <= now < held.at + QUIET


def _of_one(told: Told) -> Notice:
    what = "promise broken" if told.broken else "promise about to break"
    body = [told.line[:1].upper() + told.line[1:], f"> {visible(told.headline, 200)}", told.url]
    next_step = f"listener case show {told.case_id}"
    return Notice(
        key=told.key,
        title=f"{visible(told.queue, 60)}: {what} in case {told.case_id}",
        body="\n".join(line for line in [*body, next_step] if line),
    )


def _of_many(queue: str, held: _Held, now: datetime) -> Notice:
    counts = [f"{held.broken} promise{'s' if held.broken > 1 else ''} broken"] if held.broken else []
    counts += [f"{held.near} about to break"] if held.near else []
    total = held.broken + held.near
    more = [f"and {total - len(held.lines)} more"] if total > len(held.lines) else []
    return Notice(
        key=f"sla|queue:{queue}|{now.isoformat()}",
        title=f"{visible(queue, 60)}: {', '.join(counts)}",
        body="\n".join([*held.lines, *more, f"listener inbox --queue {visible(queue, 60)}"]),
    )


def _read(kept: str) -> dict[str, _Held]:
    stored: dict[str, Any] = json.loads(kept or "{}")
    return {
        queue: _Held(
            at=datetime.fromisoformat(one["at"]) if one["at"] else None,
            broken=one["broken"],
            near=one["near"],
            lines=one["lines"],
        )
        for queue, one in stored.items()
    }


def _written(waiting: dict[str, _Held]) -> str:
    if not waiting:
        return ""
    return json.dumps(
        {
            queue: {
                "at": held.at.isoformat() if held.at else None,
                "broken": held.broken,
                "near": held.near,
                "lines": held.lines,
            }
            for queue, held in sorted(waiting.items())
        }
    )
