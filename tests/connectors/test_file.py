"""Importing files: whatever people export, read row by row, resumed anywhere."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from listener.connectors.file import FileConnector, preview
from listener.connectors.lines import MAX_LINE
from listener.domain.mention import Mention, Page, Reject
from listener.domain.policy import SourceConfig
from listener.errors import ConfigError
from tests.builders import NOON

ROW = {"id": "1", "author": "ann", "text": "late again", "created_at": "2026-03-02T12:00:00Z"}


def connector(path: Path, **options: object) -> FileConnector:
    return FileConnector(SourceConfig(name="f", connector="file", options={"path": str(path), **options}))


def pages(path: Path, cursor: str = "", **options: object) -> list[Page]:
    return list(connector(path, **options).poll(cursor, NOON))


def mentions(found: list[Page]) -> list[Mention]:
    return [mention for page in found for mention in page.mentions]


def rejects(found: list[Page]) -> list[Reject]:
    return [reject for page in found for reject in page.rejects]


def jsonl(path: Path, *rows: dict[str, object]) -> Path:
    path.write_text("".join(json.dumps({**ROW, **row}) + "\n" for row in rows), encoding="utf-8")
    return path


@pytest.fixture
def posts(tmp_path: Path) -> Path:
    return tmp_path / "posts.jsonl"


@pytest.fixture
def sheet(tmp_path: Path) -> Path:
    return tmp_path / "posts.csv"


def test_a_file_of_eleven_thousand_posts_needs_no_configuration(shared: Path) -> None:
    found = pages(shared / "data" / "airline.train.jsonl")
    assert len(mentions(found)) == 11_727
    assert rejects(found) == []
    assert len(found) == 46
    assert {mention.is_repost for mention in mentions(found)} == {False}
    assert max(mention.metrics.reposts for mention in mentions(found)) > 10


def test_a_row_without_a_platform_gets_the_configured_one(posts: Path) -> None:
    jsonl(posts, {"id": "1"}, {"id": "2", "platform": "reddit"})
    assert [m.key.platform for m in mentions(pages(posts, platform="x"))] == ["x", "reddit"]


def test_columns_of_other_names_and_nested_ones_are_mapped(posts: Path) -> None:
    posts.write_text(
        json.dumps({"uid": 9, "who": {"nick": "@Bo", "reach": 12}, "msg": "hi", "when": 1772452800}) + "\n"
    )
    given_columns = {"id": "uid", "author": "who.nick", "followers": "who.reach", "text": "msg", "created_at": "when"}
    (found,) = mentions(pages(posts, columns=given_columns))
    assert (found.key.native_id, found.author.handle, found.author.followers, found.text) == ("9", "Bo", 12, "hi")
    assert found.created_at == NOON


def test_every_field_is_found_under_its_usual_name(posts: Path) -> None:
    more: dict[str, object] = {
        "url": "https://example.com/1",
        "lang": "EN",
        "reposts": 3,
        "likes": "4",
        "replies": 5.0,
        "followers": 60,
        "thread": "t",
        "parent": "p",
        "author_name": "Ann B",
    }
    (found,) = mentions(pages(jsonl(posts, more)))
    assert (found.metrics.reposts, found.metrics.likes, found.metrics.replies) == (3, 4, 5)
    assert (found.url, found.lang, found.thread, found.parent) == ("https://example.com/1", "en", "t", "p")
    assert (found.author.followers, found.author.name, found.is_repost) == (60, "Ann B", False)


@pytest.mark.parametrize(
    "written",
    [
        "2026-03-02T12:00:00Z",
        "2026-03-02 12:00:00",
        "2026-03-02T13:00:00+01:00",
        1772452800,
        1772452800000,
        "1772452800",
    ],
)
def test_times_are_read_as_people_write_them(written: object, posts: Path) -> None:
    assert mentions(pages(jsonl(posts, {"created_at": written})))[0].created_at == NOON


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"text": "  "}, "text is empty"),
        ({"text": ""}, "text is missing"),
        ({"text": None}, "text is missing"),
        ({"created_at": "soon"}, "not a time"),
        ({"created_at": None}, "created_at is missing"),
        ({"id": "5.67588E+17"}, "rounded by a spreadsheet"),
        ({"id": "9" * 300}, "longer than 200"),
    ],
)
def test_a_row_that_cannot_be_read_is_set_aside_with_its_line_and_reason(
    change: dict[str, object], reason: str, posts: Path
) -> None:
    found = pages(jsonl(posts, {"id": "1"}, change, {"id": "3"}))
    assert [m.key.native_id for m in mentions(found)] == ["1", "3"]
    assert [r.position for r in rejects(found)] == ["line 2"]
    assert reason in rejects(found)[0].reason


def test_rows_without_ids_are_told_apart_by_their_words_and_read_alike_again(posts: Path) -> None:
    jsonl(posts, {"id": None}, {"id": None, "text": "other"}, {"id": None})
    first, second = ([m.key.native_id for m in mentions(pages(posts))] for _ in "12")
    assert first == second
    assert len(set(first)) == 2


def test_nameless_authors_are_different_people(posts: Path) -> None:
    jsonl(posts, {"author": None}, {"author": None, "id": "2"})
    assert len({m.author.native_id for m in mentions(pages(posts))}) == 2


def test_csv_is_read_whatever_its_delimiter_case_and_spacing(sheet: Path) -> None:
    sheet.write_text('Tweet ID;Created At;User;Text\n7;2026-03-02 12:00;@ann;"two\nlines; ""quoted"""\n')
    (found,) = mentions(pages(sheet))
    assert (found.key.native_id, found.author.handle, found.text) == ("7", "ann", 'two\nlines; "quoted"')


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_the_encoding_is_found_out(encoding: str, sheet: Path) -> None:
    rows = "".join(f"{n},2026-03-02T12:00:00Z,ann,café nr {n}\n" for n in range(600))
    sheet.write_bytes(("id,date,author,text\n" + rows).encode(encoding))
    found = pages(sheet)
    assert [m.text for m in mentions(found)] == [f"café nr {n}" for n in range(600)]
    middle = [m.key.native_id for m in mentions(pages(sheet, found[0].cursor))]
    assert middle == [str(n) for n in range(256, 600)], "resumed at another row"


