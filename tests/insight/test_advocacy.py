"""Who speaks for a brand and who against it."""

from hypothesis import given, settings

from listener.domain.loyalty import Saying
from listener.domain.stored import AuthorStand
from listener.domain.verdict import Label, Sentiment
from listener.insight.advocacy import Stance, balance, balance_of, balances, stance, stances, stand_of
from tests.builders import NOON
from tests.insight import slow_loyalty as slow
from tests.insight.test_factors import saying, talk

COMPLAINT, PRAISE, QUESTION = Label.COMPLAINT, Label.PRAISE, Label.QUESTION


def stand(*labels: Label, sentiment: Sentiment | None = Sentiment.NEUTRAL, author_id: int = 1) -> AuthorStand:
    return AuthorStand(
        author_id=author_id,
        handle="ann",
        platform="x",
        followers=None,
        mentions=1,
        labels=frozenset(labels),
        sentiment=sentiment,
        at=NOON,
    )


def test_praise_promotes_complaint_detracts_and_both_or_neither_is_passive() -> None:
    assert stance(stand(PRAISE)) is Stance.PROMOTER
    assert stance(stand(COMPLAINT, QUESTION)) is Stance.DETRACTOR
    assert stance(stand(PRAISE, COMPLAINT)) is Stance.PASSIVE
    assert stance(stand(QUESTION)) is Stance.PASSIVE
    assert stance(stand()) is Stance.PASSIVE


def test_an_author_of_whom_nothing_could_be_told_is_not_passive_but_unknown() -> None:
    assert stance(stand(sentiment=None)) is Stance.UNKNOWN


def test_the_balance_is_promoters_less_detractors_in_points_of_those_known() -> None:
    stands = [stand(PRAISE)] * 12 + [stand(COMPLAINT)] * 20 + [stand()] * 8 + [stand(sentiment=None)] * 5
    found = balance(stands)
    assert (found.promoters, found.passives, found.detractors, found.unknown, found.n) == (12, 8, 20, 5, 40)
    assert found.points == -20.0
    assert found.low < -20.0 < found.high < 10
    assert found.telling


def test_few_authors_tell_no_balance() -> None:
    found = balance([stand(PRAISE)] * 3)
    assert not found.telling
    assert balance([]).points == 0.0


def test_advice_outranks_mood_and_both_of_a_kind_take_no_side() -> None:
    assert stand_of(saying(1, 1, "act:recommend", complaint=True)) is Stance.PROMOTER
    assert stand_of(saying(1, 1, "act:warn", praise=True)) is Stance.DETRACTOR
    assert stand_of(saying(1, 1, "act:recommend", "act:warn", praise=True)) is Stance.PASSIVE
    assert stand_of(saying(1, 1, praise=True, complaint=True)) is Stance.PASSIVE
    assert stand_of(saying(1, 1, question=True)) is Stance.UNKNOWN


def test_leaving_is_no_warning_to_others() -> None:
    assert stand_of(saying(1, 1, "act:leave")) is Stance.UNKNOWN


def test_a_brand_only_named_beside_another_is_neither_praised_nor_warned_of() -> None:
    assert stand_of(saying(1, 1, "act:recommend", praise=True, addressed=False)) is Stance.UNKNOWN
    assert stances([saying(1, 1, "act:recommend", addressed=False)]) == {1: Stance.UNKNOWN}


def test_the_latest_stand_wins_and_what_takes_none_takes_nothing_back() -> None:
    complained, asked, praised = saying(1, 1, complaint=True), saying(2, 1, question=True), saying(3, 1, praise=True)
    assert stances([complained, asked]) == {1: Stance.DETRACTOR}
    assert stances([praised, asked, complained]) == {1: Stance.PROMOTER}
    assert stances([asked]) == {1: Stance.PASSIVE}
    assert stances([saying(1, 1, sentiment=None)]) == {1: Stance.UNKNOWN}


@settings(max_examples=40, deadline=None)
@given(talk())
def test_the_balance_is_what_a_slow_count_finds_in_any_order(posts: list[Saying]) -> None:
    found, votes = balance_of(posts), list(slow.votes(posts).values())
    assert [found.promoters, found.detractors, found.passives, found.unknown] == [
        votes.count(vote) for vote in ("for", "against", "passive", "unknown")
    ]
    assert balance_of(posts[::-1]) == found
    assert found.low <= found.points <= found.high


def test_an_author_speaks_once_in_each_group() -> None:
    grouped = {"x": [saying(1, 1, praise=True)], "reddit": [saying(2, 1, complaint=True)]}
    found = balances(grouped)
    assert (found["x"].promoters, found["reddit"].detractors) == (1, 1)
