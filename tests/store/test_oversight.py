"""The board's rows: every figure against a slow walk through each case's own events, and against its drilled cases."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from listener.domain.board import SOON, BoardBy, BoardCase, BoardView, Figure, Standing
from listener.domain.case import Case, CaseChange, CaseEvent, CaseState, EventKind
from listener.domain.stored import InboxFilter
from listener.ports import Store, Transaction
from listener.store import open_store
from listener.triage.undo import decoded
from tests.builders import NOON, author, minutes, scored
from tests.store.steps import apply, change, draft, open_case, save
from tests.triage.builders import fresh_store

QUEUES, AGENTS = ("billing", "support"), ("ana", "ben")
VIEW = BoardView(now=NOON + timedelta(days=3), since=NOON + timedelta(days=1), until=NOON + timedelta(days=2))
HALF_DAYS = st.integers(0, 6).map(lambda n: NOON + n * timedelta(hours=12))

Step = tuple[int, str, str, datetime]
STEPS = st.lists(
    st.tuples(
        st.integers(0, 5),
        st.sampled_from(
            ["reply", "resolve", "close", "reopen", "wake", "write", "snooze", "claim", "route", "merge", "undo"]
        ),
        st.sampled_from(AGENTS),
        HALF_DAYS,
    ),
    max_size=30,
).map(lambda steps: sorted(steps, key=lambda step: step[3]))
OPENINGS = st.lists(
    st.tuples(st.sampled_from(QUEUES), st.sampled_from(["Acme", "Zeta"]), HALF_DAYS, st.integers(-30, 30)),
    min_size=6,
    max_size=6,
)


def changed(case: Case, verb: str, agent: str, at: datetime) -> CaseChange | None:
    """What the desk would write; None where the case is in no state for it."""
    settled = case.state is CaseState.RESOLVED
    back = {"state": CaseState.OPEN, "resolved_at": None, "resolution": "", "assignee": "", "lease_until": None}
    asleep = {"state": CaseState.SNOOZED, "snoozed_until": at + minutes(60)}
    done = {"state": CaseState.RESOLVED, "resolved_at": at, "resolution": "done", "lease_until": None}
    first = {"first_reply_at": case.first_reply_at or at, "answered_at": at, "assignee": agent}
    given: dict[str, tuple[EventKind, str, dict[str, object]]] = {
        "reply": (EventKind.REPLIED, agent, {**first, "lease_until": VIEW.now + minutes(5)}),
        "resolve": (EventKind.RESOLVED, agent, {**done, "assignee": agent}),
        "close": (EventKind.RESOLVED, "listener", done),
        "reopen": (EventKind.REOPENED, agent if at.hour == NOON.hour else "listener", {**back, "wrote_at": at}),
        "wake": (EventKind.WOKE, "listener", {"state": CaseState.OPEN, "snoozed_until": None}),
        "write": (EventKind.ATTACHED, "listener", {"wrote_at": at}),
        "snooze": (EventKind.SNOOZED, agent, asleep),
        "claim": (EventKind.CLAIMED, agent, {"assignee": agent, "lease_until": at + minutes(15)}),
        "route": (EventKind.ROUTED, agent, {"queue": QUEUES[at.hour == NOON.hour]}),
        "merge": (EventKind.MERGED, agent, {**done, "merged_into": 1 + case.id % 6}),
    }
    if case.merged_into is not None or (settled != (verb == "reopen") and verb != "route"):
        return None
    if (verb == "wake") != (case.state is CaseState.SNOOZED) and verb in ("wake", "snooze"):
        return None
    kind, who, set_ = given[verb]
    return CaseChange(kind=kind, agent=who, at=at, set=set_)


@dataclass
class Told:
    """One case, as its events tell it."""

    case: Case
    answered: CaseEvent | None = None
    resolutions: list[CaseEvent] = field(default_factory=list)
    reopened: int = 0


def tell(case: Case, events: tuple[CaseEvent, ...]) -> Told:
    """Event by event, with no index and no join."""
    told = Told(case=case)
    undone = {event.detail["event"] for event in events if event.kind is EventKind.UNDONE}
    for event in events:
        if str(event.id) in undone:
            continue
        if event.kind is EventKind.REPLIED and told.answered is None:
            told.answered = event
        if event.kind is EventKind.RESOLVED and event.agent != "listener" and VIEW.since <= event.at < VIEW.until:
            told.resolutions.append(event)
        if event.kind is EventKind.REOPENED and told.resolutions:
            told.reopened += 1
    return told


def behind(told: list[Told], figure: Figure, key: Callable[[Told, Figure], str], line: str) -> list[int]:
    """Ids of the cases that a figure of one line counts."""
    tests: dict[Figure, Callable[[Told], bool]] = {
        Figure.OPEN: lambda one: one.case.state is CaseState.OPEN,
        Figure.UNASSIGNED: lambda one: one.case.state is CaseState.OPEN and not one.case.holder(VIEW.now),
        Figure.SNOOZED: lambda one: one.case.state is CaseState.SNOOZED,
        Figure.WAITING: lambda one: one.case.state is not CaseState.RESOLVED and one.case.awaits_author,
        Figure.BREACHED: lambda one: _left(one.case, timedelta.min, timedelta(0)),
        Figure.BREACHING: lambda one: _left(one.case, timedelta(0), SOON),
        Figure.OPENED: lambda one: VIEW.since <= one.case.opened_at < VIEW.until,
        Figure.ANSWERED: lambda one: one.answered is not None and VIEW.since <= one.answered.at < VIEW.until,
        Figure.RESOLVED: lambda one: bool(one.resolutions),
        Figure.REOPENED: lambda one: one.reopened > 0,
    }
    ours = [one for one in told if one.case.merged_into is None and key(one, figure) == line]
    if figure is Figure.OLDEST:
        waiting = [one.case for one in ours if one.case.state is CaseState.OPEN]
        return [min(waiting, key=lambda case: (case.opened_at, case.id)).id] if waiting else []
    return [one.case.id for one in ours if tests[figure](one)]


def _left(case: Case, more_than: timedelta, at_most: timedelta) -> bool:
    if case.sla_at is None or case.state is CaseState.RESOLVED:
        return False
    return more_than < case.sla_at - VIEW.now <= at_most


def _key(by: BoardBy) -> Callable[[Told, Figure], str]:
    if by is not BoardBy.AGENT:
        return lambda one, figure: str(getattr(one.case, by.value))

    def whose(one: Told, figure: Figure) -> str:
        if figure is Figure.ANSWERED:
            return one.answered.agent if one.answered else ""
        if figure in (Figure.RESOLVED, Figure.REOPENED):
            return one.resolutions[-1].agent if one.resolutions else ""
        return one.case.holder(VIEW.now)

    return whose


def played(store: Store, openings: list[Any], steps: list[Step]) -> list[Told]:
    posts = [scored(native_id=str(n), author=author(f"a{n}"), brand=one[1]) for n, one in enumerate(openings)]
    saved = save(store, *posts)
    with store.write() as tx:
        drafts = [
            draft(post, queue=queue, brand=brand, opened_at=at, sla_at=VIEW.now + minutes(left))
            for post, (queue, brand, at, left) in zip(saved, openings, strict=True)
        ]
        ids = [case.id for case in tx.open_cases(drafts)]
        for index, verb, agent, at in steps:
            _step(tx, ids[index], verb, agent, at)
        found = [tx.case_card(case_id) for case_id in ids]
    return [tell(card.case, card.events) for card in found]


def _step(tx: Transaction, case_id: int, verb: str, agent: str, at: datetime) -> None:
    case = tx.case(case_id)
    if verb == "undo":
        _take_back(tx, case)
        return
    what = changed(case, verb, agent, max(at, case.updated_at))
    if what is not None:
        tx.change_case(case_id, case.version, what)


def _take_back(tx: Transaction, case: Case) -> None:
    """The last thing that a person did, as the desk undoes it."""
    last = tx.case_card(case.id).events[-1]
    if last.before and last.kind is not EventKind.UNDONE and case.merged_into is None:
        back = {name: value for name, value in decoded(last.before).items() if value != getattr(case, name)}
        detail = {"event": str(last.id), "kind": last.kind.value}
        undone = CaseChange(kind=EventKind.UNDONE, agent=last.agent, at=case.updated_at, detail=detail, set=back)
        tx.change_case(case.id, case.version, undone)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("boards")


EXAMPLES = 12
"""Three hundred were run before this was written down."""


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(openings=OPENINGS, steps=STEPS, by=st.sampled_from(BoardBy))
def test_every_figure_is_what_the_events_tell_and_drills_to_its_cases(
    folder: Path, openings: list[Any], steps: list[Step], by: BoardBy
) -> None:
    (folder / "listener.db").unlink(missing_ok=True)
    store = open_store(fresh_store(folder))
    try:
        told = played(store, openings, steps)
        with store.read() as reads:
            standings, flow = reads.standings(VIEW, by), reads.flow(VIEW, by)
            whole = list(reads.board_cases(VIEW))
            keys = {one.key for one in standings} | {wait.key for wait in (*flow.answered, *flow.resolved)}
            for key in keys | set(flow.opened) | {"ana"}:
                line = VIEW.narrowed(by, key)
                drilled = {figure: list(reads.board_cases(line, figure)) for figure in Figure}
                for figure in Figure:
                    if figure is Figure.OPENED and by is BoardBy.AGENT:
                        assert drilled[figure] == []
                        continue
                    expected = behind(told, figure, _key(by), key)
                    assert [row.case.id for row in drilled[figure]] == expected, (figure, key)
                stand = next((one for one in standings if one.key == key), Standing(key=key))
                for figure in list(Figure)[:6]:
                    assert getattr(stand, figure.value) == len(drilled[figure]), (figure, key)
                assert [row.case.id for row in drilled[Figure.OLDEST]] == [stand.oldest_id] * (stand.open > 0)
                assert flow.opened.get(key, 0) == len(drilled[Figure.OPENED])
                assert sorted(wait.until for wait in flow.answered if wait.key == key) == sorted(
                    _known(row.case.first_reply_at) for row in drilled[Figure.ANSWERED]
                )
                assert sorted((wait.until, wait.reopened) for wait in flow.resolved if wait.key == key) == sorted(
                    (_known(row.settled_at), row.reopened > 0) for row in drilled[Figure.RESOLVED]
                )
            figured = {row.case.id for figure in Figure for row in reads.board_cases(VIEW, figure)}
        assert [row.case.id for row in whole] == sorted(figured)
        _tells_whole(whole, told)
    finally:
        store.close()


def _tells_whole(rows: list[BoardCase], told: list[Told]) -> None:
    """Who answered, who resolved, when, and how often it came back."""
    by_id = {one.case.id: one for one in told}
    for row in rows:
        one = by_id[row.case.id]
        assert row.answered_by == (one.answered.agent if one.answered else "")
        assert row.reopened == one.reopened
        if one.resolutions:
            assert (row.settled_at, row.settled_by) == (one.resolutions[-1].at, one.resolutions[-1].agent)


def _known(at: datetime | None) -> datetime:
    assert at is not None
    return at


def test_an_export_streams_past_one_chunk(store: Store) -> None:
    saved = save(store, *(scored(native_id=str(n), author=author(f"a{n}")) for n in range(1203)))
    with store.write() as tx:
        tx.open_cases([draft(one) for one in saved])
    with store.read() as reads:
        rows = reads.board_cases(VIEW, Figure.OPEN)
        first = next(rows)
        # Other questions of the same snapshot don't disturb the stream.
        assert len(reads.inbox(InboxFilter(), NOON, 2000)) == 1203
        assert [first.case.id, *(row.case.id for row in rows)] == list(range(1, 1204))


def test_a_broken_promise_is_named_once_whatever_became_of_it(store: Store) -> None:
    case = open_case(store, save(store)[0])
    for _ in range(2):
        told = change(EventKind.BREACHED, "listener", detail={"promise": "first_response"})
        case = apply(store, case, told)
    with store.read() as reads:
        assert next(iter(reads.board_cases(VIEW))).breached == ("first_response",)


def test_a_merged_case_counts_in_no_figure(store: Store) -> None:
    one, other = (open_case(store, saved) for saved in save(store, scored(), scored(native_id="2")))
    gone = {"state": CaseState.RESOLVED, "resolved_at": NOON, "merged_into": other.id, "first_reply_at": NOON}
    apply(store, one, change(EventKind.MERGED, set=gone))
    view = BoardView(now=NOON, since=NOON, until=NOON + minutes(1))
    with store.read() as reads:
        found = {figure: [row.case.id for row in reads.board_cases(view, figure)] for figure in Figure}
        assert reads.flow(view, BoardBy.QUEUE).opened == {"support": 1}
    assert found[Figure.OPENED] == [other.id]
    assert found[Figure.ANSWERED] == found[Figure.RESOLVED] == []
