"""An alert's life: told once, taken on, muted, passed on, grown, over; each step is written down."""

from datetime import timedelta

import pytest

from listener.alerts import acts
from listener.domain.alert import AlertKind, Severity
from listener.domain.audit import ActFilter
from listener.domain.calendar import WorkingHours
from listener.domain.on_call import Person, Rota
from listener.domain.policy import AlertPolicy
from listener.domain.quiet import Window
from listener.errors import ConfigError, Conflict, NotFound
from listener.ports import Store
from listener.triage.auditing import verify
from tests.alerts.building import CONSOLE, TEAM, due, ends, grows, life, opens, passes, spike, target
from tests.builders import NOON, minutes

PAIR = AlertPolicy(
    targets=(target("ana-phone", on_call=True), target("ben-phone", on_call=True), target("cem-phone", on_call=True)),
    rotas=(
        Rota(
            name="support",
            people=tuple(Person(name=name, target=f"{name}-phone") for name in ("ana", "ben", "cem")),
        ),
    ),
    cool_down=timedelta(0),
)


def on_duty(policy: AlertPolicy) -> list[str]:
    from listener.domain.on_call import order

    return [person.target for person in order(policy.rotas[0], NOON)]


def acked(store: Store, agent: str = "ana", at: float = 1) -> None:
    with store.write() as tx:
        acts.acknowledge(tx, "spike:Acme/:1", agent, NOON + minutes(at))


def test_an_alert_is_told_once_and_its_end_to_whoever_was_told(store: Store) -> None:
    assert opens(store, TEAM) == 1
    for minute in range(1, 9):
        passes(store, TEAM, NOON + minutes(minute))
    ends(store, TEAM, NOON + minutes(9))
    assert due(store, NOON + minutes(9)) == [("console", "Spike"), ("console", "Over")]
    assert life(store) == [("listener", "opened"), ("listener", "told"), ("listener", "resolved")]


def test_whoever_was_not_told_that_it_began_does_not_hear_that_it_is_over(store: Store) -> None:
    opens(store, AlertPolicy(targets=(CONSOLE,)))
    later = AlertPolicy(targets=(CONSOLE, target("new")))
    ends(store, later, NOON + minutes(9))
    assert [name for name, _ in due(store, NOON + minutes(9))] == ["console", "console"]


class TestAcknowledging:
    def test_it_is_told_again_only_when_it_grows(self, store: Store) -> None:
        opens(store, TEAM)
        acked(store)
        assert grows(store, TEAM, 1, NOON + minutes(2)) == 0
        assert grows(store, TEAM, 2, NOON + minutes(3)) == 1

    def test_a_second_person_hears_who_was_first_and_the_first_is_not_written_down_twice(self, store: Store) -> None:
        opens(store, TEAM)
        acked(store)
        with pytest.raises(Conflict, match="ana took it on at 2026-03-02 12:01"):
            acked(store, "ben", 2)
        acked(store, "ana", 3)
        assert life(store).count(("ana", "acknowledged")) == 1

    def test_after_it_grew_somebody_else_may_take_it_on(self, store: Store) -> None:
        opens(store, TEAM)
        acked(store)
        grows(store, TEAM, 2, NOON + minutes(3))
        acked(store, "ben", 4)
        with store.read() as reads:
            assert reads.alert("spike:Acme/:1").handling.acked_by == "ben"

    def test_of_none_or_of_one_that_is_over_it_says_so(self, store: Store) -> None:
        with pytest.raises(NotFound):
            acked(store)
        opens(store, TEAM)
        ends(store, TEAM, NOON + minutes(1))
        with pytest.raises(Conflict, match="resolved at 2026-03-02 12:01"):
            acked(store, at=2)


