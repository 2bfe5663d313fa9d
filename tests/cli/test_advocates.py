"""`listener advocates`: who recommends us, and what they were given."""

import csv
import io
from pathlib import Path

import pytest

from listener.domain.themes import Tagging
from listener.domain.verdict import Label
from tests.builders import author, verdict
from tests.cli.office import Counter, counter

ADVISES = verdict(Label.PRAISE, tagging=Tagging(tagger="t", tags=(("act:recommend", 1.0),)))


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Counter:
    at = counter(tmp_path / "settings", monkeypatch)
    brands = at.folder / "brands.toml"
    brands.write_text(brands.read_text().replace("Northlight Coffee", "Acme"))
    with at.hears() as office:
        office.hears("get one", author=author("ben", followers=999), said=ADVISES, can_reply=True)
        office.hears("nice", by="cleo", said=verdict(Label.PRAISE), can_reply=False)
        office.hears("late", by="dan", thread="t2")
    return at


def test_advocates_are_listed_and_the_queue_holds_whom_we_may_write_to(desk: Counter) -> None:
    rows = desk.types("advocates", "--json").rows
    assert [(row["account"], row["recommends"], row["praises"], row["reach ≤"], row["score"]) for row in rows] == [
        ("x:ben", 1, 0, 999, 4.0),
        ("x:cleo", 0, 1, None, 1.0),
    ]
    seen = desk.types("advocates", "--next", "thanks", "--json")
    assert [row["account"] for row in seen.rows] == ["x:ben"]
    assert "1 can't be answered by their platform's terms" in seen.err


def test_a_thank_you_is_noted_once(desk: Counter) -> None:
    seen = desk.types("advocates", "thank", "@ben", "--why", "told friends")
    assert (seen.code, seen.out) == (0, "Entry 1: thanks for x:ben: a public thank-you\n")
    assert "Nothing was sent. Write to them under https://example.com/1" in seen.err
    again = desk.types("advocates", "thank", "@ben", "--why", "told friends", agent="bob")
    assert (again.code, "ben had thanks on" in again.err, "from ada (entry 1)" in again.err) == (5, True, True)
    assert desk.types("advocates", "--next", "thanks", "--json").rows == []
    assert desk.types("advocates", "undo", "1").code == 0
    assert len(desk.types("advocates", "--next", "thanks", "--json").rows) == 1


def test_rewards_keep_to_the_budget_and_the_ledger_shows_both(desk: Counter) -> None:
    assert desk.types("advocates", "reward", "ben", "--what", "a mug", "--cost", "12.50", "--why", "x").code == 0
    seen = desk.types("advocates", "ledger", "--json")
    assert [(row["gift"], row["account"], row["cost"], row["why"]) for row in seen.rows] == [
        ("reward", "x:ben", "12.50", "x")
    ]
    assert "12.50 EUR spent of 500.00 EUR, 487.50 EUR left" in seen.err
    much = desk.types("advocates", "reward", "ben", "--what", "a car", "--cost", "400", "--why", "x")
    assert much.code != 0
    odd = desk.types("advocates", "reward", "ben", "--what", "a mug", "--cost", "1.005", "--why", "x")
    assert (odd.code, "no amount of money" in odd.err) == (2, True)


def test_an_invitation_costs_nothing(desk: Counter) -> None:
    seen = desk.types("advocates", "invite", "ben", "--what", "the beta", "--why", "knows the app", "--json")
    assert (seen.one["gift"], seen.one["cost"], seen.one["post"]) == ("invitation", "0.00", 1)


def test_who_spoke_against_us_has_no_post_to_be_thanked_for(desk: Counter) -> None:
    seen = desk.types("advocates", "thank", "dan", "--why", "x")
    assert (seen.code, "isn't for us" in seen.err, "--post ID" in seen.err) == (2, True, True)


def test_nobody_is_thanked_for_a_post_on_somebody_else(desk: Counter) -> None:
    with desk.hears() as office:
        office.hears("get a rival", by="ben", brands=("Rival",), said=ADVISES, can_reply=True)
    seen = desk.types("advocates", "thank", "ben", "--why", "x", "--post", "4")
    assert (seen.code, "post 4 is about no brand of ours" in seen.err) == (2, True)


def test_no_cell_of_the_ledger_is_a_formula(desk: Counter) -> None:
    desk.types("advocates", "thank", "ben", "--why", "=1+1")
    rows = list(csv.DictReader(io.StringIO(desk.types("advocates", "ledger", "--csv").out)))
    assert rows[0]["why"] == "'=1+1"
