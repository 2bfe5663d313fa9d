"""themes.toml: what a theme may say, and every mistake by its line."""

from pathlib import Path

import pytest

from listener.domain.themes import Act, Theme, ThemeKind
from listener.settings import load
from listener.settings.starter import shipped
from tests.settings.folders import folder, loaded, problems


def test_a_theme_is_read_whole(tmp_path: Path) -> None:
    text = '[[message]]\nname = "fresh"\nphrases = ["roasted today"]\nbrands = ["Acme"]\n'
    (found,) = loaded(folder(tmp_path, themes=text)).themes
    assert found == Theme(kind=ThemeKind.MESSAGE, name="fresh", phrases=("roasted today",), brands=("Acme",))
    assert found.tag == "message:fresh"


def test_without_the_file_nothing_is_looked_for(tmp_path: Path) -> None:
    assert loaded(folder(tmp_path)).themes == ()


def test_the_shipped_themes_name_every_act_and_touchpoint() -> None:
    themes = load(shipped(), environ={}).themes
    names = {kind: [one.name for one in themes if one.kind is kind] for kind in ThemeKind}
    assert names[ThemeKind.TOUCHPOINT] == ["discover", "buy", "deliver", "use", "get help", "renew or leave"]
    assert names[ThemeKind.ACT] == [*Act]
    assert names[ThemeKind.MESSAGE] == names[ThemeKind.EMOTION] == []
    assert len(names[ThemeKind.MOTIVATOR]) >= 10


@pytest.mark.parametrize(
    ("text", "line", "key", "said"),
    [
        ('[[act]]\nname = "recomend"\nphrases = ["a"]', 2, "act[1].name", "none of the acts → did you mean recommend?"),
        ('[[touchpoint]]\nphrases = ["a"]', 1, "touchpoint[1].name", "missing"),
        ('[[touchpoint]]\nname = "buy"', 1, "touchpoint[1]", "nothing finds it"),
        ('[[touchpoint]]\nname = "buy"\nphrases = ["!"]', 3, "touchpoint[1].phrases[1]", "holds no word"),
        ('[[touchpoint]]\nname = "buy"\nexamples = ["a", "b"]', 3, "touchpoint[1].examples", "say too little"),
        ('[[touchpoint]]\nname = "buy"\nphrase = ["a"]\nphrases = ["a"]', 3, "touchpoint[1].phrase", "unknown key"),
        (
            '[[message]]\nname = "m"\nphrases = ["a"]\nbrands = ["Acne"]',
            4,
            "message[1].brands[1]",
            "did you mean Acme?",
        ),
        (
            '[[motivator]]\nname = "Order"\nphrases = ["a"]\n[[motivator]]\nname = "order"\nphrases = ["a"]',
            5,
            "motivator[2].name",
            "a second motivator",
        ),
        (f'[[touchpoint]]\nname = "buy"\nphrases = ["{"a" * 201}"]', 3, "touchpoint[1].phrases[1]", "longer than 200"),
        (f'[[touchpoint]]\nname = "{"a" * 61}"\nphrases = ["a"]', 2, "touchpoint[1].name", "longer than 60"),
        ('[[emotion]]\nname = "joy"', 1, "emotion", "unknown key"),
    ],
)
def test_a_mistake_is_told_with_line_key_and_fix(tmp_path: Path, text: str, line: int, key: str, said: str) -> None:
    (problem,) = problems(folder(tmp_path, themes=text))
    assert (problem.file, problem.line, problem.key) == ("themes.toml", line, key)
    assert said in str(problem)


def test_too_many_phrases_are_told(tmp_path: Path) -> None:
    phrases = ", ".join(f'"word {n}"' for n in range(501))
    (problem,) = problems(folder(tmp_path, themes=f'[[touchpoint]]\nname = "buy"\nphrases = [{phrases}]'))
    assert problem.message == "501 of them"