def test_an_encoding_that_is_none_is_refused(sheet: Path) -> None:
    sheet.write_text("id,text\n")
    with pytest.raises(ConfigError, match=r"options\.encoding"):
        pages(sheet, encoding="klingon")


def test_a_bad_byte_costs_one_row(posts: Path) -> None:
    line = json.dumps(ROW).encode()
    posts.write_bytes(line + b"\n" + line.replace(b"late", b"\xff\xfe") + b"\n" + line + b"\n")
    found = pages(posts, encoding="utf-8")
    assert len(mentions(found)) == 2
    assert "not valid utf-8" in rejects(found)[0].reason


def test_what_is_set_aside_can_be_stored(posts: Path) -> None:
    posts.write_bytes(b'{"id": "1", \x00 \xed\xa0\x80 no json\n')
    raw = rejects(pages(posts, format="jsonl"))[0].raw
    assert "\x00" not in raw
    raw.encode("utf-8")


def test_a_quote_that_never_closes_costs_one_row(sheet: Path) -> None:
    good = "".join(f"{n},2026-03-02T12:00:00Z,ann,fine\n" for n in range(300))
    sheet.write_text(
        "id,date,author,text\n" + good + '900,2026-03-02T12:00:00Z,ann,"open\n' + good.replace(",fine", ",ok")
    )
    found = pages(sheet)
    assert len(mentions(found)) == 600
    assert [r.position for r in rejects(found)] == ["line 302"]


def test_a_field_larger_than_the_csv_reader_allows_costs_one_row(sheet: Path) -> None:
    row = "{},2026-03-02T12:00:00Z,ann,{}\n"
    sheet.write_text("id,date,author,text\n" + row.format(1, "x" * 140_000) + row.format(2, "short"))
    found = pages(sheet)
    assert [m.key.native_id for m in mentions(found)] == ["2"]
    assert "field" in rejects(found)[0].reason


def test_a_row_with_too_many_columns_is_set_aside(sheet: Path) -> None:
    sheet.write_text("id,date,text\n1,2026-03-02,a, b\n")
    assert "4 columns under a header of 3" in rejects(pages(sheet))[0].reason


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_line_of_megabytes_costs_one_row_and_is_kept_only_in_part(encoding: str, posts: Path) -> None:
    row = json.dumps(ROW)
    posts.write_bytes("\n".join([row, "x" * (3 * MAX_LINE), row, ""]).encode(encoding))
    found = pages(posts)
    assert len(mentions(found)) == 2
    assert "longer than" in rejects(found)[0].reason
    assert len(rejects(found)[0].raw) <= 65_536


def test_a_file_that_grows_is_resumed_and_one_that_does_not_has_nothing_new(posts: Path) -> None:
    jsonl(posts, *({"id": str(n)} for n in range(5)))
    cursor = pages(posts)[-1].cursor
    assert mentions(pages(posts, cursor)) == []
    with posts.open("a") as handle:
        handle.write(json.dumps({**ROW, "id": "5"}) + "\n")
    found = pages(posts, cursor)
    assert [m.key.native_id for m in mentions(found)] == ["5"]
    assert rejects(found) == []


def test_a_last_line_still_being_written_is_read_once_it_is_whole(posts: Path) -> None:
    whole, half = json.dumps(ROW) + "\n", json.dumps({**ROW, "id": "2"})
    posts.write_text(whole + half[:20])
    first = pages(posts)
    assert len(rejects(first)) == 1
    assert rejects(pages(posts, first[-1].cursor)) == [], "the same half line was reported again"
    posts.write_text(whole + half + "\n")
    assert [m.key.native_id for m in mentions(pages(posts, first[-1].cursor))] == ["2"]


