"""What a run is put together from."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from listener.clock import Clock
from listener.domain.brand import Brand
from listener.domain.policy import AlertPolicy, TriagePolicy
from listener.domain.rereading import ComparePolicy, GapPolicy, RecheckPolicy
from listener.domain.retention import RetentionPolicy
from listener.domain.run import SourceReport
from listener.insight.watch import Watch
from listener.matching import Matcher
from listener.pipeline.sparing import Sparing
from listener.ports import Classifier, Store


def nothing() -> None:
    """No answers are sent from here: a replay, say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stages:
    """Everything a run needs, put together by `listener.app`."""

    store: Store
    matcher: Matcher
    classifier: Classifier
    brands: Mapping[str, Brand]
    triage: TriagePolicy
    alerts: AlertPolicy
    watch: Watch
    clock: Clock
    on_page: Callable[[SourceReport], None]
    """Called after each commit, for progress."""
    stopping: Callable[[], bool]
    """True ends a run after the page in hand."""
    send_due: Callable[[], object] = nothing
    """Sends agents' answers whose time has come."""
    queue_digests: Callable[[], object] = nothing
    """Writes the messages of digests whose time has come."""
    back_up: Callable[[], object] = nothing
    """Copies the database when that is due."""
    keep_ballast: Callable[[], object] = nothing
    """Keeps room beside the database for the day the disk is full."""
    rechecks: RecheckPolicy = field(default_factory=RecheckPolicy)
    retention: RetentionPolicy = field(default_factory=RetentionPolicy)
    gaps: GapPolicy = field(default_factory=GapPolicy)
    compares: ComparePolicy = field(default_factory=ComparePolicy)
    sparing: Sparing = field(default_factory=Sparing)
    """What is remembered of the classifier's failures."""
    replaying: bool = False
    """Time passes with the pages alone: what it does to cases is done with each of them."""
