"""Giving out and taking back on a real store; the day of a small team."""

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, time, timedelta
from pathlib import Path
from random import Random

import pytest

from listener.domain.calendar import WorkingHours
from listener.domain.case import CaseState
from listener.domain.roster import Mode, QueueWay, Role, Roster
from listener.domain.stored import InboxFilter
from listener.errors import ConfigError, NotFound
from listener.store import open_store
from listener.triage.desk import Desk
from listener.triage.sharing_out import share_out
from listener.triage.staff import Staff
from listener.triage.upkeep import keep_up
from tests.builders import NOON, minutes
from tests.triage.builders import POLICY, Office, office
from tests.triage.rosters import OFFICE, PUSH, TURNS, agent, roster

TEAM = roster(agent("ana"), agent("ben"), way=TURNS)


class Team(Office):
    """An office whose cases are given out."""

    @property
    def staff(self) -> Staff:
        return Staff(self.store, self.policy, self.clock)

    def look(self) -> dict[int, str]:
        """What upkeep gives out now."""
        with self.store.write() as tx:
            return {give.case_id: give.to for give in share_out(tx, self.policy, self.clock.now())}

    def complaints(self, count: int, **more: object) -> None:
        for _ in range(count):
            self._posts += 1
            self.hears(by=f"author{self._posts}", thread=f"t{self._posts}", **more)

    def whose(self) -> dict[int, str]:
        return {case.id: case.assignee for case in self.cases()}

    def pass_time(self, by: timedelta) -> None:
        self.clock.advance_to(self.clock.now() + by)


@contextmanager
def team(folder: Path, rules: Roster = TEAM) -> Iterator[Team]:
    with office(folder) as plain:
        yield Team(plain.store, replace(POLICY, roster=rules))


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Team]:
    with team(tmp_path) as found:
        yield found


def test_upkeep_gives_out_what_waits(desk: Team) -> None:
    desk.complaints(3)
    with desk.store.write() as tx:
        keep_up(tx, desk.policy, desk.clock.now())
    assert desk.whose() == {1: "ana", 2: "ben", 3: "ana"}
    event = next(one for one in desk.card(1).events if one.kind == "distributed")
    assert (event.kind, event.agent, event.detail) == (
        "distributed",
        "listener",
        {"to": "ana", "why": "next in turn of 2"},
    )
    case = desk.card(1).case
    assert (case.lease_until, case.assigned_at) == (None, desk.clock.now())


def test_a_case_given_is_not_given_again_however_often_one_looks(desk: Team) -> None:
    desk.complaints(3)
    assert len(desk.look()) == 3
    before = desk.cases()
    for _ in range(5):
        assert desk.look() == {}
        desk.pass_time(timedelta(seconds=1))
    assert desk.cases() == before


def test_two_programs_that_look_at_once_give_each_case_once(tmp_path: Path) -> None:
    with team(tmp_path) as desk:
        desk.complaints(12)
        both = threading.Barrier(2)

        def look() -> None:
            store = open_store(tmp_path / "listener.db")
            both.wait(timeout=30)
            with store.write() as tx:
                share_out(tx, desk.policy, desk.clock.now())
            store.close()

        threads = [threading.Thread(target=look) for _ in range(2)]
        for one in threads:
            one.start()
        for one in threads:
            one.join()
        assert Counter(desk.whose().values()) == {"ana": 6, "ben": 6}
        assert all(desk.kinds(n).count("distributed") == 1 for n in range(1, 13))


def test_nobody_gets_more_than_they_have_room_for(tmp_path: Path) -> None:
    with team(tmp_path, roster(agent("ana", capacity=2), agent("ben", capacity=1))) as desk:
        desk.complaints(5)
        assert Counter(desk.look().values()) == {"ana": 2, "ben": 1}
        assert desk.look() == {}
        desk.desk.resolve(1, "sent a new one", desk.whose()[1])
        assert desk.look() == {}
        open_now = [case.assignee for case in desk.cases() if case.state is CaseState.OPEN]
        assert Counter(open_now) == {"ana": 2, "ben": 1, "": 1}


def test_what_cannot_be_given_does_not_hold_up_what_can(tmp_path: Path) -> None:
    rules = roster(agent("ana", capacity=1, langs=("en",)), agent("ben", capacity=1, langs=("fr",)))
    with team(tmp_path, rules) as desk:
        desk.complaints(10, lang="de")
        desk.complaints(1, lang="fr")
        assert desk.look() == {11: "ben"}


