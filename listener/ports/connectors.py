"""What the run needs of a platform: reading it, and where it can, hearing it live, looking back, answering."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Protocol, runtime_checkable

from listener.domain.budget import Purpose, Quota, Rate
from listener.domain.mention import Mention, Page
from listener.domain.platform import Estimate, Rechecked, Refused, Sent


class Ledger(Protocol):
    """Money and quota of one credential, kept in the store so that a restart doesn't forget it."""

    def reserve(self, credential: str, micro_usd: int, cap_micro_usd: int, now: datetime) -> bool:
        """Set aside before a call; False, and nothing changed, if this month's spent + reserved would pass the cap."""
        ...

    def settle(self, credential: str, reserved: int, spent: int, now: datetime) -> None:
        """Turn a reservation into what the call really cost."""
        ...

    def take(
        self, credential: str, bucket: str, units: int, purpose: Purpose, quota: Quota | None, now: datetime
    ) -> datetime | None:
        """Count a call before it is made; or, uncounted, the instant before which none may be made."""
        ...

    def heard(self, credential: str, bucket: str, said: Rate, now: datetime) -> None:
        """What an answer said of what is left."""
        ...


class Connector(Protocol):
    """Reads one platform. Knows nothing of the database; at-least-once is enough, the store makes repeats harmless."""

    @property
    def platform(self) -> str:
        """What its mentions' keys say; a file may hold several platforms' and names itself."""
        ...

    def check(self) -> str:
        """Who we are there and what we may do, in one line; no side effects. Raises as `poll` does."""
        ...

    def poll(self, cursor: str, now: datetime) -> Iterator[Page]:
        """Pages after `cursor` (empty: from the configured start), oldest page first where the platform allows.

        Each page's cursor resumes after that page. Raises `Retry`, `RateLimited`, `Reauthorize`, `NotPermitted`,
        `BadCursor`; never waits for a platform's window, never hangs past its deadline.
        """
        ...


@runtime_checkable
class Streams(Protocol):
    """A connector that can hear posts as they appear."""

    def stream(self, cursor: str, now: datetime, stopping: Callable[[], bool]) -> Iterator[Page]:
        """Pages as posts come, the first (empty) as soon as the platform listens to us; then at least one, perhaps
        empty, every 30 s. It ends by an error, or soon after `stopping()`.

        A page's cursor is one that `poll` understands; empty, it leaves the stored one alone. It may say that all
        before it was heard only for what came since the stream began: whoever runs it closes the gap before.
        """
        ...


@runtime_checkable
class Backfills(Protocol):
    """A connector that can read a stretch of the past."""

    def estimate(self, since: datetime, until: datetime) -> Estimate:
        """What it would take; at most one cheap call. Raises as `poll` does."""
        ...

    def backfill(self, since: datetime, until: datetime, cursor: str, now: datetime) -> Iterator[Page]:
        """Pages of [since, until) after `cursor`, which is its own and never the poll's. Raises as `poll` does."""
        ...


@runtime_checkable
class Rechecks(Protocol):
    """A connector that can look up stored posts again."""

    def recheck(self, mentions: Sequence[Mention], now: datetime) -> list[Rechecked]:
        """What became of them, at most 100 at once; those it can't tell anything of are left out.

        Raises as `poll` does, and then nothing is concluded of any.
        """
        ...


@runtime_checkable
class Responder(Protocol):
    """A connector that can carry an answer back."""

    def unable(self) -> str:
        """Why this source, as configured, can't send replies; empty if it can. No call is made."""
        ...

    def reply(self, to: Mention, text: str, key: str, now: datetime) -> Sent | Refused:
        """Post `text` under a mention. `key` is the same in every attempt, for platforms that know such keys.

        Raises `Uncertain` where it may have been taken although no answer came, and otherwise as `poll` does:
        then nothing was sent.
        """
        ...

    def find_sent(self, to: Mention, text: str, since: datetime, now: datetime) -> Sent | None:
        """Our own reply to this mention, made since then, in what the platform shows; None if there surely is none.

        Raises as `poll` does where nothing can be said.
        """
        ...
