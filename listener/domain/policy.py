"""What a team decides in its settings; frozen, validated by `listener.settings`, read everywhere."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from listener.domain.alert import DESK, AlertKind, Severity
from listener.domain.answers import AnswerPolicy
from listener.domain.backups import BackupPolicy
from listener.domain.brand import Brand
from listener.domain.calendar import WorkingHours
from listener.domain.incident import IncidentPolicy
from listener.domain.loyalty import LoyaltyPolicy
from listener.domain.mappings import FileMapping
from listener.domain.on_call import Rota
from listener.domain.quiet import Window
from listener.domain.rereading import ComparePolicy, GapPolicy, RecheckPolicy
from listener.domain.retention import RetentionPolicy
from listener.domain.roster import Roster
from listener.domain.rules import Rule
from listener.domain.sending import ReplyPolicy
from listener.domain.sla import SlaPolicy
from listener.domain.themes import Theme
from listener.domain.watched import WatchPolicy
from listener.redaction import remember

if TYPE_CHECKING:
    from listener.domain.server import Server


class Secret:
    """A string that can't be printed by accident; `reveal()` is the only way out. Where others say it, it is hidden."""

    __slots__ = ("_is_name", "_value")

    def __init__(self, value: str, *, is_name: bool = False) -> None:
        """A name is kept among the secrets, but everybody reads it in posts: there it isn't hidden."""
        self._value = value
        self._is_name = is_name
        self.reveal()

    def reveal(self) -> str:
        if not self._is_name:
            remember(self._value)  # what is in use stays remembered, however many tokens come and go
        return self._value

    def __repr__(self) -> str:
        return "Secret('***')" if self._value else "Secret('')"

    __str__ = __repr__

    def __bool__(self) -> bool:
        return bool(self._value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash(self._value)


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceConfig:
    """One configured source: a connector, what it reads, and how often."""

    name: str
    """Unique; cursors, gaps and health are kept under it."""
    connector: str
    """Registry name: x, reddit, feed, hackernews, file or a third party's."""
    options: Mapping[str, object] = field(default_factory=dict)
    """The connector's own keys, checked by the connector."""
    secrets: Mapping[str, Secret] = field(default_factory=dict)
    interval: timedelta = timedelta(minutes=5)
    silent_after: timedelta = timedelta(hours=24)
    """No mention for longer than this raises a silence alert."""
    enabled: bool = True
    brand: str = ""
    """Whom everything here is about, whether it says so or not: app reviews, comments on the brand's own page."""
    stream: bool = False
    """Hear posts as they appear, besides polling; where the connector can."""
    reply: bool = False
    """Send agents' answers through this source's account; else they are recorded, and agents post them themselves."""
    reply_for: tuple[str, ...] = ()
    """The brands this account answers for; empty: every brand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """A routing rule; every non-empty condition must hold. The first rule that holds decides."""

    name: str
    queue: str
    brands: tuple[str, ...] = ()
    platforms: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    """Of `Reason`."""
    langs: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    """Any of these, as whole words, case folded."""
    min_confidence: float = 0.0
    min_followers: int = 0
    min_severity: float = 0.0
    tones: tuple[str, ...] = ()
    """Any of these, of `Tone`."""
    escalate: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TriagePolicy:
    """How cases open, attach, rank and wait."""

    routes: tuple[Route, ...] = ()
    default_queue: str = "support"
    open_for: frozenset[str] = frozenset({"complaint", "question", "unsure", "unscored"})
    """Reasons that open a case."""
    attach_within: timedelta = timedelta(hours=24)
    """A post by the same author on the same brand joins the open case this long after the last word in it, theirs or
    ours, also in another thread; within the same thread it always joins."""
    reopen_within: timedelta = timedelta(days=7)
    """The author's return in a resolved case's thread reopens it, this long after it was resolved."""
    lease: timedelta = timedelta(minutes=15)
    weights: Mapping[str, float] = field(
        default_factory=lambda: {
            "severity": 40.0,
            "confidence": 10.0,
            "reach": 15.0,
            "value": 15.0,
            "age": 20.0,
            "repeat": 10.0,
            "escalated": 50.0,
            "breached": 10.0,
        }
    )
    """Points for a term at its fullest (1.0)."""
    hide_abuse: bool = False
    """In lists, words that the classifier calls abusive are covered until the case is opened."""
    severe_words: tuple[str, ...] = ()
    """Safety and legal words that raise severity."""
    rescue_window: timedelta = timedelta(hours=24)
    """Age counts fully once a case has waited this long: many customers leave within a day of poor service."""
    bands: Mapping[str, float] = field(
        default_factory=lambda: {"urgent": 60.0, "high": 40.0, "normal": 20.0, "low": 0.0}
    )
    """Priority from which a band begins."""
    sla: SlaPolicy = field(default_factory=SlaPolicy)
    rules: tuple[Rule, ...] = ()
    """In their order."""
    roster: Roster = field(default_factory=Roster)
    incidents: IncidentPolicy = field(default_factory=IncidentPolicy)
    answers: AnswerPolicy = field(default_factory=AnswerPolicy)


@dataclass(frozen=True, slots=True, kw_only=True)
class SpikePolicy:
    """The detector's dials; constants and their reasons stand in `listener.insight.spikes`."""

    max_p: float = 2.5e-4
    """Tail probability of a count that may alarm, at most: in windows of ten hours and more. A week holds more short
    windows than long ones, so shorter windows need proportionally less."""
    min_count: int = 5
    """Distinct complaining authors in the window, at least: the floor."""
    novelty: float = 1.0
    """Times the series' own decaying record, at least."""
    relative: float = 1.0
    """What the record counts an excess in: 1, the hour's own usual spread, so that a night has a record of its own;
    0, people, so that the day's busiest hours make it; between them, that power of the spread."""
    carry_over: bool = True
    """Whether the hour before a window moves what is expected of it, as far as the series' hours resemble each other:
    a jump is found sooner, and a swell is told from one."""
    refractory: timedelta = timedelta(hours=12)
    warm_up: timedelta = timedelta(hours=72)
    """Covered history a series needs before it may alarm."""


PRESETS: Mapping[str, SpikePolicy] = {
    "balanced": SpikePolicy(),
    "sensitive": SpikePolicy(relative=0.25, carry_over=False),
}
"""By name; measured figures of each are in docs/spikes.md."""
DEFAULT_PRESET = "balanced"


WEBHOOK = "webhook+"
"""Begins the URL of a target that takes signed JSON; an http(s) address follows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Where alerts and digests go: the console, a web hook, or an Apprise URL."""

    name: str
    url: Secret
    """`console:`, `webhook+https://…`, or anything Apprise understands; it may hold a token."""
    kinds: frozenset[str] = frozenset({*AlertKind, DESK})
    include_text: bool = False
    """Whether the words of strangers may be sent to this third party."""
    min_severity: Severity = Severity.NOTICE
    quiet_hours: WorkingHours | None = None
    """When notices wait; pages never do."""
    flood: int = 30
    """Messages an hour, above which what is due is put together into summaries."""
    on_call: bool = False
    """Told only while its person is on call."""
    signing: Secret = field(default_factory=lambda: Secret(""))
    """What a web hook's messages are signed with."""
    allow_private: bool = False
    """Whether a web hook may stand in the local network."""

    @property
    def is_console(self) -> bool:
        """Our own terminal, no third party."""
        return self.url.reveal().startswith("console:")

    @property
    def is_webhook(self) -> bool:
        """Whether it takes signed JSON from us, without Apprise."""
        return self.url.reveal().startswith(WEBHOOK)


SEVERITIES: Mapping[str, Severity] = {
    str(kind): Severity.PAGE if kind is AlertKind.SPIKE else Severity.NOTICE for kind in AlertKind
}
"""Where the settings don't say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DigestPolicy:
    """When digests are sent, on the clock of the team's zone; to targets whose kinds say so."""

    daily_at: time | None = None
    """Of the day before; None sends none."""
    weekly_on: tuple[int, time] | None = None
    """Weekday (Monday is 0) and time; of the last week that is over then."""
    brands: tuple[str, ...] = ()
    """One digest each; empty: one of all own brands together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertPolicy:
    spike: SpikePolicy = field(default_factory=SpikePolicy)
    watch: WatchPolicy = field(default_factory=WatchPolicy)
    targets: tuple[Target, ...] = ()
    severities: Mapping[str, Severity] = field(default_factory=lambda: SEVERITIES)
    """By kind."""
    brand_severities: Mapping[str, Mapping[str, Severity]] = field(default_factory=dict)
    """Brand → those of its kinds that differ."""
    escalate_after: timedelta = timedelta(minutes=15)
    """A page that nobody acknowledges goes to the next of the rota."""
    cool_down: timedelta = timedelta(minutes=30)
    """An alert about what somebody was told of more lately than this waits."""
    windows: tuple[Window, ...] = ()
    rotas: tuple[Rota, ...] = ()
    digest: DigestPolicy = field(default_factory=DigestPolicy)


@dataclass(frozen=True, slots=True, kw_only=True)
class WebPolicy:
    """Who may look at the board from a browser; nobody but this machine where there is neither token nor proxy."""

    names: tuple[str, ...] = ()
    """Host names under which it may be asked for, beside this machine's own."""
    trusted_proxies: tuple[str, ...] = ()
    """Addresses of proxies that sign people in, and say in `user_header` whom."""
    user_header: str = "X-Forwarded-User"
    token: Secret = field(default_factory=lambda: Secret(""))


@dataclass(frozen=True, slots=True, kw_only=True)
class HubRunning:
    """How a hub model is run."""

    batch_size: int = 32
    """Texts run at once."""
    dtype: str = "float32"
    multi_label: str = "auto"
    """Whether its labels are independent: yes, no, or as its own configuration says."""
    onnx: bool = False
    """Whether it is exported to ONNX once, and run so."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LanguageModel:
    """A hub model for languages that the shipped one doesn't read."""

    codes: tuple[str, ...]
    """ISO 639."""
    model: str
    revision: str = ""
    label_map: Mapping[str, str] = field(default_factory=dict)
    running: HubRunning = HubRunning()


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassifierChoice:
    """`embedded` (shipped) or `hub`."""

    kind: str = "embedded"
    model: str = ""
    """Hub id or local path; empty for the shipped model."""
    revision: str = ""
    label_map: Mapping[str, str] = field(default_factory=dict)
    threads: int = 2
    running: HubRunning = HubRunning()
    languages: tuple[LanguageModel, ...] = ()
    """Of posts in these, the models named here tell."""
    missed: Mapping[str, float] = field(default_factory=dict)
    """By label: how many needless looks a missed one costs. One that isn't named keeps the model's own threshold."""
    coverage: float = 0.0
    """Share of posts that get a sentiment; 0 keeps the model's own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything `listener.settings.load` validated."""

    root: Path
    """Folder the TOML files were read from."""
    database: Path
    timezone: str  # IANA name: where a day begins and ends
    brands: tuple[Brand, ...]
    sources: tuple[SourceConfig, ...]
    triage: TriagePolicy
    alerts: AlertPolicy
    classifier: ClassifierChoice
    mappings: tuple[FileMapping, ...] = ()
    themes: tuple[Theme, ...] = ()
    loyalty: LoyaltyPolicy = field(default_factory=LoyaltyPolicy)
    agent: str = ""
    """Default for `--as`."""
    x_monthly_cap_usd: float = 0.0
    replies: ReplyPolicy = field(default_factory=ReplyPolicy)
    rechecks: RecheckPolicy = field(default_factory=RecheckPolicy)
    gaps: GapPolicy = field(default_factory=GapPolicy)
    compares: ComparePolicy = field(default_factory=ComparePolicy)
    retention: RetentionPolicy = field(default_factory=RetentionPolicy)
    backups: BackupPolicy = field(default_factory=BackupPolicy)
    web: WebPolicy = field(default_factory=WebPolicy)
    log_level: str = "INFO"
    server: "Server | None" = None

    @property
    def on_server(self) -> bool:
        return self.server is not None

    @property
    def place(self) -> Path | str:
        """The file, or the server that stands in for it: what `listener.store.open_store` opens."""
        return self.server.address() if self.server else self.database
