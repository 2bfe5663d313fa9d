"""What incidents need of the store."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from listener.domain.incident import (
    Heard,
    Incident,
    IncidentChange,
    IncidentDraft,
    IncidentEvent,
    IncidentLine,
    Member,
)


class IncidentReads(Protocol):
    """Questions."""

    def incident(self, incident_id: int) -> Incident:
        """Raises `NotFound`."""
        ...

    def incidents(self, brand: str = "", *, closed_since: datetime | None = None) -> list[Incident]:
        """Open ones, and those closed since an instant; by id."""
        ...

    def incidents_named(self, incident_ids: Collection[int]) -> list[Incident]:
        """These, in whatever state; by id."""
        ...

    def incidents_by_words(self, brand: str) -> list[Incident]:
        """Open ones that a person agreed to: a theme's, or made by hand; by id."""
        ...

    def incident_lines(self, incidents: Sequence[Incident]) -> list[IncidentLine]:
        """The same with how many cases and people each holds."""
        ...

    def incident_members(self, incident_id: int) -> list[Member]:
        """Its cases in the queue's order of opening, with what was said and answered since they joined."""
        ...

    def incident_history(self, incident_id: int) -> list[IncidentEvent]:
        """What was done to it as a whole, oldest first."""
        ...

    def heard_since(self, event_id: int, limit: int) -> tuple[list[Heard], int]:
        """Complaints that came to cases by events after this one, and the last event looked at."""
        ...

    def event_before(self, at: datetime) -> int:
        """The last case event before an instant; 0 if there is none."""
        ...

    def heard_in(self, mention_ids: Collection[int], brand: str) -> list[Heard]:
        """These posts where they stand in a case of the brand and are complaints."""
        ...

    def sharing(self, brand: str, bands: Iterable[tuple[int, int]]) -> list[tuple[int, int, int]]:
        """(band, value, mention id) of stored signatures that share one of these (band, value) pairs."""
        ...

    def complaints(self, brand: str, since: datetime, until: datetime, limit: int) -> list[Heard]:
        """Complaints posted in [since, until) that stand in a case, the latest first."""
        ...

    def signed_before(self, at: datetime, limit: int) -> list[int]:
        """Mentions with a signature, in no open incident and posted before an instant, among the first taken in."""
        ...


class IncidentWrites(Protocol):
    """Changes."""

    def open_incident(self, draft: IncidentDraft, agent: str, now: datetime) -> Incident:
        """Insert it with its `opened` event."""
        ...

    def change_incident(self, incident_id: int, expected_version: int, change: IncidentChange) -> Incident:
        """Apply and append the event. Raises `Conflict` if the version moved on, `NotFound`."""
        ...

    def save_signatures(self, brand: str, bands: Mapping[int, Sequence[int]]) -> None:
        """By mention id; what was stored of these mentions for this brand is replaced."""
        ...

    def forget_signatures(self, mention_ids: Collection[int]) -> None: ...
