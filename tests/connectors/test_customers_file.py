"""Customer lists as people have them: every doubtful cell is told by its line, and no file is too long."""

import tracemalloc
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from listener.connectors.customer_fields import accounts_of, amount_of, day_of, truth_of
from listener.connectors.customers import CustomerFile, CustomerRows
from listener.domain.loyalty import Customer
from listener.errors import ConfigError, SkipRecord

TODAY = date(2026, 3, 2)


def _read(path: Path, content: str | bytes, **more: Any) -> tuple[list[Customer], CustomerRows]:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    rows = CustomerRows(CustomerFile(**{"path": path, "today": TODAY, "platform": "x", **more}))
    return list(rows), rows


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "customers.csv"


def test_a_plain_file_needs_no_mapping(file: Path) -> None:
    text = "Customer ID,Handle,Platform,LTV,Tier,Member Since,Opt-out\n17,@Ann,X,1200.50,gold,2020-05-01,no\n"
    (one,), rows = _read(file, text)
    assert one == Customer(
        ref="17",
        accounts=(("x", "ann"),),
        value=1200.5,
        tier="gold",
        since=date(2020, 5, 1),
        no_contact=False,
        line=2,
    )
    assert (rows.rows, rows.refused, rows.problems) == (1, 0, [])


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_any_common_encoding_and_delimiter_is_found_out(file: Path, encoding: str, delimiter: str) -> None:
    lines = [["id", "handle", "tier"], ["1", "ann", "Größe"], ["2", "ben", "naïve"]]
    found, _ = _read(file, "\r\n".join(delimiter.join(row) for row in lines).encode(encoding))
    assert [(one.ref, one.tier) for one in found] == [("1", "Größe"), ("2", "naïve")]


def test_json_lines_are_read_too(tmp_path: Path) -> None:
    line = '{"id": 5, "handles": ["x:ann", "ben"], "value": 12.5, "no_contact": true}\n'
    (one,), _ = _read(tmp_path / "c.jsonl", line)
    assert (one.ref, one.accounts, one.value, one.no_contact) == ("5", (("x", "ann"), ("x", "ben")), 12.5, True)


def test_columns_are_named_where_the_file_calls_them_otherwise(file: Path) -> None:
    (one,), rows = _read(file, "nr,konto,wert\n1,ann,5\n", columns={"id": "Nr", "handle": "konto", "value": "wert"})
    assert (one.ref, one.value) == ("1", 5.0)
    assert dict(rows.columns) == {"id": "nr", "handle": "konto", "value": "wert"}


@pytest.mark.parametrize(
    ("content", "columns", "said"),
    [
        ("name,handle\n1,ann\n", {}, "has no column for id; it has name, handle"),
        ("id,value\n1,5\n", {}, "has no column for handle"),
        ("id,handle\n1,ann\n", {"value": "worth"}, "has no column 'worth' for value"),
        ("id,handle\n1,ann\n", {"price": "id"}, "--column names price"),
        ("id,handle\n", {}, "holds no row"),
        ("", {}, "holds no row"),
    ],
)
def test_a_file_that_lacks_a_column_is_refused_whole(
    file: Path, content: str, columns: dict[str, str], said: str
) -> None:
    with pytest.raises(ConfigError, match=said):
        _read(file, content, columns=columns)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"absent\.csv can't be read"):
        list(CustomerRows(CustomerFile(path=tmp_path / "absent.csv", today=TODAY)))


def test_each_bad_row_is_told_by_line_and_the_others_are_read(file: Path) -> None:
    rows = [
        "id,handle,value,since,no_contact",
        "1,ann,-5,,",
        "2,ben,many,,",
        "3,cleo,1,yesterday,",
        "4,dan,1,2031-01-01,",
        "5,eve,1,,perhaps",
        ",fay,1,,",
        "1.23E+17,gus,1,,",
        "8,hal",
        '9,"ida,1,,',
        "10,jo,1,,no",
    ]
    found, read = _read(file, "\n".join(rows))
    assert [one.ref for one in found] == ["10"]
    assert [(one.line, one.reason.split(":")[0]) for one in read.problems] == [
        (2, "value -5 is negative"),
        (3, "value many is no amount with '.' as its decimal mark"),
        (4, "since yesterday is no day as 2024-03-01"),
        (5, "since 2031-01-01 is not between 1900 and today"),
        (6, "no_contact perhaps is neither yes nor no"),
        (7, "id is empty"),
        (8, "id 1.23E+17 was rounded by a spreadsheet"),
        (9, "half a row"),
        (10, "CSV"),
    ]
    assert (read.rows, read.refused) == (10, 9)


def test_a_row_that_is_not_of_the_files_encoding_is_set_aside(file: Path) -> None:
    good = "\n".join(f"{n},a{n}" for n in range(20_000)).encode()
    found, read = _read(file, b"id,handle\n" + good + b"\n77777,\xff\xfe\n88888,zoe\n")
    assert (found[-1].ref, read.refused) == ("88888", 1)
    assert "not valid utf-8" in read.problems[0].reason


