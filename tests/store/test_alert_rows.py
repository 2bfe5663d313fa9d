"""Alerts open once; outbox rows are unique by key; marks keep a place."""

from dataclasses import replace

import pytest
from sqlalchemy.exc import IntegrityError

from listener.domain.alert import Alert, AlertKind, AlertStep, Mute, OutboxDraft
from listener.errors import NotFound
from listener.ports import Store
from tests.builders import NOON, minutes
from tests.store.steps import write

SPIKE = Alert(
    key="spike:Acme/support:1",
    kind=AlertKind.SPIKE,
    subject="Acme/support",
    opened_at=NOON,
    title="Complaints double",
    body="why",
    facts={"rate": 2.5, "terms": ["late", "lost"]},
)
DRAFT = OutboxDraft(key="k1", target="console", title="t", body="b")


def test_an_alert_opens_once_and_reads_back(store: Store) -> None:
    assert write(store, lambda tx: tx.open_alert(SPIKE))
    assert not write(store, lambda tx: tx.open_alert(replace(SPIKE, title="again")))
    with store.read() as reads:
        assert reads.open_alerts() == [SPIKE]


def test_an_alert_escalates_and_closes(store: Store) -> None:
    write(store, lambda tx: tx.open_alert(SPIKE))
    write(store, lambda tx: tx.escalate_alert(SPIKE.key, 2, "triples", "more", {"rate": 3.0}))
    with store.read() as reads:
        assert reads.open_alerts() == [replace(SPIKE, level=2, title="triples", body="more", facts={"rate": 3.0})]
    write(store, lambda tx: tx.close_alert(SPIKE.key, NOON + minutes(60)))
    with store.read() as reads:
        assert reads.open_alerts() == []
        assert [alert.closed_at for alert in reads.alerts(NOON, 5)] == [NOON + minutes(60)]
        assert reads.alerts(NOON + minutes(1), 5) == []


def test_alerts_are_listed_latest_first(store: Store) -> None:
    for minute in range(3):
        write(store, lambda tx, m=minute: tx.open_alert(replace(SPIKE, key=str(m), opened_at=NOON + minutes(m))))
    with store.read() as reads:
        assert [alert.key for alert in reads.alerts(NOON, 2)] == ["2", "1"]
        assert [alert.key for alert in reads.open_alerts()] == ["0", "1", "2"]


def test_closing_no_alert_is_not_found(store: Store) -> None:
    with pytest.raises(NotFound, match="nonsense"):
        write(store, lambda tx: tx.close_alert("nonsense", NOON))


def test_J1_a_message_is_queued_once_by_its_key(store: Store) -> None:
    assert write(store, lambda tx: tx.enqueue(DRAFT, NOON))
    assert not write(store, lambda tx: tx.enqueue(replace(DRAFT, body="other"), NOON))
    with store.read() as reads:
        (row,) = reads.outbox_due(NOON, 5)
    assert (row.key, row.target, row.title, row.body, row.attempts) == ("k1", "console", "t", "b", 0)
    assert (row.created_at, row.not_before) == (NOON, NOON)


def test_J1_a_sent_message_is_neither_due_nor_queued_again(store: Store) -> None:
    write(store, lambda tx: tx.enqueue(DRAFT, NOON))
    write(store, lambda tx: tx.mark_sent(1, NOON))
    assert not write(store, lambda tx: tx.enqueue(DRAFT, NOON))
    with store.read() as reads:
        assert reads.outbox_due(NOON + minutes(99), 5) == []


def test_a_failed_message_waits_and_then_is_given_up(store: Store) -> None:
    write(store, lambda tx: tx.enqueue(DRAFT, NOON))
    write(store, lambda tx: tx.mark_failed(1, "timeout", NOON + minutes(5)))
    with store.read() as reads:
        assert reads.outbox_due(NOON + minutes(4), 5) == []
        (row,) = reads.outbox_due(NOON + minutes(5), 5)
        assert row.attempts == 1
    write(store, lambda tx: tx.mark_failed(1, "no such address", None))
    with store.read() as reads:
        assert reads.outbox_due(NOON + minutes(999), 5) == []


def test_marks_keep_the_last_value(store: Store) -> None:
    with store.read() as reads:
        assert reads.mark("hour") == ""
    for value in ("one", "two"):
        write(store, lambda tx, v=value: tx.set_mark("hour", v))
    with store.read() as reads:
        assert reads.mark("hour") == "two"


def test_every_step_leaves_an_event_and_the_stream_goes_on_after_any(store: Store) -> None:
    write(store, lambda tx: tx.open_alert(SPIKE, NOON + minutes(1)))
    write(store, lambda tx: tx.open_alert(SPIKE, NOON + minutes(2)))
    write(store, lambda tx: tx.escalate_alert(SPIKE.key, 1, "same", "more", {}, NOON + minutes(3)))
    write(store, lambda tx: tx.escalate_alert(SPIKE.key, 2, "triples", "more", {}, NOON + minutes(4)))
    write(store, lambda tx: tx.close_alert(SPIKE.key, NOON + minutes(5)))
    with store.read() as reads:
        events = reads.alert_events(0, 9)
        assert [(event.step, event.at) for event in events] == [
            (AlertStep.OPENED, NOON + minutes(1)),
            (AlertStep.ESCALATED, NOON + minutes(4)),
            (AlertStep.RESOLVED, NOON + minutes(5)),
        ]
        assert [event.id for event in reads.alert_events(events[0].id, 1)] == [events[1].id]
        assert reads.latest_alert_event() == events[-1].id


def test_an_event_is_never_changed(store: Store) -> None:
    write(store, lambda tx: tx.open_alert(SPIKE))
    for statement in ("UPDATE alert_events SET detail = '{}'", "DELETE FROM alert_events"):
        with pytest.raises(IntegrityError, match="append-only"):
            write(store, lambda tx, said=statement: tx._db.exec_driver_sql(said))


def test_alerts_are_found_by_how_their_key_begins(store: Store) -> None:
    for key in ("spike:a%/:1", "spike:a/:1", "spike:b/:1"):
        write(store, lambda tx, k=key: tx.open_alert(replace(SPIKE, key=k)))
    with store.read() as reads:
        assert [alert.key for alert in reads.alerts_beginning("spike:a%", 9)] == ["spike:a%/:1"]
        assert len(reads.alerts_beginning("spike:", 9)) == 3
        assert reads.alerts_beginning("Spike", 9) == []


@pytest.mark.parametrize("kind", AlertKind)
def test_every_kind_can_be_kept(store: Store, kind: AlertKind) -> None:
    assert write(store, lambda tx: tx.open_alert(replace(SPIKE, kind=kind)))


def test_a_brands_mute_ends_by_itself(store: Store) -> None:
    mute = Mute(brand="Acme", until=NOON + minutes(60), agent="ana", why="sale")
    write(store, lambda tx: tx.mute_brand(mute, NOON))
    with store.read() as reads:
        assert reads.alert_mutes(NOON + minutes(59)) == [mute]
        assert reads.alert_mutes(NOON + minutes(60)) == []
        (event,) = reads.alert_events(0, 9)
        assert (event.subject, event.agent, event.alert) == ("alert:brand:Acme", "ana", None)