def test_who_has_done_with_a_case_gets_the_next_at_once(tmp_path: Path) -> None:
    with team(tmp_path, roster(agent("ana", capacity=1), way=TURNS)) as desk:
        desk.complaints(3)
        desk.look()
        worked = Desk(desk.store, desk.policy, desk.clock)
        worked.note(1, "on it", "ana")
        assert desk.whose() == {1: "ana", 2: "", 3: ""}
        worked.resolve(1, "done", "ana")
        assert desk.whose() == {1: "ana", 2: "ana", 3: ""}
        worked.snooze(2, desk.clock.now() + timedelta(hours=2), "ana")
        assert desk.whose()[3] == "ana"


def test_queues_that_are_pulled_are_left_alone(tmp_path: Path) -> None:
    with team(tmp_path, replace(TEAM, way=PUSH, queues={"billing": QueueWay(mode=Mode.PULL)})) as desk:
        desk.hears("@acme I want a refund", by="bea", thread="b")
        desk.complaints(1)
        assert desk.look() == {2: "ana"}
    assert desk.policy.roster.way_of("billing").mode is Mode.PULL


def test_only_the_named_queues_are_given_out_where_others_are_pulled(tmp_path: Path) -> None:
    (tmp_path / "x").mkdir()
    rules = roster(agent("ana", queues=("support",)), agent("ben"), way=QueueWay(), queues={"billing": PUSH})
    with team(tmp_path / "x", rules) as desk:
        desk.complaints(1)
        desk.hears("@acme I want a refund", by="bea", thread="b")
        assert desk.look() == {2: "ben"}


def test_the_author_comes_back_to_whoever_helped_them(desk: Team) -> None:
    desk.hears(by="ann", thread="one")
    desk.desk.claim(1, "ben")
    desk.desk.resolve(1, "sent a new one", "ben")
    desk.pass_time(timedelta(days=9))
    desk.hears(by="ann", thread="two")
    assert desk.look() == {2: "ben"}
    assert desk.card(2).events[-1].detail["why"] == "sticky: resolved case 1 of the same author"


class TestHands:
    """What people decide stands."""

    def test_a_claim_and_a_hand_assignment_are_left_alone(self, desk: Team) -> None:
        desk.complaints(2)
        desk.desk.claim(1, "zoe")
        desk.desk.assign(2, "ben", "lea")
        assert desk.look() == {}
        desk.pass_time(timedelta(days=9))
        desk.look()
        assert desk.whose()[2] == "ben"

    def test_a_case_handed_on_after_it_was_given_stays_where_it_was_put(self, desk: Team) -> None:
        desk.complaints(1)
        desk.look()
        desk.desk.assign(1, "ben", "lea")
        desk.pass_time(timedelta(days=9))
        desk.look()
        assert desk.whose() == {1: "ben"}

    def test_a_claim_that_ran_out_waits_again(self, desk: Team) -> None:
        desk.complaints(1)
        desk.desk.claim(1, "zoe")
        desk.pass_time(minutes(15))
        assert desk.look() == {1: "ana"}
        assert desk.card(1).events[-1].detail["lapsed"] == "zoe"


class TestReturning:
    def test_a_silent_agents_cases_go_to_the_others_and_no_more_come(self, desk: Team) -> None:
        desk.complaints(2)
        desk.look()
        desk.desk.note(2, "on it", "ben")
        desk.pass_time(minutes(29))
        desk.desk.note(2, "still on it", "ben")
        desk.pass_time(minutes(1))
        assert desk.look() == {1: "ben"}
        assert desk.kinds(1)[-2:] == ["returned", "distributed"]
        assert desk.card(1).events[-2].detail == {
            "from": "ana",
            "cause": "silent",
            "why": "ana did nothing for 30 min of working time",
        }
        desk.complaints(2)
        assert set(desk.look().values()) == {"ben"}
        desk.desk.note(1, "back from the doctor", "ana")
        desk.complaints(1)
        assert set(desk.look().values()) == {"ana"}

    def test_without_anybody_else_it_waits_to_be_taken(self, tmp_path: Path) -> None:
        with team(tmp_path, roster(agent("ana"))) as desk:
            desk.complaints(1)
            desk.look()
            desk.pass_time(minutes(30))
            assert (desk.look(), desk.whose()) == ({}, {1: ""})
            desk.pass_time(minutes(30))
            assert (desk.look(), desk.kinds(1).count("returned")) == ({}, 1)

    def test_who_answered_keeps_the_case(self, desk: Team) -> None:
        desk.complaints(1)
        desk.look()
        desk.desk.reply(1, "we are on it", "ana")
        desk.pass_time(timedelta(days=2))
        assert (desk.look(), desk.whose()) == ({}, {1: "ana"})

    def test_who_is_not_named_any_more_loses_what_they_were_given(self, desk: Team) -> None:
        desk.complaints(1)
        desk.look()
        desk.policy = replace(POLICY, roster=replace(TEAM, agents=(agent("ben"),)))
        assert desk.look() == {1: "ben"}

    def test_it_also_returns_once_giving_out_is_switched_off(self, desk: Team) -> None:
        desk.complaints(1)
        desk.look()
        desk.policy = replace(POLICY, roster=replace(TEAM, way=QueueWay()))
        desk.pass_time(minutes(30))
        assert (desk.look(), desk.whose()) == ({}, {1: ""})


