"""`listener customers`: what is typed, what stands there afterwards, and how it leaves for a spreadsheet."""

import csv
import io
from pathlib import Path

import pytest

from listener.domain.themes import Tagging
from listener.domain.verdict import Label
from tests.builders import verdict
from tests.cli.office import Counter, counter

LEAVING = verdict(Label.COMPLAINT, tagging=Tagging(tagger="t", tags=(("act:leave", 1.0),)))


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Counter:
    at = counter(tmp_path / "settings", monkeypatch)
    brands = at.folder / "brands.toml"
    brands.write_text(brands.read_text().replace("Northlight Coffee", "Acme"))
    with at.hears() as office:
        office.hears("late", by="ben")
        office.hears("I leave", by="cleo", thread="t2", said=LEAVING)
        office.hears("bah", by="dan", thread="t3", said=LEAVING)
    return at


def _file(desk: Counter, text: str) -> str:
    path = desk.folder.parent / "customers.csv"
    path.write_text(text, encoding="utf-8")
    return str(path)


GOOD = "id,handle,value,tier,no_contact\n1,x:ben,100,basic,\n2,x:cleo,5000,gold,no\n3,,1,,\n4,x:dan,900,,yes\n"


def test_customers_come_in_and_open_cases_move(desk: Counter) -> None:
    seen = desk.types("customers", "import", _file(desk, GOOD))
    assert (seen.code, seen.err) == (0, "")
    assert "4 customers were imported, 4 of them new, with 3 accounts; 0 rows were left out" in seen.out
    assert "3 unresolved cases changed priority" in seen.out
    assert "worth more than 88% of known customers, 5,000 a year, tier gold" in desk.types("case", "why", "2").out
    rows = desk.types("customers", "list", "--json").rows
    assert [(row["id"], row["accounts"], row["percentile"]) for row in rows] == [
        ("1", ["x:ben"], 0.375),
        ("2", ["x:cleo"], 0.875),
        ("3", [], 0.125),
        ("4", ["x:dan"], 0.625),
    ]


def test_a_dry_run_changes_nothing_and_says_what_would_be(desk: Counter) -> None:
    seen = desk.types("customers", "import", _file(desk, GOOD), "--dry-run", "--json", agent="").one
    assert (seen["customers"], seen["new"], seen["dry_run"]) == (4, 4, True)
    assert desk.types("customers", "list", "--json").rows == []


def test_bad_rows_are_told_and_the_good_ones_come_in(desk: Counter) -> None:
    seen = desk.types("customers", "import", _file(desk, f"{GOOD}5,x:eve,-1,,\n1,x:ben,100,basic,\n6,reddit:fay,1,,\n"))
    assert seen.code == 6
    assert "line 6: value -1 is negative" in seen.out
    assert "line 7: customer 1: an earlier row says all of this already" in seen.out
    assert "line 8: reddit:fay is left out: Reddit's terms" in seen.out
    assert len(desk.types("customers", "list", "--json").rows) == 5


def test_replace_wants_a_file_without_a_fault(desk: Counter) -> None:
    desk.types("customers", "import", _file(desk, GOOD))
    seen = desk.types("customers", "import", _file(desk, "id,handle,value\n9,x:zoe,1\n8,x:yan,-1\n"), "--replace")
    assert (seen.code, "1 rows can't be taken, and --replace would forget" in seen.err) == (2, True)
    assert "line 3: value -1 is negative" in seen.err
    assert len(desk.types("customers", "list", "--json").rows) == 4
    assert desk.types("customers", "import", _file(desk, "id,handle,value\n9,x:zoe,1\n"), "--replace").code == 0
    assert [row["id"] for row in desk.types("customers", "list", "--json").rows] == ["9"]


def test_a_missing_column_is_named_with_the_next_step(desk: Counter) -> None:
    seen = desk.types("customers", "import", _file(desk, "name,handle\n1,ann\n"))
    assert (seen.code, "has no column for id" in seen.err, "--column id=COLUMN" in seen.err) == (2, True, True)


def test_valuable_and_unhappy_customers_are_listed(desk: Counter) -> None:
    desk.types("customers", "import", _file(desk, GOOD))
    seen = desk.types("customers", "valuable", "--json")
    assert [(row["customer"], row["case"], row["reasons"]) for row in seen.rows] == [
        ("2", 2, ["talks of leaving", "complained", "has an unresolved case"])
    ]
    assert "At stake: 6,000 EUR a year, of 3 customers" in seen.err


def test_whoever_may_leave_is_listed_unless_they_asked_not_to_be_contacted(desk: Counter) -> None:
    desk.types("customers", "import", _file(desk, GOOD))
    seen = desk.types("customers", "at-risk", "--json")
    assert [row["account"] for row in seen.rows] == ["x:cleo"]
    assert "1 more asked not to be contacted" in seen.err
    assert "or complained 2 times or more in it with a case unresolved" in seen.err


def test_what_is_at_stake_says_of_how_many_nothing_is_known(desk: Counter) -> None:
    desk.types("customers", "import", _file(desk, "id,handle,value\n1,x:ben,100\n"))
    assert desk.types("customers", "stake", "--json").one == {
        "value": 100.0,
        "currency": "EUR",
        "customers": 1,
        "unknown": 2,
        "days": 30,
    }
    assert "2 more people of unknown value" in desk.types("customers", "stake").out


def test_a_forgotten_customer_is_gone_and_unknown_ones_are_named(desk: Counter) -> None:
    desk.types("customers", "import", _file(desk, GOOD))
    seen = desk.types("customers", "forget", "2")
    assert (seen.code, "3 unresolved cases changed priority" in seen.err) == (0, True)
    assert desk.types("customers", "valuable", "--json").rows == []
    assert "no customer 2" in desk.types("customers", "forget", "2").err


def test_no_cell_of_an_export_is_a_formula(desk: Counter) -> None:
    desk.types("customers", "import", _file(desk, 'id,handle,tier\n=1+1,x:ben,"=HYPERLINK(""x"")"\n'))
    rows = list(csv.DictReader(io.StringIO(desk.types("customers", "list", "--csv").out)))
    assert (rows[0]["id"], rows[0]["tier"]) == ("'=1+1", '\'=HYPERLINK("x")')


def test_only_a_known_brand_is_asked_about(desk: Counter) -> None:
    seen = desk.types("customers", "valuable", "--brand", "Nobody")
    assert (seen.code, "no brand is called" in seen.err) == (2, True)
