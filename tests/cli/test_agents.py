"""`listener agents`, as the team and its lead type it."""

from pathlib import Path

import pytest

from tests.cli.office import Counter, counter

AGENTS = """
[assignment]
mode = "push"
[[agent]]
name = "ana"
langs = ["de"]
capacity = 2
[[agent]]
name = "ben"
[[agent]]
name = "lea"
role = "lead"
"""


@pytest.fixture
def team(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Counter:
    """Ana, Ben and Lea, and three cases, the first in German."""
    at = counter(tmp_path / "settings", monkeypatch)
    (at.folder / "agents.toml").write_text(AGENTS)
    with at.hears() as office:
        for number, lang in enumerate(("de", "en", "en")):
            office.hears("@acme my parcel is late", by=f"author{number}", thread=f"t{number}", lang=lang)
    return at


def test_the_list_says_who_could_be_given_a_case(team: Counter) -> None:
    team.types("agents", "away", "ben", agent="lea")
    seen = team.types("agents", "list")
    rows = [line.split("\t") for line in seen.out.splitlines()]
    assert rows[0] == ["agent", "now", "load", "given", "skills", "hours"]
    assert [row[0] for row in rows[1:]] == ["ana", "ben", "lea"]
    assert rows[1][1:3] == ["free", "1/2"]
    assert rows[2][1].startswith("away since ")
    assert rows[3][1] == "a lead, who is given nothing"
    assert rows[1][4:] == ["in de", "round the clock"]
    assert seen.err == "3 shown · 3 named, 1 of them could be given a case now\n"


def test_json_has_the_plain_facts(team: Counter) -> None:
    ana = team.types("agents", "list", "--free", "--json").rows[0]
    assert (ana["agent"], ana["role"], ana["available"], ana["silent"]) == ("ana", "agent", True, False)
    assert (ana["load"], ana["capacity"], ana["given"]) == (0, 2, None)
    assert ana["next_shift"].endswith("Z")


def test_coming_gives_out_what_waits_and_going_gives_it_back(team: Counter) -> None:
    came = team.types("agents", "available", "ben", agent="lea")
    assert came.out.splitlines() == [
        "ben is available",
        "case 1 given to ana (lowest load: 0 of 2)",
        "case 2 given to ben (lowest load: 0 of 8)",
        "case 3 given to ben (lowest load: 1 of 8)",
    ]
    kept = team.types("agents", "away", "--keep", "--json", agent="ben").one
    assert kept == {"agent": "ben", "available": False, "returned": [], "kept": [2, 3], "given": {}}
    assert team.types("agents", "away", agent="ana").out.splitlines() == ["ana is away", "returned to their queues: 1"]
    again = team.types("agents", "available", "--json", agent="ana").one
    assert (again["available"], again["given"]) == (True, {"1": "ana"})


def test_who_acts_is_in_the_audit(team: Counter) -> None:
    team.types("agents", "away", "ana", agent="lea")
    with team.hears() as office, office.store.read() as reads:
        rows = reads._db.exec_driver_sql("SELECT agent, kind, subject FROM audit").all()  # type: ignore[attr-defined]
    assert [tuple(row) for row in rows] == [("lea", "away", "agent:ana")]


def test_why_a_case_waits_and_whose_it_is(team: Counter) -> None:
    team.types("agents", "away", "ben", agent="ben")
    assert (
        team.types("agents", "why", "2").out.splitlines()[0] == "Case 2 in support: waits: nobody can be given it now"
    )
    told = team.types("agents", "why", "2", "--json").one
    assert (told["holder"], told["agents"][0]) == ("", {"agent": "ana", "could": False, "why not": "lacks lang=en"})
    assert team.types("agents", "why", "1").out.startswith("Case 1 in support: given to ana at ")


def test_mistakes_say_what_to_do(team: Counter) -> None:
    unknown = team.types("agents", "away", "zoe")
    assert (unknown.code, unknown.err) == (
        2,
        "listener: agents.toml doesn't name zoe: it names ana, ben, lea\n  → add them: [[agent]]\n",
    )
    assert team.types("agents", "why", "99").err.startswith("listener: there is no case 99")
    assert team.types("agents", "why", "x").code == 2


def test_without_a_roster_anybody_takes_anything(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    at = counter(tmp_path / "settings", monkeypatch)
    seen = at.types("agents", "list", "--json")
    assert (seen.out, seen.err) == (
        "",
        "agents.toml names nobody: any name may take any case, and nothing is given out\n",
    )


def test_next_begins_with_what_one_was_given(team: Counter) -> None:
    team.types("agents", "available", "ben", agent="ben")
    assert team.types("next", "--json", agent="ana").one["case"]["id"] == 1
    assert team.types("next", "--json", agent="ben").one["case"]["id"] == 2
    assert team.types("next", agent="ana").err == "Nothing waits.\n"
