"""An alert reaches every target that wants it, once, and says what it may."""

from dataclasses import replace
from datetime import datetime, timedelta
from io import StringIO

import pytest

from listener.alerts import notify, outbox
from listener.alerts.telling import tell
from listener.clock import VirtualClock
from listener.domain.alert import Alert, AlertKind, OutboxDraft, OutboxRow, OutboxState
from listener.domain.policy import AlertPolicy, Secret, Target
from listener.errors import ConfigError, RateLimited
from listener.ports import Notifier, Store
from tests.alerts.building import CONSOLE, Recorder, life, opens, spike, target
from tests.builders import NOON, minutes

PAGER = Target(name="pager", url=Secret("json://127.0.0.1:9/token"), kinds=frozenset({"spike"}))


def queue(store: Store, alert: Alert, *targets: Target) -> int:
    """As the run does it: the alert's step is stored, and whoever must know is written to."""
    with store.write() as tx:
        if alert.closed_at:
            tx.close_alert(alert.key, alert.closed_at)
        elif not tx.open_alert(alert):
            tx.escalate_alert(alert.key, alert.level, alert.title, alert.body, alert.facts)
        return tell(tx, alert, AlertPolicy(targets=targets), NOON)


def deliver(store: Store, clock: VirtualClock, **carriers: Recorder) -> outbox.Delivery:
    notifiers: dict[str, Notifier] = dict(carriers)
    return outbox.deliver(store, notifiers, clock)


def test_an_alert_is_sent_once_however_often_it_is_queued_and_delivered(store: Store) -> None:
    console, clock = Recorder(), VirtualClock(NOON)
    assert queue(store, spike(), CONSOLE) == 1
    assert queue(store, spike(), CONSOLE) == 0
    deliver(store, clock, console=console)
    deliver(store, clock, console=console)
    assert [row.title for row in console.rows] == ["Spike"]


def test_each_step_of_an_alerts_life_is_a_message_of_its_own(store: Store) -> None:
    console, clock = Recorder(), VirtualClock(NOON)
    for step in (spike(), spike(level=2, title="Worse"), spike(closed_at=NOON, title="Over")):
        queue(store, step, CONSOLE)
    deliver(store, clock, console=console)
    assert [row.title for row in console.rows] == ["Spike", "Worse", "Over"]


def test_a_target_gets_only_the_kinds_it_asked_for(store: Store) -> None:
    assert queue(store, spike(kind=AlertKind.SILENCE), CONSOLE, PAGER) == 1


def test_strangers_words_go_only_where_the_target_allows_it(store: Store) -> None:
    allowed = replace(PAGER, name="allowed", include_text=True)
    queue(store, spike(), PAGER, allowed, CONSOLE)
    pager, seen, console = Recorder(), Recorder(), Recorder()
    deliver(store, VirtualClock(NOON), pager=pager, allowed=seen, console=console)
    assert "my parcel" not in pager.rows[0].body
    assert "https://example.com/1" in pager.rows[0].body
    assert "my parcel" in seen.rows[0].body
    assert "my parcel" in console.rows[0].body


def test_a_target_that_is_down_is_tried_again_later_and_the_others_are_not_held_up(store: Store) -> None:
    console, pager, clock = Recorder(), Recorder(failures=1), VirtualClock(NOON)
    queue(store, spike(), PAGER, CONSOLE)
    assert deliver(store, clock, console=console, pager=pager) == outbox.Delivery(sent=1, failed=1)
    assert deliver(store, clock, console=console, pager=pager) == outbox.Delivery()
    clock.advance_to(NOON + minutes(1))
    assert deliver(store, clock, console=console, pager=pager) == outbox.Delivery(sent=1)
    assert len(console.rows) == len(pager.rows) == 1


def test_a_message_that_can_never_be_sent_is_given_up_at_once(store: Store) -> None:
    queue(store, spike(), PAGER)
    clock = VirtualClock(NOON)
    assert deliver(store, clock, pager=Recorder(failures=1, error=ConfigError)).failed == 1
    clock.advance_to(NOON + timedelta(days=2))
    assert deliver(store, clock, pager=Recorder()) == outbox.Delivery()


def test_a_row_for_a_target_that_was_removed_from_the_settings_does_not_stop_the_rest(store: Store) -> None:
    console = Recorder()
    queue(store, spike(), PAGER, CONSOLE)
    assert deliver(store, VirtualClock(NOON), console=console) == outbox.Delivery(sent=1, failed=1)


