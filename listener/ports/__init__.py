"""The sockets: what the pipeline and the desk need from the outside, and nothing of who provides it.

The run, the queue and alerts stand on this page; what team work needs stands beside it, one subject a file.
"""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import Protocol

from listener.domain.alert import OutboxRow
from listener.domain.case import Case, CaseChange, CaseDraft
from listener.domain.mention import Author, Gap, Mention, MentionKey, Reject
from listener.domain.roster import ANYTHING, Skills
from listener.domain.stored import (
    AuthorHistory,
    AuthorStand,
    CaseCard,
    CaseFacts,
    InboxFilter,
    Known,
    Quarantined,
    SavedMention,
    ScoredMention,
    SourceHealth,
    StoredGap,
    StoredMention,
    StoreStats,
    TallyCell,
)
from listener.domain.verdict import Verdict
from listener.ports.aging import AgingWrites
from listener.ports.alarms import AlertReads
from listener.ports.alarms import AlertWrites as AlertWrites
from listener.ports.answers import AnswerReads, AnswerWrites
from listener.ports.budgets import BudgetReads
from listener.ports.connectors import Connector as Connector
from listener.ports.connectors import Ledger as Ledger
from listener.ports.customers import CustomerReads, CustomerWrites
from listener.ports.forgetting import ForgettingReads, ForgettingWrites
from listener.ports.heads import HeadReads, HeadWrites
from listener.ports.heads import JudgesByBrand as JudgesByBrand
from listener.ports.incidents import IncidentReads, IncidentWrites
from listener.ports.late import LateReads, LateWrites
from listener.ports.listing import ListingReads
from listener.ports.loyalty import LoyaltyReads, LoyaltyWrites
from listener.ports.merging import MergingReads, MergingWrites
from listener.ports.oversight import OversightReads
from listener.ports.rechecks import RecheckReads, RecheckWrites
from listener.ports.roster import RosterReads, RosterWrites
from listener.ports.rules import RulesReads, RulesWrites
from listener.ports.sla import SlaReads
from listener.ports.truths import TruthReads, TruthWrites
from listener.ports.voice import VoiceReads
from listener.ports.watching import WatchReads


class Classifier(Protocol):
    """Text in, verdict out."""

    @property
    def model_id(self) -> str:
        """Name and revision of the model, as verdicts carry it."""
        ...

    def classify(self, texts: Sequence[str]) -> list[Verdict]:
        """One verdict a text, in order. Raises `ClassifierError`."""
        ...


class Notifier(Protocol):
    """Carries one message to one target."""

    def send(self, row: OutboxRow) -> None:
        """Raises `Retry` if it may work later, `ConfigError` if it never will."""
        ...


class IngestWrites(Protocol):
    """What the run writes."""

    def save_mentions(self, mentions: Sequence[ScoredMention], now: datetime) -> list[SavedMention]:
        """Upsert by key; an edit keeps the old text as a version; tallies follow in this transaction.

        A mention whose text and version are already stored, and scored, is left alone and not returned.
        Saving a mention that was unscored with a verdict now counts as an edit.
        """
        ...

    def note_answerable(self, posts: Sequence[Mention]) -> None:
        """Stored posts that may be answered after all: another source knows that their author wrote to us."""
        ...

    def delete_mentions(self, keys: Sequence[MentionKey], now: datetime) -> list[int]:
        """Erase text, author link and raw, keep a tombstone; ids of those that existed."""
        ...

    def save_cursor(self, source: str, cursor: str, now: datetime) -> None: ...
    def forget_cursor(self, source: str) -> None: ...
    def add_gap(self, source: str, gap: Gap, now: datetime) -> None: ...
    def stretch_gap(self, gap_id: int, until: datetime, now: datetime) -> None:
        """An outage that goes on; an end that lies no later changes nothing."""
        ...

    def close_gap(self, gap_id: int, now: datetime) -> None: ...
    def quarantine(self, source: str, reject: Reject, now: datetime) -> None: ...

    def record_attempt(
        self,
        source: str,
        platform: str,
        now: datetime,
        *,
        error: str = "",
        paused_until: datetime | None = None,
        last_mention: datetime | None = None,
        credential: str = "",
    ) -> None:
        """Health of a source: an empty error is a success and resets its failure count.

        `last_mention` is when the newest mention this attempt brought was posted; the stored one never goes back.
        An empty `credential` leaves the stored one.
        """
        ...

    def record_heard(
        self, source: str, platform: str, now: datetime, *, last_mention: datetime | None, credential: str = ""
    ) -> None:
        """It was heard, though not by a poll: what polls met, failures and pauses, stays as it is."""
        ...

    def record_stream(self, source: str, platform: str, stands: str, until: datetime | None) -> None:
        """How its stream stands, and before when it is not to be tried again."""
        ...

    def warn_of(self, source: str, platform: str, warning: str) -> None:
        """What a person should look at; empty takes it back."""
        ...


class DeskWrites(Protocol):
    """What triage and the desk write."""

    def open_case(self, draft: CaseDraft) -> Case:
        """Insert the case, its first mention and its `opened` event."""
        ...

    def open_cases(self, drafts: Sequence[CaseDraft]) -> list[Case]:
        """The same for many at once, in order: an outage fills whole pages."""
        ...

    def change_case(self, case_id: int, expected_version: int, change: CaseChange) -> Case:
        """Apply and append the event. Raises `Conflict` (who, when) if the version moved on, `NotFound`."""
        ...

    def claim_next(
        self, agent: str, queues: Sequence[str], now: datetime, lease: timedelta, skills: Skills = ANYTHING
    ) -> Case | None:
        """The best unclaimed open case, atomically: escalated first, then by `rank_at`, earliest first, then by id.

        No queues means all; `skills` narrow them further. None if there is no such case.

        A claim whose lease ran out is free again. Appends `claimed`.
        """
        ...

    def save_verdict(self, mention_id: int, verdict: Verdict, now: datetime) -> None:
        """A correction or a re-score; tallies follow."""
        ...


