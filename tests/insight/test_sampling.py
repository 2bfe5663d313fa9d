"""A sample speaks for all posts: drawn by chance, repeatably, weighted back without bias, with an honest interval."""

import random
from collections import Counter

import pytest

from listener.domain.truth import Judged, Stratum
from listener.insight import sampling
from listener.insight.sampling import Cell, Checked, Drawn, Measure, Weighted, draw, weighted_share

Post = tuple[int, float, bool, bool]
"""Id, confidence in complaint, whether the model said so, whether it is one."""


def brand(posts: int = 1500, seed: int = 1) -> list[Post]:
    """A model that overstates: it gives the label from 0.5, and is right in 0.8 of what its confidence says."""
    chance = random.Random(seed)
    made = []
    for number in range(1, posts + 1):
        sure = chance.betavariate(0.4, 1.0)
        made.append((number, sure, sure >= 0.5, chance.random() < 0.05 + 0.8 * sure))
    return made


def recall(said: bool, true: bool) -> Cell:
    return Cell.OUTSIDE if not true else Cell.HIT if said else Cell.MISS


def precision(said: bool, true: bool) -> Cell:
    return recall(true, said)


JUDGES = {Measure.RECALL: recall, Measure.PRECISION: precision}


def judged(posts: list[Post]) -> list[Judged]:
    given = frozenset({"complaint"})
    return [
        Judged(mention_id=number, confidence=sure, given=given if said else frozenset())
        for number, sure, said, _ in posts
    ]


def told(posts: list[Post], drawn: Drawn, measure: Measure) -> list[Checked]:
    by_id = {number: (said, true) for number, _, said, true in posts}
    return [
        Checked(stratum=place, given=by_id[one][0], cell=JUDGES[measure](*by_id[one])) for one, place in drawn.posts
    ]


def estimated(posts: list[Post], wanted: int, seed: int, measure: Measure) -> Weighted:
    drawn = draw(judged(posts), wanted, seed)
    return weighted_share(drawn.strata, "complaint", measure, told(posts, drawn, measure))


def truth_of(posts: list[Post], measure: Measure) -> float:
    cells = Counter(JUDGES[measure](said, true) for *_, said, true in posts)
    return cells[Cell.HIT] / (cells[Cell.HIT] + cells[Cell.MISS])


def plain(place: int, cell: Cell) -> Checked:
    return Checked(stratum=place, given=True, cell=cell)


def stratum(size: int) -> Stratum:
    return Stratum(floor=0, ceiling=1, population=size, drawn=5, given={})


def test_the_same_posts_and_seed_give_the_same_sample_in_whatever_order_they_come() -> None:
    posts = judged(brand(300))
    first = draw(posts, 60, 7)
    assert draw(posts[::-1], 60, 7) == first
    assert draw(posts, 60, 8) != first
    assert len({mention_id for mention_id, _ in first.posts}) == 60


def test_every_post_of_a_stratum_is_as_likely_as_another() -> None:
    posts = [Judged(mention_id=number, confidence=0.05, given=frozenset()) for number in range(1, 41)]
    often = Counter(mention_id for seed in range(1000) for mention_id, _ in draw(posts, 10, seed).posts)
    # 250 expected of each, standard deviation 13.7.
    assert len(often) == 40
    assert all(190 < count < 310 for count in often.values())


def test_strata_add_up_and_none_is_skimped_while_there_is_room() -> None:
    posts = judged(brand())
    drawn = draw(posts, 100, 3)
    assert sum(one.population for one in drawn.strata) == len(posts)
    assert sum(one.drawn for one in drawn.strata) == 100
    assert all(one.drawn >= sampling.FEWEST for one in drawn.strata)
    for place, one in enumerate(drawn.strata):
        inside = {p.mention_id for p in posts if one.floor <= p.confidence < one.ceiling}
        assert len(inside) == one.population
        assert one.given.get("complaint", 0) == sum(bool(p.given) for p in posts if p.mention_id in inside)
        mine = {mention_id for mention_id, stratum in drawn.posts if stratum == place}
        assert len(mine) == one.drawn
        assert mine <= inside


@pytest.mark.parametrize("wanted", [1, 3, 30, 31, 500])
def test_a_sample_is_never_larger_than_asked_for_nor_than_what_there_is(wanted: int) -> None:
    assert len(draw(judged(brand(30)), wanted, 1).posts) == min(wanted, 30)
    assert draw([], wanted, 1).posts == ()


def test_the_first_half_served_is_half_of_every_stratum() -> None:
    drawn = draw(judged(brand()), 100, 5)
    half = Counter(place for _, place in drawn.posts[:50])
    assert all(abs(half[place] - one.drawn / 2) <= 1 for place, one in enumerate(drawn.strata))


