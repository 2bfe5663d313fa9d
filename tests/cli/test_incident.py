"""`listener incident` as it is typed."""

from datetime import timedelta
from pathlib import Path

import pytest

from listener.triage.gathering import gather
from tests.cli.office import Counter, counter

SAID = "@NorthlightCoffee the grinder at the station shop has swallowed my card, no coffee came"


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Counter:
    """Three people who said the same; the first a name that would like to be a command."""
    made = counter(tmp_path / "team", monkeypatch)
    with made.hears(ago=timedelta(minutes=30)) as office:
        for n in range(3):
            office.hears(f"{SAID}{'!' * n}\x1b[2J", by=f"p{n}", thread=f"t{n}", can_reply=n > 0)
        with office.store.write() as tx:
            gather(tx, office.policy, office.clock.now())
    return made


def test_the_whole_life_of_an_incident(desk: Counter) -> None:
    assert desk.types("incident", "list", "--json").one["cases"] == 3
    assert desk.types("incident", "own", "1").out.startswith("incident 1 owned by ada")
    assert "COLLEAGUE" not in desk.types("incident", "answer", "1", "Hello {name}").out
    assert desk.types("incident", "send", "1").code == 5
    assert desk.types("incident", "approve", "1").code == 5
    assert desk.types("incident", "approve", "1", agent="ben").code == 0
    sent = desk.types("incident", "send", "1")
    assert [line.split()[1] for line in sent.out.splitlines()] == ["2", "3"]
    assert "not sent" in sent.err
    assert desk.types("incident", "follow-up", "1", "--json").one["need"] == "can't be reached"
    assert len(desk.types("incident", "send", "1", "--by-hand", "--json").one["recorded"]) == 1
    closed = desk.types("incident", "close", "1", "--fixed", "Fixed, {name}", "--by-hand", "--json").one
    assert closed["resolved"] == [1, 2, 3]
    assert desk.types("incident", "list", "--json").rows == []
    assert desk.types("incident", "list", "--closed", "--json").one["incident"]["state"] == "closed"
    assert desk.types("incident", "reopen", "1", "--why", "again").code == 0


def test_the_card_shows_no_control_character(desk: Counter) -> None:
    shown = desk.types("incident", "show", "1")
    assert "case 1 @p0" in shown.out
    assert "\x1b" not in shown.out
    assert desk.types("incident", "show", "1", "--json").one["incident"]["kind"] == "alike"


def test_cases_by_hand_and_on_stdin(desk: Counter) -> None:
    assert desk.types("incident", "remove", "1", "-", stdin="2 3").out.startswith("incident 1 reduced")
    made = desk.types("incident", "open", "--case", "-", "--title", "Grinder", "--json", stdin="2\n3\n").one
    assert (made["incident"]["kind"], made["cases"], made["incident"]["owner"]) == ("by_hand", 2, "ada")
    assert desk.types("incident", "add", "2", "1").code == 5, "it is in the first one"
    assert desk.types("incident", "title", "2", "Grinders").out.startswith("incident 2 renamed: Grinders")


def test_what_can_not_be_is_said_with_what_to_do(desk: Counter) -> None:
    assert "listener incident list" in desk.types("incident", "show", "9").err
    assert "--theme" in desk.types("incident", "open").err
    assert "no variable" in desk.types("incident", "answer", "1", "Hi {you}").err
    assert "no time span" in desk.types("incident", "propose", "--within", "soon").err
    assert desk.types("incident", "open", "Northlight Coffee", "--theme", "tea").code == 2


def test_proposals_where_nothing_stands_out(desk: Counter) -> None:
    typed = desk.types("incident", "propose")
    assert (typed.code, "Nothing stands out" in typed.err) == (0, True)
    assert desk.types("incident", "propose", "--json").rows == []
