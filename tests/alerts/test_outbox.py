"""An alert reaches every target that wants it, once, and says what it may."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from io import StringIO
from pathlib import Path

import pytest

from listener.alerts import notify, outbox
from listener.alerts.telling import tell
from listener.clock import VirtualClock
from listener.domain.alert import Alert, AlertKind, OutboxRow
from listener.domain.policy import AlertPolicy, Secret, Target
from listener.errors import ConfigError, Retry
from listener.ports import Notifier, Store
from listener.store import open_store
from tests.builders import NOON, minutes

CONSOLE = Target(name="console", url=Secret("console:"))
PAGER = Target(name="pager", url=Secret("json://127.0.0.1:9/token"), kinds=frozenset({"spike"}))
BODY = "42 people complained\n> @ann: my parcel\n  https://example.com/1"


class Recorder:
    """A carrier that keeps what it was given, failing as often as told."""

    def __init__(self, failures: int = 0, error: type[Exception] = Retry) -> None:
        self.rows: list[OutboxRow] = []
        self._failures, self._error = failures, error

    def send(self, row: OutboxRow) -> None:
        if self._failures:
            self._failures -= 1
            raise self._error("down")
        self.rows.append(row)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(tmp_path / "listener.sqlite")
    yield opened
    opened.close()


def spike(**more: object) -> Alert:
    return replace(
        Alert(key="spike:Acme/:1", kind=AlertKind.SPIKE, subject="Acme/", opened_at=NOON, title="Spike", body=BODY),
        **more,
    )  # type: ignore[arg-type]


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
