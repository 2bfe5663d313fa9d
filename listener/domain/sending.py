"""Replies on their way to a platform, from the answer that an agent gave to the post that stands there."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from listener.domain.mention import MentionKey


class SendState(StrEnum):
    """queued → sending → sent, failed, unknown, or queued again; queued → cancelled."""

    QUEUED = "queued"
    SENDING = "sending"
    """A process is about to call the platform, or has: what dies in between leaves it so."""
    UNKNOWN = "unknown"
    """It may stand there, or not: it is looked for before anything is sent again."""
    SENT = "sent"
    FAILED = "failed"
    """It doesn't stand there and won't be tried again; its case is back."""
    CANCELLED = "cancelled"


UNFINISHED = (SendState.QUEUED, SendState.SENDING, SendState.UNKNOWN)


@dataclass(frozen=True, slots=True, kw_only=True)
class SendDraft:
    """A reply about to be queued."""

    case_id: int
    mention_id: int
    """The post that it answers."""
    source: str
    """Whose account it goes out as."""
    platform: str
    agent: str
    """Who wrote it."""
    text: str
    key: str
    """The same in every attempt, of no other reply."""
    due_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Send:
    """A reply, and how far it came."""

    id: int
    case_id: int
    mention_id: int
    source: str
    platform: str
    agent: str
    text: str
    """Empty once its customer was erased."""
    key: str
    state: SendState
    attempts: int
    """Calls begun."""
    created_at: datetime
    due_at: datetime | None
    """When it is next looked at; of one being sent, when whoever sends it counts as dead. None once it is done."""
    began_at: datetime | None
    """When the first call began: what is older isn't it."""
    tried_at: datetime | None
    """When the latest call ended, or began where nobody knows its end."""
    done_at: datetime | None
    native_id: str = ""
    """Of our post there; empty until it stands."""
    url: str = ""
    error: str = ""
    """What last kept it from being sent."""

    @property
    def finished(self) -> bool:
        return self.state not in UNFINISHED

    @property
    def standing_as(self) -> MentionKey:
        """Our post there, of one that was sent."""
        return MentionKey(platform=self.platform, native_id=self.native_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of an attempt, or of a look for an earlier one."""

    state: SendState
    due_at: datetime | None = None
    """None once it is done."""
    error: str = ""
    native_id: str = ""
    url: str = ""
    tried_at: datetime | None = None
    """None leaves it as it was."""
    needs_person: bool = False
    """Nothing moves until somebody acts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlet:
    """Whether, and as whom, an answer can be sent."""

    source: str = ""
    """Empty: it can't be."""
    why_not: str = ""
    """Why not, where a source is there that might have sent it; empty where none is, and where it can."""
    needs: str = ""
    """On what condition the platform takes a reply, in words that follow "Replies: "."""


NO_OUTLET = Outlet()
"""Answers are recorded, and agents post them themselves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplyPolicy:
    """How replies are sent."""

    undo: timedelta = timedelta(seconds=10)
    """How long a reply from the desk waits before it is sent, so that it can be taken back."""