class TeamReads(
    AnswerReads, CustomerReads, IncidentReads, MergingReads, OversightReads, RosterReads, RulesReads, SlaReads, Protocol
):
    """What team work asks; one file each in this package."""


class TeamWrites(
    AnswerWrites,
    CustomerWrites,
    IncidentWrites,
    MergingWrites,
    RosterWrites,
    RulesWrites,
    Protocol,
):
    """What team work writes."""


class Reads(
    TeamReads,
    AlertReads,
    BudgetReads,
    ForgettingReads,
    HeadReads,
    LateReads,
    ListingReads,
    LoyaltyReads,
    RecheckReads,
    TruthReads,
    VoiceReads,
    WatchReads,
    Protocol,
):
    """Questions asked of the store; each answers from indexes, none scans all mentions."""

    # the run
    def known(self, keys: Sequence[MentionKey]) -> Known: ...
    def cursor(self, source: str) -> str: ...
    def open_gaps(self, source: str = "") -> list[StoredGap]: ...
    def gaps_within(self, source: str, since: datetime, until: datetime) -> list[StoredGap]:
        """Those that touch it, closed ones too; the earliest first."""
        ...

    def health(self) -> list[SourceHealth]: ...
    def unscored(self, limit: int) -> list[StoredMention]:
        """Without a verdict: posts in cases that are worked first, then the newest."""
        ...

    def quarantined(self, limit: int) -> list[Quarantined]: ...
    def mark(self, name: str) -> str:
        """A bookmark's value, empty if never set."""
        ...

    # triage
    def cases_of_author(self, brand: str, author_id: int, since: datetime) -> list[Case]:
        """Open or snoozed ones, those resolved since, and merged ones; newest change first."""
        ...

    def cases_of_authors(self, author_ids: Sequence[int], since: datetime) -> list[Case]:
        """The same for many authors at once, of whatever brand; newest change first."""
        ...

    def cases_holding(self, mention_ids: Sequence[int]) -> list[tuple[int, Case]]:
        """(mention id, case) for every case, in whatever state, that holds one of these mentions."""
        ...

    def author_history(self, brand: str, author_id: int) -> AuthorHistory: ...
    def author_histories(self, brand: str, author_ids: Sequence[int]) -> dict[int, AuthorHistory]:
        """The same for many authors at once, by author id."""
        ...

    # the desk
    def case(self, case_id: int) -> Case:
        """Raises `NotFound`."""
        ...

    def case_card(self, case_id: int) -> CaseCard: ...
    def inbox(self, want: InboxFilter, now: datetime, limit: int) -> list[Case]:
        """Escalated first, then by `rank_at`, earliest first, then by id: the order `claim_next` takes them in."""
        ...

    def queue_counts(self, now: datetime) -> dict[str, tuple[int, int]]:
        """Queue → (open cases, of those unclaimed)."""
        ...

    def latest_event(self) -> int:
        """Id of the newest event of any case, 0 if there is none: whether anything changed, at the price of a look."""
        ...

    def mention(self, mention_id: int) -> StoredMention: ...
    def author(self, author_id: int) -> Author: ...

    # insight
    def tallies(self, since: datetime, until: datetime, brand: str = "") -> list[TallyCell]:
        """Cells of hours in [since, until)."""
        ...

    def stands(self, brand: str, since: datetime, until: datetime) -> list[AuthorStand]:
        """One row per distinct author with a mention in [since, until), reposts apart."""
        ...

    def distinct_authors(self, since: datetime, until: datetime, brand: str, label: str, platform: str = "") -> int: ...

    def hourly_authors(self, brand: str, queue: str, since: datetime, until: datetime) -> list[tuple[datetime, int]]:
        """Distinct authors of complaints (labelled, not reposts) per hour of posting, by queue of their case;
        an empty queue means all. Hours without any are absent."""
        ...

    def spike_series(self) -> list[tuple[str, str]]:
        """(brand, queue) pairs that have complaints; (brand, "") for each brand's total."""
        ...

    def first_mention_hour(self, brand: str) -> datetime | None:
        """Where this brand's record begins."""
        ...

    def samples(self, brand: str, label: str, since: datetime, until: datetime, limit: int) -> list[StoredMention]:
        """Mentions of a label, by engagement and reach, at most one an author; reposts apart."""
        ...

    def case_facts(self, since: datetime, until: datetime, brand: str = "") -> list[CaseFacts]:
        """Cases opened in the window, or touched by a reply or resolution in it."""
        ...

    def stats(self) -> StoreStats: ...


class Transaction(
    AgingWrites,
    IngestWrites,
    DeskWrites,
    AlertWrites,
    TeamWrites,
    ForgettingWrites,
    HeadWrites,
    LateWrites,
    LoyaltyWrites,
    RecheckWrites,
    TruthWrites,
    Reads,
    Ledger,
    Protocol,
):
    """One unit of work: all of it is committed or none."""


class Store(Protocol):
    """The database. Writers take turns (`BEGIN IMMEDIATE`); readers never wait."""

    def write(self) -> AbstractContextManager[Transaction]:
        """Commits on leaving, rolls back on an exception. Raises `StoreError` when the turn never comes."""
        ...

    def read(self) -> AbstractContextManager[Reads]:
        """A consistent snapshot; keep it short."""
        ...

    def alone(self, task: str) -> AbstractContextManager[None]:
        """Nobody else is at this task in this database meanwhile, on any host. Raises `Retry` where somebody is."""
        ...

    def close(self) -> None: ...
