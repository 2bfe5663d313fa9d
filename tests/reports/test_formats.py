"""Text, Markdown and JSON: strangers' words in each are only words."""

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator
from urllib.parse import urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from listener.domain.comparing import Compared
from listener.domain.text import visible
from listener.reports import Format, render
from listener.reports.escaping import cell, host, line, link, markdown
from listener.reports.phrasing import said_compared
from listener.reports.rows import csv_lines
from tests.reports.hostile import ATTACKS, BAD_LINKS, digest

READER = MarkdownIt("commonmark").enable(["table", "strikethrough"])


def tokens(text: str) -> list[Token]:
    flat: list[Token] = []
    for token in READER.parse(text):
        flat += [token, *(token.children or [])]
    return flat


@given(st.text(max_size=120))
@settings(max_examples=200, deadline=None)
def test_E2_escaped_markdown_reads_as_the_text_itself(text: str) -> None:
    assert _reads_as(markdown(text), line(text).strip())


def _reads_as(written: str, shown: str) -> bool:
    read = [token for token in tokens(written) if token.type not in ("paragraph_open", "paragraph_close")]
    plain = {token.type for token in read} <= {"inline", "text", "text_special"}
    return plain and "".join(token.content for token in read if token.type != "inline") == shown


@pytest.mark.parametrize("text", ["*a*", "![a](https://x.example/a.png)", "<b>a</b>", "1. a", "`a`"])
def test_E2_control_words_that_are_written_as_they_are_become_markup(text: str) -> None:
    assert not _reads_as(text, text)


@given(st.text(alphabet="\\`*_{}[]()<>#+-.!|~&:@^$=1 a\n", max_size=60))
@settings(max_examples=200, deadline=None)
def test_E2_so_does_text_made_of_markup_alone(text: str) -> None:
    read = [token for token in tokens(markdown(text)) if token.type in ("text", "text_special")]
    assert "".join(token.content for token in read) == line(text).strip()


@pytest.mark.parametrize("evil", ATTACKS)
def test_E2_a_hostile_digest_has_the_markup_of_a_harmless_one(evil: str) -> None:
    """No image, no code, no HTML; the only links are the permalinks."""
    attacked, plain = (tokens(render(digest(said), Format.MD)) for said in (evil, "late"))
    structure = [token.type for token in attacked if token.type not in ("text", "text_special")]
    assert structure == [token.type for token in plain if token.type not in ("text", "text_special")]
    links = {token.attrs["href"] for token in attacked if token.type == "link_open"}
    assert links == {"https://example.com/p/1"}


@pytest.mark.parametrize("evil", ATTACKS)
@pytest.mark.parametrize("form", list(Format))
def test_D1_no_control_or_direction_character_leaves_in_any_format(evil: str, form: Format) -> None:
    text = render(digest(evil), form)
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", text)


@pytest.mark.parametrize("evil", [*ATTACKS, "x" * 5000, "long words " * 80])
def test_terminal_text_keeps_to_eighty_columns(evil: str) -> None:
    lines = render(digest(evil), Format.TEXT).splitlines()
    assert max(map(len, lines)) <= 80


def test_terminal_text_tells_the_story_first_and_draws_the_day() -> None:
    text = render(digest("late"), Format.TEXT)
    assert text.index("A second sentence.") < text.index("Complaints ") < text.index("Win back")
    assert "│?" in text
    assert "40 people 2.0 times the usual 20" in text


@pytest.mark.parametrize("evil", ATTACKS)
def test_json_is_ascii_and_holds_what_was_said_and_what_follows_from_it(evil: str) -> None:
    text = render(digest(evil), Format.JSON)
    assert text.isascii()
    told = json.loads(text)
    assert told["reasons"][0]["quote"]["text"] == evil
    assert told["balance"]["n"] == 40
    assert told["balance"]["points"] == -25.0
    assert told["since"] == "2026-03-30T00:00:00Z"
    assert told["cases"]["median_first_response"] == 2520.0
    assert told["partial"] is False


