"""Words out of HTML, in time that grows as the HTML does."""

import re

import pytest

from listener.connectors.markup import to_text
from tests.fuzz import trying
from tests.fuzz.trying import Hang, bounded


@pytest.mark.parametrize(
    ("html", "words"),
    [
        ("<p>a <b>b</b><br>c</p><p>d", "a b\nc\n\nd"),
        ("<a title=\"x > y\" href='a'>hi</a>", "hi"),
        ('<img alt="<3 >">x', "x"),
        ("<p don't>x</p>", "x"),
        ("a < b > c, I <3 you", "a < b > c, I <3 you"),
        ("x<!-- a > b -->y<!>z<!doctype html>w", "xyzw"),
        ('<script>if(a<b){"</p>"}</script>t<STYLE>p{}</style>u', "tu"),
        ("&lt;b&gt; &amp;amp; &#x41;", "<b> &amp; A"),
        ("<ul><li>one<li>two</ul>three", "one\ntwo\n\nthree"),
        ("<![CDATA[x]]>y", "y"),
        ("a<!-- never ends", "a"),
        ("a <b never ends", "a <b never ends"),
        ("", ""),
    ],
)
def test_words_stay_and_markup_goes(html: str, words: str) -> None:
    assert to_text(html) == words


@pytest.mark.parametrize("html", ["<![x[y]]>z", "<![CD>z", "<![if !mso]>z<![endif]>", "<![>z"])
def test_L3_a_section_that_nobody_knows_is_left_out(html: str) -> None:
    """The standard library's parser raised, which stopped a whole source."""
    assert to_text(html) == "z"


def test_L3_a_character_of_thousands_of_digits_is_none() -> None:
    assert to_text(f"a&#{'9' * 5_000};b&#65;") == "a\ufffdbA"


UNITS = ("<a ", "<!--", "<!", "<?", "</", "<a b='", '="<a "', "<a =\"'", "<![", "&", "<p>", "<a<", "<a = ")
HALF_A_MEGABYTE = 524_288


@pytest.mark.parametrize("unit", UNITS)
def test_A5_half_a_megabyte_of_nonsense_does_not_hang(unit: str) -> None:
    with bounded():
        to_text(("<a " + unit * HALF_A_MEGABYTE)[:HALF_A_MEGABYTE])


def test_A5_control_looking_for_the_end_from_every_beginning_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    """As Python's own parser did: 6 seconds over 24 KB."""
    monkeypatch.setattr(trying, "LONGEST", 0.5)
    nonsense = "<a " * (HALF_A_MEGABYTE // 3)
    with pytest.raises(Hang), bounded():
        assert not any(re.search("[^<]*>" * 2, nonsense[at:]) for at in range(0, len(nonsense), 3))
