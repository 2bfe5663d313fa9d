"""The boundary: whatever a platform sends becomes a value we can keep, or a reason why not."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from listener.connectors import boundary, jsons
from listener.connectors.instants import parse_instant, stamp
from listener.connectors.markup import to_text
from listener.errors import SkipRecord

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30) | st.binary(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
surrogates = st.text(alphabet=st.characters(categories=["Cs", "Cc", "L"]), max_size=30)


@settings(max_examples=200, deadline=None)
@given(value=anything | surrogates)
def test_any_value_becomes_something_storable_or_a_reason(value: object) -> None:
    kept = boundary.name_of(value) + boundary.link_of(value) + boundary.optional_id(value) + boundary.lang_of(value)
    kept += jsons.raw_text(value)
    for read in (boundary.id_of, boundary.text_of):
        try:
            kept += read(value)
        except SkipRecord as error:
            kept += str(error)
    assert "\x00" not in kept
    kept.encode("utf-8")
    assert jsons.count(value) >= 0


@settings(max_examples=200, deadline=None)
@given(value=anything | st.text(alphabet="0123456789-:TZ+. ", max_size=30))
def test_any_value_is_a_plausible_instant_or_a_value_error(value: object) -> None:
    try:
        instant = parse_instant(value)
    except ValueError:
        return
    assert instant.tzinfo is UTC
    assert 1990 <= instant.year < 2200


@pytest.mark.parametrize(
    "written",
    [
        "2026-03-02T12:00:00.000Z",
        "Mon, 02 Mar 2026 12:00:00 GMT",
        "2026-03-02T07:00:00-05:00",
        1772452800.0,
        "1772452800000",
    ],
)
def test_instants_are_read_as_platforms_write_them(written: object) -> None:
    assert parse_instant(written) == datetime(2026, 3, 2, 12, tzinfo=UTC)
    assert stamp(parse_instant(written)) == "2026-03-02T12:00:00Z"


@pytest.mark.parametrize("value", [True, None, "", "yesterday", 1e300, float("nan"), -1, "9" * 5000, "0001-01-01", []])
def test_what_is_no_instant_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match="not a"):
        parse_instant(value)


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "ftp://a.example/",
        "http://",
        "http://user:pass@a.example/",
        "http://a.example/\u202egnp.exe",
        "http://a.example/\nb",
        "http://[::1",
        "https://a.example/" + "a" * 3000,
        5,
    ],
)
def test_an_address_that_is_unsafe_to_open_is_not_kept(address: object) -> None:
    assert boundary.link_of(address) == ""


def test_http_addresses_are_kept() -> None:
    assert boundary.link_of(" https://a.example/b?c=d#e ") == "https://a.example/b?c=d#e"


@pytest.mark.parametrize(
    ("tag", "kept"), [("EN", "en"), ("pt-BR", "pt-br"), ("und", ""), ("qme", ""), ("english!", "")]
)
def test_a_language_is_kept_where_the_platform_knows_it(tag: str, kept: str) -> None:
    assert boundary.lang_of(tag) == kept


def test_numbers_of_thousands_of_digits_stay_text() -> None:
    assert jsons.loads('{"id": ' + "9" * 5000 + "}") == {"id": "9" * 5000}
    assert jsons.loads("123456789012345678") == 123456789012345678


def test_nan_is_nothing() -> None:
    assert jsons.loads("[NaN, Infinity, -Infinity]") == [None, None, None]


def test_what_is_nested_too_deep_is_lost_and_nothing_beside_it() -> None:
    deep = '{"a": 1, "deep": ' + '[{"x":' * 60_000 + "1" + "}]" * 60_000 + ', "b": "]}[{ \\" ]", "c": [[2]]}'
    read = jsons.loads(deep)
    assert isinstance(read, dict)
    assert (read["a"], read["b"], read["c"]) == (1, ']}[{ " ]', [[2]])


@pytest.mark.parametrize("text", ["[" * 100_000, '{"a":' * 100_000, "", "{", '"' + "[" * 9, "[1] 2"])
def test_what_is_no_json_is_a_value_error(text: str) -> None:
    with pytest.raises(ValueError):
        jsons.loads(text)


ordinary = st.recursive(
    st.integers(-(10**16), 10**17) | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=10,
)


@settings(max_examples=100, deadline=None)
@given(value=ordinary)
def test_ordinary_json_is_read_as_it_was_written(value: object) -> None:
    assert jsons.loads(json.dumps(value)) == value


@settings(max_examples=100, deadline=None)
@given(text=st.text(max_size=80), limit=st.integers(8, 60))
def test_raw_text_never_exceeds_its_limit(text: str, limit: int) -> None:
    assert len(jsons.raw_text(text, limit).encode()) <= limit


def test_a_record_too_deep_to_write_is_still_set_aside() -> None:
    deep: list[object] = []
    for _ in range(100_000):
        deep = [deep]
    assert "list" in jsons.raw_text(deep)
    while deep:
        deep = deep[0]  # type: ignore[assignment]


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("a<br>b<p>c</p><p>d", "a\nb\n\nc\n\nd"),
        ("<ul><li>one<li>two</ul>", "one\ntwo"),
        ("x <script>evil()</script><style>p{}</style>y", "x y"),
        ("1 &lt; 2 &amp; &#x27;3&#39;", "1 < 2 & '3'"),
        ("<a href='http://a.example'>link</a> <!-- hidden --> end", "link end"),
        ("un<b>clos", "unclos"),
        ("a < b and c > d", "a < b and c > d"),
        ("  many \t spaces\xa0here ", "many spaces here"),
        ("", ""),
    ],
)
def test_html_becomes_the_words_a_reader_sees(html: str, text: str) -> None:
    assert to_text(html) == text


@settings(max_examples=150, deadline=None)
@given(html=st.text(alphabet="<>/!-&;#xpbr= '\"a\n", max_size=80))
def test_any_html_is_read(html: str) -> None:
    assert isinstance(to_text(html), str)


def test_html_nested_without_end_is_read() -> None:
    assert to_text("<div>" * 50_000 + "deep") == "deep"
