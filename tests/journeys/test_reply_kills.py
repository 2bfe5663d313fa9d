"""An answer stands on its platform once, whoever was killed over it and whenever."""

import pytest

from listener.domain.sending import SendState
from tests.journeys.reply_kills import POINTS, journey, killed


@pytest.fixture
def kills(request: pytest.FixtureRequest) -> int:
    """Of each kind of instance."""
    return 26 * int(request.config.getoption("--crash-kills")) // 10


@pytest.mark.parametrize("honours_keys", [True, False], ids=["keys count", "keys don't count"])
def test_J1_an_answer_killed_at_any_point_is_sent_exactly_once(kills: int, *, honours_keys: bool) -> None:
    made = killed(kills, 20260309, honours_keys=honours_keys)
    assert made.kills.total() >= kills
    assert set(POINTS) <= set(made.kills), "a point was never met: nothing was proved of it"
    assert all(made.kills[point] for point in POINTS)


def test_J1_two_processes_over_fifty_answers_send_each_once() -> None:
    with journey(honours_keys=False) as made:
        made.hears(50)
        texts = [f"Sorry, number {number}!" for number in range(50)]
        rows = [made.answers(case_id, text) for case_id, text in enumerate(texts, 1)]
        both = [made.process(), made.process()]
        for process in both:
            process.join(120)
        assert [process.exitcode for process in both] == [0, 0]
        assert {made.row(row.id).state for row in rows} == {SendState.SENT}
        assert [made.copies_of(text) for text in texts] == [1] * 50
        assert made.instance.copies().total() == 50


def test_J1_the_count_sees_an_answer_that_nobody_looked_for() -> None:
    """The same journey, but whoever comes after a death takes the answer for lost."""
    with journey(honours_keys=False) as made:
        made.answers(1, "Sorry!")
        assert made.run("after it is taken")
        for _ in range(3):
            made.passes()
            made.run(looks=False)
        assert made.copies_of("Sorry!") == 2
