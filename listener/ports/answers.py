"""What answers need of the store: those that wait for a second word, and those on their way."""

from datetime import datetime
from typing import Protocol

from listener.domain.answers import Draft, DraftState, WaitingDraft
from listener.ports.sends import SendReads, SendWrites


class AnswerReads(SendReads, Protocol):
    """Questions."""

    def draft(self, draft_id: int) -> Draft:
        """Raises `NotFound`."""
        ...

    def waiting_draft(self, case_id: int) -> Draft | None:
        """The one of this case that waits; there is one at the most."""
        ...

    def waiting_drafts(self, limit: int) -> list[WaitingDraft]:
        """All that wait, the oldest first."""
        ...


class AnswerWrites(SendWrites, Protocol):
    """Changes."""

    def add_draft(self, case_id: int, agent: str, text: str, now: datetime) -> Draft:
        """A draft that waits. Raises `Conflict` if the case has one already."""
        ...

    def decide_draft(self, draft_id: int, state: DraftState, by: str, now: datetime, why: str = "") -> Draft:
        """What became of it. Raises `Conflict` (who, when) if it doesn't wait any more, `NotFound`."""
        ...
