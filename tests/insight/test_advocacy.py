"""Who speaks for a brand and who against it."""

from listener.domain.stored import AuthorStand
from listener.domain.verdict import Label, Sentiment
from listener.insight.advocacy import Stance, balance, stance
from tests.builders import NOON

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
