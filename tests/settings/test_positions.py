"""Lines of keys in TOML texts of every shape people write."""

import tomllib

import pytest

from listener.settings.positions import line_of, positions

TEXT = '''# a comment with = and [brackets]
top = "x" # another
"quoted key" = 1
'single' = 2
a.b.c = 3

many = """
not = "a key"
[nor a table]
""""
lines = \'\'\'
[[nor]]
one = 1\'\'\'
escaped = "a \\" # b"

[table]
  key = [ "one", # first
    "two",
    [ "three" ],

    "four", ]
  empty = []
  inline = { x = 1, "y.z" = { w = [1, 2] } }
[table.child]
when = 1979-05-27 07:32:00

[[brand]]
name = "A"
[[brand.term]]
text = "t"
[[brand.term]]
text = "u"
[brand.extra]
key = 1
[[brand]]
name = "B"
[[brand.term]]
text = "v"
'''

EXPECTED = {
    ("top",): 2,
    ("quoted key",): 3,
    ("single",): 4,
    ("a",): 5,
    ("a", "b", "c"): 5,
    ("many",): 7,
    ("lines",): 11,
    ("escaped",): 14,
    ("table",): 16,
    ("table", "key"): 17,
    ("table", "key", 0): 17,
    ("table", "key", 1): 18,
    ("table", "key", 2): 19,
    ("table", "key", 2, 0): 19,
    ("table", "key", 3): 21,
    ("table", "empty"): 22,
    ("table", "inline", "y.z", "w", 1): 23,
    ("table", "child", "when"): 25,
    ("brand",): 27,
    ("brand", 0): 27,
    ("brand", 0, "name"): 28,
    ("brand", 0, "term", 0, "text"): 30,
    ("brand", 0, "term", 1): 31,
    ("brand", 0, "term", 1, "text"): 32,
    ("brand", 0, "extra", "key"): 34,
    ("brand", 1): 35,
    ("brand", 1, "name"): 36,
    ("brand", 1, "term", 0, "text"): 38,
}


@pytest.mark.parametrize("ends", ["\n", "\r\n"])
@pytest.mark.parametrize(("path", "line"), EXPECTED.items(), ids=str)
def test_every_key_and_item_has_its_line(path: tuple[str | int, ...], line: int, ends: str) -> None:
    text = TEXT.replace("\n", ends)
    tomllib.loads(text)
    assert positions(text)[path] == line


def test_what_stands_inside_strings_and_comments_is_no_key() -> None:
    found = {path[0] for path in positions(TEXT)}
    assert found == set(tomllib.loads(TEXT))


def test_what_has_no_line_of_its_own_takes_that_of_what_is_around_it() -> None:
    lines = positions(TEXT)
    assert line_of(lines, ("brand", 1, "missing")) == 35
    assert line_of(lines, ("absent", "key")) == 0


@pytest.mark.parametrize("text", ["", "\n\n", "# only a comment", "a = 1"])
def test_short_texts_are_read_too(text: str) -> None:
    assert set(positions(text)) == {(key,) for key in tomllib.loads(text)}
