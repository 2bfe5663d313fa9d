"""Whether complainers came round once their case was resolved."""

from dataclasses import replace
from datetime import timedelta

import numpy as np

from listener.domain.loyalty import Saying
from listener.domain.recovery import Recovery, RecoveryBy, Resolution
from listener.insight.intervals import share
from listener.insight.recovery import followed, recovery
from listener.insight.windows import Window
from tests.builders import NOON
from tests.insight import simulated_customers as simulated
from tests.insight.simulated_customers import PLAIN

DAY = timedelta(days=1)
WINDOW = Window(since=NOON, until=NOON + 7 * DAY)
LATER = NOON + 200 * DAY


def resolved(author: int, day: float = 0, **more: object) -> Resolution:
    plain = Resolution(case_id=author, author_id=author, brand="Acme", queue="care", agent="ada", at=NOON + day * DAY)
    return replace(plain, **more)  # type: ignore[arg-type]


def post(author: int, day: float, **more: object) -> Saying:
    return replace(PLAIN, author_id=author, at=NOON + day * DAY, **more)  # type: ignore[arg-type]


def told(cases: list[Resolution], *posts: Saying, now: object = LATER, by: RecoveryBy | None = None) -> Recovery:
    said: dict[tuple[str, int], list[Saying]] = {}
    for one in sorted(posts, key=lambda one: one.at):
        said.setdefault(("Acme", one.author_id), []).append(one)
    return recovery(cases, said, brands=("Acme",), window=WINDOW, now=now, by=by)  # type: ignore[arg-type]


def test_recovered_is_whoever_posted_again_and_complained_no_more() -> None:
    cases = [resolved(n) for n in range(1, 6)]
    line = told(
        cases,
        post(1, 2),
        post(1, 9, praise=True),
        post(2, 2),
        post(2, 9, complaint=True),
        post(3, 5, complaint=True),
        post(4, 31, praise=True),
        post(5, -1, praise=True),
    ).whole
    assert line.recovered == share(1, 3)
    assert (line.resolved, line.silent, line.pending) == (5, 2, 0)


def test_a_post_that_could_not_be_read_or_speaks_to_another_tells_nothing() -> None:
    line = told(
        [resolved(1), resolved(2), resolved(3)],
        post(1, 2, scored=False),
        post(2, 2, sentiment=None),
        post(3, 2, addressed=False),
    ).whole
    assert (line.recovered.whole, line.silent) == (0, 3)


def test_whoever_is_still_within_the_thirty_days_waits_even_if_they_complained_already() -> None:
    found = told([resolved(1), resolved(2, 5)], post(1, 1), post(2, 6, complaint=True), now=NOON + 31 * DAY)
    assert found.whole.recovered == share(1, 1)
    assert found.whole.pending == 1
    assert found.complete_on == NOON + 35 * DAY


def test_a_person_counts_once_from_the_first_resolution_on() -> None:
    cases = [resolved(1, 5, case_id=9), resolved(1, 0, case_id=8)]
    assert told(cases, post(1, 3, complaint=True), post(1, 6)).whole.recovered == share(0, 1)


def test_the_time_is_to_the_first_post_that_does_not_complain() -> None:
    cases = [resolved(n) for n in range(3)]
    posts = [post(0, 1), post(1, 2, complaint=True), post(1, 4), post(2, 3, complaint=True)]
    time = told(cases, *posts).whole.time
    assert (time.value, time.n) == (4 * DAY, 3)


def test_a_complainer_who_then_recommends_is_a_promoter_once_the_ninety_days_are_over() -> None:
    posts = (post(1, 3), post(1, 60, tags=frozenset({"act:recommend"})))
    assert told([resolved(1)], *posts).whole.promoters == share(1, 1)
    assert told([resolved(1)], *posts, now=NOON + 80 * DAY).whole.promoters == share(0, 0)
    late = (post(1, 3), post(1, 91, praise=True))
    assert told([resolved(1)], *late).whole.promoters == share(0, 1)


def test_rows_are_by_agent_queue_and_touchpoint() -> None:
    cases = [resolved(1, agent="ben", touchpoints=("buy", "use")), resolved(2, queue="sales")]
    posts = (post(1, 2), post(2, 2, complaint=True))
    assert {line.key: line.recovered.part for line in told(cases, *posts, by=RecoveryBy.AGENT).lines} == {
        "ben": 1,
        "ada": 0,
    }
    assert [line.key for line in told(cases, *posts, by=RecoveryBy.QUEUE).lines] == ["care", "sales"]
    assert {line.key for line in told(cases, *posts, by=RecoveryBy.TOUCHPOINT).lines} == {"buy", "use", "(none)"}


def test_the_headline_says_it_with_n_and_interval_or_that_it_cannot() -> None:
    many = [resolved(n) for n in range(50)]
    posts = [post(n, 2, complaint=n >= 30) for n in range(40)]
    assert told(many, *posts).headline == (
        "Recovery: 50 people had a complaint resolved; of the 40 who posted again within 30 days, 75 % (60 to 86) no"
        " longer complained, half of those 40 within 2 days."
    )
    assert told([resolved(1)], post(1, 2)).headline == (
        "Recovery: 1 person had a complaint resolved; too few to tell how many no longer complain (1 posted again"
        " within 30 days, 30 are needed)."
    )
    assert told([resolved(1)], now=NOON + DAY).headline == (
        "Recovery: 1 person had a complaint resolved; too few to tell how many no longer complain (0 posted again"
        " within 30 days, 30 are needed); for 1 more it is too early, until 2026-04-01."
    )
    assert told([]).headline == "Recovery: no complaint was resolved."


def test_the_followed_window_has_no_pending_people() -> None:
    window = followed(LATER, days=28)
    assert window.until + 30 * DAY == LATER
    assert window.length == 28 * DAY


def test_simulated_complainers_recover_as_they_were_made_to() -> None:
    cases, posts = simulated.complainers(np.random.default_rng(11), 2000)
    line = recovery(cases, posts, brands=("Acme",), window=WINDOW, now=LATER).whole
    assert line.recovered.low <= simulated.RECOVERED <= line.recovered.high
    assert line.time.low is not None
    assert line.time.high is not None
    assert line.time.low <= simulated.HALF_TURNED <= line.time.high
