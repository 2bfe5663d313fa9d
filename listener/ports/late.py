"""Verdicts that come late: posts stored without one, and stored posts that another model is to judge."""

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

from listener.domain.stored import StoredMention
from listener.domain.verdict import Verdict


class LateReads(Protocol):
    """What is asked of posts by stretches of their ids: [first, last], both included."""

    def unscored_stretches(self, width: int, most: int) -> list[int]:
        """Where stretches of `width` ids begin that hold posts without a verdict, at multiples of it; newest first."""
        ...

    def unscored_between(self, first: int, last: int) -> list[StoredMention]: ...

    def newest_mention(self) -> int:
        """Id of the post stored last; 0 if there is none."""
        ...

    def not_judged_since(self, since: datetime, first: int, last: int, most: int) -> list[StoredMention]:
        """Posts whose present text no model has judged since then, by id."""
        ...

    def count_not_judged_since(self, since: datetime, last: int) -> int:
        """How many such posts there are up to this id; reads all of them."""
        ...


class LateWrites(Protocol):
    """What another look at stored posts writes."""

    def judge_stored(self, verdicts: Mapping[int, Verdict], now: datetime) -> None:
        """A model's verdicts by mention id; an agent's correction stays in force. Counts follow, cases stay."""
        ...
