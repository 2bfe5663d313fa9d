"""Your own labelled rows: read whatever their form, and every faulty row named by file, line and column."""

import json
from pathlib import Path

import pytest

from classifiers.train import own
from classifiers.train.plan import EMOTIONS


def written(at: Path, content: str | bytes, name: str = "shop.csv") -> Path:
    (at / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    return at / name


def test_every_column_is_read_and_an_empty_cell_says_nothing(tmp_path: Path) -> None:
    head = "text,sentiment,complaint,praise,question,irony,offensive,emotions,author"
    file = written(
        tmp_path, f'{head}\n"Late, again",Negative,TRUE,no,,0,1,anger; fear,zoe\nOK,,,,,,,,x\nfine,neutral\n'
    )
    found = own.read(file)
    first, second = found.rows
    assert (first.text, first.sentiment, first.complaint, first.praise) == ("Late, again", 0, True, False)
    assert (first.question, first.irony, first.offensive) == (None, False, True)
    assert first.emotions == tuple(sorted((EMOTIONS.index("anger"), EMOTIONS.index("fear"))))
    assert (second.text, second.sentiment, second.complaint) == ("fine", 1, None)
    assert [fault.split(", ", 1)[1][:6] for fault in found.faults] == ["line 3"]


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (",negative,", "line 2, column text: empty"),
        ("a,angry,", "line 2, column sentiment: 'angry' is none of negative, neutral, positive"),
        ("a,,maybe", "line 2, column complaint: 'maybe' is neither true nor false"),
        ("a,,", "none says anything"),
        ("a,negative,yes,and, more", "line 2, column 4: more cells than the first line names"),
    ],
)
def test_a_faulty_row_is_left_out_and_named(tmp_path: Path, row: str, said: str) -> None:
    found = own.read(written(tmp_path, f"text,sentiment,complaint\n{row}\ngood,positive,no\n"))
    assert [one.text for one in found.rows] == ["good"]
    assert said in found.faults[0]
    assert "shop.csv" in found.faults[0]


def test_lines_are_counted_as_an_editor_counts_them(tmp_path: Path) -> None:
    found = own.read(written(tmp_path, 'text,complaint\n"two\nlines",yes\nbad,perhaps\n'))
    assert found.rows[0].text == "two lines"
    assert "line 4" in found.faults[0]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_encodings_and_separators_are_told(tmp_path: Path, encoding: str, mark: str) -> None:
    file = written(tmp_path, f"Text{mark}Complaint\nZu spät{mark}yes\n".encode(encoding))
    assert [(row.text, row.complaint) for row in own.read(file).rows] == [("Zu spät", True)]


def test_a_file_in_another_encoding_is_named_with_the_line(tmp_path: Path) -> None:
    with pytest.raises(own.OwnError, match=r"shop\.csv, line 2: not UTF-8; save it as UTF-8"):
        own.read(written(tmp_path, "text,complaint\nZu spät,yes\n".encode("latin-1")))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "no column `text`"),
        ("post,complaint\na,yes\n", "line 1: no column `text`"),
        ("text,mood\na,yes\n", "line 1: no column with labels"),
        ("text,irony,irony\na,yes,no\n", "column `irony` stands there twice"),
        ("text,irony\n", "has no row that can be used"),
        ("text,irony\na,perhaps\n", "the first fault: .*line 2, column irony"),
    ],
)
def test_a_file_that_can_not_be_used_at_all_says_why(tmp_path: Path, content: str, said: str) -> None:
    with pytest.raises(own.OwnError, match=said):
        own.read(written(tmp_path, content))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(own.OwnError, match=r"gone\.csv can't be read"):
        own.read(tmp_path / "gone.csv")


def test_json_lines_are_read_and_faulty_ones_named(tmp_path: Path) -> None:
    lines = [
        json.dumps({"text": "Never\u2028came", "complaint": True, "emotions": ["anger"]}),
        "{",
        "[1]",
        "",
        json.dumps({"text": 5, "complaint": True}),
        json.dumps({"text": "a", "emotions": ["rage"]}),
    ]
    found = own.read(written(tmp_path, "\n".join(lines), "shop.jsonl"))
    assert [row.complaint for row in found.rows] == [True]
    assert ["line 2" in found.faults[0], "line 3" in found.faults[1], "line 5" in found.faults[2]] == [True] * 3
    assert "line 6, column emotions: 'rage' is none of" in found.faults[3]


def test_what_one_author_wrote_stands_on_one_side(tmp_path: Path) -> None:
    rows = "".join(f"post number {i} of mine,yes,author{i % 40}\n" for i in range(400))
    train, held = own.read(written(tmp_path, f"text,complaint,author\n{rows}")).halves()
    sides = [{int(row.text.split()[2]) % 40 for row in side} for side in (train, held)]
    assert not sides[0] & sides[1]
    assert 0 < len(held) < 150
    assert len(train) + len(held) == 400


def test_hostile_rows_are_read_or_named_but_raise_nothing(tmp_path: Path) -> None:
    body = 'a\x00b,yes\n"open quote,yes\n' + "x" * 300_000 + ",yes\n\ud83d,yes\n".encode("utf-8", "replace").decode()
    found = own.read(written(tmp_path, f"text,complaint\nfirst,yes\n{body}"))
    assert found.rows[0].text == "first"
