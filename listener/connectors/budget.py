"""A credential's calls, counted in the store: asked for before each call, corrected by what the answer says.

All who share a credential share its count: polls, rechecks and replies, of every source, also after a restart.
"""

import hashlib
from collections.abc import Mapping
from datetime import datetime

from listener.clock import Clock
from listener.connectors.http import Answer
from listener.connectors.refusals import RESET_HEADERS, window
from listener.domain.budget import Purpose, Quota, Rate
from listener.errors import RateLimited
from listener.ports import Ledger

_LEFT = ("x-rate-limit-remaining", "x-ratelimit-remaining", "ratelimit-remaining")
_CAPACITY = ("x-rate-limit-limit", "x-ratelimit-limit", "ratelimit-limit")


def credential_of(platform: str, *parts: str) -> str:
    """A name for whoever holds these secrets, from which they can't be told."""
    return f"{platform}:{hashlib.sha256(chr(0).join(parts).encode()).hexdigest()[:12]}"


class Budget:
    """What one credential may still ask of its platform; kinds of call that are counted apart have a bucket each."""

    def __init__(self, ledger: Ledger, clock: Clock, credential: str, who: str) -> None:
        self._ledger = ledger
        self._clock = clock
        self.credential = credential
        self._who = who

    def ask(self, bucket: str, *, purpose: Purpose = Purpose.READ, units: int = 1, quota: Quota | None = None) -> None:
        """Before a call. Raises `RateLimited`, and then no call may be made."""
        now = self._clock.now()
        until = self._ledger.take(self.credential, bucket, units, purpose, quota, now)
        if until is not None:
            raise RateLimited(
                f"{self._who}: nothing left to {purpose} with until {until:%Y-%m-%d %H:%M:%S} UTC", until=until
            )

    def heard(self, bucket: str, answer: Answer) -> None:
        """After each answer: what its headers say is left."""
        now = self._clock.now()
        said = _said(answer, now)
        if said is not None:
            self._ledger.heard(self.credential, bucket, said, now)

    def blocked(self, bucket: str, until: datetime) -> None:
        """The platform told in its own way to wait."""
        self._ledger.heard(
            self.credential, bucket, Rate(blocked_until=until, left=0, resets_at=until), self._clock.now()
        )


def _said(answer: Answer, now: datetime) -> Rate | None:
    left, capacity = _number(answer.headers, _LEFT), _number(answer.headers, _CAPACITY)
    if answer.status == 429:
        until = now + window(answer.headers, now)
        return Rate(capacity=capacity, left=0, resets_at=until, blocked_until=until)
    if left is None or not any(name in answer.headers for name in RESET_HEADERS):
        return None
    return Rate(capacity=capacity, left=left, resets_at=now + window(answer.headers, now))


def _number(headers: Mapping[str, str], names: tuple[str, ...]) -> int | None:
    """The first of these headers that holds a number; Reddit writes `97.0`, the standard's draft `100;w=60`."""
    for name in names:
        plain = headers.get(name, "").partition(";")[0].strip()
        whole, _, fraction = plain.partition(".")
        if whole.isascii() and whole.isdigit() and len(whole) < 12 and (not fraction or fraction.isdigit()):
            return int(whole)
    return None
