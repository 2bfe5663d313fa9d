"""Whether the audit still says what was sealed: walks the chain once, in order. Pure.

Each row must follow the one before without a gap, its link must be what the row's facts and the link before it give,
and the event it seals must be there, by the same person, of the same kind, at the same instant, in the same words.
Words that were erased can't be compared any more; they are counted. What the chain can't show by itself is that its
end was cut off, or all of it written anew by somebody who can compute hashes: an anchor kept elsewhere shows both.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from listener.domain.audit import GENESIS, Anchor, Sealed, SealedEvent, Unsealed, digest_of, link_of
from listener.errors import ConfigError


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """What is wrong with one row."""

    row: int
    """0 for what the audit lacks."""
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """What walking the chain found."""

    end: Anchor
    erased: int
    """Acts whose words were emptied."""
    faulty: int
    """Rows, and events without one."""
    first: Fault | None
    """None: the chain is whole."""


def verify(rows: Iterable[Sealed], unsealed: Sequence[Unsealed] = (), anchor: Anchor | None = None) -> Verification:
    """All of it; a row after a broken one is judged by the row before as it stands, so that each fault counts once."""
    before, end, erased, faulty = GENESIS, 0, 0, 0
    first: Fault | None = None
    for row in rows:
        wrong = _wrong(row, end + 1, before) or _off_anchor(row, anchor)
        if wrong:
            faulty += 1
            first = first or Fault(row=row.id, what=wrong)
        erased += not row.salt
        before, end = row.link, row.id
    lacking = [*_cut_off(end, anchor), *map(_unsealed, unsealed)]
    return Verification(
        end=Anchor(count=end, link=before),
        erased=erased,
        faulty=faulty + len(lacking),
        first=first or next(iter(lacking), None),
    )


def anchor_from(text: str) -> Anchor:
    """`12:9f2c…`, as `listener audit --anchor` prints it. Raises `ConfigError`."""
    count, _, link = text.strip().partition(":")
    well_formed = count.isascii() and count.isdigit() and len(count) <= 18
    if not well_formed or len(link) != len(GENESIS) or set(link) - set("0123456789abcdef"):
        raise ConfigError(f"{text!r} is no anchor", next_step="give one as listener audit --anchor printed it")
    return Anchor(count=int(count), link=link)


def _wrong(row: Sealed, number: int, before: str) -> str:
    if row.id != number:
        lost = f"row {number} is" if row.id == number + 1 else f"rows {number} to {row.id - 1} are"
        return f"{lost} missing before it"
    expected = link_of(
        before,
        at=row.at,
        agent=row.agent,
        kind=row.kind,
        subject=row.subject,
        event_id=row.event_id,
        digest=row.digest,
    )
    if row.link != expected:
        return "its link doesn't follow from its facts and the row before: one of them was changed"
    return _strayed(row)


def _strayed(row: Sealed) -> str:
    """How the history differs from what was sealed."""
    event = row.event
    if event is None:
        return f"the event it seals, {row.event_id} of {row.subject}, is gone"
    sealed = (row.subject, row.agent, row.kind, row.at)
    for name, was, now in zip(
        ("subject", "agent", "kind", "time"), sealed, (event.subject, event.agent, event.kind, event.at), strict=True
    ):
        if was != now:
            return f"event {row.event_id} was changed: its {name} was {was}, the history has {now}"
    return _reworded(row, event)


def _reworded(row: Sealed, event: SealedEvent) -> str:
    if not row.salt:
        emptied = not event.detail and not event.before
        return "" if emptied else f"event {row.event_id} has words again that were erased, or its salt was taken away"
    if digest_of(row.salt, event.detail, event.before) == row.digest:
        return ""
    if not event.detail and not event.before:
        return f"the words of event {row.event_id} were emptied, its salt wasn't: that is no erasure"
    return f"the words of event {row.event_id} were changed"


def _off_anchor(row: Sealed, anchor: Anchor | None) -> str:
    if anchor is None or row.id != anchor.count or row.link == anchor.link:
        return ""
    return "it isn't the act that the anchor names: what came before was written anew"


def _cut_off(end: int, anchor: Anchor | None) -> list[Fault]:
    if anchor is None or end >= anchor.count:
        return []
    what = f"the chain ends here; the anchor was taken at {anchor.count} acts: the rest was cut off"
    return [Fault(row=end, what=what)]


def _unsealed(event: Unsealed) -> Fault:
    what = f"event {event.event_id} of {event.subject} ({event.kind}, by {event.agent}) isn't in the audit"
    return Fault(row=0, what=what)
