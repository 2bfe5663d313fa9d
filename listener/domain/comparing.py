"""What sources list beside what is stored of it: how many posts the listener missed without knowing."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields, replace
from datetime import datetime, timedelta
from typing import Any

WEEK = timedelta(days=7)
"""For so long a comparison is told of."""
_KEPT = 50
"""Ended comparisons of a source, at the most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """Posts of a listing."""

    listed: int = 0
    stored: int = 0
    """Concern a brand, and were stored."""
    fresh: int = 0
    """Stored or missing, and posted since the comparison before: over all comparisons each post counts once."""
    in_gaps: int = 0
    """Weren't stored, and lay in a stretch known to be unseen, or read again since."""
    younger: int = 0
    """Weren't stored, for they are older than the settings that find them."""
    refused: int = 0
    """Are never stored: erased here, or our own answers."""
    missing: int = 0
    """Weren't stored, and nothing explains it. They are now."""

    @property
    def matched(self) -> int:
        """Those that concern a brand."""
        return self.stored + self.in_gaps + self.younger + self.refused + self.missing

    def plus(self, other: "Counts") -> "Counts":
        return Counts(**{name: getattr(self, name) + getattr(other, name) for name in _COUNTED})


_COUNTED = tuple(field.name for field in fields(Counts))


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Of one source, over [since, until)."""

    since: datetime
    until: datetime
    began: datetime
    ended: datetime | None = None
    """None while it goes on."""
    counts: Counts = Counts()
    cut: bool = False
    """The platform said that it doesn't list all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How the comparisons of one source stand."""

    began: datetime
    """Since when the source is known here: what is older was never asked for."""
    settled: datetime
    """Since when it has been read with these settings."""
    settings: str = ""
    """A digest of them."""
    running: Comparison | None = None
    ended: tuple[Comparison, ...] = ()
    """The latest last."""

    @property
    def last(self) -> Comparison | None:
        return self.ended[-1] if self.ended else None

    def with_ended(self, one: Comparison, now: datetime) -> "Standing":
        """A week's are kept, and the latest, however old."""
        young = [old for old in self.ended if old.ended is not None and old.ended > now - WEEK]
        return replace(self, running=None, ended=(*young, replace(one, ended=now))[-_KEPT:])


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """What the comparisons of some sources, ended within a week, found."""

    sources: int
    posts: int
    """Each counts once."""
    missing: int

    @property
    def one_in(self) -> int | None:
        """One post of so many was missed; None where none was."""
        return max(1, round(self.posts / self.missing)) if self.missing else None


def compared(standings: Sequence[Standing], until: datetime) -> Compared | None:
    """None where nothing was compared in the week before `until`."""
    each = [[one for one in row.ended if one.ended and until - WEEK < one.ended <= until] for row in standings]
    told = [one.counts for found in each for one in found]
    if not told:
        return None
    return Compared(
        sources=sum(bool(found) for found in each),
        posts=sum(counts.fresh for counts in told),
        missing=sum(counts.missing for counts in told),
    )


def mark_of(source: str) -> str:
    """The bookmark a source's standing is kept under."""
    return f"compared:{source}"


def polled_mark(source: str) -> str:
    """The bookmark that says when the latest poll began that came to its end: all before it was read."""
    return f"polled:{source}"


def dump_standing(standing: Standing) -> str:
    return json.dumps({"v": 1, **asdict(standing)}, default=datetime.isoformat)


def load_standing(text: str) -> Standing | None:
    """None where there is none, or what is kept can't be read: then it begins anew."""
    try:
        kept = json.loads(text)
        if kept["v"] != 1:
            return None
        return Standing(
            began=_instant(kept["began"]),
            settled=_instant(kept["settled"]),
            settings=str(kept["settings"]),
            running=_comparison(kept["running"]) if kept["running"] else None,
            ended=tuple(_comparison(one) for one in kept["ended"]),
        )
    except (ValueError, KeyError, TypeError):
        return None


def _comparison(kept: dict[str, Any]) -> Comparison:
    return Comparison(
        since=_instant(kept["since"]),
        until=_instant(kept["until"]),
        began=_instant(kept["began"]),
        ended=_instant(kept["ended"]) if kept["ended"] else None,
        counts=Counts(**{name: int(kept["counts"][name]) for name in _COUNTED}),
        cut=bool(kept["cut"]),
    )


def _instant(text: str) -> datetime:
    """Raises `ValueError` where it has no zone: it couldn't be compared."""
    found = datetime.fromisoformat(text)
    if found.tzinfo is None:
        raise ValueError(f"{text} has no time zone")
    return found
