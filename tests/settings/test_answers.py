"""answers.toml: what it may say, and what is a problem before anybody posts it."""

from pathlib import Path

import pytest

from listener.domain.answers import Answer, Approval
from tests.settings.folders import folder, loaded, problems

ROUTES = '[[route]]\nqueue = "press"\n'


def _file(at: Path, text: str) -> Path:
    return folder(at, answers=text, routing=ROUTES)


def _answer(text: str) -> str:
    return f'[[answer]]\nname = "a"\ntext = {text}\n'


def test_a_canned_reply_with_its_conditions_is_read(tmp_path: Path) -> None:
    where = 'langs = ["DE"]\nbrands = ["Acme"]\nqueues = ["press"]\nreasons = ["praise"]'
    file = _answer("'Hi {name}, {{x}}'") + where
    (found,) = loaded(_file(tmp_path, file)).triage.answers.answers
    assert found == Answer(
        name="a",
        text="Hi {name}, {{x}}",
        langs=("de",),
        brands=("Acme",),
        queues=("press",),
        reasons=("praise",),
    )


def test_without_the_file_nothing_is_canned_and_nobody_need_approve(tmp_path: Path) -> None:
    found = loaded(folder(tmp_path)).triage.answers
    assert (found.answers, found.approval, found.limits) == ((), Approval(), {})
    assert (found.limit("x"), found.limit("App Store"), found.limit("Twitter"), found.limit("feed")) == (
        280,
        5970,
        280,
        None,
    )


def test_approval_is_read(tmp_path: Path) -> None:
    file = '[approval]\nqueues = ["press"]\nbrands = ["Acme"]\nbands = ["urgent"]\nescalated = true'
    assert loaded(_file(tmp_path, file)).triage.answers.approval == Approval(
        queues=("press",), brands=("Acme",), bands=("urgent",), escalated=True
    )


def test_a_limit_of_ones_own_stands_for_the_usual(tmp_path: Path) -> None:
    found = loaded(_file(tmp_path, "[limits]\nmastodon = 5000")).triage.answers
    assert (found.limit("mastodon"), found.limit("x")) == (5000, 280)


@pytest.mark.parametrize(
    "field",
    [
        "name.__class__",
        "name.__class__.__mro__",
        "name[0]",
        "case.version",
        "name!r",
        "name:>10",
        "name:{brand}",
        "",
        "0",
        "nam",
        "NAME",
        " name",
    ],
)
def test_E1_what_is_no_plain_variable_is_a_problem_with_its_line(tmp_path: Path, field: str) -> None:
    (found,) = problems(_file(tmp_path, f"\n{_answer(repr('Hi {' + field + '}'))}"))
    assert (found.file, found.line, found.key) == ("answers.toml", 4, "answer[1].text")
    assert "is no variable" in found.message
    assert "{name}" in found.fix


@pytest.mark.parametrize("text", ["Hi {name", "Hi name}", "Hi }{", "{name} {"])
def test_a_brace_alone_is_a_problem(tmp_path: Path, text: str) -> None:
    (found,) = problems(_file(tmp_path, _answer(repr(text))))
    assert "a brace stands alone" in found.message


@pytest.mark.parametrize(
    ("file", "said"),
    [
        ("[[answer]]\ntext = 'a'", "answer[1].name: missing"),
        ("[[answer]]\nname = 'a'", "answer[1].text: missing"),
        (_answer("'a'") * 2, 'a second answer is named "a"'),
        (_answer("'a'") + "reasons = ['rage']", "is none of the choices"),
        (_answer("'a'") + "brands = ['Acmee']", "did you mean Acme?"),
        (_answer("'a'") + "queues = ['prss']", 'nothing goes to "prss" → did you mean press?'),
        ("[approval]\nqueues = ['legall']", 'nothing goes to "legall"'),
        ("[approval]\nbands = ['hot']", "is none of the choices"),
        ("[approval]\nbands_ = ['hot']", "unknown key"),
        ("[limits]\nmyspace = 5", "unknown key"),
        ("[limits]\nx = 0", "out of range"),
        ("[limits]\nx = 1000000", "out of range"),
        ("anser = 1", "unknown key"),
    ],
)
def test_what_is_wrong_is_named_with_its_fix(tmp_path: Path, file: str, said: str) -> None:
    assert said in "\n".join(map(str, problems(_file(tmp_path, file))))
