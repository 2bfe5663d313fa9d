"""What a brand's agents taught the classifier: a head, its versions, and its life."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class HeadState(StrEnum):
    PROPOSED = "proposed"
    LIVE = "live"
    """New posts of the brand are judged with it; at most one of a brand is."""
    RETIRED = "retired"


@dataclass(frozen=True, slots=True, kw_only=True)
class HeadDraft:
    """A head as it was fitted, before it has a version."""

    brand: str
    model: str
    """Of the model it was fitted on; with another it is never used."""
    agent: str
    at: datetime
    n: int
    """Corrections it was learnt from."""
    facts: Mapping[str, object]
    """Figures before and after, in plain JSON types."""
    body: bytes
    """As `classifiers.heads` keeps it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredHead(HeadDraft):
    """A head with its version."""

    version: int
    """Counts from 1 for each brand."""
    state: HeadState
    lived: datetime | None
    """When it was first taken live; None if it never was."""

    @property
    def name(self) -> str:
        """As verdicts name it, behind the model's id: `acme.3`."""
        slug = "".join(sign if sign.isalnum() else "-" for sign in self.brand.casefold())
        return f"{slug}.{self.version}"

    @property
    def model_id(self) -> str:
        """What a verdict says that was given with it."""
        return f"{self.model}+{self.name}"