@pytest.mark.parametrize(
    ("text", "decimal", "value", "currency"),
    [
        ("1200", ".", 1200.0, ""),
        ("1,200", ".", 1200.0, ""),
        ("1,234,567.89", ".", 1234567.89, ""),
        ("1.234,56", ",", 1234.56, ""),
        ("€ 1.234", ",", 1234.0, "€"),
        ("1 234,50 €", ",", 1234.5, "€"),
        ("1\u00a0234,50", ",", 1234.5, ""),
        ("1'234.50", ".", 1234.5, ""),
        ("$99.90", ".", 99.9, "$"),
        ("USD 12", ".", 12.0, "USD"),
        ("12eur", ".", 12.0, "EUR"),
        ("0", ".", 0.0, ""),
    ],
)
def test_amounts_are_read_with_thousands_and_currency(text: str, decimal: str, value: float, currency: str) -> None:
    assert amount_of(text, decimal) == (value, currency)


@pytest.mark.parametrize(
    ("text", "decimal"),
    [
        ("12,5", "."),
        ("1.234,56", "."),
        ("1,23,456", "."),
        ("-1", "."),
        ("−1", "."),
        ("(100)", "."),
        ("$-5", "."),
        ("1e5", "."),
        ("nan", "."),
        ("inf", "."),
        ("0x10", "."),
        ("1.2.3", "."),
        ("٣", "."),
        ("=1+1", "."),
        ("€", "."),
        ("9" * 400, "."),
        ("1 2 3 4 5", "."),
    ],
)
def test_what_is_no_amount_is_refused_and_never_guessed(text: str, decimal: str) -> None:
    with pytest.raises(SkipRecord, match="value"):
        amount_of(text, decimal)


def test_two_currencies_in_one_column_are_no_amounts_to_compare(file: Path) -> None:
    found, read = _read(file, "id,handle,value\n1,ann,$5\n2,ben,£9\n3,cleo,7\n")
    assert [one.ref for one in found] == ["1", "3"]
    assert read.problems[0].reason == "value is in £, and in $ in the rows before"


def test_days_are_iso_or_of_the_format_that_was_said() -> None:
    assert day_of("2024-03", "", TODAY) == date(2024, 3, 1)
    assert day_of("2024", "", TODAY) == date(2024, 1, 1)
    assert day_of("2024-03-05T10:00:00Z", "", TODAY) == date(2024, 3, 5)
    assert day_of("05.03.2024", "%d.%m.%Y", TODAY) == date(2024, 3, 5)
    assert day_of(" ", "", TODAY) is None
    for text in ("05.03.2024", "1899-01-01", "2024-13-01", "1" * 500):
        with pytest.raises(SkipRecord, match="since"):
            day_of(text, "", TODAY)


def test_opt_outs_are_read_in_plain_words_or_not_at_all() -> None:
    assert [truth_of(word) for word in ("Yes", "x", "1", "no", "0", "")] == [True, True, True, False, False, None]
    with pytest.raises(SkipRecord):
        truth_of("maybe")


def test_a_cell_may_hold_several_handles() -> None:
    found = accounts_of("@Ann; bluesky:ann.example | mastodon:@ann@social.example", "x")
    assert found == (("x", "ann"), ("bluesky", "ann.example"), ("mastodon", "ann@social.example"))
    assert accounts_of("ÄNNE", "youtube") == (("youtube", "Änne"),)
    assert accounts_of(" ", "") == ()
    for text in ("ann", "x:", "x:@"):
        with pytest.raises(SkipRecord, match="handle"):
            accounts_of(text, "")


def test_a_redditor_is_tied_to_nobody(file: Path) -> None:
    (one,), read = _read(file, "id,handle\n1,Reddit:ann; x:ann\n")
    assert one.accounts == (("x", "ann"),)
    assert (read.accounts_refused, read.refused) == (1, 0)
    assert read.problems[0].reason.startswith("reddit:ann is left out: Reddit's terms for developers forbid")


def test_a_file_of_any_length_is_read_in_little_memory(file: Path) -> None:
    with file.open("w", encoding="utf-8") as stream:
        stream.write("id,handle,value\n")
        stream.writelines(f"{n},a{n},{n % 997}\n" for n in range(20_000))
        stream.write("x," + "y" * 3_000_000 + ",1\n")
        stream.writelines(f"{n},a{n},-1\n" for n in range(20_000, 30_000))
    rows = CustomerRows(CustomerFile(path=file, today=TODAY, platform="x"))
    tracemalloc.start()
    good = sum(1 for _ in rows)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (good, rows.refused, len(rows.problems)) == (20_000, 10_001, CustomerRows.SHOWN)
    assert peak < 12_000_000
