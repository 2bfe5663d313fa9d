"""What who is at work, and giving cases out, need of the store."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from listener.domain.roster import GivenCase, Known, Presence, Skills, WaitingCase


class RosterReads(Protocol):
    """Questions."""

    def presences(self) -> list[Presence]:
        """Everybody who was given a case, or said that they were there or going; by name."""
        ...

    def loads(self, agents: Sequence[str], now: datetime, *, count_waiting: bool) -> dict[str, int]:
        """Agent → open cases in hand; with `count_waiting` also those that await their author or are snoozed.

        A claim whose lease ran out is in nobody's hand. Agents with none are absent.
        """
        ...

    def given_cases(self, agents: Sequence[str]) -> list[GivenCase]:
        """Open cases that the program gave to these agents, that await an answer, and that no person assigned since."""
        ...

    def waiting_cases(
        self, agents: Sequence[str], skills: Skills, not_queues: Sequence[str], now: datetime, limit: int
    ) -> list[int]:
        """The first that these agents, alike in skills, could be given, in the queue's order.

        That is: open, held by nobody, awaiting our answer. Left out are `not_queues`, and what was taken back from all
        of these agents untouched since they last came or went.
        """
        ...

    def waiting_facts(self, case_ids: Sequence[int]) -> list[WaitingCase]:
        """What giving them out asks of these cases, whatever their state, in the queue's order; `known` is left empty.

        `passed_by` names all from whom the case was taken back untouched since they last came or went.
        """
        ...

    def who_knows(self, author_ids: Sequence[int], agents: Sequence[str], since: datetime) -> Mapping[int, Known]:
        """Author id → which of these agents last replied to or resolved a case of theirs since then."""
        ...

    def next_in_hand(self, agent: str, queues: Sequence[str]) -> int | None:
        """The first open case, in the queue's order, that this agent was given and has yet to look at.

        That is one that they did nothing with since it became theirs, or since its author wrote again; a claim of
        theirs under a lease isn't meant. No queues means all.
        """
        ...


class RosterWrites(Protocol):
    """Changes."""

    def set_available(self, name: str, agent: str, now: datetime, *, available: bool) -> None:
        """Write down that `name` is there, or not, as `agent` says."""
        ...

    def note_given(self, name: str, turn: datetime, now: datetime) -> None:
        """The program gave somebody a case, and their turn is over."""
        ...

    def note_silent(self, name: str, now: datetime) -> None:
        """The program takes somebody for gone, until they act or are said to be available."""
        ...
