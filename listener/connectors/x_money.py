"""What X costs: each call is paid from a monthly cap before it is made, by the most it can cost, then by what came.

Where replies are sent, a tenth of the cap is kept for them: listening must not leave a customer without an answer.
X charges a post once a day however often it is read; each reading counts here, so the sum is never too small.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from listener.connectors.jsons import rows, table
from listener.domain.budget import Purpose
from listener.errors import BudgetSpent, ConfigError

if TYPE_CHECKING:
    from listener.connectors import Tools

POST_PRICE = 5_000
"""Millionths of a dollar for a post read."""
OWN_MENTION_PRICE = 1_000
"""For one that mentions the account which owns the app."""
USER_PRICE = 10_000
COUNT_PRICE = 5_000
REPLY_PRICE = 10_000
LINKED_REPLY_PRICE = 200_000

Price = Callable[[Mapping[str, object]], int]


def of_posts(post: int) -> Price:
    """The price of an answer: its posts at this much each, and the users that came with them."""
    return lambda answer: _size(answer.get("data")) * post + users_in(answer) * USER_PRICE


def users_in(answer: Mapping[str, object]) -> int:
    return len(rows(table(answer.get("includes")).get("users")))


def _size(data: object) -> int:
    """Posts in an answer, whether it holds many or one."""
    return 1 if isinstance(data, dict) else len(rows(data))


class Money:
    """This month's cap of one app, shared by whatever holds its bearer token."""

    def __init__(self, tools: "Tools", credential: str, *, replies: bool) -> None:
        self._tools = tools
        self._credential = credential
        self._replies = replies

    def reserve(self, micro_usd: int, purpose: Purpose) -> None:
        """Before a call, the most it can cost. Raises `BudgetSpent`, and then no call may be made."""
        cap, now = self._tools.x_cap_micro_usd, self._tools.clock.now()
        if cap <= 0:
            raise ConfigError("X costs money", next_step="set x_monthly_cap_usd in listener.toml")
        most = cap * 9 // 10 if self._replies and purpose is not Purpose.REPLY else cap
        if self._tools.ledger.reserve(self._credential, micro_usd, most, now):
            return
        kept = ", a tenth of it kept for replies," if most < cap else ""
        raise BudgetSpent(
            f"X's monthly cap of ${cap / 1e6:,.2f}{kept} leaves no room for a call of up to ${micro_usd / 1e6:,.2f}",
            until=_next_month(now),
            next_step="raise x_monthly_cap_usd in listener.toml, or wait for the new month",
        )

    def settle(self, reserved: int, spent: int) -> None:
        """After a call, what it did cost."""
        self._tools.ledger.settle(self._credential, reserved, spent, self._tools.clock.now())


def _next_month(now: datetime) -> datetime:
    return (now.replace(day=1) + timedelta(days=32)).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
