"""Cases: opened once, changed under a fence, claimed with a lease; every change leaves an event."""

from datetime import datetime, timedelta

import pytest
from sqlalchemy.exc import IntegrityError

from listener.domain.case import Case, CaseState, EventKind, Reason
from listener.domain.stored import InboxFilter
from listener.domain.verdict import Label
from listener.errors import Conflict, NotFound
from listener.ports import Store
from listener.store.desk_tables import case_events
from tests.builders import NOON, author, customer, minutes, scored, verdict
from tests.store.steps import apply, change, open_case, save, write

LEASE = timedelta(minutes=15)


def _some_cases(store: Store, *more: dict[str, object]) -> list[Case]:
    saved = save(store, *(scored(f"post {n}", str(n), author=author(f"a{n}")) for n in range(len(more))))
    return [open_case(store, one, **fields) for one, fields in zip(saved, more, strict=True)]


def _claim(store: Store, agent: str, *queues: str, now: object = NOON) -> int | None:
    case = write(store, lambda tx: tx.claim_next(agent, queues, now, LEASE))
    return case.id if case else None


def _events(store: Store, case_id: int) -> list[tuple[str, str]]:
    with store.read() as reads:
        return [(event.agent, event.kind.value) for event in reads.case_card(case_id).events]


def _inbox(store: Store, now: object = NOON, limit: int = 10, **want: object) -> list[int]:
    with store.read() as reads:
        return [case.id for case in reads.inbox(InboxFilter(**want), now, limit)]


# opening


def test_a_case_reads_back_as_it_was_opened(store: Store) -> None:
    (saved,) = save(store)
    case = open_case(store, saved, detail={"route": "default"}, due_at=NOON + LEASE, escalated=True, thread="t")
    with store.read() as reads:
        assert reads.case(case.id) == case
        card = reads.case_card(case.id)
    assert (case.version, case.state, case.reason, case.mentions) == (1, CaseState.OPEN, Reason.COMPLAINT, 1)
    assert (case.handle, case.platform, case.thread) == ("ann", "x", "t")
    assert (case.headline, case.url) == (saved.scored.mention.text, saved.scored.mention.url)
    assert (case.rank_at, case.opened_at, case.due_at) == (NOON, NOON, NOON + LEASE)
    assert (case.assignee, case.resolution, case.terms) == ("", "", {"severity": 30.0})
    assert [mention.id for mention in card.mentions] == [saved.id]
    assert [(e.kind, e.detail, e.at) for e in card.events] == [(EventKind.OPENED, {"route": "default"}, NOON)]
    assert (card.author.cases, card.author.open_cases, card.author.complaints) == (1, 1, 1)


def test_A1_a_mention_opens_one_case_for_a_brand(store: Store) -> None:
    (saved,) = save(store)
    open_case(store, saved)
    with pytest.raises(Conflict, match="case 1 already"):
        open_case(store, saved)
    open_case(store, saved, brand="Bolt")


def test_a_case_needs_a_mention(store: Store) -> None:
    (saved,) = save(store)
    with pytest.raises(NotFound, match="mention 9"):
        open_case(store, saved, mention_id=9)


# changing


def test_a_change_is_applied_and_leaves_an_event(store: Store) -> None:
    (case,) = _some_cases(store, {})
    later = NOON + minutes(5)
    changed = apply(
        store,
        case,
        change(
            EventKind.RESOLVED,
            at=later,
            detail={"why": "refund"},
            set={"state": CaseState.RESOLVED, "resolved_at": later, "resolution": "refund", "terms": {"age": 1.0}},
        ),
    )
    assert (changed.version, changed.state, changed.resolution) == (2, CaseState.RESOLVED, "refund")
    assert (changed.updated_at, changed.resolved_at, changed.terms) == (later, later, {"age": 1.0})
    assert _events(store, case.id) == [("listener", "opened"), ("ben", "resolved")]


