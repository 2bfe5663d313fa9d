"""What was kept long enough is erased, once an hour and a page at a time, so that nobody waits for it."""

import logging
from datetime import datetime, timedelta

from listener.domain.retention import AT_REST
from listener.pipeline import Stages

log = logging.getLogger(__name__)

EVERY = timedelta(hours=1)
AT_ONCE = 100
"""Posts erased in one commit, which others wait for: a fifth of a second."""


def age_out(stages: Stages) -> int:
    """How many posts that were. A replay's posts stay: its time is not ours."""
    if stages.replaying:
        return 0
    now, policy = stages.clock.now(), stages.retention
    erased = _posts(stages, now, now - policy.posts) if policy.posts is not None else 0
    if policy.counts is not None:
        with stages.store.write() as tx:
            tx.drop_counts(now - policy.counts)
    return erased


def _posts(stages: Stages, now: datetime, before: datetime) -> int:
    with stages.store.write() as tx:
        tx.drop_rejects(before)
    erased, found = 0, AT_ONCE
    while found == AT_ONCE and not stages.stopping():
        with stages.store.write() as tx:
            found = tx.age_out(before, now - AT_REST, AT_ONCE, now)
        erased += found
    if erased:
        log.info("posts kept long enough were erased", extra={"posts": erased})
    return erased
