"""Bugs that a desk may have, each put into the real code: what the state machine of `life` must find."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import update

from listener.domain.case import Case, CaseChange, CaseState
from listener.store import database, ingest
from listener.store import desk as store_desk
from listener.store import merging as store_merging
from listener.store.desk_tables import cases
from listener.triage import arrivals, intake, merging, moves, taking_back, undo
from listener.triage import desk as desk_module
from listener.triage.intake_rules import Arrival, Attach, Decision, Nothing, Open, Wake, decide

Patch = pytest.MonkeyPatch


def _nothing(*_: object, **__: object) -> None:
    """A guard that lets everything pass."""


def a_live_lease_is_robbed(patch: Patch) -> None:
    patch.setattr(moves, "refuse_if_held", _nothing)


def a_resolved_case_is_worked_on(patch: Patch) -> None:
    patch.setattr(moves, "refuse_if_resolved", _nothing)


def a_stale_write_is_accepted(patch: Patch) -> None:
    real = store_desk.Desk.change_case

    def whatever_the_version(tx: Any, case_id: int, _seen: int, change: CaseChange) -> Case:
        return real(tx, case_id, tx.case(case_id).version, change)

    patch.setattr(store_desk.Desk, "change_case", whatever_the_version)


def every_complaint_opens_a_case(patch: Patch) -> None:
    def opens(arrival: Arrival, *_: object) -> Decision:
        return Open(arrival.reason) if arrival.reason == "complaint" else Nothing()

    patch.setattr(intake, "decide", opens)


def a_sleeper_sleeps_on(patch: Patch) -> None:
    def wakes_never(*given: Any) -> Decision:
        decision = decide(*given)
        return Attach(decision.case) if isinstance(decision, Wake) else decision

    patch.setattr(intake, "decide", wakes_never)


def what_was_deleted_comes_back(patch: Patch) -> None:
    patch.setattr(ingest.Ingest, "_not_erased", lambda _tx, wanted: wanted)


def a_reopened_case_keeps_its_agent(patch: Patch) -> None:
    real = arrivals.back_in_queue

    def kept() -> dict[str, object]:
        return {name: value for name, value in real().items() if name != "assignee"}

    patch.setattr(arrivals, "back_in_queue", kept)
    patch.setattr(moves, "back_in_queue", kept)


def an_event_is_written_twice(patch: Patch) -> None:
    real = store_desk.Desk._record

    def twice(tx: Any, *given: Any, **named: Any) -> None:
        real(tx, *given, **named)
        real(tx, *given, **named)

    patch.setattr(store_desk.Desk, "_record", twice)


def waking_leaves_no_event(patch: Patch) -> None:
    def wake(tx: Any, _policy: object, now: datetime) -> None:
        due = cases.c.snoozed_until <= now
        tx._db.execute(update(cases).where(due).values(state=CaseState.OPEN, snoozed_until=None))

    patch.setattr(desk_module, "wake", wake)


def a_merge_loses_a_post(patch: Patch) -> None:
    real = store_merging.MergingWrites.give_posts

    def all_but_one(tx: Any, case_id: int, ids: list[int]) -> None:
        real(tx, case_id, ids[1:])

    patch.setattr(store_merging.MergingWrites, "give_posts", all_but_one)


def a_merged_case_stays_open(patch: Patch) -> None:
    real = merging.merged
    patch.setattr(merging, "merged", lambda *given: replace(real(*given), set={}))


def a_merged_cases_author_is_forgotten(patch: Patch) -> None:
    def alone(arrival: Arrival, *rest: Any) -> Decision:
        living = tuple(case for case in arrival.cases if case.merged_into is None)
        return decide(replace(arrival, cases=living), *rest)

    patch.setattr(intake, "decide", alone)


def undo_restores_too_much(patch: Patch) -> None:
    real = undo.restored
    patch.setattr(undo, "restored", lambda *given: {**real(*given), "escalated": False})


def undo_takes_back_what_another_did(patch: Patch) -> None:
    real = undo.act_to_undo

    def anybodys(card: Any, agent: str) -> Any:
        acting = [event.agent for event in card.events if event.agent != "listener"]
        return real(card, acting[-1] if acting else agent)

    patch.setattr(undo, "act_to_undo", anybodys)


def undo_overrides_what_came_since(patch: Patch) -> None:
    patch.setattr(undo, "refuse_if_moved_on", _nothing)


def an_unmerge_leaves_the_posts(patch: Patch) -> None:
    patch.setattr(taking_back._Undoing, "_unmerge", lambda self, g, t, h, v: self._write_each(g, t, h, v))


def a_snooze_keeps_the_lease(patch: Patch) -> None:
    real = moves.decide_snooze

    def kept(*given: Any) -> CaseChange:
        change = real(*given)
        held = ("assignee", "lease_until", "assigned_at")
        return replace(change, set={name: value for name, value in change.set.items() if name not in held})

    patch.setattr(moves, "decide_snooze", kept)


def next_takes_what_is_settled(patch: Patch) -> None:
    def any_case(tx: Any, agent: str, _queues: object, policy: Any, now: datetime) -> Case | None:
        settled = tx._db.scalars(
            cases.select().with_only_columns(cases.c.id).where(cases.c.state == "resolved")
        ).first()
        if settled is None:
            return real(tx, agent, (), policy, now)
        case = tx.case(settled)
        return tx.change_case(case.id, case.version, CaseChange(kind="claimed", agent=agent, at=now))  # type: ignore[arg-type]

    real: Callable[..., Case | None] = desk_module.take_next
    patch.setattr(desk_module, "take_next", any_case)


def an_edit_reopens_a_case(patch: Patch) -> None:
    real = arrivals.edited

    def reopens(*given: Any) -> CaseChange:
        change = real(*given)
        return replace(change, set={**change.set, **arrivals.back_in_queue()})

    patch.setattr(arrivals, "edited", reopens)


def a_crash_commits_half(patch: Patch) -> None:
    def keep(driver: Any) -> None:
        if driver.in_transaction:
            driver.execute("COMMIT")

    patch.setattr(database, "_roll_back", keep)


BUGS: tuple[Callable[[Patch], None], ...] = (
    a_live_lease_is_robbed,
    a_stale_write_is_accepted,
    a_sleeper_sleeps_on,
    what_was_deleted_comes_back,
    a_reopened_case_keeps_its_agent,
    an_event_is_written_twice,
    waking_leaves_no_event,
    a_merge_loses_a_post,
    a_merged_case_stays_open,
    undo_restores_too_much,
    an_edit_reopens_a_case,
    a_crash_commits_half,
)
"""Looked for in every test run."""

MORE: tuple[Callable[[Patch], None], ...] = (
    a_resolved_case_is_worked_on,
    every_complaint_opens_a_case,
    a_merged_cases_author_is_forgotten,
    undo_takes_back_what_another_did,
    undo_overrides_what_came_since,
    an_unmerge_leaves_the_posts,
    a_snooze_keeps_the_lease,
    next_takes_what_is_settled,
)
"""Found as well: `python -m tests.triage.bugs` looks for all of them, and says how many lives that took."""


def main() -> None:
    import contextlib
    import io
    import sys

    from hypothesis import HealthCheck, Phase, settings
    from hypothesis.stateful import run_state_machine_as_test

    from tests.triage.life import CaseLife

    bounded = settings(
        max_examples=400,
        stateful_step_count=25,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
        print_blob=False,
    )
    for bug in (*BUGS, *MORE):
        CaseLife.begun = 0
        found = "NOT FOUND"
        with Patch.context() as patch, contextlib.redirect_stdout(io.StringIO()):
            bug(patch)
            try:
                run_state_machine_as_test(CaseLife, settings=bounded)
            except AssertionError as error:
                found = f"found ({type(error).__name__})"
        sys.stdout.write(f"{bug.__name__:40} {CaseLife.begun:4} lives  {found}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
