"""Learning from agents: fits a brand's head, tells what it would have changed, and judges posts with those that live.

The only place beside `listener.judging` that knows the shipped classifier's own shape.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

from listener.domain.head import HeadDraft, HeadState, StoredHead
from listener.domain.hours import hour_of
from listener.domain.policy import SpikePolicy
from listener.domain.stored import StoredMention
from listener.domain.truth import Truth
from listener.domain.verdict import Label, Verdict
from listener.domain.watched import Dimension, HourOf
from listener.domain.words import words
from listener.errors import ClassifierError, ConfigError
from listener.insight.backtest import replay_brand
from listener.judging import LazyClassifier
from listener.pipeline.pages import only_brand
from listener.ports import Classifier, Reads, Store

if TYPE_CHECKING:
    from classifiers.adapt import Lesson
    from classifiers.base import Classification, TextClassifier
    from classifiers.embedded import EmbeddedClassifier
    from classifiers.heads import Head, Posts

log = logging.getLogger(__name__)

WEEK = timedelta(days=7)
MOST_POSTS = 5_000
"""Read again of the last week; where there were more, the latest."""
ANCHORED = timedelta(days=28)
"""How far back posts that nobody corrected are taken from."""
_AGENT = "agent:"


@dataclass
class ByBrand:
    """The classifier of a run: what a brand's agents taught it holds for that brand's posts."""

    inner: LazyClassifier
    store: Store
    _taught: dict[str, "Taught"] = field(default_factory=dict)

    @property
    def model_id(self) -> str:
        return self.inner.model_id

    def classify(self, texts: Sequence[str]) -> list[Verdict]:
        return self.inner.classify(texts)

    def for_brand(self, brand: str) -> Classifier:
        """Asks the store each time: a head that is taken live or rolled back counts from the next page on."""
        with self.store.read() as reads:
            version = dict(reads.live_heads()).get(brand) if brand else None
            if version is None:
                return self
            known = self._taught.get(brand)
            if known is None or known.head.version != version:
                known = self._taught[brand] = Taught(inner=self.inner, head=reads.head(brand, version))
        return known


@dataclass
class Taught:
    """The classifier with one brand's head; without it where that was learnt on another model, or is damaged."""

    inner: LazyClassifier
    head: StoredHead

    @cached_property
    def _headed(self) -> "TextClassifier":
        from classifiers.base import ModelError
        from classifiers.heads import from_bytes

        loaded = self.inner.loaded
        try:
            first = shipped(loaded)
            if first.model_id == self.head.model:
                return with_head(loaded, from_bytes(self.head.body), self.head.name)
            log.warning("a head is left out: it was learnt on another model", extra={"head": self.head.model_id})
        except (ConfigError, ModelError) as error:
            log.error("a head is left out", extra={"head": self.head.name, "error": str(error)})
        return loaded

    @property
    def model_id(self) -> str:
        return self._headed.model_id

    def classify(self, texts: Sequence[str]) -> list[Verdict]:
        return self.inner.judged(self._headed, texts)


def shipped(loaded: "TextClassifier") -> "EmbeddedClassifier":
    """The model with an embedding inside what `load_classifier` gave. Raises `ConfigError` where there is none."""
    from classifiers.embedded import EmbeddedClassifier

    first = getattr(loaded, "first", loaded)
    if not isinstance(first, EmbeddedClassifier):
        raise ConfigError(
            "a hub model shows no embedding: nothing can be learnt on top of it",
            next_step='choose the shipped one: kind = "embedded" under [classifier] in listener.toml',
        )
    return first


