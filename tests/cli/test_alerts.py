"""`listener alerts`, `listener metrics` as they are typed."""

import json
from datetime import timedelta
from pathlib import Path

import pytest

from listener.alerts.telling import keep_up, tell
from listener.clock import SystemClock
from listener.domain.alert import Alert, AlertKind, OutboxDraft
from listener.domain.policy import AlertPolicy, Secret, Target
from listener.store import open_store
from tests.cli.office import Counter, counter

KEY = "spike:Northlight Coffee/:1"
CONSOLE = AlertPolicy(targets=(Target(name="console", url=Secret("console:")),))
ROTA = """
[[target]]
name = "ana"
url = "console:"
on_call = true
[[rota]]
name = "support"
people = ["ana"]
"""


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Counter:
    """A spike that opened ten minutes ago, of which the console was told."""
    ours = counter(tmp_path / "desk", monkeypatch)
    now = SystemClock().now() - timedelta(minutes=10)
    store = open_store(ours.folder / "listener.db")
    alert = Alert(
        key=KEY, kind=AlertKind.SPIKE, subject="Northlight Coffee/", opened_at=now, title="Spike \x1b[31m",
        body="why\n> @eve: \x1b[2J",
    )  # fmt: skip
    with store.write() as tx:
        tx.open_alert(alert, now)
        tell(tx, alert, CONSOLE, now)
        tx.open_alert(
            Alert(key="silence:x", kind=AlertKind.SILENCE, subject="x", opened_at=now, title="Q", body=""), now
        )
    store.close()
    return ours


def test_the_list_says_the_state_in_a_word(desk: Counter) -> None:
    assert [(row["key"], row["state"], row["severity"]) for row in desk.types("alerts", "--json").rows] == [
        (KEY, "open", "page"), ("silence:x", "open", "notice"),
    ]  # fmt: skip
    assert "2 open, 0 past" in desk.types("alerts").err


def test_an_alert_is_taken_on_by_the_beginning_of_its_key(desk: Counter) -> None:
    assert desk.types("alerts", "ack", "spike").out == f"{KEY}: taken on by ada\n"
    assert desk.types("alerts", "--json").rows[0]["state"] == "taken"
    again = desk.types("alerts", "ack", "spike", agent="ben")
    assert (again.code, "ada took it on" in again.err) == (5, True)


def test_its_life_is_shown_with_what_became_of_each_message(desk: Counter) -> None:
    desk.types("alerts", "ack", "spike", "--why", "looking")
    shown = desk.types("alerts", "show", "spike").out
    assert "\x1b" not in shown
    assert "ada acknowledged: level 1, looking" in shown
    assert "console: level1 waiting" in shown
    one = desk.types("alerts", "show", "spike", "--json").one
    assert [event["what"] for event in one["life"]] == ["opened", "told", "acknowledged"]
    assert [message["state"] for message in one["messages"]] == ["waiting"]


def test_muting_and_taking_it_back(desk: Counter) -> None:
    assert desk.types("alerts", "mute", "spike", "--for", "2h").code == 0
    assert desk.types("alerts", "--json").rows[0]["state"] == "muted"
    assert desk.types("alerts", "unmute", "spike").code == 0
    assert desk.types("alerts", "mute", "--brand", "Northlight Coffee", "--for", "3h", "--why", "sale").code == 0
    assert "Northlight Coffee is muted until" in desk.types("alerts").err
    assert desk.types("alerts", "unmute", "--brand", "Northlight Coffee").code == 0
    assert "muted" not in desk.types("alerts").err


def test_resolving_and_escalating_say_why(desk: Counter) -> None:
    assert desk.types("alerts", "escalate", "silence", "--why", "till dead").out == "silence:x: escalated to level 2\n"
    assert desk.types("alerts", "resolve", "silence", "--why", "mended").out == "silence:x: resolved\n"
    assert desk.types("alerts", "resolve", "silence", "--why", "again").code == 5
    (_, closed) = desk.types("alerts", "--json").rows
    assert (closed["state"], closed["by"], closed["level"]) == ("closed", "ada", 2)


