"""loyalty.toml: what customers are worth, and what may be given."""

from datetime import timedelta
from pathlib import Path

import pytest

from listener.domain.loyalty import LoyaltyPolicy
from tests.settings.folders import folder, loaded, problems


def test_without_the_file_nothing_that_costs_is_given(tmp_path: Path) -> None:
    assert loaded(folder(tmp_path)).loyalty == LoyaltyPolicy()
    assert LoyaltyPolicy().monthly_budget_cents == 0


def test_amounts_are_kept_in_cents(tmp_path: Path) -> None:
    text = (
        'currency = "chf"\n[value]\nvaluable = 0.9\nrepeated_complaints = 3\n'
        '[rewards]\nmonthly_budget = 19.99\nmost_per_person = 5\ndouble_gift = "30d"\n'
    )
    assert loaded(folder(tmp_path, loyalty=text)).loyalty == LoyaltyPolicy(
        currency="CHF",
        valuable=0.9,
        repeated=3,
        monthly_budget_cents=1999,
        most_per_person_cents=500,
        double_gift=timedelta(days=30),
    )


def test_a_variable_outranks_the_file(tmp_path: Path) -> None:
    root = folder(tmp_path, loyalty="[rewards]\nmonthly_budget = 5\n")
    assert loaded(root, {"LISTENER_LOYALTY_REWARDS_MONTHLY_BUDGET": "7.5"}).loyalty.monthly_budget_cents == 750


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ('currency = "Euro"', "currency"),
        ("[value]\nvaluable = 1.1", "value.valuable"),
        ("[value]\nrepeated_complaints = 1", "value.repeated_complaints"),
        ("[rewards]\nmonthly_budget = -1", "rewards.monthly_budget"),
        ('[rewards]\ndouble_gift = "soon"', "rewards.double_gift"),
        ("[rewards]\nbudget = 5", "rewards.budget"),
        ("[gifts]\n", "gifts"),
    ],
)
def test_what_is_wrong_is_named_with_its_key(tmp_path: Path, text: str, key: str) -> None:
    assert [one.key for one in problems(folder(tmp_path, loyalty=text))] == [key]
