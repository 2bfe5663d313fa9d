"""rules.toml: what a rule may say, and every mistake by its line."""

from datetime import timedelta
from pathlib import Path

import pytest

from listener import settings
from listener.domain.rules import Rule, Then, When
from listener.errors import ConfigError
from listener.settings import ConfigProblems
from tests.settings.folders import folder, loaded, problems

WHOLE = """
[[rule]]
name = "hot"
stop = true
[rule.if]
brands = ["Acme"]
labels = ["complaint"]
words = ["refund", "money back"]
min_confidence = 0.5
queues = ["support"]
bands = ["high"]
older_than = "2h"
no_reply_for = "1h30m"
[rule.then]
queue = "press"
points = -5
tag = ["vip"]
assign = "ada"
snooze = "2h"
notify = ["console"]
escalate = true
"""
ALERTS = '[[target]]\nname = "console"\nurl = "console:"\n'


def rule(conditions: str = 'words = ["x"]', actions: str = 'tag = ["t"]', more: str = "", name: str = "r") -> str:
    return f'[[rule]]\nname = "{name}"\n{more}\n[rule.if]\n{conditions}\n[rule.then]\n{actions}\n'


def test_a_rule_is_read_as_it_is_written(tmp_path: Path) -> None:
    (found,) = loaded(folder(tmp_path, rules=WHOLE, alerts=ALERTS)).triage.rules
    assert found.timed
    assert found == Rule(
        name="hot",
        stop=True,
        when=When(
            brands=("Acme",),
            labels=("complaint",),
            words=("refund", "money back"),
            min_confidence=0.5,
            queues=("support",),
            bands=("high",),
            older_than=timedelta(hours=2),
            no_reply_for=timedelta(minutes=90),
        ),
        then=Then(
            queue="press",
            points=-5.0,
            tag=("vip",),
            assign="ada",
            snooze=timedelta(hours=2),
            notify=("console",),
            escalate=True,
        ),
    )


def test_without_a_file_there_are_no_rules(tmp_path: Path) -> None:
    assert loaded(folder(tmp_path)).triage.rules == ()


@pytest.mark.parametrize(
    ("written", "key", "says"),
    [
        (rule(name=""), "rule[1].name", "missing"),
        (rule(conditions=""), "rule[1].if", "no condition"),
        (rule(conditions="brands = []"), "rule[1].if", "no condition"),
        (rule(conditions="max_confidence = 1.0"), "rule[1].if", "no condition"),
        (rule(actions=""), "rule[1].then", "nothing to do"),
        (rule(actions="notices_per_hour = 3"), "rule[1].then", "nothing to do"),
        (rule() + rule(), "rule[2].name", 'a second rule is named "r"'),
        (rule(conditions='wrods = ["x"]'), "rule[1].if.wrods", "unknown key"),
        (rule(actions='ecsalate = true\ntag = ["a"]'), "rule[1].then.ecsalate", "unknown key"),
        (rule(more="enabeld = true"), "rule[1].enabeld", "unknown key"),
        ("[[rul]]\n", "rul", "unknown key"),
        (rule(conditions='tiers = ["gold"]\nwords = ["x"]'), "rule[1].if.tiers", "unknown key"),
        (rule(conditions='brands = ["Acmee"]'), "rule[1].if.brands[1]", "none of the choices"),
        (rule(conditions='labels = ["complaints"]'), "rule[1].if.labels[1]", "none of the choices"),
        (rule(conditions='bands = ["hihg"]'), "rule[1].if.bands[1]", "none of the choices"),
        (rule(conditions='words = "x"'), "rule[1].if.words", "expected a list"),
        (rule(conditions='words = [""]\nbrands = ["Acme"]'), "rule[1].if.words[1]", "empty text"),
        (rule(conditions="min_severity = 7"), "rule[1].if.min_severity", "out of range"),
        (rule(conditions="min_confidence = 0.8\nmax_confidence = 0.5"), "rule[1].if.max_confidence", "can never hold"),
        (rule(conditions='older_than = "2 fortnights"'), "rule[1].if.older_than", "a time span"),
        (rule(actions='snooze = "0m"'), "rule[1].then.snooze", "out of range"),
        (rule(actions='tag = ["Two Words"]'), "rule[1].then.tag[1]", "no tag"),
        (rule(actions="points = 5000"), "rule[1].then.points", "out of range"),
        (rule(actions='notify = ["consol"]'), "rule[1].then.notify[1]", "no target of alerts.toml"),
    ],
)
def test_each_mistake_is_named_by_its_key_and_line(tmp_path: Path, written: str, key: str, says: str) -> None:
    found = problems(folder(tmp_path, rules=written, alerts=ALERTS))
    assert [(one.file, one.key) for one in found] == [("rules.toml", key)]
    assert says in found[0].message
    assert found[0].line > 0
    assert found[0].fix


def test_a_rule_for_every_post_must_say_so(tmp_path: Path) -> None:
    (found,) = loaded(folder(tmp_path, rules=rule(conditions="always = true"))).triage.rules
    assert found.when == When()


def test_a_rule_that_only_stops_is_one(tmp_path: Path) -> None:
    (found,) = loaded(folder(tmp_path, rules=rule(actions="", more="stop = true"))).triage.rules
    assert found.then == Then()


def test_an_agent_is_looked_up_only_where_agents_are_listed(tmp_path: Path) -> None:
    unknown = folder(tmp_path, rules=rule(actions='assign = "adda"'))
    assert loaded(unknown).triage.rules[0].then.assign == "adda"
    (tmp_path / "agents.toml").write_text('[[agent]]\nname = "ada"\n')
    (found,) = problems(unknown)
    assert (found.key, found.fix) == ("rule[1].then.assign", "did you mean ada?")


def test_another_file_is_judged_by_the_same_names(tmp_path: Path) -> None:
    ours = loaded(folder(tmp_path, alerts=ALERTS))
    other = tmp_path / "next-week.toml"
    other.write_text(WHOLE)
    assert [one.name for one in settings.rules_of_file(other, ours)] == ["hot"]
    other.write_text(rule(actions='notify = ["chat"]'))
    with pytest.raises(ConfigProblems, match=r"next-week\.toml:7: rule\[1\]\.then\.notify\[1\]"):
        settings.rules_of_file(other, ours)
    with pytest.raises(ConfigError, match="no such file"):
        settings.rules_of_file(tmp_path / "nowhere.toml", ours)
