"""One comparison of what a source lists with what is stored, page by page.

What was missed takes the way of every page, and the counts are committed with it: a run killed anywhere counts no post
twice, and goes on where it was.
"""

import hashlib
import json
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta

from listener import pipeline
from listener.domain.brand import Brand
from listener.domain.comparing import (
    Comparison,
    Counts,
    Standing,
    dump_standing,
    load_standing,
    mark_of,
    polled_mark,
)
from listener.domain.mention import Mention, MentionKey, Page
from listener.domain.policy import SourceConfig
from listener.domain.run import SourceReport
from listener.domain.stored import Known, StoredGap
from listener.errors import BadCursor
from listener.pipeline import Booking, Stages, Way, credential_of
from listener.pipeline.pages import match
from listener.ports import Transaction
from listener.ports.connectors import Backfills
from listener.rounds.backfilling import SETTLED, is_free, known_cost, moved, with_retries
from listener.rounds.jobs import Job

MARGIN = timedelta(hours=1)
"""Before the latest poll that came to its end: what appears late in it, polls read again by themselves."""
LEAST = timedelta(hours=1)
"""A shorter stretch isn't worth a call."""
MOST_SEEN = 200_000
"""Keys that are remembered while a comparison goes on, some 15 MB; of more, repeats count again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """Where a comparison under way is kept: the daily one, or one that a person asked for."""

    source: str
    asked: bool = False

    @property
    def mark(self) -> str:
        return f"{mark_of(self.source)}{':asked' if self.asked else ''}"

    def cursor(self, one: Comparison) -> str:
        """The row its cursor is kept in."""
        return f"{self.mark}#{one.since.isoformat()}..{one.until.isoformat()}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """A page of a listing beside what is stored."""

    page: Page
    """What of it goes the way of every page."""
    counts: Counts
    """All but those that weren't stored."""
    in_gaps: tuple[MentionKey, ...]
    unexplained: tuple[MentionKey, ...]
    """Unless the store refuses them."""


def beside(
    page: Page, found: Collection[Mention], known: Known, gaps: Sequence[StoredGap], standing: Standing
) -> Beside:
    """`page` holds what lies in the stretch and wasn't listed before; `found` are those that concern a brand."""
    stored = [m for m in found if m.key in known]
    absent = [m for m in found if m.key not in known]
    younger = {m.key for m in absent if m.created_at < standing.settled}
    in_gaps = [m.key for m in absent if m.key not in younger and _explained(m.created_at, gaps)]
    taken = younger | {*in_gaps}
    return Beside(
        page=replace(page, mentions=tuple(m for m in page.mentions if m.key not in younger), gaps=()),
        counts=Counts(
            listed=len(page.mentions),
            stored=len(stored),
            fresh=sum(standing.last is None or m.created_at >= standing.last.until for m in stored),
            younger=len(younger),
        ),
        in_gaps=tuple(in_gaps),
        unexplained=tuple(m.key for m in absent if m.key not in taken),
    )


def _explained(at: datetime, gaps: Sequence[StoredGap]) -> bool:
    return any(gap.since - SETTLED <= at < gap.until + SETTLED for gap in gaps)


def settings_of(source: SourceConfig, brands: Collection[Brand]) -> str:
    """A digest of what decides which posts are found: what was missed under others wasn't missed."""
    whole = [source.connector, source.options, source.brand, sorted((asdict(one) for one in brands), key=_name)]
    return hashlib.sha256(json.dumps(whole, sort_keys=True, default=str).encode()).hexdigest()


def _name(brand: dict[str, object]) -> str:
    return str(brand["name"])


def standing_of(stages: Stages, job: Job) -> Standing:
    """As it is kept; where the settings changed, what was under way is left."""
    slot, settings = Slot(source=job.source.name), settings_of(job.source, stages.brands.values())
    with stages.store.read() as reads:
        kept = load_standing(reads.mark(slot.mark))
    if kept is not None and kept.settings == settings:
        return kept
    now = stages.clock.now()
    if kept is None:
        found = Standing(began=now, settled=now, settings=settings)
    else:
        found = replace(kept, settled=now, settings=settings, running=None)
    with stages.store.write() as tx:
        if kept is not None and kept.running is not None:
            tx.forget_cursor(slot.cursor(kept.running))
        tx.set_mark(slot.mark, dump_standing(found))
    return found


def begin(stages: Stages, slot: Slot, standing: Standing, one: Comparison) -> None:
    """What was under way there is left."""
    with stages.store.write() as tx:
        kept = load_standing(tx.mark(slot.mark))
        if kept is not None and kept.running is not None:
            tx.forget_cursor(slot.cursor(kept.running))
        tx.set_mark(slot.mark, dump_standing(replace(standing, running=one)))


def stretch_of(stages: Stages, job: Job, back: timedelta, began: datetime | None) -> Comparison | None:
    """What was polled to its end, as far as the platform shows it; None if that is too little."""
    now = stages.clock.now()
    with stages.store.read() as reads:
        polled = reads.mark(polled_mark(job.source.name))
    if not polled:
        return None
    until = min(now, datetime.fromisoformat(polled)) - MARGIN
    earliest = [now - back]
    earliest += [] if began is None else [began]
    earliest += [] if job.can.reach is None else [now - job.can.reach + MARGIN]
    since = max(earliest).replace(microsecond=0)
    if until - since < LEAST:
        return None
    return Comparison(since=since, until=until.replace(microsecond=0), began=now)


