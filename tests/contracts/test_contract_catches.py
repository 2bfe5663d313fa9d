"""The contract's own test: the good fake passes every check, and each broken one is caught by the check made for it."""

from collections.abc import Iterator

import pytest

from tests.contracts import broken
from tests.contracts import connector_contract as contract
from tests.contracts.broken import FakeConnector, FakeRig
from tests.contracts.connector_contract import CHECKS, Check


@pytest.fixture
def rig(request: pytest.FixtureRequest) -> Iterator[FakeRig]:
    rig = FakeRig(request.param)
    yield rig
    rig.close()


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
@pytest.mark.parametrize("rig", [FakeConnector], indirect=True, ids=["fake"])
def test_the_good_fake_keeps(check: Check, rig: FakeRig) -> None:
    check(rig)


CAUGHT_BY: dict[type[FakeConnector], Check] = {
    broken.CursorFirst: contract.every_page_can_be_resumed_from,
    broken.FirstPageOnly: contract.everything_published_is_read,
    broken.LoopsForever: contract.a_repeated_token_is_noticed,
    broken.StopsAtFirstKnown: contract.what_is_indexed_late_is_read,
    broken.SwallowsBadItem: contract.a_bad_item_is_set_aside_and_the_others_kept,
    broken.SpoiltByBadItem: contract.a_bad_item_is_set_aside_and_the_others_kept,
    broken.HoardsBadItem: contract.a_bad_item_is_set_aside_and_the_others_kept,
    broken.Hangs: contract.refusals_are_named_by_recovery,
    broken.OutageLooksLikeCalm: contract.refusals_are_named_by_recovery,
    broken.HtmlLooksLikeCalm: contract.refusals_are_named_by_recovery,
    broken.ForgetsTheWindow: contract.refusals_are_named_by_recovery,
    broken.BelievesTheYear2099: contract.refusals_are_named_by_recovery,
    broken.WaitsByItself: contract.refusals_are_named_by_recovery,
    broken.CrashesOnCursor: contract.a_damaged_cursor_is_survived,
    broken.LeapsIntoTheFuture: contract.what_comes_later_is_read_too,
    broken.NeverDone: contract.nothing_new_ends_at_once,
    broken.KeepsDirt: contract.what_is_read_can_be_stored,
    broken.LogsItsToken: contract.no_secret_gets_out,
    broken.ShowsItsToken: contract.no_secret_gets_out,
    broken.ChangesItsMind: contract.reading_again_gives_the_same,
    broken.CriesWolf: contract.an_empty_platform_ends_at_once,
}


@pytest.mark.parametrize(
    ("rig", "check"),
    CAUGHT_BY.items(),
    indirect=["rig"],
    ids=lambda value: value.__name__,
)
def test_a_broken_connector_is_caught(rig: FakeRig, check: Check) -> None:
    with pytest.raises(AssertionError):
        check(rig)


def test_every_check_has_been_seen_red() -> None:
    assert {*CAUGHT_BY.values(), contract.an_outage_in_mid_run_loses_nothing} == set(CHECKS)


@pytest.mark.parametrize("rig", [broken.CursorFirst], indirect=True, ids=["CursorFirst"])
def test_a_cursor_moved_first_is_caught_by_an_outage_too(rig: FakeRig) -> None:
    with pytest.raises(AssertionError, match="lost by an outage"):
        contract.an_outage_in_mid_run_loses_nothing(rig)
