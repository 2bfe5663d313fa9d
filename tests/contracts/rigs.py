"""Platforms small enough to know by heart, each behind its real connector: what is published must be read.

Listings, paging, bounds and tokens follow each platform's documentation. Each platform's rigs stand in `rigs_*.py`.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, ClassVar

from listener import connectors
from listener.clock import VirtualClock
from listener.domain import budget
from listener.domain.budget import Purpose, Quota, Rate
from listener.domain.policy import Secret, SourceConfig
from listener.ports import Connector
from tests.builders import NOON
from tests.contracts.server import Asked, Reply, Server

SECRET = "s3cr3t-Zq8vN1x0-token"
PATIENT = {"timeout": 10.0, "deadline": 20.0}
HASTY = {"timeout": 0.2, "deadline": 0.3}
"""For servers that never answer; those that do are given time, since a loaded machine may be slow."""


class Purse:
    """A ledger that remembers; `limit` micro-dollars are all there is."""

    def __init__(self, limit: int = 10**12) -> None:
        self.limit, self.spent, self.reserved = limit, 0, 0
        self.credentials: set[str] = set()
        self.rates: dict[tuple[str, str], Rate] = {}

    def reserve(self, credential: str, micro_usd: int, cap_micro_usd: int, now: datetime) -> bool:
        self.credentials.add(credential)
        if self.spent + self.reserved + micro_usd > min(self.limit, cap_micro_usd):
            return False
        self.reserved += micro_usd
        return True

    def settle(self, credential: str, reserved: int, spent: int, now: datetime) -> None:
        self.reserved -= reserved
        self.spent += spent

    def take(
        self, credential: str, bucket: str, units: int, purpose: Purpose, quota: Quota | None, now: datetime
    ) -> datetime | None:
        name = (credential, bucket)
        self.rates[name], until = budget.take(self.rates.get(name, Rate()), units, purpose, quota, now)
        return until

    def heard(self, credential: str, bucket: str, said: Rate, now: datetime) -> None:
        name = (credential, bucket)
        self.rates[name] = budget.heard(self.rates.get(name, Rate()), said)


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A published post; `raw`, where given, is what the platform shows instead of a proper one."""

    number: int
    at: datetime
    text: str
    raw: str = ""


class Rig:
    """A platform, what is published on it, and connectors to it."""

    name = ""
    networked = True
    paged = True
    tokens = False
    """Whether pages are linked by tokens that could come twice."""
    streams = False
    """Whether the rig serves what the platform streams."""
    edits_are_told = True
    """Whether looking a post up tells how it reads now."""
    overlaps = True
    """Whether every poll reads a little again."""
    harmless: ClassVar[frozenset[str]] = frozenset()
    """Names of faults whose answer is a proper one here."""
    page = 10
    largest_page = 100
    """That the platform gives; connectors refuse to ask for more."""
    step = timedelta(seconds=10)
    """Between two posts."""
    patience = 10.0
    """Seconds after which a poll counts as hanging."""

    def __init__(self) -> None:
        self.clock = VirtualClock(NOON)
        self.items: list[Item] = []
        self.purse = Purse()
        self.loops = False
        self.answered: list[tuple[str, str]] = []
        """Replies that the platform took: (native id of the post that is answered, text)."""
        self.gone: set[int] = set()
        """Numbers of items that were deleted there: listed no more, and told of when asked for."""
        self.limits: dict[str, object] = {**PATIENT}
        self.server = Server(self.answer)

    def answer(self, asked: Asked) -> Reply:
        raise NotImplementedError

    def native_id(self, number: int) -> str:
        return str(number)

    def connector(self) -> Connector:
        """A new one, as after a restart."""
        raise NotImplementedError

    def build(self, connector: str, options: dict[str, object], secrets: Iterable[str] = ()) -> Connector:
        config = SourceConfig(
            name=self.name, connector=connector, options=options, secrets={name: Secret(SECRET) for name in secrets}
        )
        return connectors.build(config, ledger=self.purse, clock=self.clock, x_cap_micro_usd=10**12)

    def publish(
        self, count: int, text: str = "@acme is late", raw: str = "", back: timedelta = timedelta()
    ) -> set[str]:
        """Post `count` items, one a step, or (`back`) one that was posted earlier and shows only now."""
        fresh = []
        for _ in range(count):
            self.clock.sleep(self.step.total_seconds())
            fresh.append(Item(number=len(self.items) + len(fresh), at=self.clock.now() - back, text=text, raw=raw))
        self.items += fresh
        self.shown()
        self.clock.sleep(60)
        return {self.native_id(item.number) for item in fresh}

    def shown(self) -> None:
        """Called when items were published, edited or deleted."""

    def edit(self, number: int, text: str) -> None:
        """Its author changes a post."""
        self.items[number] = replace(self.items[number], text=text)
        self.shown()

    def delete(self, number: int) -> None:
        """Its author deletes a post."""
        self.gone.add(number)
        self.shown()

    def fault_writes(self, reply: Reply | None) -> None:
        """What every call that writes is answered with, until it is taken away."""
        self.server.write_fault = reply

    def standing(self) -> list[Item]:
        """What wasn't deleted."""
        return [item for item in self.items if item.number not in self.gone]

    def newest_first(self) -> list[Item]:
        return sorted(self.standing(), key=lambda item: (item.at, item.number), reverse=True)

    def record(self, item: Item) -> str:
        """An item as the platform's JSON."""
        return item.raw or json.dumps(self.fields(item))

    def fields(self, item: Item) -> dict[str, Any]:
        raise NotImplementedError