def test_waits_double_up_to_three_hours_and_end() -> None:
    waits = [outbox.retry_at(n, NOON) for n in range(1, outbox.MAX_ATTEMPTS + 1)]
    assert waits[:3] == [NOON + minutes(1), NOON + minutes(2), NOON + minutes(4)]
    assert waits[-2] == NOON + minutes(180)
    assert waits[-1] is None


def test_the_console_shows_hostile_text_spelled_out() -> None:
    screen = StringIO()
    row = OutboxRow(
        id=1, key="k", target="console", title="\x1b]0;owned\x07", body="> \x1b[2J\u202e", attempts=0,
        created_at=NOON, not_before=NOON,
    )  # fmt: skip
    notify.ConsoleNotifier(stream=lambda: screen).send(row)
    assert "\x1b" not in screen.getvalue()
    assert "<1B>" in screen.getvalue()
    assert "<U+202E>" in screen.getvalue()


def test_an_apprise_url_that_is_nonsense_never_shows_in_the_error() -> None:
    pytest.importorskip("apprise", reason="needs the extra [notify]")
    carrier = notify.build([Target(name="chat", url=Secret("nonsense://s3cret"))])["chat"]
    row = OutboxRow(id=1, key="k", target="chat", title="t", body="b", attempts=0, created_at=NOON, not_before=NOON)
    with pytest.raises(ConfigError) as caught:
        carrier.send(row)
    assert "s3cret" not in str(caught.value)


def test_what_is_claimed_is_sent_by_nobody_else_until_the_claim_runs_out(store: Store) -> None:
    queue(store, spike(), CONSOLE)
    with store.write() as tx:
        (row,) = tx.outbox_due(NOON, 9)
        assert tx.claim_message(row, NOON + outbox.LEASE)
        assert not tx.claim_message(row, NOON + outbox.LEASE), "somebody else was first"
    console, clock = Recorder(), VirtualClock(NOON)
    assert deliver(store, clock, console=console) == outbox.Delivery()
    clock.advance_to(NOON + outbox.LEASE)
    assert deliver(store, clock, console=console).sent == 1
    assert console.rows[0].key == row.key


def test_a_second_process_that_delivers_meanwhile_sends_nothing_of_it(store: Store) -> None:
    queue(store, spike(), CONSOLE)
    clock, other = VirtualClock(NOON), Recorder()

    class Slow(Recorder):
        def send(self, row: OutboxRow) -> None:
            deliver(store, clock, console=other)
            super().send(row)

    ours = Slow()
    assert deliver(store, clock, console=ours).sent == 1
    assert (len(ours.rows), other.rows) == (1, [])


def test_of_two_that_read_the_same_rows_only_the_one_that_claims_them_sends(store: Store) -> None:
    queue(store, spike(), CONSOLE)
    clock, first, second = VirtualClock(NOON), Recorder(), Recorder()
    lane = outbox._Lane(store, "console", second, None, clock)
    with pytest.MonkeyPatch.context() as patch:
        whole = outbox._Lane._claimed

        def late(self: outbox._Lane, row: OutboxRow) -> bool:
            if self is lane:
                deliver(store, clock, console=first)
            return whole(self, row)

        patch.setattr(outbox._Lane, "_claimed", late)
        assert lane.serve() == outbox.Delivery()
    assert (len(first.rows), second.rows) == (1, [])


def test_pages_go_before_notices(store: Store) -> None:
    queue(store, spike(key="a", kind=AlertKind.SILENCE, title="Quiet"), CONSOLE)
    queue(store, spike(key="b"), CONSOLE)
    console = Recorder()
    deliver(store, VirtualClock(NOON), console=console)
    assert console.titles == ["Spike", "Quiet"]


def test_after_a_failure_the_rest_for_that_target_waits_for_the_next_time(store: Store) -> None:
    for key in "abc":
        queue(store, spike(key=key, subject=key), PAGER)
    pager = Recorder(failures=1)
    assert deliver(store, VirtualClock(NOON), pager=pager) == outbox.Delivery(sent=0, failed=1)
    assert deliver(store, VirtualClock(NOON), pager=pager) == outbox.Delivery(sent=2, failed=0)


def test_a_wait_that_the_far_side_asks_for_is_believed_within_reason(store: Store) -> None:
    class Busy:
        def __init__(self, until: datetime) -> None:
            self.until = until

        def send(self, row: OutboxRow) -> None:
            raise RateLimited("busy", until=self.until)

    for key, asked, waits in (("a", minutes(10), minutes(10)), ("b", timedelta(days=9), timedelta(hours=3))):
        queue(store, spike(key=key, subject=key), target(key))
        outbox.deliver(store, {key: Busy(NOON + asked)}, VirtualClock(NOON))
        with store.read() as reads:
            assert reads.outbox_due(NOON + waits - timedelta(seconds=1), 9, key) == []
            assert len(reads.outbox_due(NOON + waits, 9, key)) == 1


