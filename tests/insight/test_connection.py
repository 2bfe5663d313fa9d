"""Who is connected, how they differ, and whether a change is noise."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest

from listener.domain.connection import Moved
from listener.domain.loyalty import Saying
from listener.insight.compare import changed, compare
from listener.insight.connection import connection
from listener.insight.intervals import newcombe, share
from listener.insight.windows import Window
from tests.builders import NOON
from tests.insight.simulated_customers import PLAIN

WEEK = timedelta(days=7)
FIRST, THEN = Window(since=NOON, until=NOON + WEEK), Window(since=NOON + WEEK, until=NOON + 2 * WEEK)
MOVED = ("motivator:belonging", "emotion:love")


def said(author: int, *tags: str, **more: object) -> Saying:
    return replace(PLAIN, author_id=author, tags=frozenset(tags), **more)  # type: ignore[arg-type]


def test_a_motivator_and_a_feeling_of_attachment_stand_in_one_post() -> None:
    sayings = [
        said(1, *MOVED),
        said(2, "motivator:belonging", "emotion:anger"),
        said(3, "motivator:belonging"),
        said(3, "emotion:love"),
        said(4, "emotion:love"),
        said(5, *MOVED, addressed=False),
        said(6, "motivator:security", "emotion:relief"),
        said(6, *MOVED),
    ]
    found = connection("Acme", sayings, {"t": 7, "": 1})
    assert found.connected == share(2, 5)
    assert found.motivators == (("belonging", share(2, 5)), ("security", share(1, 5)))
    assert (found.looked_at, found.posts) == (7, 8)


def test_connected_authors_stand_beside_all_others_with_the_interval_of_the_difference() -> None:
    sayings = [said(n, *MOVED, *(["act:recommend"] if n < 20 else [])) for n in range(40)]
    sayings += [said(n, *(["act:leave"] if n < 80 else [])) for n in range(40, 140)]
    by = {one.name: one for one in connection("Acme", sayings, {}).contrasts}
    assert (by["recommend"].connected, by["recommend"].others) == (share(20, 40), share(0, 100))
    low, high = newcombe(20, 40, 0, 100)
    assert (by["recommend"].difference.low, by["recommend"].difference.high) == (100 * low, 100 * high)
    assert by["talk of leaving"].difference.points == pytest.approx(-40)
    assert by["talk of leaving"].difference.beyond_noise


def test_nobody_is_an_answer() -> None:
    found = connection("Acme", [], {})
    assert found.connected.whole == 0
    assert not any(one.difference.telling for one in found.contrasts)


@pytest.mark.parametrize(
    ("n", "noisy"),
    [
        (200, [Moved.CONNECTED, Moved.LEAVING, Moved.ADVOCACY]),
        (1000, [Moved.LEAVING]),
        (1500, []),
    ],
)
def test_the_retailer_of_the_founding_text_needs_people_enough(n: int, noisy: list[Moved]) -> None:
    told = ((Moved.CONNECTED, 21, 26), (Moved.LEAVING, 37, 33), (Moved.ADVOCACY, 24, 30))
    changes = [changed(what, share(before * n // 100, n), share(after * n // 100, n)) for what, before, after in told]
    assert [one.what for one in changes if not one.difference.beyond_noise] == noisy


def test_a_change_is_a_plain_sentence() -> None:
    change = changed(Moved.CONNECTED, share(210, 1000), share(260, 1000))
    assert change.sentence == "connected rose from 21 % to 26 %, +5 points (1 to 9): more than noise"
    few = changed(Moved.CONNECTED, share(2, 10), share(260, 1000))
    assert few.sentence == "connected: too few to tell (n = 10 before and 1,000 after)"
    same = changed(Moved.LEAVING, share(300, 1000), share(300, 1000))
    assert same.sentence == "talk of leaving stayed at about 30 %, 0 points (-4 to 4): no more than noise may do"


def test_people_in_both_windows_who_stay_as_they_were_narrow_the_interval() -> None:
    before = [said(n, *(MOVED if n < 40 else ())) for n in range(200)]
    same = [said(n, *(MOVED if n < 50 else ())) for n in range(200)]
    others = [said(1000 + n, *(MOVED if n < 50 else ())) for n in range(200)]
    paired = compare("Acme", (FIRST, before), (THEN, same)).changes[0]
    apart = compare("Acme", (FIRST, before), (THEN, others)).changes[0]
    assert (paired.both, apart.both) == (200, 0)
    assert paired.difference.points == apart.difference.points == pytest.approx(5)
    assert paired.difference.beyond_noise
    assert not apart.difference.beyond_noise


def test_the_interval_of_overlapping_windows_holds_no_change_as_often_as_it_says() -> None:
    rng, held, runs = np.random.default_rng(5), 0, 300
    for _ in range(runs):
        moved = rng.random(300) < 0.25
        stays = rng.random(300) < 0.8
        again = np.where(stays, moved, rng.random(300) < 0.25)
        before = [said(n, *(MOVED if moved[n] else ())) for n in range(200)]
        after = [said(n, *(MOVED if again[n] else ())) for n in range(80, 300)]
        found = compare("Acme", (FIRST, before), (THEN, after)).changes[0].difference
        held += found.low <= 0 <= found.high
    # 95 % of 300 is 285; under 274 has a chance of one in a thousand.
    assert 274 <= held <= 298
