"""What becomes one incident, decided without a store."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from listener.domain.incident import Heard, Incident, IncidentKind, IncidentPolicy, IncidentState
from listener.triage.incidents import Grouping, Signed, by_terms
from listener.triage.matters import merged, shared_out
from listener.triage.similarity import bands, fold
from listener.triage.themes import Company, Risen, root, standing_out, tail
from tests.builders import NOON

SAID = "the locker at the station has swallowed my parcel, no code came"
HOURS = timedelta(hours=1)


def heard(n: int, text: str = SAID, **more: Any) -> Heard:
    defaults: dict[str, Any] = {
        "mention_id": n,
        "case": n,
        "version": 1,
        "live": True,
        "incident": None,
        "brand": "Acme",
        "author": n,
        "text": text,
        "at": NOON,
    }
    return Heard(**{**defaults, **more})


def signed(post: Heard) -> Signed:
    folded = fold(post.text)
    return Signed(heard=post, folded=folded, bands=bands([folded])[0])


def incident(**more: Any) -> Incident:
    defaults: dict[str, Any] = {
        "id": 3,
        "version": 1,
        "brand": "Acme",
        "title": "",
        "kind": IncidentKind.ALIKE,
        "state": IncidentState.OPEN,
        "owner": "",
        "answer": "",
        "answer_by": "",
        "approved_by": "",
        "terms": (),
        "first": None,
        "apart": frozenset(),
        "opened_at": NOON,
        "updated_at": NOON,
        "closed_at": None,
    }
    return Incident(**{**defaults, **more})


def grouping(*incidents: Incident, **policy: Any) -> Grouping:
    return Grouping(
        policy=IncidentPolicy(**policy), incidents={one.id: one for one in incidents}, firsts={}, now=NOON + HOURS
    )


def placed(made: Grouping, *posts: Heard) -> dict[int, list[int]]:
    for post in posts:
        made.place(signed(post))
    return {home: [post.case for post in group] for home, group in made.groups.items()}


class TestNearDuplicates:
    def test_three_people_are_enough_and_two_are_not(self) -> None:
        assert placed(grouping(), heard(1), heard(2)) == {}
        assert {frozenset(cases) for cases in placed(grouping(), heard(1), heard(2), heard(3)).values()} == {
            frozenset({1, 2, 3})
        }
        made = placed(grouping(), heard(1), heard(2), heard(3), heard(4))
        assert {home: sorted(cases) for home, cases in made.items()} == {-1: [1, 2, 3, 4]}

    def test_one_loud_author_is_no_incident(self) -> None:
        assert placed(grouping(), *(heard(n, author=7) for n in range(1, 9))) == {}

    def test_days_apart_they_have_nothing_to_do_with_each_other(self) -> None:
        posts = [heard(n, at=NOON + n * 25 * HOURS) for n in (1, 2, 3)]
        assert placed(grouping(), *posts) == {}

    def test_other_words_stay_out(self) -> None:
        made = placed(
            grouping(), heard(1), heard(2), heard(9, "my coffee grinder broke after one single week"), heard(3)
        )
        assert sorted(made[-1]) == [1, 2, 3]

    def test_a_resolved_case_is_left_in_peace(self) -> None:
        assert placed(grouping(), heard(1), heard(2), heard(3, live=False)) == {}

    def test_a_new_post_joins_the_open_incident_of_its_neighbour(self) -> None:
        made = grouping(incident())
        made.know([signed(heard(1, incident=3))])
        assert placed(made, heard(2)) == {3: [2]}

    def test_a_case_taken_out_by_hand_does_not_join_again(self) -> None:
        made = grouping(incident(apart=frozenset({2})))
        made.know([signed(heard(1, incident=3))])
        assert placed(made, heard(2)) == {}

    def test_a_case_is_in_one_incident_at_most(self) -> None:
        assert placed(grouping(incident()), heard(1), heard(2), heard(3, incident=8)) == {}

    def test_likeness_is_not_handed_on_without_end(self) -> None:
        """Alike to a member, unlike the post in the middle: out."""
        made = grouping(incident())
        made.firsts[3] = fold("my coffee grinder broke after one single week of use")
        made.know([signed(heard(1, incident=3))])
        assert placed(made, heard(2)) == {}


class TestAfterClosing:
    CLOSED = incident(state=IncidentState.CLOSED, closed_at=NOON)

    def test_a_new_wave_reopens_it(self) -> None:
        made = grouping(self.CLOSED)
        made.know([signed(heard(1, incident=3))])
        assert {home: sorted(cases) for home, cases in placed(made, heard(2), heard(3), heard(4)).items()} == {
            3: [2, 3, 4]
        }
        assert made.reopened == {3}

    def test_a_straggler_does_not(self) -> None:
        made = grouping(self.CLOSED)
        made.know([signed(heard(1, incident=3))])
        assert placed(made, heard(2), heard(3)) == {}

    def test_a_wave_much_later_is_another_incident(self) -> None:
        made = replace_now(grouping(self.CLOSED), 30)
        made.know([signed(heard(1, incident=3))])
        assert sorted(placed(made, heard(2), heard(3), heard(4))[-1]) == [2, 3, 4]


def replace_now(made: Grouping, hours: float) -> Grouping:
    return replace(made, now=NOON + hours * HOURS)


class TestTerms:
    HOLD, BAGS = incident(id=1, terms=("hold", "cal")), incident(id=2, terms=("bag", "luggag"))

    def test_a_post_joins_where_its_weightiest_term_is(self) -> None:
        found = by_terms(heard(9, "they lost my bags and nobody answers my calls"), [self.HOLD, self.BAGS])
        assert found is not None
        assert found.id == 2

    def test_a_post_without_the_words_joins_nothing(self) -> None:
        assert by_terms(heard(9, "the coffee was cold"), [self.HOLD, self.BAGS]) is None

    def test_neither_a_closed_one_nor_one_it_was_taken_out_of(self) -> None:
        shut = replace(self.HOLD, state=IncidentState.CLOSED, closed_at=NOON)
        assert by_terms(heard(9, "on hold for hours"), [shut]) is None
        assert by_terms(heard(9, "on hold for hours"), [replace(self.HOLD, apart=frozenset({9}))]) is None


class TestRoots:
    @pytest.mark.parametrize(
        ("words", "same"),
        [
            ("cancel cancelled canceled cancelling cancellation cancellations cancels", "cancel"),
            ("missed missing misses miss", "mis"),
            ("phone phones", "phon"),
            ("locker lockers", "locker"),
            ("connection connections connecting connected", "connect"),
            ("delay delays delayed", "delay"),
        ],
    )
    def test_the_forms_of_a_word_are_one(self, words: str, same: str) -> None:
        assert {root(word) for word in words.split()} == {same}

    def test_short_words_keep_themselves(self) -> None:
        assert [root(word) for word in ("bus", "ring", "red", "app")] == ["bus", "ring", "red", "app"]


class TestTail:
    @pytest.mark.parametrize(("mean", "shape"), [(0.3, 0.5), (5.0, 3.5), (40.0, 11.0)])
    def test_it_agrees_with_the_sum_of_the_masses_below(self, mean: float, shape: float) -> None:
        from math import exp, lgamma, log

        odds = mean / (shape + mean)
        mass = [
            exp(lgamma(n + shape) - lgamma(shape) - lgamma(n + 1) + shape * log(1 - odds) + n * log(odds))
            for n in range(60)
        ]
        for count in (0, 1, 4, 20, 55):
            assert tail(count, mean, shape) == pytest.approx(1 - sum(mass[:count]), abs=1e-9)

    def test_what_is_next_to_impossible_is_still_told_apart(self) -> None:
        assert 0 < tail(300, 3.0, 11.0) < tail(200, 3.0, 11.0) < 1e-30


def risen(term: str, cases: set[int], chance: float = 0.001, times: float = 3.0) -> Risen:
    found = frozenset(cases)
    return Risen(term=term, cases=found, people=found, usual=1.0, times=times, chance=chance)


class TestThemes:
    def test_chance_finds_are_held_down(self) -> None:
        """Ten words tried: one in a thousand stands, one in twenty is what ten tries bring."""
        tried = [risen("hold", {1}, 0.001), risen("cold", {2}, 0.05), *(risen(f"w{n}", {3}, 0.6) for n in range(8))]
        assert standing_out(tried, IncidentPolicy()) == {"hold"}

    def test_a_rise_must_be_as_large_as_asked(self) -> None:
        tried = [risen("hold", {1}, times=1.4), risen("bag", {2}, times=1.6)]
        assert standing_out(tried, IncidentPolicy(rise=1.5)) == {"bag"}

    def test_a_pair_of_words_is_part_of_the_word_it_stands_in(self) -> None:
        groups = merged([risen("cancel flight", {1, 2, 3}), risen("cancel", {1, 2, 3, 4}), risen("bag", {8, 9})], APART)
        assert [[one.term for one in group] for group in groups] == [["cancel", "cancel flight"], ["bag"]]

    def test_words_in_the_same_company_are_one_theme(self) -> None:
        texts = ["lost my {} at carousel nine", "{} never came to the carousel", "they lost a {}, carousel empty"]
        posts = [heard(n, texts[n % 3].format(("bag", "luggage")[n % 2])) for n in range(40)]
        company = Company(posts, ["bag", "luggag"], frozenset())
        assert company.likeness("bag", "luggag") > 0.9
        (group,) = merged([risen("bag", {1, 2}), risen("luggag", {3, 4})], company)
        assert [one.term for one in group] == ["bag", "luggag"]

    def test_a_case_is_in_one_theme_the_least_likely_one(self) -> None:
        shares = shared_out([[risen("hold", {1, 2}, 1e-9)], [risen("cancel", {2, 3}, 1e-3)]])
        assert [sorted(cases) for _, cases in shares] == [[1, 2], [3]]


APART = Company([], [], frozenset())
