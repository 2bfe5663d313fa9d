"""The touchpoint × sentiment map: people by their latest word at each touchpoint, shares with their n."""

from dataclasses import replace
from datetime import timedelta

from listener.domain.loyalty import Saying
from listener.insight.intervals import share
from listener.insight.journey import journey
from tests.builders import NOON

PLAIN = Saying(
    mention_id=0,
    author_id=0,
    platform="x",
    lang="en",
    at=NOON,
    addressed=True,
    scored=True,
    sentiment="neutral",
    complaint=False,
    praise=False,
    question=False,
    engagement=0,
    queue="",
    tags=frozenset(),
)


def said(author: int, mood: str | None, *touchpoints: str, at: int = 0, **more: object) -> Saying:
    tags = frozenset(f"touchpoint:{name}" for name in touchpoints)
    return replace(PLAIN, author_id=author, sentiment=mood, at=NOON + timedelta(minutes=at), tags=tags, **more)  # type: ignore[arg-type]


def test_each_person_counts_once_a_touchpoint_by_the_latest_word_there() -> None:
    sayings = [
        said(1, "negative", "buy", "deliver"),
        said(1, "positive", "deliver", at=1),
        said(2, "negative", "deliver", at=2),
        said(3, None, "deliver", at=3),
        said(4, None, "deliver", at=4, scored=False),
    ]
    buy, deliver = journey("Acme", sayings, ["buy", "deliver"], {}, "t").stops
    assert (buy.people, buy.posts, buy.negative) == (1, 1, 1)
    assert (deliver.people, deliver.posts) == (4, 5)
    assert (deliver.negative, deliver.neutral, deliver.positive) == (1, 0, 1)
    assert (deliver.unsure, deliver.unscored) == (1, 1)
    assert deliver.unhappy == deliver.happy == share(1, 2)


def test_touchpoints_stand_in_their_order_and_those_configured_no_more_behind_them() -> None:
    found = journey("Acme", [said(1, "neutral", "old"), said(2, "neutral", "use")], ["discover", "use"], {}, "t")
    assert [stop.touchpoint for stop in found.stops] == ["discover", "use", "old"]
    assert [stop.people for stop in found.stops] == [0, 1, 1]


def test_posts_at_no_touchpoint_are_counted_and_so_are_those_of_older_themes() -> None:
    sayings = [said(1, "negative"), said(2, "positive", "buy"), said(2, "neutral", at=1), said(3, "neutral", at=2)]
    found = journey("Acme", sayings, ["buy"], {"t": 2, "older": 1, "": 1}, "t")
    assert found.without == share(3, 4)
    assert (found.nowhere.people, found.nowhere.posts, found.nowhere.negative) == (3, 3, 1)
    assert (found.posts, found.people, found.older, found.unlooked) == (4, 3, 1, 1)


def test_posts_that_only_name_the_brand_beside_another_do_not_count() -> None:
    found = journey("Acme", [said(1, "negative", "buy", addressed=False)], ["buy"], {}, "t")
    assert (found.posts, found.people, found.stops[0].people) == (0, 0, 0)


def test_few_people_are_too_few_to_tell() -> None:
    few = journey("Acme", [said(n, "negative", "buy") for n in range(29)], ["buy"], {}, "t")
    enough = journey("Acme", [said(n, "negative", "buy") for n in range(30)], ["buy"], {}, "t")
    assert not few.stops[0].unhappy.telling
    assert enough.stops[0].unhappy.telling
