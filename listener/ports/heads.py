"""What learning needs of the store, and what judging by brand asks of a classifier."""

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from listener.domain.head import HeadDraft, StoredHead
from listener.domain.stored import StoredMention

if TYPE_CHECKING:
    from listener.ports import Classifier


@runtime_checkable
class JudgesByBrand(Protocol):
    """A classifier that knows how some brands' customers speak."""

    def for_brand(self, brand: str) -> "Classifier":
        """What judges this brand's posts: itself where nothing was learnt, and for an empty name."""
        ...


class HeadReads(Protocol):
    """Questions."""

    def live_heads(self) -> list[tuple[str, int]]:
        """(brand, version) of each that is live: cheap enough for every page."""
        ...

    def heads(self, brand: str = "") -> list[StoredHead]:
        """By brand, the newest version first."""
        ...

    def head(self, brand: str, version: int) -> StoredHead:
        """Raises `NotFound`."""
        ...

    def posts_of(self, brand: str, since: datetime, until: datetime, limit: int) -> list[StoredMention]:
        """A brand's posts of [since, until), the latest first; erased ones aren't."""
        ...

    def writers(self, mention_ids: Sequence[int]) -> dict[int, int]:
        """Author id by mention id."""
        ...


class HeadWrites(Protocol):
    """Changes; each is an act in the audit."""

    def propose_head(self, draft: HeadDraft) -> StoredHead:
        """Keep it under the brand's next version; what was proposed before and never lived is retired."""
        ...

    def take_live(self, brand: str, version: int, agent: str, at: datetime) -> None:
        """It judges new posts from now on; the one before it is retired."""
        ...

    def roll_back(self, brand: str, agent: str, at: datetime) -> StoredHead | None:
        """Retire the live head; the version that lived before it on the same model lives again, and is returned.

        Raises `NotFound` where none is live.
        """
        ...