def with_head(loaded: "TextClassifier", head: "Head", name: str) -> "TextClassifier":
    """The same with the head on; languages it can't read still go to their own models."""
    from classifiers.heads import Headed
    from classifiers.multilingual import ByLanguage

    headed = Headed(inner=shipped(loaded), head=head, name=name)
    return replace(loaded, first=headed) if isinstance(loaded, ByLanguage) else headed


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """What a head would have changed in a stretch of time."""

    since: datetime
    until: datetime
    posts: int
    """Of the brand alone, in a language the model reads, without an agent's word."""
    changed: int
    no_longer: int
    """Complaints before, none after."""
    now: int
    """No complaints before, complaints after."""
    alerts_before: int
    alerts_after: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Study:
    """What came of learning from a brand's agents."""

    lesson: "Lesson"
    erased: int
    """Words on posts that are gone; nothing is learnt from those."""
    draft: HeadDraft | None
    replay: Replay | None


def study(loaded: "TextClassifier", reads: Reads, brand: str, policy: SpikePolicy, agent: str, now: datetime) -> Study:
    """Fit from all that agents know of the brand, and live the last week again; writes nothing."""
    from classifiers.adapt import MOST_ANCHORS, Corrections, learn
    from classifiers.base import ModelError
    from classifiers.heads import read

    model = shipped(loaded)
    known = reads.truths(brand)
    truths = [truth for truth in known if not truth.erased and _reads(model, truth.text)]
    spoken = {truth.mention_id for truth in known}
    quiet = [post for post in _judged(model, reads, brand, now - ANCHORED, now) if post.id not in spoken][:MOST_ANCHORS]
    try:
        told = Corrections(
            posts=read(model, [truth.text for truth in truths]),
            labels=[frozenset(str(label) for label in truth.labels) for truth in truths],
            sentiment=[str(truth.sentiment) if truth.sentiment else None for truth in truths],
            groups=_groups(truths, reads.writers([truth.mention_id for truth in truths])),
        )
        anchors = read(model, [post.mention.text for post in quiet])
        lesson = learn(model.model_id, told, anchors, model.thresholds)
    except ModelError as error:
        raise ClassifierError(f"the model failed: {error}") from error
    erased = sum(truth.erased for truth in known)
    if lesson.head is None:
        return Study(lesson=lesson, erased=erased, draft=None, replay=None)
    lived = _replay(model, reads, brand, lesson.head, policy, now)
    facts = {
        **lesson.head.facts,
        "replay": {k: str(v) if isinstance(v, datetime) else v for k, v in asdict(lived).items()},
    }
    draft = HeadDraft(
        brand=brand,
        model=model.model_id,
        agent=agent,
        at=now,
        n=lesson.n,
        facts=facts,
        body=lesson.head.to_bytes(),
    )
    return Study(lesson=lesson, erased=erased, draft=draft, replay=lived)


def _reads(model: "EmbeddedClassifier", text: str) -> bool:
    from classifiers.languages import identify

    return identify(text, model.artefact.languages).read


def _judged(
    model: "EmbeddedClassifier", reads: Reads, brand: str, since: datetime, until: datetime
) -> list[StoredMention]:
    """Posts that a head of this brand judges: spoken to it alone, in a language the model reads, no agent's word."""
    return [
        post
        for post in reads.posts_of(brand, since, until, MOST_POSTS)
        if only_brand(post.matches) == brand
        and not (post.verdict and post.verdict.model.startswith(_AGENT))
        and _reads(model, post.mention.text)
    ]


def _groups(truths: Sequence[Truth], writers: Mapping[int, int]) -> list[int]:
    """One number for posts of one author, and for posts in the same words whoever wrote them."""
    first: dict[object, int] = {}
    groups = [*range(len(truths))]

    def root(n: int) -> int:
        while groups[n] != n:
            n = groups[n]
        return n

    for n, truth in enumerate(truths):
        plain = frozenset(word for word in words(truth.text) if not any(sign.isdigit() for sign in word))
        for mark in (("author", writers[truth.mention_id]), ("words", plain)):
            groups[root(n)] = root(first.setdefault(mark, n))
    return [root(n) for n in range(len(truths))]


