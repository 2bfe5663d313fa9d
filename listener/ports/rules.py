"""What rules need of the store."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Protocol

from listener.domain.rules import RuleAct, RuleCount, Timelines


class RulesReads(Protocol):
    """Questions."""

    def rules_acted(self, case_ids: Collection[int]) -> dict[int, set[str]]:
        """Which rules acted on each case since it was opened, or its author's return last reopened it."""
        ...

    def rule_acts_of(self, case_ids: Collection[int]) -> list[RuleAct]:
        """Everything rules did to these cases, in its order."""
        ...

    def rule_log(
        self, *, rule: str = "", case_id: int | None = None, since: datetime | None = None, limit: int = 100
    ) -> list[RuleAct]:
        """The latest first."""
        ...

    def rule_counts(self, since: datetime) -> list[RuleCount]:
        """Of every rule that acted since, by name."""
        ...

    def rule_notices(self, rule: str, since: datetime, until: datetime) -> int:
        """How often this rule had something to tell in [since, until)."""
        ...

    def touched_cases(self, since: datetime, until: datetime) -> list[int]:
        """Open cases to which something happened in (since, until]."""
        ...

    def timelines_of(self, case_ids: Collection[int]) -> Timelines:
        """The whole history of these cases."""
        ...

    def timelines(self, since: datetime, until: datetime) -> Timelines:
        """The whole history of each case to which something happened in [since, until]."""
        ...


class RulesWrites(Protocol):
    """Changes."""

    def log_rules(self, acts: Sequence[RuleAct]) -> None:
        """Append."""
        ...
