"""How much a stretch of the past may hold, told from the newest page alone."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from math import ceil

from listener.domain.platform import Estimate

_MOMENT = timedelta(seconds=1)


def by_rate(
    times: Sequence[datetime], since: datetime, until: datetime, *, now: datetime, size: int, whole: bool
) -> Estimate:
    """From when the posts of the newest page were written.

    `whole`: there are no older ones. `size` is what a page holds; a walk that can't begin at `until` begins at `now`.
    """
    inside = sum(since <= at < until for at in times)
    if not times or whole or min(times) < since:
        return Estimate(posts=inside, calls=1, note="counted")
    each = max(now - min(times), _MOMENT) / len(times)
    posts, down = ceil((until - since) / each), ceil((now - since) / each)
    note = f"told from how fast the newest {len(times)} came: it may be far off"
    return Estimate(posts=max(posts, inside), calls=max(1, ceil(down / size)), note=note)
