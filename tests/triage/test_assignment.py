"""To whom a case goes, and when it goes back."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from time import perf_counter

import pytest
from hypothesis import given as everywhere
from hypothesis import settings
from hypothesis import strategies as st

from listener.domain.roster import AgentState, Cause, Known, Mode, Order, QueueWay, Role, Roster, WaitingCase
from listener.triage.assignment import Give, absence, all_back, decide, lacks, obstacle, take_back
from tests.builders import NOON, minutes
from tests.triage.rosters import OFFICE, PUSH, TURNS, agent, given, presence, roster, state, waits

BALANCED, IN_TURNS = roster(way=PUSH), roster(way=TURNS)
EVENING = NOON + timedelta(hours=8)


def goes(gives: list[Give]) -> dict[int, str]:
    return {give.case_id: give.to for give in gives}


class TestWho:
    def test_the_least_loaded_for_their_capacity_comes_first(self) -> None:
        agents = [state("ana", load=3, capacity=4), state("ben", load=4, capacity=8)]
        (give,) = decide([waits(1)], agents, BALANCED, NOON)
        assert (give.to, give.why) == ("ben", "lowest load: 4 of 8")

    def test_equal_loads_go_to_whoever_was_given_nothing_for_longest(self) -> None:
        agents = [
            state("ana", here=presence("ana", given_at=NOON - minutes(5))),
            state("ben", here=presence("ben", given_at=NOON - minutes(9))),
        ]
        assert goes(decide([waits(1), waits(2)], agents, BALANCED, NOON)) == {1: "ben", 2: "ana"}

    def test_by_turns_load_does_not_count(self) -> None:
        agents = [state("ana", load=7), state("ben", here=presence("ben", given_at=NOON - minutes(1)))]
        assert goes(decide([waits(1), waits(2)], agents, IN_TURNS, NOON)) == {1: "ana", 2: "ben"}

    def test_who_knows_the_author_comes_before_who_has_less_to_do(self) -> None:
        known = Known(agent="ana", case_id=7, did="resolved")
        agents = [state("ana", load=5), state("ben")]
        (give,) = decide([waits(1, known=known)], agents, BALANCED, NOON)
        assert (give.to, give.why) == ("ana", "sticky: resolved case 7 of the same author")

    @pytest.mark.parametrize("off", [{"load": 8}, {"hours": OFFICE}, {"here": presence(available=False)}])
    def test_who_knows_the_author_but_can_not_have_it_is_passed_over(self, off: dict[str, object]) -> None:
        known = Known(agent="ana", case_id=7, did="replied")
        agents = [state("ana", **off), state("ben")]  # type: ignore[arg-type]
        assert goes(decide([waits(1, known=known)], agents, BALANCED, EVENING)) == {1: "ben"}

    def test_stickiness_can_be_switched_off(self) -> None:
        known = Known(agent="ana", case_id=7, did="resolved")
        agents = [state("ana", load=5), state("ben")]
        assert goes(decide([waits(1, known=known)], agents, roster(sticky=False), NOON)) == {1: "ben"}

    def test_cases_go_out_in_the_order_of_the_queue(self) -> None:
        assert goes(decide([waits(9), waits(3), waits(5)], [state(capacity=2)], BALANCED, NOON)) == {9: "ana", 3: "ana"}

    def test_only_queues_that_are_given_out_are(self) -> None:
        rules = roster(way=QueueWay(mode=Mode.PULL), queues={"billing": TURNS})
        assert goes(decide([waits(1), waits(2, queue="billing")], [state()], rules, NOON)) == {2: "ana"}

    def test_who_left_a_case_untouched_is_not_given_it_again(self) -> None:
        case = waits(1, passed_by=frozenset({"ana"}))
        assert goes(decide([case, waits(2)], [state("ana"), state("ben", capacity=1)], BALANCED, NOON)) == {
            1: "ben",
            2: "ana",
        }
        assert decide([case], [state("ana")], BALANCED, NOON) == []

    def test_turns_go_on_where_the_last_round_ended(self) -> None:
        agents = [state(name, capacity=99) for name in ("ana", "ben", "cleo")]
        counts: Counter[str] = Counter()
        for number in range(12):
            gives = decide([waits(4 * number + n) for n in range(number % 5)], agents, IN_TURNS, NOON)
            counts.update(give.to for give in gives)
            turns = {give.to: give.turn for give in gives}
            agents = [
                replace(one, presence=presence(one.profile.name, given_at=turns[one.profile.name]))
                if one.profile.name in turns
                else one
                for one in agents
            ]
            assert max(counts.values(), default=0) - min(counts[one.profile.name] for one in agents) <= 1


class TestSkills:
    @pytest.mark.parametrize(
        ("skills", "missing"),
        [
            ({}, ""),
            ({"langs": ("de",)}, ""),
            ({"langs": ("de-at",)}, "lang=de"),
            ({"langs": ("d",)}, "lang=de"),
            ({"queues": ("billing",), "langs": ("en",)}, "queue=support, lang=de"),
            ({"brands": ("Zeta",)}, "brand=Acme"),
            ({"platforms": ("x",), "reasons": ("complaint",)}, ""),
            ({"platforms": ("reddit",), "reasons": ("praise",)}, "platform=x, label=complaint"),
        ],
    )
    def test_what_is_missing_is_named(self, skills: dict[str, object], missing: str) -> None:
        assert lacks(agent(**skills).skills, waits(1)) == missing  # type: ignore[arg-type]

    def test_german_includes_that_of_austria(self) -> None:
        assert lacks(agent(langs=("de",)).skills, waits(1, lang="de-AT")) == ""

    def test_a_post_of_no_stated_language_is_everybodys(self) -> None:
        assert lacks(agent(langs=("en",)).skills, waits(1, lang="")) == ""


class TestAbsence:
    def test_who_is_free_has_none(self) -> None:
        assert absence(state(hours=OFFICE, load=7), NOON) == ""

    def test_after_hours_it_names_the_next_shift(self) -> None:
        assert absence(state(hours=OFFICE), EVENING) == "off shift until Tue 09:00 UTC"

    def test_who_is_full_or_away_or_silent_says_so(self) -> None:
        assert absence(state(load=8), NOON) == "full: 8 of 8"
        assert absence(state(here=presence(available=False)), NOON) == "away since 11:00 UTC"
        quiet = presence(silent_at=NOON - minutes(1), acted_at=NOON - minutes(40))
        assert absence(state(here=quiet), NOON) == "silent since 11:20 UTC"

    @pytest.mark.parametrize("sign", ["acted_at", "changed_at"])
    def test_any_sign_of_life_ends_silence(self, sign: str) -> None:
        assert absence(state(here=presence(silent_at=NOON - minutes(1), **{sign: NOON})), NOON) == ""

    def test_a_lead_is_given_nothing(self) -> None:
        lead = AgentState(profile=replace(agent("lea"), role=Role.LEAD))
        assert absence(lead, NOON) == "a lead, who is given nothing"

    def test_everything_in_the_way_of_a_case_is_told(self) -> None:
        case = waits(1, passed_by=frozenset({"ana"}))
        said = obstacle(case, state(load=8, langs=("en",)), NOON)
        assert said == "full: 8 of 8; lacks lang=de; left it untouched before"


class TestReturning:
    def back(
        self, case: object, one: AgentState | None, now: object = NOON, **rules: object
    ) -> list[tuple[Cause, str]]:
        agents = {one.profile.name: one} if one else {}
        found = take_back([case], agents, roster(**rules), now)  # type: ignore[arg-type]
        return [(each.cause, each.why) for each in found]

    def test_what_a_silent_agent_was_given_returns_after_half_an_hour(self) -> None:
        quiet = state(here=presence())
        assert self.back(given(), quiet, NOON + minutes(29)) == []
        assert self.back(given(), quiet, NOON + minutes(30)) == [
            (Cause.SILENT, "ana did nothing for 30 min of working time")
        ]

    def test_who_works_on_others_keeps_what_waits_in_their_hands(self) -> None:
        busy = state(here=presence(acted_at=NOON + minutes(25)))
        assert self.back(given(), busy, NOON + minutes(50)) == []
        assert self.back(given(), busy, NOON + minutes(55)) != []

    def test_but_what_they_never_touch_returns_after_four_hours(self) -> None:
        busy = state(here=presence(acted_at=NOON + minutes(235)))
        assert self.back(given(), busy, NOON + minutes(239)) == []
        assert self.back(given(), busy, NOON + minutes(240)) == [
            (Cause.UNTOUCHED, "ana left it untouched for 4 h of working time")
        ]
        assert self.back(given(touched_at=NOON + minutes(3)), busy, NOON + minutes(240)) == []

    def test_nights_and_weekends_are_no_silence(self) -> None:
        friday = NOON + timedelta(days=4, hours=4, minutes=50)
        touched = given(at=friday, touched_at=friday + minutes(1))
        quiet = state(hours=OFFICE, here=presence(acted_at=friday + minutes(1)))
        monday = NOON + timedelta(days=7)
        assert self.back(touched, quiet, monday - timedelta(hours=3)) == []
        assert self.back(touched, quiet, monday - timedelta(hours=2, minutes=40)) == []
        assert [cause for cause, _ in self.back(touched, quiet, monday - timedelta(hours=2, minutes=39))] == ["silent"]

    def test_a_case_not_begun_when_the_shift_ends_goes_to_those_at_work(self) -> None:
        here = presence(acted_at=NOON + timedelta(hours=4, minutes=59))
        assert self.back(given(at=NOON + timedelta(hours=4)), state(hours=OFFICE, here=here), EVENING) == [
            (Cause.OFF_SHIFT, "ana's hours ended before they began with it")
        ]
        begun = given(at=NOON + timedelta(hours=4), touched_at=NOON + timedelta(hours=4, minutes=59))
        assert self.back(begun, state(hours=OFFICE, here=here), EVENING) == []

    def test_the_authors_answer_starts_the_clock_anew(self) -> None:
        quiet = state(here=presence())
        answered = given(touched_at=NOON + minutes(1), wrote_at=NOON + minutes(100))
        assert self.back(answered, quiet, NOON + minutes(129)) == []
        assert self.back(answered, quiet, NOON + minutes(130)) != []

    def test_once_silent_everything_returns(self) -> None:
        quiet = state(here=presence(silent_at=NOON + minutes(30)))
        assert self.back(given(at=NOON + minutes(29)), quiet, NOON + minutes(31)) != []

    def test_who_went_and_kept_their_cases_is_not_silent(self) -> None:
        away = state(here=presence(available=False))
        assert self.back(given(), away, NOON + minutes(60)) == []
        assert self.back(given(), away, NOON + minutes(240)) != []

    def test_who_is_not_named_any_more_keeps_nothing(self) -> None:
        assert self.back(given(), None) == [(Cause.GONE, "ana is not in agents.toml any more")]

    def test_going_away_returns_all(self) -> None:
        assert [(one.case_id, one.cause) for one in all_back([given(3)], "ana")] == [(3, Cause.AWAY)]


LANGS = st.sampled_from(["de", "en", "fr", ""])
QUEUES = st.sampled_from(["support", "billing", "press"])


@st.composite
def teams(draw: st.DrawFn) -> list[AgentState]:
    found = []
    for number in range(draw(st.integers(0, 5))):
        name = f"agent{number}"
        here = st.none() | st.builds(
            lambda there, given_ago, name=name: presence(name, available=there, given_at=NOON - minutes(given_ago)),
            st.sampled_from([True, True, True, False]),
            st.integers(0, 9),
        )
        capacity = draw(st.integers(0, 5))
        found.append(
            state(
                name,
                capacity=capacity,
                load=draw(st.integers(0, 5)),
                here=draw(here),
                hours=draw(st.sampled_from([None, OFFICE])),
                langs=tuple(draw(st.sets(st.sampled_from(["de", "en"]), max_size=2))),
                queues=tuple(draw(st.sets(QUEUES, max_size=2))),
            )
        )
    return found


@st.composite
def lines(draw: st.DrawFn) -> list[WaitingCase]:
    names = st.sampled_from([f"agent{n}" for n in range(5)])
    known = st.none() | st.builds(Known, agent=names, case_id=st.just(1), did=st.just("resolved"))
    return [
        waits(
            number,
            lang=draw(LANGS),
            queue=draw(QUEUES),
            known=draw(known),
            passed_by=frozenset(draw(st.sets(names, max_size=1))),
        )
        for number in range(draw(st.integers(0, 25)))
    ]


ROSTERS = st.sampled_from([BALANCED, IN_TURNS, roster(way=PUSH, queues={"press": QueueWay()}), roster(sticky=False)])
TIMES = st.sampled_from([NOON, EVENING])
CAMPAIGN = 300


@settings(max_examples=CAMPAIGN, deadline=None)
@everywhere(lines(), teams(), ROSTERS, TIMES)
def test_whatever_is_given_is_given_rightly(
    line: list[WaitingCase], team: list[AgentState], rules: Roster, now: object
) -> None:
    gives = decide(line, team, rules, now)  # type: ignore[arg-type]
    by_name = {one.profile.name: one for one in team}
    by_id = {case.id: case for case in line}
    loads = {name: one.load for name, one in by_name.items()}
    assert len({give.case_id for give in gives}) == len(gives)
    for give in gives:
        one = replace(by_name[give.to], load=loads[give.to])
        assert obstacle(by_id[give.case_id], one, now) == ""  # type: ignore[arg-type]
        assert rules.way_of(by_id[give.case_id].queue).mode is Mode.PUSH
        loads[give.to] += 1
    assert all(loads[name] <= max(one.load, one.profile.capacity) for name, one in by_name.items())
    # All that could be given is: nobody is left who could have what is left.
    kept = [case for case in line if case.id not in {give.case_id for give in gives}]
    later = [replace(one, load=loads[one.profile.name]) for one in team]
    assert not any(
        obstacle(case, one, now) == "" and rules.way_of(case.queue).mode is Mode.PUSH  # type: ignore[arg-type]
        for case in kept
        for one in later
    )
    # And so a second look, right after, gives nothing.
    assert decide(kept, later, rules, now) == []  # type: ignore[arg-type]
    assert decide(line, team, rules, now) == gives  # type: ignore[arg-type]


@settings(max_examples=100, deadline=None)
@everywhere(st.integers(0, 60), st.integers(1, 6), st.sampled_from([PUSH, TURNS]))
def test_equals_get_equally_many(count: int, people: int, way: QueueWay) -> None:
    team = [state(f"agent{n}", capacity=99) for n in range(people)]
    gives = decide([waits(n) for n in range(count)], team, roster(way=way), NOON)
    counts = Counter(give.to for give in gives)
    assert sum(counts.values()) == count
    assert max(counts.values(), default=0) - min(counts[one.profile.name] for one in team) <= 1


@settings(max_examples=100, deadline=None)
@everywhere(lines(), teams(), ROSTERS, st.randoms())
def test_the_order_of_agents_in_the_file_does_not_matter(
    line: list[WaitingCase], team: list[AgentState], rules: Roster, chance: object
) -> None:
    shuffled = list(team)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    assert decide(line, team, rules, NOON) == decide(line, shuffled, rules, NOON)


@pytest.mark.parametrize("capacity", [8, 125])
def test_5000_cases_and_40_agents_are_decided_within_a_tenth_of_a_second(capacity: int) -> None:
    langs, queues = ("de", "en", "fr", "es"), ("support", "billing", "press")
    team = [
        state(f"agent{n:02}", capacity=capacity, langs=(langs[n % 4], langs[(n + 1) % 4]), queues=(queues[n % 3],))
        for n in range(40)
    ]
    line = [waits(n, lang=langs[n % 4], queue=queues[n % 3]) for n in range(5000)]
    took = []
    for _ in range(3):
        began = perf_counter()
        gives = decide(line, team, BALANCED, NOON)
        took.append(perf_counter() - began)
    assert len(gives) == 40 * capacity if capacity == 8 else len(gives) > 4000
    assert min(took) < 0.1


def test_orders_have_names() -> None:
    assert [str(one) for one in Order] == ["round_robin", "balanced"]