def test_what_became_of_a_message_is_part_of_the_alerts_life(store: Store) -> None:
    queue(store, spike(), CONSOLE, PAGER)
    deliver(store, VirtualClock(NOON), console=Recorder(), pager=Recorder(failures=1, error=ConfigError))
    assert sorted(step for _, step in life(store)[2:]) == ["sent", "undelivered"]
    with store.read() as reads:
        states = {entry.row.target: (entry.state, entry.error) for entry in reads.messages_about("spike:Acme/:1")}
    assert states == {"console": (OutboxState.SENT, ""), "pager": (OutboxState.FAILED, "down")}


def test_what_was_given_up_is_sent_again_under_the_same_key_when_somebody_says_so(store: Store) -> None:
    queue(store, spike(), PAGER)
    pager = Recorder(failures=1, error=ConfigError)
    deliver(store, VirtualClock(NOON), pager=pager)
    with store.write() as tx:
        (entry,) = tx.messages([OutboxState.FAILED], 9)
        assert tx.retry_message(entry.row.id, NOON)
    assert deliver(store, VirtualClock(NOON), pager=pager).sent == 1
    assert pager.rows[0].key == entry.row.key
    with store.write() as tx:
        assert not tx.retry_message(entry.row.id, NOON), "it is sent"


class TestFlood:
    """Above a target's messages an hour, what is due is told together."""

    FEW = AlertPolicy(targets=(replace(CONSOLE, flood=3),))

    def storm(self, store: Store, count: int, at: datetime = NOON, first: int = 0) -> None:
        with store.write() as tx:
            for n in range(first, first + count):
                draft = OutboxDraft(key=f"k{n}", target="console", title=f"t{n}", body="")
                tx.enqueue(draft, at)

    def served(self, store: Store, clock: VirtualClock, recorder: Recorder) -> None:
        outbox.deliver(store, {"console": recorder}, clock, self.FEW)

    def test_above_the_limit_one_message_names_the_count_and_every_key(self, store: Store) -> None:
        self.storm(store, 40)
        console = Recorder()
        self.served(store, VirtualClock(NOON), console)
        assert console.titles == ["t0", "t1", "t2", "37 messages at once"]
        assert all(f"[k{n}]" in console.rows[-1].body for n in range(3, 40))
        with store.read() as reads:
            states = [entry.state for entry in reads.messages((), 99)]
        assert states.count(OutboxState.FOLDED) == 37
        assert states.count(OutboxState.SENT) == 4

    def test_an_endless_storm_comes_to_the_limit_and_twelve_summaries_an_hour(self, store: Store) -> None:
        console, clock = Recorder(), VirtualClock(NOON)
        for minute in range(60):
            clock.advance_to(NOON + minutes(minute))
            self.storm(store, 5, clock.now(), first=5 * minute)
            self.served(store, clock, console)
        assert len(console.rows) <= 3 + 12
        clock.advance_to(NOON + minutes(66))
        self.served(store, clock, console)
        said = "".join(f"[{row.key}]{row.body}" for row in console.rows)
        assert [n for n in range(300) if f"[k{n}]" not in said] == [], "nothing is lost"

    def test_pages_take_the_room_that_is_left(self, store: Store) -> None:
        self.storm(store, 9)
        opens(store, self.FEW)
        console = Recorder()
        self.served(store, VirtualClock(NOON), console)
        assert console.titles[0] == "Spike"

    def test_a_summary_that_is_not_taken_is_tried_again_and_is_not_folded_itself(self, store: Store) -> None:
        self.storm(store, 9)
        console, clock = Recorder(), VirtualClock(NOON)
        deliver(store, clock, console=console)  # no policy: no limit
        self.storm(store, 9, first=9)
        broken = Recorder(failures=1)
        self.served(store, clock, broken)
        clock.advance_to(NOON + minutes(1))
        self.served(store, clock, broken)
        assert broken.titles == ["9 messages at once"]

    def test_an_hour_later_all_is_as_before(self, store: Store) -> None:
        console, clock = Recorder(), VirtualClock(NOON)
        self.storm(store, 9)
        self.served(store, clock, console)
        clock.advance_to(NOON + timedelta(hours=1, seconds=1))
        self.storm(store, 2, clock.now(), first=50)
        self.served(store, clock, console)
        assert console.titles[-2:] == ["t50", "t51"]
