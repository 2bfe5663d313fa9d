"""The second half of the contract, seen green on a good fake and red on each broken one."""

from collections.abc import Iterator

import pytest

from tests.contracts import reach_contract as contract
from tests.contracts import reach_fakes as fakes
from tests.contracts.connector_contract import CHECKS, Check
from tests.contracts.reach_contract import REACH_CHECKS
from tests.contracts.reach_fakes import ReachFake, ReachRig


@pytest.fixture
def rig(request: pytest.FixtureRequest) -> Iterator[ReachRig]:
    rig = ReachRig(request.param)
    yield rig
    rig.close()


@pytest.mark.parametrize("check", [*CHECKS, *REACH_CHECKS], ids=lambda check: check.__name__)
@pytest.mark.parametrize("rig", [ReachFake], indirect=True, ids=["fake"])
def test_the_good_fake_keeps(check: Check, rig: ReachRig) -> None:
    check(rig)


CAUGHT_BY: dict[type[ReachFake], Check] = {
    fakes.ForgetsWindows: contract.a_declared_window_is_kept,
    fakes.NeverLooksAgain: contract.what_became_of_posts_is_told,
    fakes.BelievesSilence: contract.an_outage_deletes_nothing,
    fakes.StartsThePastOver: contract.the_past_is_read_on_a_cursor_of_its_own,
    fakes.SpillsOver: contract.the_past_is_read_on_a_cursor_of_its_own,
    fakes.NeverSaysItStands: contract.what_appears_is_heard,
    fakes.HearsHalf: contract.what_appears_is_heard,
    fakes.SendsTwice: contract.an_answer_is_carried_back,
    fakes.FindsAnything: contract.an_answer_is_carried_back,
    fakes.HearsAStranger: contract.our_own_answer_is_known_by_its_key,
    fakes.TakesSilenceForNo: contract.an_answer_without_a_word_back_is_uncertain,
    fakes.CutsShort: contract.what_is_too_long_is_refused_unsent,
}


@pytest.mark.parametrize(("rig", "check"), CAUGHT_BY.items(), indirect=["rig"], ids=lambda value: value.__name__)
def test_a_broken_connector_is_caught(rig: ReachRig, check: Check) -> None:
    with pytest.raises(AssertionError):
        check(rig)


def test_every_check_has_been_seen_red() -> None:
    assert {*CAUGHT_BY.values()} == set(REACH_CHECKS)
