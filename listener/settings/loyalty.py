"""loyalty.toml: what customers are worth, and what advocates may be given."""

import re

from listener.domain.loyalty import LoyaltyPolicy
from listener.settings.table import Table

FILE = "loyalty.toml"

_CURRENCY = re.compile("[A-Z]{3}")
_MOST = 1e7
"""A budget beyond this is a slip of the pen."""


def loyalty(top: Table) -> LoyaltyPolicy:
    """What the file says, its gaps filled with the defaults."""
    plain = LoyaltyPolicy()
    value, rewards = top.child("value"), top.child("rewards")
    policy = LoyaltyPolicy(
        currency=_currency(top, plain.currency),
        valuable=value.number("valuable", plain.valuable, most=1.0),
        repeated=value.whole("repeated_complaints", plain.repeated, least=2),
        monthly_budget_cents=_cents(rewards, "monthly_budget", plain.monthly_budget_cents),
        most_per_person_cents=_cents(rewards, "most_per_person", plain.most_per_person_cents),
        double_gift=rewards.duration("double_gift", plain.double_gift),
    )
    for table in (value, rewards, top):
        table.done()
    return policy


def _currency(top: Table, default: str) -> str:
    code = top.text("currency", default).upper()
    if _CURRENCY.fullmatch(code):
        return code
    top.problem("currency", f'"{code}" is no currency', 'use three letters, such as "EUR"')
    return default


def _cents(table: Table, key: str, default: int) -> int:
    return round(100 * table.number(key, default / 100, most=_MOST))
