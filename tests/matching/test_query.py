"""What a query may say, what it means, and where its errors point."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from listener.errors import ConfigError
from listener.matching.query import MAX_DEPTH, fault, parse, show
from listener.matching.tokens import MAX_LENGTH, QueryError


@pytest.mark.parametrize(
    ("query", "read_as"),
    [
        ("late", '"late"'),
        ("late parcel", '"late" AND "parcel"'),
        ("a b OR c", '("a" AND "b") OR "c"'),
        ("a AND b OR c AND d", '("a" AND "b") OR ("c" AND "d")'),
        ("a AND (b OR c)", '"a" AND ("b" OR "c")'),
        ("NOT a b", 'NOT "a" AND "b"'),
        ("NOT (a b)", 'NOT ("a" AND "b")'),
        ("NOT NOT a", 'NOT NOT "a"'),
        ("(a b) c", '("a" AND "b") AND "c"'),
        ("and or not", '"and" AND "or" AND "not"'),
        ('"late  parcel"', '"late parcel"'),
        (r'"say \"hi\" \\ now"', r'"say \"hi\" \\ now"'),
        ("@acme", "@acme"),
        ('"@acme"', '"@acme"'),
        ("author:ann Platform:x lang:en", 'author:"ann" AND platform:"x" AND lang:"en"'),
        ('author:"ann b"', 'author:"ann b"'),
        ("10:30 http://acme.example", '"10:30" AND "http://acme.example"'),
        ("((a))", '"a"'),
        ("  a  ", '"a"'),
        ('late"parcel"', '"late" AND "parcel"'),
    ],
)
def test_a_query_is_read_as(query: str, read_as: str) -> None:
    assert show(parse(query)) == read_as
    assert fault(query) is None


@pytest.mark.parametrize(
    ("query", "column", "said"),
    [
        ("", 1, 'expected a word, a phrase, a field or "(", found the end'),
        ("   ", 1, "found the end"),
        ("a AND (b", 9, 'expected ")", found the end'),
        ("a AND", 6, "found the end"),
        ("a OR OR b", 6, "found OR"),
        ("AND a", 1, "found AND"),
        ("NOT", 4, "found the end"),
        ("a )", 3, 'unexpected ")"'),
        ("()", 2, "found )"),
        ('a "late', 3, "never closed"),
        ('a ""', 3, "expected words between the quotes"),
        ('a " \t"', 3, "expected words between the quotes"),
        ("from:ann", 1, 'unknown field "from:"'),
        ("author: ann", 8, "expected a value right after author:"),
        ("a author:", 10, "expected a value right after author:"),
        ("author:(a)", 8, "expected a value right after author:"),
        ("a -b", 3, "write NOT"),
        ("a || b", 3, "write OR"),
        ("a && b", 3, '"&" is no operator'),
        ("a late*", 7, "no wildcard"),
        ("a @", 4, "expected a handle"),
        ("(" * (MAX_DEPTH + 1) + "a", MAX_DEPTH + 2, "nested deeper than 50"),
        ("NOT " * (MAX_DEPTH + 1) + "a", 4 * (MAX_DEPTH + 1) + 1, "nested deeper than 50"),
        ("a" * (MAX_LENGTH + 1), MAX_LENGTH + 1, "longer than"),
    ],
)
def test_an_error_names_its_column_and_what_was_expected(query: str, column: int, said: str) -> None:
    with pytest.raises(QueryError) as raised:
        parse(query)
    assert raised.value.column == column
    assert f"column {column}: " in str(raised.value)
    assert said in str(raised.value)
    assert fault(query) == raised.value.where


def test_an_error_shows_the_query_it_is_about_but_not_all_of_a_long_one() -> None:
    with pytest.raises(ConfigError, match=r"query 'a AND \(b': column 9"):
        parse("a AND (b")
    with pytest.raises(ConfigError) as raised:
        parse("(" + "a " * 2000)
    assert len(str(raised.value)) < 150


def test_L2_nesting_is_allowed_up_to_the_cap() -> None:
    assert fault("(" * MAX_DEPTH + "a" + ")" * MAX_DEPTH) is None


queryish = st.lists(
    st.sampled_from(
        [
            "a",
            "AND",
            "OR",
            "NOT",
            "(",
            ")",
            '"',
            '"b c"',
            "\\",
            "author:",
            "lang:en",
            "x:y",
            "@",
            "@z",
            "-",
            "*",
            " ",
            "\x1c",
        ]
    ),
    max_size=30,
).map(" ".join)


@settings(max_examples=200, deadline=None)
@given(st.one_of(st.text(max_size=80), queryish, st.text(alphabet='ab()":@\\ NOTAR', max_size=60)))
def test_L3_any_string_is_a_query_or_a_config_error(query: str) -> None:
    try:
        node = parse(query)
    except ConfigError:
        return
    assert parse(show(node)) == node