def test_none_empties_a_field(store: Store) -> None:
    (case,) = _some_cases(store, {})
    case = apply(store, case, change(set={"assignee": "ben", "resolution": "x", "due_at": NOON}))
    case = apply(store, case, change(set={"assignee": None, "resolution": None, "due_at": None}))
    assert (case.assignee, case.resolution, case.due_at) == ("", "", None)


def test_C2_a_stale_change_is_refused_and_told_who_was_first(store: Store) -> None:
    (case,) = _some_cases(store, {})
    apply(store, case, change(EventKind.ESCALATED, "cleo", NOON + minutes(3), set={"escalated": True}))
    with pytest.raises(Conflict, match=r"by cleo at 2026-03-02 12:03:00 UTC \(escalated\)"):
        apply(store, case, change(EventKind.RESOLVED, set={"state": "resolved", "resolved_at": NOON}))
    with store.read() as reads:
        assert reads.case(case.id).state is CaseState.OPEN
    assert _events(store, case.id) == [("listener", "opened"), ("cleo", "escalated")]


def test_C2_an_agent_whose_lease_was_taken_over_is_refused(store: Store) -> None:
    _some_cases(store, {})
    held = write(store, lambda tx: tx.claim_next("ann", (), NOON, LEASE))
    _claim(store, "ben", now=NOON + LEASE)
    with pytest.raises(Conflict, match="by ben"):
        apply(store, held, change(EventKind.REPLIED, "ann", set={"first_reply_at": NOON}))


def test_C8_a_field_outside_the_list_is_refused(store: Store) -> None:
    (case,) = _some_cases(store, {})
    for field in ("id", "version", "brand", "author_id", "opened_at", "headline_id", "nonsense"):
        with pytest.raises(ValueError, match=field):
            apply(store, case, change(set={field: 1}))
    assert _events(store, case.id) == [("listener", "opened")]


@pytest.mark.parametrize(
    "wrong",
    [
        {"state": "done"},
        {"reason": "rage"},
        {"queue": ""},
        {"lease_until": NOON},
        {"state": "snoozed"},
        {"state": "resolved"},
    ],
)
def test_a_case_that_contradicts_itself_is_refused_by_the_database(store: Store, wrong: dict[str, object]) -> None:
    (case,) = _some_cases(store, {})
    with pytest.raises(IntegrityError):
        apply(store, case, change(set=wrong))


def test_a_change_of_no_case_is_not_found(store: Store) -> None:
    with pytest.raises(NotFound, match="case 5"):
        write(store, lambda tx: tx.change_case(5, 1, change()))


def test_a_post_joins_a_case_once(store: Store) -> None:
    first, second = save(store, scored(), scored(native_id="2"))
    case = open_case(store, first)
    case = apply(store, case, change(EventKind.ATTACHED, add_mention=second.id))
    case = apply(store, case, change(EventKind.ATTACHED, add_mention=second.id))
    assert case.mentions == 2


def test_a_post_of_another_case_is_refused_and_nothing_changes(store: Store) -> None:
    one, two = _some_cases(store, {}, {})
    with pytest.raises(Conflict, match=f"case {two.id} already"), store.write() as tx:
        tx.change_case(one.id, one.version, change(add_mention=2))
    with store.read() as reads:
        assert reads.case(one.id) == one


def test_a_complaint_is_the_headline_before_a_question(store: Store) -> None:
    first, second = save(
        store,
        scored("where?", said=verdict(Label.QUESTION)),
        scored("broken!", "2", created_at=NOON + minutes(1)),
    )
    case = open_case(store, first)
    assert case.headline == "where?"
    assert apply(store, case, change(add_mention=second.id)).headline == "broken!"


def test_history_is_append_only(store: Store) -> None:
    _some_cases(store, {"detail": {"said": "words"}})
    for wrong in (
        case_events.delete(),
        case_events.update().values(agent="nobody"),
        case_events.update().values(detail={"said": "other words"}),
        case_events.update().values(detail={}, kind="noted"),
    ):
        with pytest.raises(IntegrityError, match="append-only"), store.write() as tx:
            tx._db.execute(wrong)
    with store.write() as tx:  # erasing somebody may empty it
        tx._db.execute(case_events.update().values(detail={}))