def affordable(job: Job, one: Comparison, most_micro_usd: int) -> bool:
    """Where it isn't free: only if what it would cost is known, and no more than it may."""
    if is_free(job):
        return True
    if not most_micro_usd:
        return False
    assert isinstance(job.connector, Backfills)
    found = job.connector.estimate(one.since, one.until)
    return known_cost(found) and found.micro_usd <= most_micro_usd


@dataclass(slots=True, kw_only=True)
class Reading:
    """One comparison under way, as far as this process reads it."""

    job: Job
    slot: Slot
    seen: set[int] = field(default_factory=set)
    """Hashes of keys that were listed: searches for several phrases list a post several times."""

    def first_seen(self, posts: Iterable[Mention]) -> list[Mention]:
        return [post for post in posts if hash(post.key) not in self.seen]

    def saw(self, posts: Iterable[Mention]) -> None:
        if len(self.seen) < MOST_SEEN:
            self.seen.update(hash(post.key) for post in posts)


def go_on(stages: Stages, reading: Reading, report: SourceReport, enough: Callable[[int], bool]) -> bool:
    """Read on in the comparison under way; whether it has ended. Raises as `poll` does.

    `enough` is asked behind each page, and told how many went further.
    """
    try:
        return with_retries(lambda: _pages(stages, reading, report, enough))
    except BadCursor:
        leave(stages, reading.slot)
        raise


def leave(stages: Stages, slot: Slot) -> None:
    """The comparison under way is dropped; the next begins anew."""
    with stages.store.write() as tx:
        standing = load_standing(tx.mark(slot.mark))
        if standing is not None and standing.running is not None:
            tx.forget_cursor(slot.cursor(standing.running))
            tx.set_mark(slot.mark, dump_standing(replace(standing, running=None)))


def _pages(stages: Stages, reading: Reading, report: SourceReport, enough: Callable[[int], bool]) -> bool:
    job, slot = reading.job, reading.slot
    assert isinstance(job.connector, Backfills)
    with stages.store.read() as reads:
        standing = load_standing(reads.mark(slot.mark))
        if standing is None or standing.running is None:
            return True
        one = standing.running
        cursor = reads.cursor(slot.cursor(one))
    number = 0
    for page in job.connector.backfill(one.since, one.until, cursor, stages.clock.now()):
        number, cursor = number + moved(cursor, page), page.cursor
        _compare(stages, reading, page, standing, report)
        stages.on_page(report)
        if page.done:
            return True
        if stages.stopping() or enough(number):
            return False
    with stages.store.write() as tx:
        _end(tx, slot, stages.clock.now())
    return True


def _compare(stages: Stages, reading: Reading, page: Page, standing: Standing, report: SourceReport) -> None:
    """One page: what is missing is stored, and counted in the same commit."""
    one, job, slot = standing.running, reading.job, reading.slot
    assert one is not None
    gone = {*page.deleted, *page.overheard}
    inside = {m.key: m for m in page.mentions if m.key not in gone and one.since <= m.created_at < one.until}
    fresh = reading.first_seen(inside.values())
    found = [mention for mention, _ in match(stages.matcher, fresh, job.source)]
    with stages.store.read() as reads:
        known = reads.known([mention.key for mention in found])
        gaps = reads.gaps_within(job.source.name, one.since - SETTLED, one.until + SETTLED)
    told = beside(replace(page, mentions=tuple(fresh)), found, known, gaps, standing)

    def noted(tx: Transaction, now: datetime) -> None:
        _note(tx, slot, told, is_cut=bool(page.gaps))
        if page.done:
            _end(tx, slot, now)

    booking = Booking(way=Way.PAST, cursor=slot.cursor(one), credential=credential_of(job.connector), at_last=noted)
    pipeline.store_page(stages, job.source, job.connector.platform, told.page, report, booking)
    reading.saw(fresh)


def _note(tx: Transaction, slot: Slot, told: Beside, *, is_cut: bool) -> None:
    """What isn't stored after the ordinary way is what the store refuses: erased posts, and our own answers."""
    standing = load_standing(tx.mark(slot.mark))
    if standing is None or standing.running is None:
        return
    taken = tx.known([*told.in_gaps, *told.unexplained])
    in_gaps, missing = (sum(key in taken for key in keys) for keys in (told.in_gaps, told.unexplained))
    more = replace(
        told.counts,
        fresh=told.counts.fresh + missing,
        in_gaps=in_gaps,
        missing=missing,
        refused=len(told.in_gaps) + len(told.unexplained) - len(taken),
    )
    one = standing.running
    running = replace(one, counts=one.counts.plus(more), cut=one.cut or is_cut)
    tx.set_mark(slot.mark, dump_standing(replace(standing, running=running)))


def _end(tx: Transaction, slot: Slot, now: datetime) -> None:
    """It is told of under the source's own mark, whoever asked for it."""
    standing = load_standing(tx.mark(slot.mark))
    if standing is None or standing.running is None:
        return
    one = standing.running
    tx.forget_cursor(slot.cursor(one))
    tx.set_mark(slot.mark, dump_standing(replace(standing, running=None)))
    daily = Slot(source=slot.source).mark
    own = load_standing(tx.mark(daily))
    if own is not None:
        kept = own.running
        tx.set_mark(daily, dump_standing(replace(own.with_ended(one, now), running=kept)))
