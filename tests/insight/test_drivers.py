"""Drivers against known truth, and what can't be told as an answer."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from listener.domain.drivers import Box, Outcome
from listener.domain.loyalty import Saying
from listener.insight.drivers import FEWEST, PER_THEME, box_of, drivers
from listener.insight.intervals import share
from listener.insight.regression import fit, kinds, solve
from tests.insight import simulated_customers as simulated
from tests.insight.coverage import Tally, run
from tests.insight.simulated_customers import PLAIN


def posts(*groups: tuple[int, set[str]]) -> list[Saying]:
    """So many authors with one post each that bears these tags."""
    found: list[Saying] = []
    for count, tags in groups:
        for _ in range(count):
            n = len(found)
            found.append(replace(PLAIN, mention_id=n, author_id=n, tags=frozenset(tags)))
    return found


A, B, DOES = "touchpoint:a", "motivator:b", "act:recommend"


def test_intervals_hold_the_truth_and_what_moves_nobody_is_not_important() -> None:
    tally = Tally()
    for seed in range(9_000, 9_012):
        run(seed, tally, authors=900)
    held, looked = tally.rate("driver ")
    assert looked == 12 * len(simulated.EFFECTS)
    # 95 % of 120 is 114; under 105 has a chance of one in a thousand or so.
    assert held >= 105
    assert tally.quiet >= 10
    # The strongest is missed now and then: 900 authors are not many.
    assert tally.called["motivator:belonging"] >= 10


def test_the_coefficient_is_that_of_the_table_when_the_ridge_is_nothing() -> None:
    # Two by two: 60 of 100 do it with the theme, 20 of 100 without.
    themes = np.array([[True]] * 100 + [[False]] * 100)
    does = np.array([True] * 60 + [False] * 40 + [True] * 20 + [False] * 80)
    data = kinds(themes, does)
    intercept, slope = solve(data, data.count[None, :], ridge=0.0)[0]
    assert intercept == pytest.approx(np.log(20 / 80))
    assert slope == pytest.approx(np.log(60 / 40) - np.log(20 / 80))


def test_the_ridge_shrinks_hundreds_of_authors_by_next_to_nothing() -> None:
    themes = np.array([[True]] * 100 + [[False]] * 100)
    does = np.array([True] * 60 + [False] * 40 + [True] * 20 + [False] * 80)
    found = fit(kinds(themes, does), seed=1)
    truth = (np.log(60 / 40) - np.log(20 / 80)) / 2
    assert found.value[0] == pytest.approx(truth, rel=0.04)
    assert found.low[0] < truth < found.high[0]


def test_the_same_posts_give_the_same_intervals() -> None:
    sayings = simulated.sayings(np.random.default_rng(3), 600)
    assert drivers("Acme", sayings, Outcome.RECOMMEND, {}) == drivers("Acme", sayings, Outcome.RECOMMEND, {})


def test_a_theme_that_separates_perfectly_is_a_finite_answer() -> None:
    sayings = posts((60, {A}), (60, {B}), (30, set()))
    sayings += [replace(one, tags=frozenset({DOES}), mention_id=999) for one in sayings[:60]]
    found = drivers("Acme", sayings, Outcome.RECOMMEND, {})
    by = {one.tag: one for one in found.drivers}
    assert np.isfinite([by[A].derived, by[A].low, by[A].high, by[A].odds]).all()
    assert by[A].box is Box.KEEP


def test_two_themes_that_always_come_together_share_what_they_move() -> None:
    found = drivers("Acme", posts((60, {A, B, DOES}), (60, {A, B}), (20, {DOES}), (100, set())), Outcome.RECOMMEND, {})
    first, second = found.drivers
    assert first.derived == pytest.approx(second.derived)


def test_too_few_who_do_it_is_refused_and_says_how_many_are_missing() -> None:
    found = drivers("Acme", posts((25, {A, DOES}), (100, {A}), (100, {B})), Outcome.RECOMMEND, {})
    assert found.drivers == ()
    assert found.missing == 5
    assert found.refused == ("too few to tell: 25 of 225 authors recommend, 30 are needed for 2 themes, 5 are missing")
    assert {one.tag: one.stated.part for one in found.left_out} == {A: 125, B: 100}


def test_more_themes_need_more_who_do_it() -> None:
    names = [f"touchpoint:{n}" for n in range(10)]
    sayings = posts((40, {DOES}), *((20, {*names} - {name}) for name in names))
    assert drivers("Acme", sayings, Outcome.RECOMMEND, {}).missing == PER_THEME * 10 - 40


def test_when_everybody_does_it_there_is_nobody_to_compare_with() -> None:
    found = drivers("Acme", posts((50, {A, DOES}), (50, {B, DOES})), Outcome.RECOMMEND, {})
    assert "0 of 100 authors don't recommend" in found.refused


def test_a_theme_that_is_the_outcome_in_other_words_is_left_out() -> None:
    same = {"touchpoint:leave", "act:leave"}
    found = drivers("Acme", posts((30, {*same, A}), (10, same), (40, {A}), (90, set())), Outcome.LEAVE, {})
    assert [one.tag for one in found.drivers] == [A]
    assert found.left_out[0].why.startswith("stands in the same posts as the outcome (correlation 1.00)")


def test_none_where_hardly_any_could_be_expected_is_no_news() -> None:
    found = drivers(
        "Acme", posts((40, {A, DOES}), (300, {A}), (400, {DOES}), (15, {B}), (900, set())), Outcome.WARN, {}
    )
    assert found.refused
    sayings = posts((40, {A, DOES}), (300, {A}), (30, {DOES}), (15, {B}), (900, set()))
    found = drivers("Acme", sayings, Outcome.RECOMMEND, {})
    assert {one.tag: one.why for one in found.left_out} == {
        B: "0.8 authors of a kind could be expected by chance, 5 are needed"
    }


def test_none_where_some_were_expected_leaves_a_wide_interval() -> None:
    # Six of the 110 who mention B were to be expected; resamples of none are none, and would claim to be sure.
    sayings = posts((40, {A, DOES}), (300, {A}), (35, {DOES}), (110, {B}), (900, set()))
    found = {one.tag: one for one in drivers("Acme", sayings, Outcome.RECOMMEND, {}).drivers}
    assert found[B].high - found[B].low > 0.8
    assert not found[B].important


def test_nobody_at_all_is_an_answer() -> None:
    assert drivers("Acme", [], Outcome.LEAVE, {}, [A]).refused == "nobody posted"


def test_a_theme_of_nobody_or_of_everybody_is_left_out_and_says_why() -> None:
    sayings = posts((40, {A, DOES, B}), (20, {A, DOES}), (60, {A}), (30, {A, B}))
    found = drivers("Acme", sayings, Outcome.RECOMMEND, {}, ["touchpoint:c"])
    assert [one.tag for one in found.drivers] == [B]
    assert {one.tag: one.why for one in found.left_out} == {
        "touchpoint:c": f"mentioned by 0 authors, {FEWEST} are needed",
        A: "mentioned by all but 0 authors: too few to compare with",
    }


def test_mood_is_no_theme_and_posts_spoken_to_another_brand_do_not_count() -> None:
    sayings = [replace(one, addressed=False) for one in posts((50, {A, DOES}))]
    sayings += [
        replace(one, author_id=1000 + one.author_id, at=one.at + timedelta(1))
        for one in posts((30, {B, DOES, "emotion:joy"}), (10, {DOES}), (20, {B}), (60, set()))
    ]
    found = drivers("Acme", sayings, Outcome.RECOMMEND, {})
    assert (found.authors, found.having) == (120, 40)
    assert [one.tag for one in found.drivers] == [B]


@pytest.mark.parametrize(
    ("outcome", "derived", "important", "mentioned", "box"),
    [
        (Outcome.RECOMMEND, -0.5, True, 5, Box.FIX_FIRST),
        (Outcome.RECOMMEND, -0.5, True, 50, Box.FIX_FIRST),
        (Outcome.RECOMMEND, 0.5, True, 5, Box.KEEP),
        (Outcome.WARN, 0.5, True, 5, Box.FIX_FIRST),
        (Outcome.LEAVE, -0.5, True, 50, Box.KEEP),
        (Outcome.LEAVE, 0.5, False, 50, Box.TABLE_STAKES),
        (Outcome.RECOMMEND, 0.5, False, 5, Box.IGNORE),
    ],
)
def test_the_box_is_by_what_it_moves_and_only_then_by_how_much_it_is_said(
    outcome: Outcome, derived: float, important: bool, mentioned: int, box: Box
) -> None:
    assert box_of(outcome, share(mentioned, 100), derived, 0.2, important=important) is box


def test_an_interval_that_just_leaves_out_nought_is_no_driver_where_ten_themes_are_looked_at() -> None:
    found = drivers("Acme", simulated.sayings(np.random.default_rng(1), 1500), Outcome.RECOMMEND, {})
    doubtful = {one.tag: one for one in found.drivers if not one.spans_nought and not one.important}
    # Nothing moves by "use", and yet its own interval would say so.
    assert set(doubtful) == {"touchpoint:use", "touchpoint:deliver"}
    assert {one.box for one in doubtful.values()} == {Box.TABLE_STAKES}
