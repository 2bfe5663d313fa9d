"""Customers come in and are forgotten; then each unresolved case gets the points of its author's value anew.

Every case is looked at, also those whose customer was forgotten, some hundred in a transaction, so that the desk can
work meanwhile; only those whose points differ are written.
"""

from collections.abc import Callable, Iterable
from datetime import datetime

from listener.clock import Clock
from listener.domain.case import PROGRAM, Case, CaseChange, EventKind
from listener.domain.loyalty import Customer, CustomersSaved
from listener.domain.policy import TriagePolicy
from listener.domain.text import visible
from listener.errors import ConfigError, NotFound
from listener.ports import Store
from listener.triage import sla
from listener.triage.desk import named
from listener.triage.priority import Standing, rank_at, terms, total, waiting_since

LOOKED_AT = 200
"""Cases in one transaction."""

IMPORTED, FORGOTTEN = "imported", "forgot"
"""What the audit calls it."""


class _OnlyLooking(Exception):
    """Takes a rehearsal back."""


def bring_in(
    store: Store,
    customers: Iterable[Customer],
    agent: str,
    clock: Clock,
    *,
    replace: bool = False,
    rehearse: bool = False,
    fault: Callable[[CustomersSaved], str],
) -> CustomersSaved:
    """All of them or none. `rehearse` writes nothing; a `fault` found at the end raises `ConfigError`."""
    now, who = clock.now(), "" if rehearse else named(agent)
    saved: CustomersSaved | None = None
    try:
        with store.write() as tx:
            saved = tx.save_customers(customers, now, replace=replace)
            if wrong := fault(saved):
                raise ConfigError(wrong, next_step="mend the file; nothing was changed")
            if rehearse:
                raise _OnlyLooking
            detail = {"customers": str(saved.customers), "new": str(saved.new), "replace": "yes" if replace else "no"}
            tx.note_customers(IMPORTED, who, detail, now)
    except _OnlyLooking:
        pass
    assert saved is not None, "nothing else leaves the block without a result"
    return saved


def forget(store: Store, ref: str, agent: str, clock: Clock) -> None:
    """Erase a customer and whose accounts were theirs. Raises `NotFound`."""
    now, who = clock.now(), named(agent)
    with store.write() as tx:
        if not tx.forget_customer(ref):
            raise NotFound(f"there is no customer {visible(ref, 100)}", next_step="listener customers list")
        # Not whom: the audit would remember what was to be forgotten.
        tx.note_customers(FORGOTTEN, who, {}, now)


def revalued(case: Case, percentile: float | None, policy: TriagePolicy, now: datetime) -> CaseChange | None:
    """The case with the points that its customer's value gives now; None if they are the same. Pure."""
    points = terms(Standing(value=percentile), policy)["value"]
    if points == case.terms.get("value", 0.0):
        return None
    found = {**case.terms, "value": points}
    changes: dict[str, object] = {
        "terms": found,
        "priority": total(found),
        "rank_at": rank_at(waiting_since(case, policy), total(found), policy),
    }
    return CaseChange(
        kind=EventKind.REVALUED,
        agent=PROGRAM,
        at=now,
        detail={"why": f"customer value counts {points:g} points"},
        set=sla.follow(case, changes, policy, now, rejudged=True),
    )


def rerank(store: Store, policy: TriagePolicy, clock: Clock) -> int:
    """How many cases changed their points."""
    after, changed = 0, 0
    while True:
        now = clock.now()
        with store.write() as tx:
            page = tx.ranked_by_value(after, LOOKED_AT)
            for case, percentile in page:
                if change := revalued(case, percentile, policy, now):
                    tx.change_case(case.id, case.version, change)
                    changed += 1
        if len(page) < LOOKED_AT:
            return changed
        after = page[-1][0].id