# claiming


def test_the_escalated_come_first_then_those_that_rank_earliest(store: Store) -> None:
    late, early, escalated = _some_cases(
        store, {}, {"rank_at": NOON - minutes(9)}, {"escalated": True, "rank_at": NOON + minutes(9)}
    )
    want = [escalated.id, early.id, late.id]
    assert _inbox(store) == want
    assert [_claim(store, "ann") for _ in range(4)] == [*want, None]


def test_a_claim_holds_until_its_lease_runs_out(store: Store) -> None:
    (case,) = _some_cases(store, {})
    assert _claim(store, "ann") == case.id
    assert _claim(store, "ben", now=NOON + LEASE - minutes(1)) is None
    assert _claim(store, "ben", now=NOON + LEASE) == case.id
    assert _events(store, case.id)[1:] == [("ann", "claimed"), ("listener", "lease_expired"), ("ben", "claimed")]


def test_a_case_assigned_by_hand_is_nobody_elses(store: Store) -> None:
    (case,) = _some_cases(store, {})
    apply(store, case, change(EventKind.ASSIGNED, set={"assignee": "cleo"}))
    assert _claim(store, "ann", now=NOON + timedelta(days=99)) is None


def test_a_released_case_can_be_claimed_again_without_a_lapse(store: Store) -> None:
    (case,) = _some_cases(store, {})
    held = write(store, lambda tx: tx.claim_next("ann", (), NOON, LEASE))
    apply(store, held, change(EventKind.RELEASED, set={"assignee": None, "lease_until": None}))
    assert _claim(store, "ben") == case.id
    assert [kind for _, kind in _events(store, case.id)] == ["opened", "claimed", "released", "claimed"]


def test_claims_keep_to_the_named_queues(store: Store) -> None:
    _, billing = _some_cases(store, {}, {"queue": "billing", "rank_at": NOON + minutes(5)})
    assert _claim(store, "ann", "billing", "press") == billing.id
    assert _claim(store, "ann", "billing", "press") is None


def test_neither_snoozed_nor_resolved_cases_are_claimed(store: Store) -> None:
    snoozed, resolved = _some_cases(store, {}, {})
    apply(store, snoozed, change(set={"state": "snoozed", "snoozed_until": NOON + minutes(5)}))
    apply(store, resolved, change(set={"state": "resolved", "resolved_at": NOON}))
    assert _claim(store, "ann") is None


# listing


def test_the_inbox_shows_what_is_asked_for(store: Store) -> None:
    one, two, three = _some_cases(store, {}, {"queue": "billing"}, {"brand": "Bolt"})
    apply(store, two, change(set={"assignee": "ann"}))
    apply(store, three, change(set={"state": "resolved", "resolved_at": NOON}))
    assert _inbox(store) == [one.id, two.id]
    assert _inbox(store, queue="billing") == [two.id]
    assert _inbox(store, brand="Bolt", states=("resolved",)) == [three.id]
    assert _inbox(store, states=("open", "resolved"), limit=2) == [one.id, two.id]
    assert _inbox(store, platform="reddit") == []
    assert _inbox(store, assignee="ann") == [two.id]
    assert _inbox(store, assignee="") == [one.id]


def test_a_lapsed_claim_is_listed_as_unassigned(store: Store) -> None:
    (case,) = _some_cases(store, {})
    _claim(store, "ann")
    later = NOON + LEASE
    assert (_inbox(store, assignee="ann"), _inbox(store, assignee="")) == ([case.id], [])
    assert (_inbox(store, now=later, assignee="ann"), _inbox(store, now=later, assignee="")) == ([], [case.id])


def test_queues_are_counted_open_and_free(store: Store) -> None:
    _some_cases(store, {}, {}, {"queue": "billing"})
    _claim(store, "ann", "support")
    with store.read() as reads:
        assert reads.queue_counts(NOON) == {"billing": (1, 1), "support": (2, 1)}
        assert reads.queue_counts(NOON + LEASE) == {"billing": (1, 1), "support": (2, 2)}


