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
        "2026-03-02T13:00:00+01:00",
        1772452800,
        1772452800000,
        "1772452800",
    ],
)
def test_times_are_read_as_people_write_them(written: object, posts: Path) -> None:
    assert mentions(pages(jsonl(posts, {"created_at": written})))[0].created_at == NOON


@pytest.mark.parametrize(
    ("zone", "written"),
    [
        ("UTC", "2026-03-02 12:00:00"),
        ("Europe/Berlin", "2026-03-02 13:00"),
        ("America/New_York", "2026-03-02T07:00"),
        ("Europe/Berlin", "2026-03-02T12:00:00Z"),
        ("Europe/Berlin", 1772452800),
    ],
)
def test_a_time_without_a_zone_is_of_the_stated_one_and_others_keep_theirs(
    zone: str, written: object, posts: Path
) -> None:
    assert mentions(pages(jsonl(posts, {"created_at": written}), zone=zone))[0].created_at == NOON


def test_the_same_wall_clock_is_another_instant_in_summer(posts: Path) -> None:
    found = mentions(pages(jsonl(posts, {"created_at": "2026-07-02 12:00"}), zone="Europe/Berlin"))
    assert found[0].created_at == datetime(2026, 7, 2, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("date_format", "written"),
    [
        ("%d/%m/%Y %H:%M", "02/03/2026 12:00"),
        ("%m/%d/%Y %I:%M %p", "03/02/2026 12:00 PM"),
        ("%d.%m.%Y, %H:%M", " 02.03.2026, 12:00 "),
        ("%b %d, %Y %H:%M:%S", "Mar 02, 2026 12:00:00"),
        ("%d/%m/%Y %H:%M %z", "02/03/2026 13:00 +0100"),
    ],
)
def test_times_of_a_stated_format_are_read(date_format: str, written: str, posts: Path) -> None:
    found = mentions(pages(jsonl(posts, {"created_at": written}), date_format=date_format, zone="UTC"))
    assert found[0].created_at == NOON


def test_a_time_of_another_format_costs_its_row(posts: Path) -> None:
    jsonl(posts, {"created_at": "02/03/2026"}, {"created_at": "2026-03-02"}, {"created_at": "31/02/2026"})
    found = pages(posts, date_format="%d/%m/%Y", zone="UTC")
    assert len(mentions(found)) == 1
    assert [one.position for one in rejects(found)] == ["line 2", "line 3"]
    assert "'2026-03-02' is not a time written as %d/%m/%Y" in rejects(found)[0].reason


@pytest.mark.parametrize(
    ("option", "words"),
    [
        ({"zone": "Europe/Berln"}, "options.zone is 'Europe/Berln'"),
        ({"zone": "../../etc/passwd"}, "options.zone"),
        ({"date_format": "%Q"}, "options.date_format is '%Q'"),
        ({"date_format": "soon"}, None),
        ({"permalink": "javascript:{id}"}, "options.permalink"),
        ({"permalink": "https://example.com/"}, "holds {id} once"),
    ],
)
def test_an_option_that_can_not_be_is_named(option: dict[str, object], words: str | None, posts: Path) -> None:
    if words is None:
        connector(posts, **option)
        return
    with pytest.raises(ConfigError) as caught:
        connector(posts, **option)
    assert words in str(caught.value)


def test_a_title_stands_before_the_text_and_is_not_said_twice(posts: Path) -> None:
    rows = [
        {"id": "1", "head": "Never again", "text": "Came late."},
        {"id": "2", "head": "Never again", "text": ""},
        {"id": "3", "head": " ", "text": "Came late."},
        {"id": "4", "head": "Came", "text": "Came late."},
        {"id": "5", "head": None, "text": None},
    ]
    found = pages(jsonl(posts, *rows), columns={"title": "head"})
    assert [m.text for m in mentions(found)] == ["Never again\n\nCame late.", "Never again", "Came late.", "Came late."]
    assert "text is missing" in rejects(found)[0].reason


def test_a_post_without_a_url_has_one_made_of_its_id(posts: Path) -> None:
    jsonl(posts, {"id": "a/b"}, {"id": "2", "url": "https://example.com/own"})
    found = mentions(pages(posts, permalink="https://example.com/r/{id}"))
    assert [m.url for m in found] == ["https://example.com/r/a%2Fb", "https://example.com/own"]


