"""What follows from what a platform said of stored posts; a broken platform must not empty a database. Pure.

Where most of what was asked about is said to be gone, nothing is erased: it is asked once more after a while, and only
what is then still said to be gone is. What is counted reaches back two hours, since few posts are asked about at once.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from listener.domain.mention import Mention, MentionKey
from listener.domain.platform import Fate, Rechecked

LEAST = 20
"""Deletions that make a mass of them, if they are also more than half."""
CONFIRM_AFTER = timedelta(hours=1)
MEMORY = timedelta(hours=2)
FORGOTTEN = timedelta(days=1)
"""Doubts this old are dropped: their posts are gone, or not asked about any more."""


Doubts = Mapping[str, datetime]
"""Posts said to be deleted in too great a number to believe it at once, and since when; by digests of their keys, since
of what is erased no id may be left."""


def dump_doubts(doubts: Doubts) -> str:
    return json.dumps({name: since.isoformat() for name, since in doubts.items()}) if doubts else ""


def load_doubts(text: str, now: datetime) -> Doubts:
    said = json.loads(text) if text else {}
    read = {name: datetime.fromisoformat(since) for name, since in said.items()}
    return {name: since for name, since in read.items() if now - since < FORGOTTEN}


def ripe(since: datetime, now: datetime) -> bool:
    """Whether it may be asked about again."""
    return now - since >= CONFIRM_AFTER


def digest(key: MentionKey) -> str:
    return hashlib.sha256(f"{key.platform}\0{key.native_id}".encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """How many were asked about, and how many of them were said to be gone."""

    at: datetime
    asked: int
    gone: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Conclusion:
    """What to do about the posts that were asked about."""

    erased: tuple[MentionKey, ...] = ()
    read: tuple[Mention, ...] = ()
    """As they read now."""
    seen: tuple[MentionKey, ...] = ()
    """Answered for: their next turn is a whole interval away."""
    unanswered: tuple[MentionKey, ...] = ()
    doubts: Doubts = field(default_factory=dict)
    tallies: tuple[Tally, ...] = field(default=())


def conclude(
    asked: Sequence[Mention],
    told: Sequence[Rechecked],
    doubts: Doubts,
    tallies: Sequence[Tally],
    now: datetime,
) -> Conclusion:
    """Of what wasn't asked about nothing is believed."""
    keys = [mention.key for mention in asked]
    fates = {one.key: one for one in told if one.key in set(keys)}
    gone = [key for key in keys if key in fates and fates[key].fate is Fate.DELETED]
    kept = [one for one in tallies if now - one.at < MEMORY]
    kept = [*kept, *([Tally(at=now, asked=len(keys), gone=len(gone))] if keys else ())]
    found = Conclusion(
        erased=tuple(gone),
        read=tuple(m for key in keys if (m := _as_it_reads(key, fates)) is not None),
        seen=tuple(key for key in keys if key in fates and fates[key].fate is not Fate.DELETED),
        unanswered=tuple(key for key in keys if key not in fates),
        tallies=tuple(kept),
    )
    rest = {name: since for name, since in doubts.items() if name not in {digest(key) for key in keys}}
    return _doubted(found, doubts, rest, now) if _is_mass(kept) else replace(found, doubts=rest)


def _as_it_reads(key: MentionKey, fates: Mapping[MentionKey, Rechecked]) -> Mention | None:
    one = fates.get(key)
    standing = one is not None and one.fate is Fate.ALIVE and one.mention is not None and one.mention.key == key
    return one.mention if one is not None and standing else None


def _is_mass(tallies: Sequence[Tally]) -> bool:
    """In this look alone, or in all of the last two hours."""
    latest = tallies[-1:]
    return any(_most(some) for some in (latest, tallies))


def _most(tallies: Sequence[Tally]) -> bool:
    gone = sum(one.gone for one in tallies)
    return gone >= LEAST and gone * 2 > sum(one.asked for one in tallies)


def _doubted(found: Conclusion, doubts: Doubts, rest: Doubts, now: datetime) -> Conclusion:
    """Erase what was said twice, far enough apart; the rest stays in doubt."""
    sure = tuple(key for key in found.erased if digest(key) in doubts and ripe(doubts[digest(key)], now))
    left = {digest(key) for key in found.erased if key not in sure}
    return replace(found, erased=sure, doubts={**rest, **{name: doubts.get(name, now) for name in left}})