def test_an_authors_cases_are_the_unresolved_and_the_lately_resolved(store: Store) -> None:
    saved = save(store, *(scored(native_id=str(n)) for n in range(4)))
    old, recent, still, _ = [open_case(store, one, brand="Bolt" if n == 3 else "Acme") for n, one in enumerate(saved)]
    for case, at in ((old, NOON + minutes(1)), (recent, NOON + minutes(9))):
        apply(store, case, change(at=at, set={"state": "resolved", "resolved_at": at}))
    with store.read() as reads:
        found = reads.cases_of_author("Acme", saved[0].author_id, NOON + minutes(5))
        assert [case.id for case in found] == [recent.id, still.id]
        assert len(reads.cases_of_authors([saved[0].author_id, 77], NOON + minutes(5))) == 3
        assert reads.cases_of_authors([], NOON) == []


def test_the_cases_that_hold_a_mention_are_found(store: Store) -> None:
    (saved,) = save(store)
    one, two = open_case(store, saved), open_case(store, saved, brand="Bolt")
    with store.read() as reads:
        assert reads.cases_holding([saved.id, 99]) == [(saved.id, one), (saved.id, two)]


def test_an_authors_history_counts_one_brand(store: Store) -> None:
    (first, *_) = save(
        store,
        scored(author=author(followers=9)),
        scored(native_id="2", said=verdict(Label.PRAISE), created_at=NOON - minutes(5), author=author(followers=9)),
        scored(native_id="3", is_repost=True, author=author(followers=9)),
        scored(native_id="4", brand="Bolt", created_at=NOON - timedelta(days=1), author=author(followers=9)),
    )
    open_case(store, first)
    write(store, lambda tx: tx.save_customers([customer(tier="gold")], NOON))
    with store.read() as reads:
        history = reads.author_history("Acme", first.author_id)
        elsewhere = reads.author_history("Nobody", first.author_id)
        assert reads.author_histories("Acme", [first.author_id, 55]) == {first.author_id: history}
    assert (history.mentions, history.complaints, history.praises) == (2, 1, 1)
    assert (history.cases, history.open_cases, history.followers) == (1, 1, 9)
    assert (history.first_seen, history.value_percentile) == (NOON - minutes(5), 0.5)
    assert (history.value, history.tier) == (100.0, "gold")
    assert (elsewhere.mentions, elsewhere.cases, elsewhere.first_seen) == (0, 0, NOON - timedelta(days=1))


def test_what_does_not_exist_is_not_found(store: Store) -> None:
    with store.read() as reads:
        for ask in (
            lambda: reads.case(1),
            lambda: reads.case_card(1),
            lambda: reads.mention(1),
            lambda: reads.author(1),
            lambda: reads.author_history("Acme", 1),
        ):
            with pytest.raises(NotFound):
                ask()


def test_a_long_inbox_is_read_page_by_page_in_the_same_order(store: Store) -> None:
    saved = save(store, *(scored(native_id=str(n), author=author(f"a{n}")) for n in range(1, 10)))
    for n, one in enumerate(saved):
        open_case(store, one, escalated=n in (3, 7), rank_at=NOON - timedelta(hours=n % 3))
    whole = _inbox(store)
    paged: list[int] = []
    after: tuple[bool, datetime, int] | None = None
    with store.read() as reads:
        while page := reads.inbox(InboxFilter(after=after), NOON, 2):
            paged += [case.id for case in page]
            after = (page[-1].escalated, page[-1].rank_at, page[-1].id)
    assert paged == whole
    assert len(whole) == 9


def test_every_change_of_a_case_moves_the_latest_event_on(store: Store) -> None:
    with store.read() as reads:
        assert reads.latest_event() == 0
    (saved,) = save(store, scored())
    case = open_case(store, saved)
    with store.read() as reads:
        opened = reads.latest_event()
    apply(store, case, change())
    with store.read() as reads:
        assert reads.latest_event() > opened > 0
