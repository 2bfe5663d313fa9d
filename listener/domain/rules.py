"""A team's rules: what must hold, what is then done, and what each did."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from listener.domain.case import CaseEvent


@dataclass(frozen=True, slots=True, kw_only=True)
class When:
    """Every stated condition must hold; one that is left out always does."""

    brands: tuple[str, ...] = ()
    platforms: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    """Of `Reason`, as the post at hand asks for."""
    langs: tuple[str, ...] = ()
    tones: tuple[str, ...] = ()
    """Any of these, of `Tone`."""
    words: tuple[str, ...] = ()
    """Any of these in the post at hand, as whole words, case folded."""
    queues: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    """Any of these."""
    bands: tuple[str, ...] = ()
    min_confidence: float = 0.0
    max_confidence: float = 1.0
    min_severity: float = 0.0
    min_followers: int = 0
    min_value: float = 0.0
    """Customer value's percentile, 0 to 1; above 0 it fails where nothing is known."""
    older_than: timedelta | None = None
    """Since the case was opened, or its author's return reopened it; the clock on the wall, not business time."""
    no_reply_for: timedelta | None = None
    """Since the author's first post that we haven't answered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Then:
    """What is done; all that is stated."""

    queue: str = ""
    points: float = 0.0
    """Added to the priority, as a term of its own."""
    tag: tuple[str, ...] = ()
    assign: str = ""
    snooze: timedelta | None = None
    notify: tuple[str, ...] = ()
    """Names of targets."""
    notices_per_hour: int = 10
    """More than these are told in one, once the hour is over."""
    escalate: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule of rules.toml."""

    name: str
    when: When = field(default_factory=When)
    then: Then = field(default_factory=Then)
    stop: bool = False
    """Where it holds, no rule below it is looked at."""
    enabled: bool = True

    @property
    def timed(self) -> bool:
        """Acts when time has passed, not when a post comes."""
        return self.when.older_than is not None or self.when.no_reply_for is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleAct:
    """A rule acted on a case: a row of the log, or of a preview."""

    rule: str
    case_id: int
    mention_id: int | None
    """The post that it acted on; None for a rule of time."""
    at: datetime
    did: Mapping[str, str]
    """Action → its object: queue, points, tag, assign, snooze, notify, escalate."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleCount:
    """How often a rule acted."""

    rule: str
    acts: int
    cases: int
    last: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PostText:
    """A post's words as they were from some instant on."""

    text: str
    lang: str
    until: datetime | None = None
    """When they were replaced by others; None for those in force."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """A case's history, as far as rules look at it."""

    case_id: int
    author_id: int
    brand: str
    platform: str
    events: tuple[CaseEvent, ...]
    """In their order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Timelines:
    """Histories of many cases, and the words of their posts."""

    cases: tuple[Timeline, ...]
    posts: Mapping[int, tuple[PostText, ...]]
    """By mention id, oldest words first; a post that was erased is absent."""
