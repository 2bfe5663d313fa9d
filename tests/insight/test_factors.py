"""The four loyalty factors against a slow recount, over random posts."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from math import isclose

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from listener.domain.digest import MIN_N, Share
from listener.domain.factors import Factor, FactorName, Part
from listener.domain.loyalty import Saying
from listener.insight.factors import FORMULAS, Heard, behind, factors, parts_of
from listener.insight.intervals import share
from tests.builders import NOON
from tests.insight import slow_loyalty as slow

TAGS = (
    "act:recommend",
    "act:warn",
    "act:howto",
    "act:tip",
    "act:use",
    "act:leave",
    "touchpoint:buy",
    "touchpoint:deliver",
    "message:fast",
    "emotion:joy",
)
DAY = date(2026, 3, 2)


def saying(n: int = 1, author: int = 1, *tags: str, **more: object) -> Saying:
    defaults: dict[str, object] = {
        "mention_id": n,
        "author_id": author,
        "platform": "x",
        "lang": "en",
        "at": NOON + timedelta(minutes=n),
        "addressed": True,
        "scored": True,
        "sentiment": "neutral",
        "complaint": False,
        "praise": False,
        "question": False,
        "engagement": 0,
        "queue": "",
        "tags": frozenset(tags),
    }
    return Saying(**{**defaults, **more})  # type: ignore[arg-type]


@st.composite
def talk(draw: st.DrawFn) -> list[Saying]:
    """Up to 90 posts by up to 50 people, some at the same instant."""
    n, people = draw(st.integers(0, 90)), draw(st.integers(1, 50))
    random = draw(st.randoms(use_true_random=False))
    return [
        saying(
            number,
            random.randrange(people),
            *random.sample(TAGS, random.choice((0, 0, 1, 1, 2, 4))),
            at=NOON + timedelta(minutes=random.randrange(40)),
            addressed=random.random() < 0.9,
            sentiment=random.choice((None, "negative", "neutral", "positive")),
            complaint=random.random() < 0.3,
            praise=random.random() < 0.2,
            question=random.random() < 0.2,
        )
        for number in range(n)
    ]


def heard(sayings: Sequence[Saying], **more: object) -> Heard:
    defaults: dict[str, object] = {
        "sayings": sayings,
        "looked_at": (len(sayings), len(sayings)),
        "answered": frozenset(),
        "daily": {},
        "usual": {},
        "carried": (0, len(sayings)),
    }
    return Heard(**{**defaults, **more})  # type: ignore[arg-type]


def part(name: FactorName, at: int, of: Heard) -> Part:
    return parts_of(name, of)[at]


def alike(found: float | None, wanted: float | None) -> bool:
    return found is wanted if found is None or wanted is None else isclose(found, wanted, abs_tol=1e-9)


@settings(max_examples=40, deadline=None)
@given(talk())
def test_each_part_is_what_a_slow_count_finds(posts: list[Saying]) -> None:
    of = heard(posts, answered=frozenset(post.mention_id for post in posts if post.mention_id % 3 == 0))
    if not posts:
        assert all(one.value is None for name in FactorName for one in parts_of(name, of))
        return
    asked = [post for post in posts if post.addressed and "act:howto" in post.tags]
    answered = [post for post in asked if post.mention_id % 3 == 0]
    balance = slow.balance(posts)
    bearing = [post for post in posts if "message:fast" in post.tags]
    assert alike(part(FactorName.USAGE, 0, of).value, slow.share_of_authors(posts, "act:howto", "act:tip", "act:use"))
    assert alike(part(FactorName.USAGE, 1, of).value, len(answered) / len(asked) if asked else None)
    assert alike(part(FactorName.ADVOCACY, 0, of).value, None if balance is None else (balance + 100) / 200)
    assert alike(part(FactorName.ADVOCACY, 1, of).value, slow.share_of_authors(posts, "act:recommend"))
    assert alike(part(FactorName.WORD_OF_MOUTH, 2, of).value, len(bearing) / len(posts))
    assert alike(part(FactorName.EXPERIENCE, 0, of).value, slow.mood(posts, MIN_N))


@settings(max_examples=25, deadline=None)
@given(talk(), talk())
def test_a_score_is_the_mean_of_what_can_be_told_within_its_interval(posts: list[Saying], more: list[Saying]) -> None:
    for factor in factors(heard(posts), heard(more)):
        values = [one.value for one in factor.parts if one.value is not None and one.n >= MIN_N]
        assert alike(factor.score, 100 * sum(values) / len(values) if values else None)
        assert 0 <= factor.low <= (factor.score if factor.score is not None else 0) + 1e-9 <= 100 + 1e-9
        assert factor.score is None or factor.low - 1e-9 <= factor.score <= factor.high + 1e-9 <= 100 + 2e-9
        assert factor.formula == FORMULAS[FactorName(factor.name)]
        for one in factor.parts:
            assert one.value is None or one.low - 1e-9 <= one.value <= one.high + 1e-9


@settings(max_examples=40, deadline=None)
@given(talk())
def test_a_score_is_compared_only_with_one_of_the_same_parts(posts: list[Saying]) -> None:
    for factor in factors(heard(posts), heard([])):
        assert factor.before is None
    for factor in factors(heard(posts), heard(posts)):
        assert alike(factor.before, factor.score)
        assert factor.change in (None, 0)


def crowd(n: int, *tags: str, **more: object) -> list[Saying]:
    return [saying(number, number, *tags, **more) for number in range(n)]


def of_name(found: Sequence[Factor], name: FactorName) -> Factor:
    return next(one for one in found if one.name == name)


def test_usual_authors_score_fifty_and_twice_as_many_two_thirds() -> None:
    before = [DAY - timedelta(days=7 * n) for n in (1, 2)]
    for today, wanted in ((40, 1 / 2), (80, 2 / 3), (0, 0.0)):
        of = heard([], daily={DAY: today, **dict.fromkeys(before, 40)}, usual={DAY: before})
        found = part(FactorName.WORD_OF_MOUTH, 0, of)
        assert found.value is not None
        assert isclose(found.value, wanted, abs_tol=1e-9)
        assert found.low <= found.value < found.high


def test_days_without_history_are_neither_counted_nor_compared() -> None:
    of = heard([], daily={DAY: 40}, usual={DAY: ()})
    assert part(FactorName.WORD_OF_MOUTH, 0, of).value is None


def test_each_touchpoint_weighs_the_same_however_many_speak_of_it() -> None:
    posts = crowd(30, "touchpoint:buy", sentiment="positive") + [
        saying(n, n, "touchpoint:deliver", sentiment="negative") for n in range(1000, 1300)
    ]
    assert part(FactorName.EXPERIENCE, 0, heard(posts)).value == 0.5


def test_an_author_who_complains_daily_of_a_touchpoint_counts_there_once() -> None:
    loud = [saying(n, 7, "touchpoint:buy", sentiment="negative") for n in range(100, 200)]
    calm = [saying(n, n, "touchpoint:buy", sentiment="positive") for n in range(200, 229)]
    assert part(FactorName.EXPERIENCE, 0, heard(loud + calm)).value == pytest.approx(29 / 30)


def test_all_alike_still_has_an_interval() -> None:
    found = part(FactorName.EXPERIENCE, 0, heard(crowd(40, "touchpoint:buy", sentiment="positive")))
    assert found.value == 1.0
    assert found.low < 0.95


def test_posts_that_nobody_looked_at_for_themes_are_no_nought() -> None:
    found = factors(heard(crowd(50, praise=True), looked_at=(0, 50)))
    usage, experience = of_name(found, FactorName.USAGE), of_name(found, FactorName.EXPERIENCE)
    assert usage.score is None
    assert experience.score is None
    assert "listener themes apply" in usage.parts[0].says
    assert of_name(found, FactorName.ADVOCACY).score == 100.0


def test_themes_known_of_some_posts_only_are_told() -> None:
    of = heard(crowd(50, "act:use"), looked_at=(20, 50))
    assert "20 of 50 posts only" in part(FactorName.USAGE, 0, of).says


def test_few_authors_tell_nothing_however_clear_they_are() -> None:
    assert all(one.score is None for one in factors(heard(crowd(MIN_N - 1, "act:recommend", "touchpoint:buy"))))


def test_no_configured_message_is_said_and_not_counted_as_nought() -> None:
    found = part(FactorName.WORD_OF_MOUTH, 2, heard(crowd(50), messages=False))
    assert found.value is None
    assert "themes.toml" in found.says


def test_recovery_is_a_part_of_experience_once_it_is_counted() -> None:
    recovered: Share = share(30, 40)
    with_it = of_name(factors(heard(crowd(40), recovery=recovered)), FactorName.EXPERIENCE)
    assert with_it.score == 75.0
    assert of_name(factors(heard(crowd(40))), FactorName.EXPERIENCE).score is None


def test_the_posts_behind_a_factor_are_those_it_counts() -> None:
    posts = [
        saying(1, 1, "act:use"),
        saying(2, 2, praise=True, engagement=9),
        saying(3, 3, "touchpoint:buy"),
        saying(4, 4, "touchpoint:buy", sentiment=None),
        replace(saying(5, 5, "act:use", "touchpoint:buy", praise=True), addressed=False),
    ]
    listed = {name: [one.mention_id for one in behind(name, posts)] for name in FactorName}
    assert listed[FactorName.USAGE] == [1]
    assert listed[FactorName.ADVOCACY] == [2]
    assert listed[FactorName.EXPERIENCE] == [3]
    assert listed[FactorName.WORD_OF_MOUTH][0] == 2
    assert len(listed[FactorName.WORD_OF_MOUTH]) == 5
