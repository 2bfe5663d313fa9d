"""How far a digest may be trusted: what was unheard, unsure, unread, and how right the model was found lately."""

from collections.abc import Sequence
from datetime import datetime

from listener.domain.comparing import Standing, compared, load_standing, mark_of
from listener.domain.digest import Blind, Sentiments, Share
from listener.domain.digest_parts import Estimate, Measured, Trust
from listener.domain.stored import StoredGap
from listener.insight.accuracy import Figure, account
from listener.insight.blindness import blind_stretches
from listener.insight.intervals import share
from listener.insight.sampling import Weighted
from listener.insight.windows import HOUR, Window
from listener.ports import Reads


def trust(reads: Reads, brands: Sequence[str], moods: Sentiments, until: datetime) -> Trust:
    """As it stood at `until`."""
    found = {brand: _measured(reads, brand) for brand in brands}
    told = moods.negative + moods.neutral + moods.positive + moods.unsure
    return Trust(
        unsure=share(moods.unsure, told),
        backlog=reads.backlog().posts,
        measured=tuple(one for one in found.values() if one is not None),
        unmeasured=tuple(brand for brand, one in found.items() if one is None),
        compared=compared(standings(reads), until),
    )


def standings(reads: Reads) -> list[Standing]:
    """Of all sources that were ever heard."""
    found = (load_standing(reads.mark(mark_of(row.source))) for row in reads.health())
    return [one for one in found if one is not None]


def _measured(reads: Reads, brand: str) -> Measured | None:
    """By the latest sample of which something was checked."""
    for sample in reads.drawn_samples(brand):
        checked = reads.sampled_truths(sample.id)
        if not checked:
            continue
        said = account(brand, (), sample, checked, share(0, 0))
        of_complaints = {one.measure: one for one in said.sampled if one.of == "complaint"}
        return Measured(
            brand=brand,
            drawn_at=sample.at,
            checked=said.checked,
            precision=_estimate(of_complaints.get("precision")),
            recall=_estimate(of_complaints.get("recall")),
        )
    return None


def _estimate(figure: Figure | None) -> Estimate | None:
    if figure is None:
        return None
    found: Share | Weighted = figure.share
    n = found.whole if isinstance(found, Share) else found.n
    return Estimate(value=found.value, low=found.low, high=found.high, n=n) if n else None


def blind(reads: Reads, heard: Window, gaps: Sequence[StoredGap]) -> tuple[Blind, ...]:
    """Known gaps within it, sources that still fail and were last read before it ended, and those that did."""
    found = [
        Blind(
            source=gap.source,
            since=max(gap.since, heard.since),
            until=min(gap.until, heard.until),
            reason=gap.reason,
        )
        for gap in gaps
        if gap.since < heard.until and gap.until > heard.since
    ]
    for row in reads.health():
        since = max(row.last_success or heard.since, heard.since)
        if row.failures and heard.until - since > HOUR:
            found.append(Blind(source=row.source, since=since, until=heard.until, reason=row.error))
    for stretch in blind_stretches(reads, heard):
        # What is still unseen of it is told as a gap.
        if not any(b.source == stretch.source and b.since <= stretch.since <= b.until for b in found):
            found.append(stretch)
    return tuple(sorted(found, key=lambda b: (b.since, b.source)))