class TestPassingOn:
    def test_a_page_that_nobody_takes_on_goes_to_each_of_the_rota_in_turn_and_then_no_further(
        self, store: Store
    ) -> None:
        opens(store, PAIR)
        first, second, third = on_duty(PAIR)
        assert [name for name, _ in due(store, NOON)] == [first]
        told = []
        for minute in range(0, 120, 5):
            passes(store, PAIR, NOON + minutes(minute))
            told.append([name for name, _ in due(store, NOON + minutes(minute))])
        assert told[2] == [first]
        assert told[3] == [first, second]
        assert told[6] == told[-1] == [first, second, third]

    def test_not_once_it_is_taken_on(self, store: Store) -> None:
        opens(store, PAIR)
        acked(store)
        passes(store, PAIR, NOON + minutes(60))
        assert len(due(store, NOON + minutes(60))) == 1

    def test_again_once_it_has_grown_above_what_was_taken_on(self, store: Store) -> None:
        opens(store, PAIR)
        acked(store)
        grows(store, PAIR, 2, NOON + minutes(30))
        passes(store, PAIR, NOON + minutes(44))
        assert len(due(store, NOON + minutes(44))) == 2
        passes(store, PAIR, NOON + minutes(45))
        assert len(due(store, NOON + minutes(45))) == 3

    def test_a_notice_is_passed_on_to_nobody(self, store: Store) -> None:
        opens(store, PAIR, spike(kind=AlertKind.SILENCE))
        passes(store, PAIR, NOON + minutes(60))
        assert len(due(store, NOON + minutes(60))) == 1

    def test_whoever_it_was_passed_on_to_hears_that_it_grows_and_ends(self, store: Store) -> None:
        opens(store, PAIR)
        passes(store, PAIR, NOON + minutes(15))
        assert grows(store, PAIR, 2, NOON + minutes(16)) == 2
        assert ends(store, PAIR, NOON + minutes(17)) == 2


class TestEscalatingByHand:
    def test_it_becomes_a_page_at_once_for_the_next_as_well(self, store: Store) -> None:
        opens(store, PAIR, spike(kind=AlertKind.SILENCE))
        with store.write() as tx:
            grown = acts.escalate(tx, "spike:Acme/:1", "ana", "the till is dead", NOON + minutes(1), PAIR)
        assert (grown.level, grown.handling.severity) == (2, Severity.PAGE)
        first, second, _ = on_duty(PAIR)
        rows = due(store, NOON + minutes(1))
        assert sorted(name for name, _ in rows) == sorted([first, first, second])
        assert any(title.startswith("ana escalates (the till is dead): ") for _, title in rows)

    def test_a_mute_does_not_hold_it(self, store: Store) -> None:
        opens(store, TEAM)
        with store.write() as tx:
            acts.mute(tx, "spike:Acme/:1", NOON + minutes(60), "ben", NOON)
            acts.escalate(tx, "spike:Acme/:1", "ana", "worse", NOON + minutes(1), TEAM)
        assert len(due(store, NOON + minutes(1))) == 2

    def test_without_a_reason_it_is_refused(self, store: Store) -> None:
        opens(store, TEAM)
        with store.write() as tx, pytest.raises(ConfigError):
            acts.escalate(tx, "spike:Acme/:1", "ana", " ", NOON, TEAM)


class TestMuting:
    def test_a_muted_alert_grows_unheard_and_is_told_at_the_end(self, store: Store) -> None:
        opens(store, TEAM)
        with store.write() as tx:
            acts.mute(tx, "spike:Acme/:1", NOON + minutes(60), "ana", NOON, "known")
        assert grows(store, TEAM, 2, NOON + minutes(5)) == 0
        passes(store, TEAM, NOON + minutes(59))
        assert len(due(store, NOON + minutes(59))) == 1
        passes(store, TEAM, NOON + minutes(60))
        assert len(due(store, NOON + minutes(60))) == 2
        assert life(store)[-4:] == [
            ("ana", "muted"), ("listener", "escalated"), ("listener", "held"), ("listener", "told"),
        ]  # fmt: skip

    def test_a_muted_brand_opens_alerts_that_nobody_is_told_of(self, store: Store) -> None:
        with store.write() as tx:
            acts.mute_brand(tx, "Acme", NOON + minutes(180), "ana", NOON, "campaign")
        assert opens(store, TEAM) == 0
        assert opens(store, TEAM, spike(key="other", subject="Other/")) == 1
        with store.read() as reads:
            assert reads.alert("spike:Acme/:1").handling.held.startswith("Acme is muted until 2026-03-02 15:00 UTC by")

    def test_what_somebody_took_on_meanwhile_is_not_told_at_the_end(self, store: Store) -> None:
        with store.write() as tx:
            acts.mute_brand(tx, "Acme", NOON + minutes(60), "ana", NOON)
        opens(store, TEAM)
        acked(store)
        passes(store, TEAM, NOON + minutes(60))
        assert due(store, NOON + minutes(60)) == []

    def test_taken_back_it_is_told_at_the_next_look(self, store: Store) -> None:
        with store.write() as tx:
            acts.mute_brand(tx, "Acme", NOON + minutes(180), "ana", NOON)
        opens(store, TEAM)
        with store.write() as tx:
            acts.mute_brand(tx, "Acme", NOON + minutes(5), "ana", NOON + minutes(5))
        passes(store, TEAM, NOON + minutes(5))
        assert len(due(store, NOON + minutes(5))) == 1

    def test_a_page_is_not_passed_on_while_it_is_muted(self, store: Store) -> None:
        opens(store, PAIR)
        with store.write() as tx:
            acts.mute(tx, "spike:Acme/:1", NOON + minutes(60), "ana", NOON)
        passes(store, PAIR, NOON + minutes(30))
        assert len(due(store, NOON + minutes(30))) == 1

    def test_what_holds_it_is_written_down_once(self, store: Store) -> None:
        with store.write() as tx:
            acts.mute_brand(tx, "Acme", NOON + minutes(180), "ana", NOON)
        opens(store, TEAM)
        for minute in range(1, 20):
            passes(store, TEAM, NOON + minutes(minute))
        assert life(store) == [("listener", "opened"), ("listener", "held")]


