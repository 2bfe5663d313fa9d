"""What agents know of posts: the truth about a brand's mentions, and what the model had said of them before."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from listener.domain.verdict import Label, Sentiment, Verdict


class Asked(StrEnum):
    """How an agent came to say it; only a sample's posts were chosen by chance."""

    RELABEL = "relabel"
    REVIEW = "review"
    SAMPLE = "sample"


class Step(StrEnum):
    """What a row of the truths does; rows are never changed."""

    TOLD = "told"
    SKIPPED = "skipped"
    """Looked at and left open: it is not served to that agent again."""
    UNDONE = "undone"
    """What was told last stands no longer, and nothing was told before."""
    RESTORED = "restored"
    """What was told last stands no longer; what was told before does again, and is repeated here."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """What an agent says of a post, for one brand."""

    mention_id: int
    brand: str
    labels: frozenset[Label]
    """The empty set: neither complaint nor praise nor question."""
    sentiment: Sentiment | None = None
    """None where the agent didn't say and the labels don't tell."""
    agent: str
    at: datetime
    asked: Asked = Asked.RELABEL
    sample: int | None = None
    """The sample it was drawn for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth(Word):
    """The latest word on a post for a brand, beside what the model had said."""

    id: int
    said: Verdict | None
    """The model's verdict before the first correction of this text; None if it had none. Of an erased post, without
    its scores."""
    text: str
    """As it was when the agent spoke, though it may have been edited since; empty if the post was erased."""
    posted_at: datetime
    lang: str

    @property
    def erased(self) -> bool:
        """Whether only the figures are left."""
        return self.text == ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A post that an agent may be asked about."""

    mention_id: int
    text: str
    platform: str
    handle: str
    url: str
    posted_at: datetime
    said: Verdict | None
    """What the model says of its present text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What a model made of a post, as far as drawing a sample needs to know."""

    mention_id: int
    confidence: float
    """In complaint."""
    given: frozenset[str]
    """Labels, and the sentiment if it didn't abstain."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stratum:
    """Posts whose confidence in complaint lies in [floor, ceiling), and how many of them were drawn."""

    floor: float
    ceiling: float
    population: int
    drawn: int
    given: Mapping[str, int]
    """To how many of its posts the model gave each label and sentiment: known of all, checked or not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """Posts of a brand drawn by chance, so that what is true of them is true of all in the window."""

    id: int
    brand: str
    since: datetime
    until: datetime
    seed: int
    at: datetime
    agent: str
    strata: tuple[Stratum, ...]
    posts: Mapping[int, int]
    """Mention id → place of its stratum in `strata`; in the order in which they are served."""

    @property
    def population(self) -> int:
        return sum(one.population for one in self.strata)
