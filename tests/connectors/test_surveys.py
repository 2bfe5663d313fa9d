"""Survey files as tools and people make them: read, or refused with the line and the reason."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from listener.connectors.surveys import SurveyFile, read_answers
from listener.domain.loyalty import Answer
from listener.domain.mention import Reject
from listener.errors import ConfigError

BERLIN = ZoneInfo("Europe/Berlin")
HEADER = "customer,score,date,comment\n"


def survey(path: Path, content: str | bytes, **more: Any) -> SurveyFile:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return SurveyFile(**{"path": path, "brand": "Acme", "survey": "spring", "zone": BERLIN, **more})


def read(path: Path, content: str | bytes, **more: Any) -> tuple[list[Answer], list[str]]:
    """What could be read, and what was refused: `line 3: score …`."""
    rows = list(read_answers(survey(path, content, **more)))
    answers = [row for row in rows if isinstance(row, Answer)]
    return answers, [f"{row.position}: {row.reason}" for row in rows if isinstance(row, Reject)]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "spring.csv"


def test_a_plain_file_is_read_with_dates_where_the_team_is(path: Path) -> None:
    answers, refused = read(path, HEADER + 'ann,9,2026-03-02,"Fast, and\nkind"\nben,0,2026-03-02T10:00:00Z,\n')
    assert refused == []
    assert answers == [
        Answer(
            brand="Acme",
            survey="spring",
            respondent="ann",
            score=9,
            at=datetime(2026, 3, 1, 23, tzinfo=UTC),
            comment="Fast, and\nkind",
        ),
        Answer(brand="Acme", survey="spring", respondent="ben", score=0, at=datetime(2026, 3, 2, 10, tzinfo=UTC)),
    ]


@pytest.mark.parametrize(
    ("score", "why"),
    [
        ("11", "score 11 is not from 0 to 10"),
        ("-1", "score -1 is not from 0 to 10"),
        ("", "score is empty"),
        ("9.5", "score '9.5' is no whole number"),
        ("nine", "score 'nine' is no whole number"),
        ("1e1", "score '1e1' is no whole number"),
        ("٩", "score '٩' is no whole number"),
        ("9/10", "score '9/10' is no whole number"),
        ("9" * 5000, "is no whole number"),
    ],
)
def test_a_score_that_is_none_is_refused_with_its_line(path: Path, score: str, why: str) -> None:
    answers, refused = read(path, HEADER + f"ann,9,2026-03-02,\nben,{score},2026-03-02,\ncleo,7,2026-03-02,\n")
    assert [answer.respondent for answer in answers] == ["ann", "cleo"]
    assert len(refused) == 1
    assert refused[0].startswith("line 3: ")
    assert why in refused[0]


@pytest.mark.parametrize("score", [" 10 ", "10.0", "10"])
def test_whole_scores_are_read_however_a_spreadsheet_writes_them(path: Path, score: str) -> None:
    (answer,), _ = read(path, HEADER + f"ann,{score},2026-03-02,\n")
    assert answer.score == 10


@pytest.mark.parametrize("date", ["", "yesterday", "2026-13-02", "1026-03-02", "99999999999999999999"])
def test_a_date_that_is_none_is_refused_with_its_line(path: Path, date: str) -> None:
    answers, refused = read(path, HEADER + f"ann,9,{date},\n")
    assert answers == []
    assert refused[0].startswith("line 2: ")


def test_half_a_row_is_refused_and_not_guessed_at(path: Path) -> None:
    answers, refused = read(path, HEADER + "ann,9,2026-03-02,good\nben,9,2026-0")
    assert [answer.respondent for answer in answers] == ["ann"]
    assert refused == ["line 3: half a row: 3 of 4 columns"]


def test_more_columns_than_the_header_names_are_refused(path: Path) -> None:
    _, refused = read(path, HEADER + "ann,9,2026-03-02,good,even,better\n")
    assert refused == ["line 2: 6 columns under a header of 4"]


def test_a_quote_that_never_closes_takes_no_other_row_with_it(path: Path) -> None:
    answers, refused = read(path, HEADER + 'ann,9,2026-03-02,"oh\nben,8,2026-03-02,fine\n')
    assert [answer.respondent for answer in answers] == ["ben"]
    assert len(refused) == 1


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_encodings_are_told_apart(path: Path, encoding: str) -> None:
    (answer,), refused = read(path, (HEADER + "ann,9,2026-03-02,schön – günstig\n").encode(encoding))
    assert refused == []
    assert answer.comment == "schön – günstig"


@pytest.mark.parametrize("delimiter", [";", "\t", "|"])
def test_delimiters_are_told_apart(path: Path, delimiter: str) -> None:
    (answer,), _ = read(path, (HEADER + "ann,9,2026-03-02,good\n").replace(",", delimiter))
    assert answer.comment == "good"


def test_bytes_that_are_no_text_spoil_their_own_row_only(path: Path) -> None:
    filler = "".join(f"c{n},9,2026-03-02,good\n" for n in range(4000))
    answers, refused = read(path, (HEADER + filler).encode() + b"ann,9,2026-03-02,\xff\xfe\nben,9,2026-03-02,ok\n")
    assert len(answers) == 4001
    assert refused[0].startswith("line 4002: not valid utf-8")


def test_columns_have_usual_names_in_any_case_and_others_can_be_named(path: Path) -> None:
    (answer,), _ = read(path, "NPS Score;Submitted-At;Verbatim;Email\n9;2026-03-02;ok;ann@example.com\n")
    assert (answer.score, answer.comment, answer.respondent) == (9, "ok", "ann@example.com")
    (answer,), _ = read(
        path, "Q1,when,who\n9,2026-03-02,ann\n", columns={"score": "q1", "at": "When", "customer": "who"}
    )
    assert (answer.score, answer.respondent) == (9, "ann")


@pytest.mark.parametrize(
    ("content", "columns", "told"),
    [
        ("customer,date\nann,2026-03-02\n", {}, "no column of spring.csv is score; it has customer, date"),
        ("customer,score\nann,9\n", {}, "no column of spring.csv is at"),
        (HEADER + "ann,9,2026-03-02,\n", {"score": "Q1"}, "spring.csv has no column 'Q1'"),
        (HEADER + "ann,9,2026-03-02,\n", {"comment": "why"}, "spring.csv has no column 'why'"),
        (HEADER + "ann,9,2026-03-02,\n", {"grade": "score"}, "--column names grade"),
        ("", {}, "holds no row"),
        (HEADER, {}, "holds no row"),
    ],
)
def test_a_file_that_lacks_a_column_is_refused_whole(
    path: Path, content: str, columns: dict[str, str], told: str
) -> None:
    with pytest.raises(ConfigError, match=r".") as refused:
        read(path, content, columns=columns)
    assert told in str(refused.value)


def test_one_json_array_is_refused_with_how_to_convert_it(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="one JSON array") as refused:
        read(tmp_path / "spring.json", '[{"score": 9}]')
    assert "jq" in refused.value.next_step


def test_a_missing_file_says_so(tmp_path: Path) -> None:
    wanted = SurveyFile(path=tmp_path / "none.csv", brand="Acme", survey="s", zone=BERLIN)
    with pytest.raises(ConfigError, match="can't be read"):
        next(read_answers(wanted))


def test_dates_are_read_as_they_are_said_to_be_written(path: Path) -> None:
    content = HEADER + "ann,9,03/02/2026,\nben,9,2026-02-03,\n"
    answers, refused = read(path, content, date_format="%d/%m/%Y")
    assert [answer.at for answer in answers] == [datetime(2026, 2, 2, 23, tzinfo=UTC)]
    assert "is not a time written as %d/%m/%Y" in refused[0]


def test_json_lines_are_read_and_each_odd_one_refused(tmp_path: Path) -> None:
    lines = [
        {"score": 9, "date": "2026-03-02", "customer": 17, "comment": None},
        {"score": True, "date": "2026-03-02"},
        {"score": 9.0, "date": 1772445600, "customer": "ann"},
        {"date": "2026-03-02"},
    ]
    content = "\n".join([*map(json.dumps, lines), "[9]", '{"score": 9, "da'])
    answers, refused = read(tmp_path / "spring.jsonl", content)
    assert [(answer.respondent, answer.score, answer.comment) for answer in answers] == [("17", 9, ""), ("ann", 9, "")]
    assert [reason.partition(":")[0] for reason in refused] == ["line 2", "line 4", "line 5", "line 6"]


def test_nameless_rows_are_different_people_and_the_same_ones_when_read_again(path: Path) -> None:
    content = "score,date\n9,2026-03-02\n9,2026-03-02\n"
    first, _ = read(path, content)
    again, _ = read(path, content)
    assert first == again
    assert first[0].respondent != first[1].respondent


def test_what_strangers_wrote_is_cleaned_and_bounded(path: Path) -> None:
    (answer,), _ = read(path, HEADER + f'"{"a" * 500}",9,2026-03-02,"x\x00{"y" * 20_000}"\n')
    assert len(answer.respondent) <= 200
    assert len(answer.comment) == 10_000
    assert "\x00" not in answer.comment
