"""`listener rules`, as typed."""

from datetime import timedelta
from pathlib import Path

import pytest

from tests.builders import minutes
from tests.cli.office import Counter, counter

RULES = """
[[rule]]
name = "refunds"
[rule.if]
words = ["refund"]
[rule.then]
tag = ["refund"]
points = 5

[[rule]]
name = "zeppelins"
[rule.if]
words = ["zeppelin"]
[rule.then]
escalate = true

[[rule]]
name = "off"
enabled = false
[rule.if]
always = true
no_reply_for = "1h30m"
[rule.then]
queue = "late"
"""


@pytest.fixture
def at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Counter:
    found = counter(tmp_path / "team", monkeypatch)
    (found.folder / "rules.toml").write_text(RULES)
    return found


@pytest.fixture
def heard(at: Counter) -> Counter:
    with at.hears(ago=timedelta(hours=3)) as office:
        office.hears("@acme a refund, \x1b[31mplease [bold]")
        office.clock.advance_to(office.clock.now() + minutes(30))
        office.hears("@acme it is late", by="ben")
    return at


def test_the_list_says_what_each_asks_for_and_does(at: Counter) -> None:
    rows = at.types("rules", "list", "--json").rows
    assert [(row["number"], row["name"], row["state"], row["acts"]) for row in rows] == [
        (1, "refunds", "on", "on posts"),
        (2, "zeppelins", "on", "on posts"),
        (3, "off", "off", "in time"),
    ]
    assert (rows[0]["if"], rows[0]["then"]) == ("words refund", "points 5; tag refund")
    assert (rows[2]["if"], rows[2]["then"]) == ("no_reply_for 1h30m", "queue late")
    assert "3 rules, 1 of them off" in at.types("rules", "list").err


def test_a_preview_says_what_would_be_done_and_changes_nothing(heard: Counter) -> None:
    before = heard.types("case", "show", "2", "--json").one["events"]
    typed = heard.types("rules", "preview")
    lines = typed.out.splitlines()
    assert lines[0] == "refunds: 1 time, on 1 case"
    assert "points +5 1×" in lines[1]
    assert "tag refund 1×" in lines[1]
    assert "“refund”: @acme a refund, <1B>[31mplease [bold]" in lines[2]
    assert "zeppelins: never" in lines
    assert "2 posts of 2 cases" in typed.err
    assert "nothing was changed" in typed.err
    assert heard.types("case", "show", "2", "--json").one["events"] == before
    assert len(heard.types("rules", "log", "--json").rows) == 1, "what the run itself logged"


def test_a_rule_that_is_off_is_looked_at_by_name_or_with_all(heard: Counter) -> None:
    assert "off" not in [row["rule"] for row in heard.types("rules", "preview", "--json").rows]
    named = heard.types("rules", "preview", "--rule", "off", "--json").one
    assert (named["rule"], named["acts"], named["did"]) == ("off", 2, {"queue late": 2})
    rows = heard.types("rules", "preview", "--off", "--json").rows
    assert [(row["rule"], row["acts"]) for row in rows] == [("refunds", 1), ("zeppelins", 0), ("off", 2)]


def test_another_file_is_tried_before_it_goes_live(heard: Counter, tmp_path: Path) -> None:
    other = tmp_path / "next.toml"
    other.write_text('[[rule]]\nname = "late"\n[rule.if]\nwords = ["late"]\n[rule.then]\nescalate = true\n')
    assert heard.types("rules", "preview", "--rules", str(other), "--json").one["acts"] == 1
    assert heard.types("rules", "list", "--rules", str(other), "--json").one["then"] == "escalate"
    other.write_text('[[rule]]\nname = "late"\n')
    wrong = heard.types("rules", "preview", "--rules", str(other))
    assert wrong.code == 2
    assert "next.toml:1: rule[1].if: no condition" in wrong.err


def test_a_preview_looks_back_as_far_as_it_is_told(heard: Counter) -> None:
    far = heard.types("rules", "preview", "--since", "2020-01-01", "--json").rows
    assert far[0]["acts"] == 1
    assert heard.types("rules", "preview", "--since", "2999-01-01").code == 2
    assert heard.types("rules", "preview", "--since", "yesterday-ish").code == 2


def test_the_log_lists_counts_and_narrows(heard: Counter) -> None:
    row = heard.types("rules", "log", "--json").one
    assert (row["rule"], row["case"], row["post"], row["did"]) == ("refunds", 1, 1, "points +5; tag refund")
    assert heard.types("rules", "log", "--rule", "zeppelins", "--json").rows == []
    assert heard.types("rules", "log", "--case", "2", "--json").rows == []
    assert heard.types("rules", "log", "--case", "#1", "--json").one["case"] == 1
    counts = heard.types("rules", "log", "--summary", "--json").rows
    assert [(c["rule"], c["acts"], c["cases"]) for c in counts] == [("refunds", 1, 1), ("zeppelins", 0, 0)]


def test_a_card_and_why_name_the_rule(heard: Counter) -> None:
    assert "refunds: points +5; tag refund" in heard.types("case", "show", "1").out
    why = heard.types("case", "why", "1").out
    assert "5.0  rule: refunds  added by this rule of rules.toml" in why


def test_a_rule_that_is_none_is_answered_with_those_that_are(heard: Counter) -> None:
    typed = heard.types("rules", "preview", "--rule", "refnds")
    assert typed.code == 2
    assert "“refunds”" in typed.err


def test_without_rules_there_is_a_hint(heard: Counter) -> None:
    (heard.folder / "rules.toml").write_text(RULES[RULES.index('[[rule]]\nname = "off"') :])
    typed = heard.types("rules", "preview")
    assert (typed.code, typed.out) == (0, "")
    assert "--off" in typed.err
