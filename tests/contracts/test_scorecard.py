"""The scorecard says what the checks say."""

from tests.contracts import scorecard
from tests.contracts.scorecard import ALL, of_connector, table


def test_a_card_has_every_promise_kept_or_exempt_with_a_reason() -> None:
    card = of_connector("file")
    assert [result.promise for result in card] == list(ALL)
    assert {result.outcome for result in card} == {"kept", "exempt"}
    assert all(result.why for result in card if result.outcome == "exempt")
    shown = table(card)
    assert "everything published is read" in shown
    assert "✗" not in shown


def test_every_broken_fake_is_caught() -> None:
    fakes, seen = scorecard.caught()
    assert seen == fakes
    assert fakes >= 30