class TestWindows:
    SALE = Window(name="sale", why="prices", since=NOON, until=NOON + minutes(60), brands=("Acme",))

    def policy(self, **more: object) -> AlertPolicy:
        from dataclasses import replace

        return AlertPolicy(targets=(CONSOLE,), windows=(replace(self.SALE, **more),))  # type: ignore[arg-type]

    def test_what_is_open_at_its_end_is_told_then(self, store: Store) -> None:
        assert opens(store, self.policy()) == 0
        passes(store, self.policy(), NOON + minutes(59))
        assert due(store, NOON + minutes(59)) == []
        passes(store, self.policy(), NOON + minutes(60))
        assert due(store, NOON + minutes(60)) == [("console", "Spike")]

    def test_what_is_over_by_then_is_never_told(self, store: Store) -> None:
        opens(store, self.policy())
        ends(store, self.policy(), NOON + minutes(30))
        passes(store, self.policy(), NOON + minutes(90))
        assert due(store, NOON + minutes(90)) == []
        with store.read() as reads:
            assert reads.alert("spike:Acme/:1").handling.held == "within sale: prices"

    def test_it_concerns_its_brands_sources_and_kinds_alone(self, store: Store) -> None:
        silence = spike(key="silence:x", kind=AlertKind.SILENCE, subject="x")
        assert opens(store, self.policy(), spike(key="b", subject="Other/")) == 1
        assert opens(store, self.policy(), silence) == 1
        assert opens(store, self.policy(sources=("x",)), spike(key="c", kind=AlertKind.SILENCE, subject="x")) == 0
        assert opens(store, self.policy(kinds=("praise",)), spike(key="d")) == 1
        assert opens(store, self.policy(brands=()), spike(key="e", subject="Third/")) == 0

    def test_hours_of_the_week_come_again(self, store: Store) -> None:
        from datetime import time

        mondays = WorkingHours(zone="Europe/Berlin", week={0: ((time(12), time(14)),)})
        policy = AlertPolicy(targets=(CONSOLE,), windows=(Window(name="backup", weekly=mondays),))
        assert opens(store, policy, now=NOON) == 0
        passes(store, policy, NOON + minutes(59))
        assert due(store, NOON + minutes(59)) == []
        passes(store, policy, NOON + minutes(60))
        assert len(due(store, NOON + minutes(60))) == 1


class TestCoolDown:
    def test_another_alert_about_the_same_waits_and_is_told_if_it_stands(self, store: Store) -> None:
        opens(store, TEAM)
        ends(store, TEAM, NOON + minutes(5))
        again = spike(key="again", opened_at=NOON + minutes(10), title="Again")
        assert opens(store, TEAM, again, NOON + minutes(10)) == 0
        passes(store, TEAM, NOON + minutes(29))
        assert len(due(store, NOON + minutes(29))) == 2
        passes(store, TEAM, NOON + minutes(30))
        assert due(store, NOON + minutes(30))[-1] == ("console", "Again")

    def test_flapping_is_told_once(self, store: Store) -> None:
        for n in range(10):
            key, at = f"flap{n}", NOON + minutes(2 * n)
            opens(store, TEAM, spike(key=key, opened_at=at), at)
            ends(store, TEAM, at + minutes(1), key)
        assert [title for _, title in due(store, NOON + minutes(30))] == ["Spike", "Over"]


