"""`listener audit` as it is typed."""

import json
import re
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.office import Counter, counter

PAGE = Path(__file__).parents[2] / "docs" / "audit.md"


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Counter:
    """A case on which Ada noted twice and Ben once."""
    ours = counter(tmp_path / "desk", monkeypatch)
    with ours.hears() as office:
        office.hears()
    for agent, text in (("ada", "called them"), ("ben", "=1+1 \x1b[31m"), ("ada", "called again")):
        assert ours.types("case", "note", "1", text, agent=agent).code == 0
    return ours


def test_who_did_what_is_listed_newest_first(desk: Counter) -> None:
    rows = desk.types("audit", "--json").rows
    assert [(row["agent"], row["kind"], row["subject"], row["row"]) for row in rows] == [
        ("ada", "noted", "case:1", 3),
        ("ben", "noted", "case:1", 2),
        ("ada", "noted", "case:1", 1),
    ]
    assert rows[0]["detail"] == {"text": "called again"}


def test_a_list_is_narrowed_and_says_when_there_is_more(desk: Counter) -> None:
    assert [row["row"] for row in desk.types("audit", "--agent", "ada", "--json").rows] == [3, 1]
    assert len(desk.types("audit", "--case", "#1", "--json").rows) == 3
    assert desk.types("audit", "--subject", "incident:3").err == "0 acts\n"
    assert desk.types("audit", "--since", "2090-01-01").err == "0 acts\n"
    assert desk.types("audit", "--limit", "2").err == "2 acts, more are older: raise --limit\n"


def test_a_strangers_words_reach_no_terminal_as_they_are(desk: Counter) -> None:
    shown = desk.types("audit").out
    assert "\x1b" not in shown
    assert "<1B>" in shown


@pytest.mark.parametrize(
    "words",
    [
        ("--case", "1", "--subject", "case:1"),
        ("--case", "x"),
        ("--subject", "case:x"),
        ("--since", "soon"),
        ("--against", "1:2"),
        ("--verify", "--against", "nonsense"),
        ("--export", "chain.csv"),
    ],
)
def test_what_can_not_be_meant_is_refused(desk: Counter, words: tuple[str, ...]) -> None:
    typed = desk.types("audit", *words)
    assert (typed.code, typed.out) == (2, "")


def test_a_whole_chain_says_so_and_holds_its_anchor(desk: Counter) -> None:
    anchor = desk.types("audit", "--anchor").out.strip()
    assert anchor.startswith("3:")
    desk.types("case", "note", "1", "one more")
    typed = desk.types("audit", "--verify", "--against", anchor)
    assert (typed.code, typed.out) == (0, "4 acts, chain whole\n")
    assert "it holds the anchor" in typed.err
    assert desk.types("audit", "--verify", "--json").one["whole"] is True


@pytest.mark.sqlite
def test_a_broken_chain_names_its_row_and_leaves_with_5(desk: Counter) -> None:
    forced(desk, "UPDATE audit SET agent = 'eve' WHERE id = 2")
    typed = desk.types("audit", "--verify")
    assert typed.code == 5
    assert "the audit is broken: row 2: its link" in typed.err
    found = desk.types("audit", "--verify", "--json")
    assert (found.code, found.one["first_fault"]["row"], found.one["faulty"]) == (5, 2, 1)


@pytest.mark.sqlite
def test_an_end_cut_off_is_found_against_an_anchor(desk: Counter) -> None:
    anchor = desk.types("audit", "--anchor").out.strip()
    forced(
        desk, "DELETE FROM audit WHERE id = 3", "DELETE FROM case_events WHERE id = (SELECT max(id) FROM case_events)"
    )
    assert desk.types("audit", "--verify").code == 0
    assert desk.types("audit", "--verify", "--against", anchor).code == 5


def test_an_export_is_checked_by_the_pages_own_program(desk: Counter, tmp_path: Path) -> None:
    """Nothing of ours is imported there, and it finds what was changed."""
    (program,) = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert sum(bool(line.strip()) for line in program.splitlines()) <= 20
    file = tmp_path / "chain.jsonl"
    assert desk.types("audit", "--export", str(file)).code == 0
    anchor = desk.types("audit", "--anchor").out.strip()
    assert _checked(program, file) == (0, f"3 acts, 0 erased, anchor {anchor}\n")
    rows = [json.loads(line) for line in file.read_text().splitlines()]
    for change in ({"agent": "eve"}, {"detail": {"text": "never"}}, {"before": {"x": 1}}, {"salt": ""}, {"row": 9}):
        forged = [rows[0], {**rows[1], **change}, rows[2]]
        file.write_text("".join(json.dumps(row) + "\n" for row in forged))
        code, said = _checked(program, file)
        assert (code, said) == (1, ""), change
    file.write_text("".join(json.dumps(row) + "\n" for row in (rows[0], rows[2])))
    assert _checked(program, file)[0] == 1


def _checked(program: str, file: Path) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-I", "-c", program, str(file)], capture_output=True, text=True, timeout=30, check=False
    )
    return done.returncode, done.stdout


def test_an_existing_file_is_left_alone_unless_forced(desk: Counter, tmp_path: Path) -> None:
    file = tmp_path / "chain.jsonl"
    file.write_text("mine")
    assert desk.types("audit", "--export", str(file)).code == 2
    assert file.read_text() == "mine"
    assert desk.types("audit", "--export", str(file), "--force").code == 0
    assert file.read_text().count("\n") == 3


def forced(desk: Counter, *statements: str) -> None:
    db = sqlite3.connect(desk.folder / "listener.db")
    for table in ("audit", "case_events"):
        for what in ("update", "delete"):
            db.execute(f"DROP TRIGGER {table}_keep_{what}")
    for statement in statements:
        db.execute(statement)
    db.commit()
    db.close()