class TestStaff:
    def test_who_goes_leaves_what_they_were_given_to_the_others(self, desk: Team) -> None:
        desk.complaints(3)
        desk.look()
        desk.desk.assign(3, "ana", "lea")
        desk.pass_time(minutes(1))
        change = desk.staff.away("ana", "ana")
        assert (change.returned, [(one.case_id, one.to) for one in change.given]) == ((1,), [(1, "ben")])
        assert desk.whose() == {1: "ben", 2: "ben", 3: "ana"}
        desk.complaints(1)
        assert desk.look() == {4: "ben"}

    def test_or_keeps_it(self, desk: Team) -> None:
        desk.complaints(1)
        desk.look()
        change = desk.staff.away("ana", "lea", keep=True)
        assert (change.returned, change.kept, desk.whose()) == ((), (1,), {1: "ana"})

    def test_the_backlog_drains_when_somebody_comes(self, desk: Team) -> None:
        desk.staff.away("ana", "ana")
        desk.staff.away("ben", "ben")
        desk.complaints(9)
        assert desk.look() == {}
        change = desk.staff.available("ben", "ben")
        assert [one.case_id for one in change.given] == list(range(1, 9))

    def test_somebody_unknown_is_told_who_is_known(self, desk: Team) -> None:
        with pytest.raises(NotFound, match="doesn't name zoe: it names ana, ben"):
            desk.staff.away("zoe", "lea")

    def test_why_a_case_is_whose_it_is(self, desk: Team) -> None:
        desk.complaints(5)
        desk.look()
        desk.desk.assign(2, "ana", "lea")
        desk.desk.release(3, "ana")
        desk.desk.claim(3, "zoe")
        desk.desk.resolve(4, "done", "ben")
        desk.desk.reply(5, "done", "ana")
        desk.desk.release(5, "ana")
        desk.complaints(1)
        said = {n: desk.staff.why(n).says for n in range(1, 7)}
        assert said == {
            1: "given to ana at 2026-03-02 12:00 UTC (next in turn of 2)",
            2: "assigned to ana by lea at 2026-03-02 12:00 UTC, by hand",
            3: "claimed by zoe until 2026-03-02 12:15 UTC",
            4: "resolved by ben",
            5: "our word was the last: it is given to somebody when its author writes",
            6: "waits for its turn: 2 could be given it",
        }

    def test_why_nobody_gets_it(self, tmp_path: Path) -> None:
        lead = replace(agent("lea"), role=Role.LEAD)
        rules = roster(agent("ana", langs=("en",)), agent("ben", hours=OFFICE), agent("cleo", capacity=0), lead)
        with team(tmp_path, rules) as desk:
            desk.clock.advance_to(NOON + timedelta(days=4, hours=8))
            desk.complaints(1, lang="de")
            desk.look()
            whose = desk.staff.why(1)
        assert whose.says == "waits: nobody can be given it now"
        assert {fit.agent: fit.obstacle for fit in whose.fits} == {
            "ana": "lacks lang=de",
            "ben": "off shift until Mon 09:00 UTC",
            "cleo": "full: 0 of 0",
            "lea": "a lead, who is given nothing",
        }


