"""What is left to a credential, for people who look."""

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

from listener.domain.budget import Rate


class BudgetReads(Protocol):
    """Questions."""

    def rates(self, credential: str) -> Mapping[str, Rate]:
        """How each kind of call stands, by bucket, as the platform last said or our count has it."""
        ...

    def money(self, credential: str, now: datetime) -> int:
        """Millionths of a dollar spent or reserved this month."""
        ...
