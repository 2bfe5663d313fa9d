"""Calls to X through tweepy: each counted and paid before it is made, each failure named by how to recover from it."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from listener.clock import Clock
from listener.connectors.budget import Budget
from listener.connectors.http import Answer, never_sent
from listener.connectors.refusals import refusal
from listener.connectors.transport import Transport
from listener.connectors.x_money import Money
from listener.domain.budget import Purpose, Quota
from listener.errors import ListenerError, Retry

HOST = "https://api.twitter.com"
"""What tweepy calls; there is no setting for it."""

_WINDOW = timedelta(minutes=15)
_QUOTAS = {
    "search": Quota(units=450, period=_WINDOW),
    "mentions": Quota(units=450, period=_WINDOW),
    "lookup": Quota(units=3500, period=_WINDOW),
    "counts": Quota(units=300, period=_WINDOW),
    "rules-write": Quota(units=100, period=_WINDOW),
    "stream": Quota(units=50, period=_WINDOW),
    "write": Quota(units=100, period=_WINDOW),
}
"""As documented, for as long as no answer has said what is left."""


def _free(_answer: Mapping[str, object]) -> int:
    return 0


def _as_named(_answer: Answer) -> ListenerError | None:
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """What a call counts as, and what it may cost."""

    bucket: str
    purpose: Purpose = Purpose.READ
    at_most: int = 0
    """Millionths of a dollar."""
    price: Callable[[Mapping[str, object]], int] = _free
    wants: tuple[str, ...] = ("data", "meta")
    """An answer that has none of these isn't one of X's."""
    writes: bool = False
    """A failure of X's own may then have been taken, and paid for, all the same."""
    refuse: Callable[[Answer], ListenerError | None] = _as_named
    """A closer name for a refusal than its status gives."""


class Calls:
    """One account's or app's way to X; calls are made one at a time."""

    def __init__(self, transport: Transport, budget: Budget, money: Money, clock: Clock) -> None:
        self._transport = transport
        self._budget = budget
        self._money = money
        self._clock = clock
        self._one = threading.Lock()

    def make(self, ask: Ask, call: Callable[..., Any], **params: object) -> Mapping[str, object]:
        """The answer. Raises `RateLimited` and `BudgetSpent` before anything is asked of X."""
        with self._one:
            self.count(ask)
            if not ask.at_most:
                return self._exchange(ask, call, params)
            self._money.reserve(ask.at_most, ask.purpose)
            spent = ask.at_most
            try:
                answer = self._exchange(ask, call, params)
                spent = ask.price(answer)
            except ListenerError as error:
                spent = 0 if self._unbilled(ask, error) else ask.at_most
                raise
            finally:
                self._money.settle(ask.at_most, spent)
            return answer

    def count(self, ask: Ask) -> None:
        """Take a call from what is left."""
        self._budget.ask(ask.bucket, purpose=ask.purpose, quota=_QUOTAS.get(ask.bucket))

    def refused(self, ask: Ask, answer: Answer) -> ListenerError:
        """What an answer other than a success means."""
        if 200 <= answer.status < 300:
            return Retry("X answered something other than JSON")
        return self.waited(ask, ask.refuse(answer) or refusal(answer, self._clock.now(), who="X"))

    def waited(self, ask: Ask, error: ListenerError) -> ListenerError:
        """This error; a wait that it asks for is kept by all who share the budget, after a restart too."""
        if (until := getattr(error, "until", None)) is not None:
            self._budget.blocked(ask.bucket, until)
        return error

    def _exchange(self, ask: Ask, call: Callable[..., Any], params: Mapping[str, object]) -> Mapping[str, object]:
        """Whatever tweepy makes of a refusal, it is named by the status that came."""
        self._transport.last = None
        try:
            answer = call(**params)
        except ListenerError:
            raise
        except Exception as error:  # tweepy's exceptions fail in their own constructors, with any type
            if (refused := self._heard(ask)) is None:
                raise
            raise self.refused(ask, refused) from error
        self._heard(ask)
        if not isinstance(answer, dict) or not any(part in answer for part in ask.wants):
            raise Retry("X answered without data")
        return answer

    def _heard(self, ask: Ask) -> Answer | None:
        """The answer that came, once it has told what is left: before what it asks for, which may be a longer wait."""
        if (last := self._transport.last) is not None:
            self._budget.heard(ask.bucket, last)
        return last

    def _unbilled(self, ask: Ask, error: ListenerError) -> bool:
        """Whether a failed call surely cost nothing: X refused it, or it never left."""
        last = self._transport.last
        if last is None:
            return isinstance(error, Retry) and never_sent(error)
        if last.status >= 500 or last.status in (408, 425):
            return not ask.writes
        return last.status >= 300