class TestTaking:
    """`next`, for those named in agents.toml."""

    def test_it_begins_with_what_one_was_given(self, desk: Team) -> None:
        desk.complaints(3)
        desk.look()
        assert [case.id if case else None for case in (desk.desk.next("ana"), desk.desk.next("ana"))] == [1, 3]
        assert desk.desk.next("ana") is None
        assert desk.card(1).case.lease_until is None

    def test_it_takes_only_what_the_skills_allow(self, tmp_path: Path) -> None:
        with team(tmp_path, roster(agent("ana", langs=("en",), reasons=("complaint",)), way=QueueWay())) as desk:
            desk.complaints(1, lang="de")
            desk.complaints(1, lang="en")
            taken = desk.desk.next("ana")
            assert taken is not None
            assert (taken.id, desk.desk.next("ana")) == (2, None)
            stranger = desk.desk.next("zoe")
            assert stranger is not None
            assert stranger.id == 1

    def test_a_queue_that_one_does_not_work_is_refused(self, tmp_path: Path) -> None:
        with team(tmp_path, roster(agent("ana", queues=("support",)), way=QueueWay())) as desk:
            with pytest.raises(ConfigError, match="ana doesn't work billing, but support"):
                desk.desk.next("ana", ["billing"])
            desk.complaints(1)
            assert desk.desk.next("ana", ["billing", "support"]) is not None


def shift(begins: int, ends: int) -> WorkingHours:
    return WorkingHours(zone="UTC", week={day: ((time(begins), time(ends)),) for day in range(7)})


DAY = roster(
    agent("ana", hours=shift(7, 15), langs=("de", "en")),
    agent("ben", hours=shift(9, 17), langs=("en",)),
    agent("cleo", hours=shift(12, 20)),
    way=PUSH,
)
MORNING = NOON - timedelta(hours=6)
CASES = 200


@dataclass
class Day:
    """Two hundred complaints between six and six, worked off in six minutes each by whoever is at work."""

    desk: Team
    handled: Counter[str] = field(default_factory=Counter)
    waited: dict[int, timedelta] = field(default_factory=dict)
    most: Counter[str] = field(default_factory=Counter)
    busy_until: dict[str, datetime] = field(default_factory=dict)
    moved: int = 0

    def run(self) -> "Day":
        chance = Random(4)
        arrivals = sorted(MORNING + minutes(chance.uniform(0, 720)) for _ in range(CASES))
        langs = [chance.choice(["de", "en", "en", "en", ""]) for _ in arrivals]
        at = MORNING
        while at < MORNING + timedelta(hours=15):
            self.desk.clock.advance_to(at)
            while arrivals and arrivals[0] <= at:
                arrivals.pop(0)
                self.desk.complaints(1, lang=langs.pop())
            self.desk.look()
            self.count()
            for one in DAY.agents:
                self.work(one.name, at)
            at += minutes(3)
        return self

    def count(self) -> None:
        with self.desk.store.read() as reads:
            now = self.desk.clock.now()
            loads = reads.loads([one.name for one in DAY.agents], now, count_waiting=False)
        for name, load in loads.items():
            self.most[name] = max(self.most[name], load)

    def work(self, name: str, at: datetime) -> None:
        profile = next(one for one in DAY.agents if one.name == name)
        (span,) = profile.hours.week[0]
        if not span[0] <= at.time() < span[1] or self.busy_until.get(name, at) > at:
            return
        with self.desk.store.read() as reads:
            mine = reads.inbox(InboxFilter(assignee=name), at, 1)
        if mine:
            self.desk.desk.resolve(mine[0].id, "answered", name)
            self.handled[name] += 1
            self.waited[mine[0].id] = at - mine[0].opened_at
            self.busy_until[name] = at + minutes(6)


def test_a_day_of_three_agents_and_two_hundred_cases(tmp_path: Path) -> None:
    with team(tmp_path, DAY) as desk:
        day = Day(desk).run()
        left = [case for case in desk.cases() if case.state is not CaseState.RESOLVED]
        with desk.store.read() as reads:
            query = "SELECT count(*) FROM case_events WHERE kind = 'distributed' GROUP BY case_id"
            gives = Counter(reads._db.exec_driver_sql(query).scalars())
    assert sum(day.handled.values()) == CASES
    assert left == []
    assert all(most <= 8 for most in day.most.values())
    assert min(day.handled.values()) >= 40
    # Nobody is at work before seven, and the last has gone home at eight: nothing waits beyond two hours.
    assert max(day.waited.values()) < timedelta(hours=2)
    assert set(gives) <= {1, 2}