def test_a_share_is_what_weighting_each_post_one_by_one_gives() -> None:
    posts = {number: (said, true) for number, _, said, true in brand()}
    drawn = draw(judged(brand()), 120, 11)
    places = {
        number: next(n for n, one in enumerate(drawn.strata) if one.floor <= sure < one.ceiling)
        for number, sure, *_ in brand()
    }
    hits = whole = 0.0
    for mention_id, place in drawn.posts:
        said, true = posts[mention_id]
        alike = [one for one in posts if places[one] == place and posts[one][0] == said]
        checked = [one for one, other in drawn.posts if other == place and posts[one][0] == said]
        hits += len(alike) / len(checked) * (said and true)
        whole += len(alike) / len(checked) * true
    found = estimated(brand(), 120, 11, Measure.RECALL)
    assert found.value == pytest.approx(hits / whole)
    assert found.n == sum(posts[one][1] for one, _ in drawn.posts)
    assert found.low < found.value < found.high


@pytest.mark.parametrize("measure", JUDGES)
def test_a_brand_that_was_checked_whole_leaves_no_doubt(measure: Measure) -> None:
    posts = brand(80)
    found = estimated(posts, 80, 1, measure)
    assert found.low == pytest.approx(found.value) == pytest.approx(found.high)
    assert found.value == pytest.approx(truth_of(posts, measure))


def test_where_nothing_was_checked_nothing_is_known() -> None:
    for checked in ([], [plain(0, Cell.OUTSIDE)]):
        found = weighted_share([stratum(50)], "all", Measure.SHARE, checked)
        assert (found.low, found.high, found.n, found.telling) == (0.0, 1.0, 0, False)


def test_five_hits_of_five_are_no_certainty() -> None:
    found = weighted_share([stratum(500)], "all", Measure.SHARE, [plain(0, Cell.HIT)] * 5)
    assert (found.value, found.high) == (1.0, 1.0)
    assert found.low < 0.95


def test_no_miss_among_a_few_of_many_leaves_recall_in_doubt() -> None:
    """Nineteen of twenty posts lie where nothing was given, and only ten of them were looked at."""
    strata = [Stratum(floor=0, ceiling=1, population=2000, drawn=50, given={"complaint": 100})]
    seen = [plain(0, Cell.HIT)] * 40 + [Checked(stratum=0, given=False, cell=Cell.OUTSIDE)] * 10
    found = weighted_share(strata, "complaint", Measure.RECALL, seen)
    assert (found.value, found.high) == (1.0, 1.0)
    assert found.low < 0.5


def test_a_stratum_that_nobody_has_checked_yet_is_told_by_its_neighbour() -> None:
    strata = [stratum(size) for size in (100, 10, 30)]
    seen = [plain(0, Cell.HIT), plain(0, Cell.MISS), plain(2, Cell.MISS), plain(2, Cell.MISS)]
    found = weighted_share(strata, "all", Measure.SHARE, seen)
    # The empty one joins the first: 110 · ½ hits of 140.
    assert found.value == pytest.approx(55 / 140)


@pytest.mark.parametrize("measure", JUDGES)
def test_shares_are_unbiased_and_intervals_hold_what_they_promise(
    measure: Measure, monkeypatch: pytest.MonkeyPatch
) -> None:
    """300 samples of 120 from 1,500 posts; the estimate is a ratio, whose bias is of the order of one in n."""
    monkeypatch.setattr(sampling, "DRAWS", 100)
    posts = brand()
    real = truth_of(posts, measure)
    found = [estimated(posts, 120, seed, measure) for seed in range(300)]
    held = sum(one.low <= real <= one.high for one in found)
    assert abs(sum(one.value for one in found) / 300 - real) < 0.012
    assert held >= 0.93 * 300
    assert held < 300  # an interval that always holds says nothing


def test_unweighted_the_same_sample_would_mislead(monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: what weighting is for. How many of the posts are complaints?"""
    monkeypatch.setattr(sampling, "DRAWS", 20)
    posts = brand()
    by_id = {number: true for number, *_, true in posts}
    real = sum(by_id.values()) / len(posts)
    bare = weighted = 0.0
    for seed in range(50):
        drawn = draw(judged(posts), 120, seed)
        seen = [plain(place, Cell.HIT if by_id[one] else Cell.MISS) for one, place in drawn.posts]
        bare += sum(one.cell is Cell.HIT for one in seen) / len(seen) / 50
        weighted += weighted_share(drawn.strata, "all", Measure.SHARE, seen).value / 50
    assert abs(weighted - real) < 0.02
    assert bare - real > 0.04
