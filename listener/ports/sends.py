"""What sending replies needs: of the store, and of whoever knows the sources."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from listener.domain.case import EventKind
from listener.domain.mention import MentionKey
from listener.domain.sending import NO_OUTLET, Outcome, Outlet, Send, SendDraft, SendState
from listener.errors import ConfigError
from listener.ports.connectors import Responder


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A source that can send, and how long one of its sendings may take before it counts as dead."""

    responder: Responder
    lease: timedelta


class Outlets(Protocol):
    """The sources through which answers go out."""

    def outlet(self, platform: str, brand: str) -> Outlet:
        """As whom an answer about this brand goes out on this platform. Raises nothing."""
        ...

    def line(self, source: str) -> Line:
        """The source's connector. Raises `ConfigError` for one that can't send, or is gone."""
        ...


class NoOutlets:
    """Nothing is sent from here."""

    def outlet(self, platform: str, brand: str) -> Outlet:
        return NO_OUTLET

    def line(self, source: str) -> Line:
        raise ConfigError(f"no source {source!r} sends replies", next_step="set reply = true for it in listener.toml")


class SendReads(Protocol):
    """Questions."""

    def send(self, send_id: int) -> Send:
        """Raises `NotFound`."""
        ...

    def sends(self, states: Collection[SendState], limit: int, case_id: int | None = None) -> list[Send]:
        """The newest first; no states means all."""
        ...

    def sends_due(self, now: datetime, limit: int, case_id: int | None = None) -> list[Send]:
        """What is to be sent or looked for now, the earliest due first; of a case only its oldest that isn't done."""
        ...

    def same_send(self, mention_id: int, text: str) -> Send | None:
        """One of the same words under the same post that was sent or may yet be."""
        ...

    def sent_among(self, keys: Sequence[MentionKey]) -> set[MentionKey]:
        """Those of these posts that are our own replies."""
        ...


class SendWrites(Protocol):
    """Changes. Each is fenced by the state and the instant that were read: of two processes one comes too late."""

    def queue_send(self, draft: SendDraft, now: datetime) -> Send: ...

    def claim_send(self, send: Send, until: datetime, now: datetime) -> Send | None:
        """Due and queued: it is `sending` from here on; due otherwise: `unknown`, to be looked for.

        None if somebody else was first.
        """
        ...

    def settle_send(self, send: Send, outcome: Outcome, now: datetime) -> Send | None:
        """What became of it; None if somebody else has taken it over since. That it stands there is taken from
        anybody."""
        ...

    def tell_case(self, case_id: int, at: datetime, kind: EventKind, detail: Mapping[str, str]) -> None:
        """An event of the program that changes nothing of the case, and so makes nobody's look at it stale."""
        ...
