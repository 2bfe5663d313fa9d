"""Advocates as rows: who recommends us, how often, and how far it carries."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from listener.domain.advocates import Advocate
    from listener.domain.policy import Settings
    from listener.lists import Row
    from listener.ports import Reads

DEFAULT_DAYS = 30
COLUMNS = ("brand", "account", "customer", "recommends", "praises", "days", "reach ≤", "engaged", "score", "post")


class Next(StrEnum):
    """What they may be given."""

    THANKS = "thanks"
    REWARD = "reward"
    INVITATION = "invitation"


def found(
    settings: Settings, reads: Reads, brand: str, days: int, next_for: Next | None, now: datetime
) -> tuple[list[Row], Mapping[str, int]]:
    """The furthest-carrying first, and how many were left out of a queue, by why."""
    from listener.domain.loyalty import Gift
    from listener.insight.advocates import found_in, to_thank
    from listener.lists.asking import brands_of

    rows: list[Row] = []
    kept = {"had_already": 0, "opted_out": 0, "not_allowed": 0}
    for name in brands_of(settings, brand):
        speaking = found_in(reads, name, now - timedelta(days=days), now)
        if next_for is None:
            shown = [one for one in speaking if not one.person.no_contact]
        else:
            queue = to_thank(reads, speaking, settings.loyalty, Gift(next_for.value), now)
            shown = list(queue.lines)
            kept = {key: count + getattr(queue.kept, key) for key, count in kept.items()}
        rows += [_row(name, one) for one in shown]
    return rows, kept


def _row(brand: str, one: Advocate) -> Row:
    return {
        "brand": brand,
        "account": f"{one.person.platform}:{one.person.handle}",
        "customer": one.person.customer,
        "recommends": one.recommendations,
        "praises": one.praises,
        "days": one.days,
        "reach ≤": one.reach,
        "engaged": one.engagement,
        "score": one.score,
        "post": one.best_post,
        "last": one.last_at,
    }
