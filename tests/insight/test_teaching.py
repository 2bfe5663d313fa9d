"""Which posts are asked about first: doubtful ones, many alike, unlike each other."""

from typing import Any

from listener.domain.truth import Candidate
from listener.domain.verdict import Label, Scores, Sentiment, Verdict
from listener.insight.teaching import lessons
from tests.builders import NOON, verdict

WORDS = ("parcel", "invoice", "driver", "locker", "refund", "label", "queue", "window", "battery", "charger")


def said(complaint: float, *, mood: float = 0.98, abstained: bool = False) -> Verdict:
    rest = (1 - mood) / 2
    scores = Scores(
        sentiment={Sentiment.NEGATIVE: mood, Sentiment.NEUTRAL: rest, Sentiment.POSITIVE: rest},
        labels={Label.COMPLAINT: complaint, Label.PRAISE: 0.001, Label.QUESTION: 0.001},
        emotions={},
    )
    return verdict(Label.COMPLAINT, scores=scores, abstained=abstained)


def post(number: int, text: str = "", told: Verdict | None = None, **more: Any) -> Candidate:
    defaults: dict[str, Any] = {"platform": "x", "handle": "ann", "url": "", "posted_at": NOON}
    own = " ".join(f"{word}{chr(97 + number % 26)}" for word in WORDS)
    return Candidate(mention_id=number, text=text or own, said=told or said(0.9), **{**defaults, **more})


def asked(*posts: Candidate, limit: int = 10) -> list[int]:
    return [one.post.mention_id for one in lessons(posts, limit)]


def test_the_closest_to_its_threshold_comes_first() -> None:
    assert asked(post(1, told=said(0.99)), post(2, told=said(0.52)), post(3, told=said(0.3))) == [2, 3, 1]


def test_a_threshold_is_the_labels_own() -> None:
    strict = verdict(Label.COMPLAINT, scores=said(0.8).scores, thresholds={"complaint": 0.8, "sentiment": 0.5})
    (first, *_) = lessons([post(1, told=said(0.6)), post(2, told=strict)], 2)
    assert (first.post.mention_id, first.about) == (2, "complaint")


def test_an_abstention_is_doubtful_however_far_from_a_threshold() -> None:
    (first, *_) = lessons([post(1, told=said(0.7)), post(2, told=said(0.99, abstained=True))], 2)
    assert (first.post.mention_id, first.about) == (2, "mood")


def test_of_near_copies_one_is_asked_about_and_it_comes_before_a_lone_post() -> None:
    copies = [post(n, f"the app crashes when i open the parcel map on my phone {n}", said(0.55)) for n in range(1, 9)]
    found = lessons([*copies, post(20, told=said(0.54))], 10)
    assert [(one.post.mention_id, one.alike) for one in found] == [(8, 8), (20, 1)]


def test_short_posts_are_copies_only_if_they_are_the_same() -> None:
    assert sorted(asked(post(1, "so late"), post(2, "so nice"), post(3, "so late"))) == [2, 3]


def test_posts_that_share_words_with_one_served_before_wait() -> None:
    near = post(1, "my parcel is late and the driver never rang at the door", said(0.5))
    nearly = post(2, "my parcel is late and the driver was rude to us yesterday evening", said(0.52))
    other = post(3, "invoice shows tax twice", said(0.57))
    assert asked(near, nearly, other) == [1, 3, 2]


def test_what_no_model_judged_and_what_is_too_much_stay_out() -> None:
    assert asked(Candidate(**{**_fields(post(1)), "said": None}), post(2)) == [2]
    assert len(asked(*(post(n) for n in range(1, 20)), limit=5)) == 5
    assert asked() == []


def _fields(one: Candidate) -> dict[str, Any]:
    return {name: getattr(one, name) for name in Candidate.__dataclass_fields__}