NO_LINKS = [*BAD_LINKS[:3], *BAD_LINKS[4:], "", "ftp://x.example", "https:///x", "http://h:99999/"]


@pytest.mark.parametrize("url", NO_LINKS)
def test_D7_what_is_no_plain_web_address_is_no_link(url: str) -> None:
    assert link(url) == ""


def test_D7_control_looking_at_the_scheme_alone_links_some_of_them() -> None:
    assert [url for url in NO_LINKS if urlsplit(url.replace("[", "")).scheme in ("http", "https")]


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://x.com/a/1?b=c&d=e#f", "https://x.com/a/1?b=c&d=e#f"),
        ("http://127.0.0.1:8080/a", "http://127.0.0.1:8080/a"),
        ("https://x.com/a b<c>(d)\"'", "https://x.com/a%20b%3Cc%3E%28d%29%22%27"),
        ("https://x.com/ü", "https://x.com/%C3%BC"),
    ],
)
def test_a_link_is_fit_for_attributes_and_angle_brackets(url: str, shown: str) -> None:
    assert link(url) == shown


@pytest.mark.parametrize(
    "url", ["https:\r\n//x.com/a", "ht\ttps://x.com", "https://x.com/\ud800", "https://x.com/\x85"]
)
def test_L3_an_address_with_what_browsers_leave_out_is_no_link(url: str) -> None:
    assert (link(url), host(url)) == ("", "")


@pytest.mark.parametrize("begin", list("=+-@＝＋－＠"))
def test_E3_a_cell_that_could_be_a_formula_is_text(begin: str) -> None:
    assert cell(f"{begin}1+1") == f"'{begin}1+1"


def test_E3_numbers_and_words_stay_themselves() -> None:
    assert [cell(value) for value in (-3, 2.5, "late", "a=b", "")] == ["-3", "2.5", "late", "a=b", ""]
    assert cell("\t=1") == "'=1"
    assert cell("\x1b[31m") == visible("\x1b[31m")


FORMULAS = [f"{begin}HYPERLINK(1)" for begin in "=+-@＝＋－＠"] + ["\t=1", "\r=1", "\x00=1", "-1+1", "\u200b=1"]


def formulas(lines: Iterable[str]) -> list[str]:
    """Cells that a spreadsheet would run, by its own rule: what they begin with."""
    rows = csv.reader(io.StringIO("".join(lines)))
    cells = [one for row in rows for one in row]
    return [one for one in cells if one.lstrip("\t\r\x00\u200b ")[:1] in tuple("=+-@＝＋－＠")]


def exported() -> Iterator[str]:
    return csv_lines(["text", "tags"], [{"text": text, "tags": [text, "b"]} for text in FORMULAS])


def test_E3_no_cell_of_an_export_is_a_formula() -> None:
    assert formulas(exported()) == []


def test_E3_control_an_export_without_its_guard_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("listener.reports.rows.cell", str)
    assert len(formulas(exported())) == 2 * len(FORMULAS)


@pytest.mark.parametrize("format_", [Format.TEXT, Format.MD, Format.HTML])
def test_A8_every_digest_says_how_many_posts_were_missed(format_: Format) -> None:
    said = " ".join(render(digest(""), format_).replace("\\", "").split())
    assert "Compared this week with what 3 sources list: 1,204 posts, 2 were missing (1 in 602)." in said


def test_A8_the_digest_as_json_holds_the_figures() -> None:
    trust = json.loads(render(digest(""), Format.JSON))["trust"]
    assert trust["compared"] == {"sources": 3, "posts": 1204, "missing": 2, "one_in": 602}


@pytest.mark.parametrize(
    ("sources", "posts", "missing", "said"),
    [
        (1, 40, 0, "Compared this week with what 1 source lists: 40 posts, none was missing"),
        (2, 1, 1, "Compared this week with what 2 sources list: 1 post, 1 was missing (1 in 1)"),
    ],
)
def test_A8_the_line_is_plain_english(sources: int, posts: int, missing: int, said: str) -> None:
    assert said_compared(Compared(sources=sources, posts=posts, missing=missing)) == said