def _replay(
    model: "EmbeddedClassifier", reads: Reads, brand: str, head: "Head", policy: SpikePolicy, now: datetime
) -> Replay:
    from classifiers.heads import read

    since = now - WEEK
    posts = _judged(model, reads, brand, since, now)
    measured = read(model, [post.mention.text for post in posts])
    before = _live_verdicts(model, reads, brand, measured)
    after = head(measured, model.thresholds)
    told = [(_complains(was), _complains(is_)) for was, is_ in zip(before, after, strict=True)]
    moved = {post.id: is_ for post, (was, is_) in zip(posts, told, strict=True) if was != is_}
    first = reads.first_mention_hour(brand)
    alarms = [0, 0]
    if first is not None:
        for place, source in enumerate((reads, cast("Reads", _Otherwise(reads, brand, since, moved)))):
            readings = replay_brand(source, brand, policy, first, now)
            alarms[place] = sum(one.alarm for one in readings if one.at >= since)
    return Replay(
        since=since,
        until=now,
        posts=len(posts),
        changed=sum(_decided(was) != _decided(is_) for was, is_ in zip(before, after, strict=True)),
        no_longer=sum(was and not is_ for was, is_ in told),
        now=sum(is_ and not was for was, is_ in told),
        alerts_before=alarms[0],
        alerts_after=alarms[1],
    )


def _live_verdicts(
    model: "EmbeddedClassifier", reads: Reads, brand: str, measured: "Posts"
) -> "Sequence[Classification]":
    """As these posts would be judged now."""
    from classifiers.heads import from_bytes

    live = next((one for one in reads.heads(brand) if one.state is HeadState.LIVE), None)
    if live is None or live.model != model.model_id:
        return measured.found
    return from_bytes(live.body)(measured, model.thresholds)


def _complains(one: "Classification") -> bool:
    return Label.COMPLAINT in one.verdict.labels


def _decided(one: "Classification") -> tuple[frozenset[str], str | None]:
    return frozenset(one.verdict.labels), one.verdict.sentiment


class _Otherwise:
    """The store's questions, answered as if some posts' complaints had been told otherwise."""

    def __init__(self, reads: Reads, brand: str, since: datetime, moved: Mapping[int, bool]) -> None:
        self._reads = reads
        self._counts = _hourly(reads, brand, hour_of(since), moved)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._reads, name)

    def hourly_by(
        self, brand: str, dimension: Dimension, label: Label, since: datetime, until: datetime
    ) -> list[HourOf]:
        found = self._reads.hourly_by(brand, dimension, label, since, until)
        if dimension is not Dimension.WHOLE or label is not Label.COMPLAINT:
            return found
        kept = [row for row in found if row.hour not in self._counts]
        other = [
            HourOf(hour=hour, value="", count=n) for hour, n in self._counts.items() if since <= hour < until and n
        ]
        return sorted([*kept, *other], key=lambda row: row.hour)


def _hourly(reads: Reads, brand: str, since: datetime, moved: Mapping[int, bool]) -> dict[datetime, int]:
    """Distinct authors of complaints in the hours of the posts that were told otherwise."""
    if not moved:
        return {}
    last = since + WEEK + timedelta(hours=2)
    found: dict[datetime, set[int]] = {}
    touched: set[datetime] = set()
    for post in reads.posts_of(brand, since, last, 1 << 31):
        hour = hour_of(post.mention.created_at)
        stored = post.verdict is not None and Label.COMPLAINT in post.verdict.labels
        if post.id in moved:
            touched.add(hour)
        if moved.get(post.id, stored) and not post.mention.is_repost and _speaks_to(post, brand):
            found.setdefault(hour, set()).add(post.author_id)
    return {hour: len(found.get(hour, ())) for hour in touched}


def _speaks_to(post: StoredMention, brand: str) -> bool:
    from listener.domain.brand import addressed

    return brand in addressed(post.matches)