class TestResolvingByHand:
    def test_whoever_was_told_reads_who_and_why(self, store: Store) -> None:
        opens(store, TEAM)
        with store.write() as tx:
            acts.resolve(tx, "spike:Acme/:1", "ana", "the till works again", NOON + minutes(5), TEAM)
        with store.read() as reads:
            row = reads.outbox_due(NOON + minutes(5), 9)[-1]
            alert = reads.alert("spike:Acme/:1")
            assert reads.open_alerts() == []
        assert (row.title, row.body) == ("Resolved by ana: Spike", "the till works again")
        assert (alert.handling.closed_by, alert.handling.closed_why) == ("ana", "the till works again")

    def test_it_needs_a_reason_and_happens_once(self, store: Store) -> None:
        opens(store, TEAM)
        with store.write() as tx:
            with pytest.raises(ConfigError):
                acts.resolve(tx, "spike:Acme/:1", "ana", "", NOON, TEAM)
            acts.resolve(tx, "spike:Acme/:1", "ana", "calm", NOON, TEAM)
            with pytest.raises(Conflict, match="resolved by ana"):
                acts.resolve(tx, "spike:Acme/:1", "ben", "calm", NOON, TEAM)


class TestSeverity:
    def test_by_hand_then_brand_then_kind(self, store: Store) -> None:
        from listener.alerts.telling import severity_of
        from listener.domain.alert import Handling

        policy = AlertPolicy(brand_severities={"Acme": {"spike": Severity.NOTICE}})
        assert severity_of(spike(subject="Other/"), policy) is Severity.PAGE
        assert severity_of(spike(), policy) is Severity.NOTICE
        assert severity_of(spike(handling=Handling(severity=Severity.PAGE)), policy) is Severity.PAGE
        assert severity_of(spike(kind=AlertKind.PRAISE, subject="Other/"), policy) is Severity.NOTICE

    def test_a_target_for_pages_hears_no_notice(self, store: Store) -> None:
        policy = AlertPolicy(targets=(target("pager", min_severity=Severity.PAGE),))
        assert opens(store, policy, spike(key="a", kind=AlertKind.SILENCE)) == 0
        assert opens(store, policy, spike(key="b")) == 1


class TestQuietHours:
    NIGHT = target(
        "mail", quiet_hours=WorkingHours(zone="UTC", week={0: ((NOON.time(), NOON.replace(hour=20).time()),)})
    )

    def test_a_notice_waits_for_their_end_and_a_page_does_not(self, store: Store) -> None:
        policy = AlertPolicy(targets=(self.NIGHT,))
        opens(store, policy, spike(key="notice", kind=AlertKind.SILENCE, title="Quiet"))
        opens(store, policy, spike(key="page"))
        assert due(store, NOON) == [("mail", "Spike")]
        assert due(store, NOON + timedelta(hours=8)) == [("mail", "Spike"), ("mail", "Quiet")]


class TestTheAudit:
    def test_acts_of_people_are_sealed_and_those_of_the_program_are_not(self, store: Store) -> None:
        opens(store, TEAM)
        acked(store)
        with store.write() as tx:
            acts.mute(tx, "spike:Acme/:1", NOON + minutes(60), "ben", NOON + minutes(2), "known")
            acts.mute_brand(tx, "Acme", NOON + minutes(60), "ben", NOON + minutes(3))
            acts.resolve(tx, "spike:Acme/:1", "ana", "calm", NOON + minutes(4), TEAM)
        with store.read() as reads:
            found = verify(reads.sealed(), reads.unsealed(9))
            done = reads.acts(ActFilter(subject="alert:spike:Acme/:1"), 9)
        assert (found.end.count, found.first) == (4, None)
        assert [(act.agent, act.kind) for act in done] == [
            ("ana", "resolved"), ("ben", "muted"), ("ana", "acknowledged"),
        ]  # fmt: skip
        assert done[0].detail == {"why": "calm"}

    def test_an_act_that_was_never_sealed_is_found(self, store: Store) -> None:
        from listener.store.alert_tables import alert_events

        with store.write() as tx:
            row = {"at": NOON, "agent": "eve", "subject": "alert:x", "kind": "muted", "detail": {}}
            tx._db.execute(alert_events.insert(), row)  # type: ignore[attr-defined]
        with store.read() as reads:
            assert [one.agent for one in reads.unsealed(9)] == ["eve"]