def test_a_replaced_file_is_read_from_its_start(posts: Path) -> None:
    jsonl(posts, {"id": "1"}, {"id": "2"})
    cursor = pages(posts)[-1].cursor
    jsonl(posts, {"id": "8"}, {"id": "9"}, {"id": "10"})
    assert [m.key.native_id for m in mentions(pages(posts, cursor))] == ["8", "9", "10"]


def test_mapping_columns_anew_reads_the_file_again(posts: Path) -> None:
    jsonl(posts, {"title": "other words"})
    cursor = pages(posts)[-1].cursor
    assert [m.text for m in mentions(pages(posts, cursor, columns={"text": "title"}))] == ["other words"]


def test_line_numbers_go_on_after_a_resume(posts: Path) -> None:
    jsonl(posts, *({"id": str(n)} for n in range(3)), {"text": ""})
    first = next(connector(posts, page_size=2).poll("", NOON))
    assert rejects(pages(posts, first.cursor, page_size=2))[0].position == "line 4"


@pytest.mark.parametrize("content", ["", "\n\n", "id,text\n", "\ufeff"])
def test_a_file_without_rows_is_empty_not_wrong(content: str, posts: Path) -> None:
    posts.write_text(content, encoding="utf-8")
    assert mentions(pages(posts)) == []


def test_a_json_array_is_answered_with_how_to_convert_it(posts: Path) -> None:
    posts.write_text(json.dumps([ROW]))
    with pytest.raises(ConfigError, match="JSON array") as caught:
        pages(posts)
    assert "jq" in caught.value.next_step


def test_a_file_that_is_not_there_is_a_configuration_error(posts: Path) -> None:
    with pytest.raises(ConfigError, match="can't be read"):
        connector(posts).check()
    with pytest.raises(ConfigError, match="can't be read"):
        pages(posts.parent)


def test_check_names_format_encoding_and_size(posts: Path) -> None:
    jsonl(posts, {})
    assert connector(posts).check().startswith("posts.jsonl: jsonl, utf-8, ")


def test_pages_can_end_with_the_clock_hour(posts: Path) -> None:
    jsonl(posts, *({"id": str(n), "created_at": f"2026-03-02T1{n // 2}:30:00Z"} for n in range(6)))
    assert [len(page.mentions) for page in pages(posts, hourly=True)] == [2, 2, 2]


def test_a_preview_says_what_an_import_would_do(posts: Path) -> None:
    jsonl(posts, *({"id": str(n), "colour": "red"} for n in range(8)), {"text": ""})
    found = preview(posts, {})
    assert (found.readable, found.rejected, found.format, found.encoding) == (8, 1, "jsonl", "utf-8")
    assert found.columns == {"id": "id", "author": "author", "text": "text", "created_at": "created_at"}
    assert found.unused == ("colour",)
    assert len(found.samples) == 5
    assert (found.first, found.last) == (NOON, NOON)
    assert found.rejects[0].position == "line 9"


def test_a_preview_keeps_only_the_first_twenty_rejects(posts: Path) -> None:
    jsonl(posts, *({"text": ""} for _ in range(30)))
    found = preview(posts, {})
    assert (found.rejected, len(found.rejects), found.first) == (30, 20, None)


EDGY = st.text(alphabet='"\n\r,;\t ab1{}[]:\\\x00\ufeff\u2028é', max_size=60)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.one_of(EDGY.map(str.encode), st.binary(max_size=80)), suffix=st.sampled_from(["csv", "jsonl", "txt"]))
def test_any_bytes_are_read_or_set_aside_and_every_page_resumes(content: bytes, suffix: str, tmp_path: Path) -> None:
    path = tmp_path / f"any.{suffix}"
    path.write_bytes(content)
    try:
        found = pages(path, page_size=1)
    except ConfigError:
        return
    for number, page in enumerate(found[:-1], 1):
        rest = pages(path, page.cursor, page_size=1)
        assert mentions(rest) == mentions(found[number:])
        assert rejects(rest) == rejects(found[number:])


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    texts=st.lists(st.text(alphabet='ab",;\n\r é', min_size=1, max_size=12).filter(str.strip), min_size=1, max_size=8),
    size=st.integers(1, 4),
)
def test_what_a_csv_writer_wrote_is_read_back(texts: list[str], size: int, tmp_path: Path) -> None:
    import csv

    path = tmp_path / "written.csv"
    with path.open("w", newline="", encoding="utf-8") as handle:
        writer = csv.writer(handle)
        writer.writerow(["id", "created_at", "author", "text"])
        writer.writerows([n, datetime(2026, 3, 2, tzinfo=UTC).isoformat(), "ann", text] for n, text in enumerate(texts))
    found = pages(path, page_size=size)
    assert [m.text for m in mentions(found)] == [text.strip() for text in texts]