@pytest.mark.parametrize(
    "words",
    [
        ("mute",),
        ("mute", "spike"),
        ("mute", "spike", "--for", "2h", "--until", "17:30"),
        ("mute", "spike", "--brand", "Northlight Coffee", "--for", "2h"),
        ("mute", "spike", "--for", "999d"),
        ("mute", "--brand", "Nobody", "--for", "2h"),
        ("unmute",),
        ("ack", "nonsense"),
        ("show", "nonsense"),
        ("resolve", "spike"),
        ("escalate", "spike", "--why", " "),
        ("retry",),
        ("retry", "99"),
        ("on-call", "--at", "whenever"),
        ("--since", "3"),
    ],
)
def test_what_can_not_be_meant_is_refused_and_changes_nothing(desk: Counter, words: tuple[str, ...]) -> None:
    assert desk.types("alerts", *words).code == 2
    assert [row["state"] for row in desk.types("alerts", "--json").rows] == ["open", "open"]


def test_what_waits_is_sent_on_demand_and_once(desk: Counter) -> None:
    (row,) = desk.types("alerts", "outbox", "--waiting", "--json").rows
    sent = desk.types("alerts", "retry", str(row["id"]), "--json")
    assert (sent.code, sent.one["state"], sent.err.count("!! Spike")) == (0, "sent", 1)
    assert desk.types("alerts", "retry", str(row["id"])).code == 2
    assert desk.types("alerts", "outbox", "--waiting", "--json").rows == []


def test_what_still_is_not_taken_leaves_with_3(desk: Counter) -> None:
    store = open_store(desk.folder / "listener.db")
    with store.write() as tx:
        tx.enqueue(OutboxDraft(key="k", target="gone", title="t", body="b"), SystemClock().now())
    store.close()
    (row, _) = desk.types("alerts", "outbox", "--json").rows
    tried = desk.types("alerts", "retry", str(row["id"]))
    assert (tried.code, "no target named 'gone'" in tried.out) == (3, True)
    assert [one["id"] for one in desk.types("alerts", "outbox", "--failed", "--json").rows] == [row["id"]]
    assert desk.types("alerts", "retry", "--failed").code == 3


def test_who_is_on_call(desk: Counter) -> None:
    assert "no rota" in desk.types("alerts", "on-call").err
    with (desk.folder / "alerts.toml").open("a", encoding="utf-8") as file:
        file.write(ROTA)
    said = desk.types("alerts", "on-call", "--at", "tomorrow", "--json").one
    assert (said["on_call"], said["target"], said["until"]) == ("ana", "ana", None)


def test_the_stream_goes_on_where_its_reader_left_off(desk: Counter, monkeypatch: pytest.MonkeyPatch) -> None:
    looks = iter([None, None])

    def stop(clock: SystemClock, seconds: float) -> None:
        if next(looks, "over") == "over":
            clock.stop()
        else:
            desk.types("alerts", "ack", "silence")

    with monkeypatch.context() as patch:
        patch.setattr("listener.cli.alerts.signal.signal", lambda *_: None)
        patch.setattr(SystemClock, "sleep", stop)
        events = [json.loads(line) for line in desk.types("alerts", "--watch", "--since", "1").out.splitlines()]
    assert [(event["id"], event["what"]) for event in events] == [(2, "told"), (3, "opened"), (4, "acknowledged")]
    assert (events[-1]["by"], events[-1]["alert"]) == ("ada", "silence:x")


class TestMetrics:
    def test_they_are_printed_as_prometheus_reads_them(self, desk: Counter) -> None:
        lines = desk.types("metrics").out.splitlines()
        assert 'listener_alerts_open{kind="spike",severity="page"} 1' in lines
        assert 'listener_alerts_open{kind="silence",severity="notice"} 1' in lines
        assert 'listener_outbox_messages{target="console",state="waiting"} 1' in lines
        assert 'listener_cases{state="open"} 0' in lines
        samples = [line for line in lines if not line.startswith("#")]
        names = {line.partition("{")[0].partition(" ")[0] for line in samples}
        assert all(f"# TYPE {name} " in "\n".join(lines) for name in names)
        assert len(samples) == len({line.rpartition(" ")[0] for line in samples}), "no sample twice"

    def test_a_run_that_looked_is_told_of(self, desk: Counter) -> None:
        assert "seconds_since_last_look" not in desk.types("metrics").out
        store = open_store(desk.folder / "listener.db")
        with store.write() as tx:
            keep_up(tx, CONSOLE, SystemClock().now())
        store.close()
        assert "listener_seconds_since_last_look" in desk.types("metrics").out
