"""Rows of replies on their way: claims, outcomes, what is due, what is ours."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from sqlalchemy import event, text
from sqlalchemy.exc import IntegrityError

from listener.domain.mention import MentionKey
from listener.domain.sending import UNFINISHED, Outcome, Send, SendDraft, SendState
from listener.errors import NotFound
from listener.ports import Store
from tests.builders import NOON, author, minutes, scored
from tests.store.steps import open_case, save

LATER = NOON + minutes(5)


@pytest.fixture
def cases(store: Store) -> dict[int, int]:
    """Case → the post it holds."""
    posts = save(store, *(scored(native_id=str(n), author=author(f"a{n}")) for n in range(1, 4)))
    return {open_case(store, post).id: post.id for post in posts}


def queued(store: Store, case_id: int, post: int, words: str = "Sorry", *, due: datetime = NOON) -> Send:
    draft = SendDraft(
        case_id=case_id,
        mention_id=post,
        source="acme-x",
        platform="x",
        agent="zoe",
        text=words,
        key=f"{case_id}-{words}",
        due_at=due,
    )
    with store.write() as tx:
        return tx.queue_send(draft, NOON)


def due(store: Store, now: datetime = NOON) -> list[int]:
    with store.read() as reads:
        return [send.id for send in reads.sends_due(now, 10)]


def claimed(store: Store, send: Send, now: datetime = NOON) -> Send | None:
    with store.write() as tx:
        return tx.claim_send(send, now + minutes(4), now)


def settled(store: Store, send: Send, now: datetime = NOON, **outcome: object) -> Send | None:
    with store.write() as tx:
        return tx.settle_send(send, Outcome(**outcome), now)  # type: ignore[arg-type]


def test_what_is_due_comes_by_its_instant_and_a_case_s_in_its_order(store: Store, cases: dict[int, int]) -> None:
    (one, first), (two, second), _ = cases.items()
    queued(store, one, first, "a", due=NOON + minutes(2))
    queued(store, one, first, "b")
    queued(store, two, second, "c", due=NOON + minutes(1))
    assert due(store) == []
    assert due(store, NOON + minutes(1)) == [3]
    assert due(store, NOON + minutes(2)) == [3, 1]


def test_a_claim_is_won_once(store: Store, cases: dict[int, int]) -> None:
    ((case_id, post), *_) = cases.items()
    send = queued(store, case_id, post)
    won = claimed(store, send)
    assert won is not None
    assert (won.state, won.attempts, won.began_at, won.tried_at) == (SendState.SENDING, 1, NOON, NOON)
    assert won.due_at == NOON + minutes(4)
    assert claimed(store, send) is None
    assert due(store, NOON + minutes(3)) == []


def test_nothing_is_claimed_before_its_time(store: Store, cases: dict[int, int]) -> None:
    ((case_id, post), *_) = cases.items()
    assert claimed(store, queued(store, case_id, post, due=LATER)) is None


def test_an_outcome_of_somebody_who_lost_it_meanwhile_is_dropped(store: Store, cases: dict[int, int]) -> None:
    ((case_id, post), *_) = cases.items()
    first = claimed(store, queued(store, case_id, post))
    assert first is not None
    second = claimed(store, first, LATER)
    assert second is not None
    assert second.state is SendState.UNKNOWN
    assert settled(store, first, LATER, state=SendState.QUEUED, due_at=LATER) is None
    assert settled(store, first, LATER, state=SendState.FAILED, error="no") is None
    stands = settled(store, first, LATER, state=SendState.SENT, native_id="our-1", url="https://x.example/1")
    assert stands is not None, "that it stands there is true, whoever says so"
    assert settled(store, second, LATER, state=SendState.QUEUED, due_at=LATER) is None


def test_what_is_done_isn_t_touched_again(store: Store, cases: dict[int, int]) -> None:
    ((case_id, post), *_) = cases.items()
    won = claimed(store, queued(store, case_id, post))
    assert won is not None
    done = settled(store, won, LATER, state=SendState.SENT, native_id="our-1")
    assert done is not None
    assert (done.done_at, done.due_at) == (LATER, None)
    assert settled(store, won, LATER, state=SendState.SENT, native_id="our-2") is None


def test_the_first_attempt_s_beginning_is_kept(store: Store, cases: dict[int, int]) -> None:
    ((case_id, post), *_) = cases.items()
    won = claimed(store, queued(store, case_id, post))
    assert won is not None
    again = settled(store, won, state=SendState.QUEUED, due_at=LATER)
    assert again is not None
    third = claimed(store, again, LATER)
    assert third is not None
    assert (third.attempts, third.began_at, third.tried_at) == (2, NOON, LATER)


def test_the_same_words_under_the_same_post(store: Store, cases: dict[int, int]) -> None:
    ((case_id, post), (_, other), _) = cases.items()
    send = queued(store, case_id, post)
    with store.read() as reads:
        assert reads.same_send(post, "Sorry") == send
        assert reads.same_send(post, "sorry") is None
        assert reads.same_send(other, "Sorry") is None
    assert settled(store, send, state=SendState.CANCELLED) is not None
    with store.read() as reads:
        assert reads.same_send(post, "Sorry") is None


def test_listed_by_state_and_by_case(store: Store, cases: dict[int, int]) -> None:
    for number, (case_id, post) in enumerate(cases.items()):
        queued(store, case_id, post, str(number))
    with store.read() as reads:
        assert [send.id for send in reads.sends((), 10)] == [3, 2, 1]
        assert [send.id for send in reads.sends((), 10, 2)] == [2]
        assert reads.sends((SendState.FAILED,), 10) == []
        assert len(reads.sends(UNFINISHED, 2)) == 2
        with pytest.raises(NotFound, match="no reply 9"):
            reads.send(9)


def test_one_customer_s_erasure_empties_theirs_alone(store: Store, cases: dict[int, int]) -> None:
    (one, first), (two, second), _ = cases.items()
    queued(store, one, first, "to a1")
    kept = queued(store, two, second, "to a2")
    under_way = queued(store, one, first, "more to a1")
    with store.write() as tx:
        tx.delete_mentions([MentionKey(platform="x", native_id="1")], NOON)
    with store.read() as reads:
        assert (reads.send(1).state, reads.send(1).text) == (SendState.CANCELLED, "")
        assert reads.send(under_way.id).text == ""
        assert reads.send(kept.id) == kept


@pytest.mark.parametrize(
    "values",
    [
        "state = 'sent', due_at = NULL, done_at = 1",
        "state = 'failed', done_at = 1",
        "due_at = NULL",
        "state = 'lost'",
        "attempts = -1",
    ],
)
def test_the_database_refuses_rows_that_make_no_sense(store: Store, cases: dict[int, int], values: str) -> None:
    ((case_id, post), *_) = cases.items()
    queued(store, case_id, post)
    with pytest.raises(IntegrityError), store.write() as tx:
        tx._db.execute(text(f"UPDATE sends SET {values}"))  # type: ignore[attr-defined]


def test_two_replies_never_share_a_key(store: Store, cases: dict[int, int]) -> None:
    ((case_id, post), *_) = cases.items()
    queued(store, case_id, post)
    with pytest.raises(IntegrityError):
        queued(store, case_id, post)


@pytest.mark.sqlite
def test_no_question_looks_at_every_reply(store: Store, cases: dict[int, int]) -> None:
    ((case_id, post), *_) = cases.items()
    send = queued(store, case_id, post)
    asked: list[tuple[str, object]] = []
    with store.write() as tx:
        db = tx._db  # type: ignore[attr-defined]

        def note(_c: object, _k: object, statement: str, parameters: object, *_: object) -> None:
            asked.append((statement, parameters))

        event.listen(db, "before_cursor_execute", note)
        tx.sends_due(NOON, 9)
        tx.sends(UNFINISHED, 9, case_id)
        tx.same_send(post, "Sorry")
        tx.sent_among([MentionKey(platform="x", native_id="1")])
        tx.case_card(case_id)
        tx.settle_send(replace(send), Outcome(state=SendState.QUEUED, due_at=NOON + timedelta(hours=1)), NOON)
        event.remove(db, "before_cursor_execute", note)
        plans = [
            row[3]
            for statement, parameters in asked
            if "sends" in statement
            for row in db.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
        ]
    assert plans
    assert [plan for plan in plans if plan.startswith(("SCAN sends", "SCAN earlier"))] == []