@pytest.mark.parametrize("named", ["Review ID", "review id", "REVIEW_ID", " Review-Id "])
def test_a_column_is_found_whatever_its_capitals_and_spaces(named: str, sheet: Path) -> None:
    sheet.write_text("Review ID,date,text\n77,2026-03-02T12:00Z,late\n")
    assert mentions(pages(sheet, columns={"id": named}))[0].key.native_id == "77"


def test_a_field_whose_column_is_empty_stays_empty(posts: Path) -> None:
    found = mentions(pages(jsonl(posts, {"author": "a department"}), columns={"author": ""}))
    assert found[0].author.handle == ""


@pytest.mark.parametrize("field", ["id", "created_at", "text"])
def test_a_needed_column_that_is_not_there_stops_the_file_with_those_that_are(field: str, sheet: Path) -> None:
    sheet.write_text("id,date,text\n77,2026-03-02T12:00Z,late\n")
    for attempt in (lambda c: list(c.poll("", NOON)), lambda c: c.check(), lambda c: c.preview()):
        with pytest.raises(ConfigError, match=f"{field} from 'Elsewhere'.*it has id, date, text") as caught:
            attempt(connector(sheet, columns={field: "Elsewhere"}))
        assert f"options.columns.{field}" in caught.value.next_step


def test_a_column_that_may_be_missing_is_told_of_and_costs_nothing(posts: Path) -> None:
    found = preview(jsonl(posts, {}), {"columns": {"lang": "Tongue", "author": "author"}})
    assert (found.readable, found.absent) == (1, {"lang": "Tongue"})
    assert "lang" not in found.columns


def test_a_column_that_only_some_rows_have_is_there(posts: Path) -> None:
    jsonl(posts, {}, {"words": "hello"})
    assert [m.text for m in mentions(pages(posts, columns={"text": "words"}))] == ["hello"]


@pytest.mark.parametrize("change", [{"zone": "Europe/Berlin"}, {"permalink": "https://example.com/{id}"}])
def test_reading_it_otherwise_reads_the_file_again(change: dict[str, object], posts: Path) -> None:
    cursor = pages(jsonl(posts, {"id": "1"}, {"id": "2"}), zone="UTC")[-1].cursor
    assert mentions(pages(posts, cursor, zone="UTC")) == []
    assert len(mentions(pages(posts, cursor, **{"zone": "UTC", **change}))) == 2


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"created_at": "2026-03-02 12:00:00"}, "a time without a zone: '2026-03-02 12:00:00': state it"),
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
    (found,) = mentions(pages(sheet, zone="UTC"))
    assert (found.key.native_id, found.author.handle, found.text) == ("7", "ann", 'two\nlines; "quoted"')


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_the_encoding_is_found_out(encoding: str, sheet: Path) -> None:
    rows = "".join(f"{n},2026-03-02T12:00:00Z,ann,café nr {n}\n" for n in range(600))
    sheet.write_bytes(("id,date,author,text\n" + rows).encode(encoding))
    found = pages(sheet)
    assert [m.text for m in mentions(found)] == [f"café nr {n}" for n in range(600)]
    middle = [m.key.native_id for m in mentions(pages(sheet, found[0].cursor))]
    assert middle == [str(n) for n in range(256, 600)], "resumed at another row"


@pytest.mark.parametrize(
    ("head", "encoding", "told_by"),
    [
        (b"\xef\xbb\xbf", "utf-8", "by its byte order mark"),
        (b"\xff\xfe", "utf-16-le", "by its byte order mark"),
        (b"\xfe\xff", "utf-16-be", "by its byte order mark"),
        (b"", "utf-8", "by its bytes"),
        (b"", "utf-16-le", "by its zero bytes"),
        (b"", "utf-16-be", "by its zero bytes"),
        (b"", "cp1252", "guessed: it is not UTF-8"),
    ],
)
def test_how_the_encoding_was_found_out_is_told(head: bytes, encoding: str, told_by: str, sheet: Path) -> None:
    sheet.write_bytes(head + "id,date,text\n1,2026-03-02T12:00Z,café\n".encode(encoding))
    found = preview(sheet, {})
    assert (found.encoding, found.told_by, found.samples[0].text) == (encoding, told_by, "café")


def test_an_encoding_of_four_bytes_is_answered_with_how_to_convert_it(sheet: Path) -> None:
    sheet.write_bytes("id,text\n1,hi\n".encode("utf-32"))
    with pytest.raises(ConfigError, match="UTF-32") as caught:
        preview(sheet, {})
    assert "iconv" in caught.value.next_step


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
