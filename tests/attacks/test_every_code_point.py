"""What a terminal would draw of any code point: itself, or its number; never nothing, and never a tower of marks."""

import sys
import unicodedata

import pytest

from listener.domain.text import visible

EVERY = range(sys.maxunicode + 1)
# Signs that are drawn although Unicode counts them as format characters: they enclose or precede digits.
DRAWN = {*range(0x600, 0x606), 0x6DD, 0x70F, 0x890, 0x891, 0x8E2, 0x110BD, 0x110CD}
FILLERS = {0x34F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x3164, 0xFFA0}


def test_no_control_or_format_character_of_any_script_is_shown_raw() -> None:
    hidden = [chr(c) for c in EVERY if unicodedata.category(chr(c)) in {"Cc", "Cf", "Cs", "Zl", "Zp"}]
    hidden += map(chr, FILLERS)
    assert len(hidden) > 2000
    shown = [f"{ord(char):04X}" for char in hidden if char in visible(f"a{char}b") and ord(char) not in DRAWN]
    assert shown == []


def test_no_mark_of_any_script_piles_up() -> None:
    marks = [chr(c) for c in EVERY if unicodedata.category(chr(c)) in {"Mn", "Me"}]
    assert len(marks) > 1500
    spelled = [char for char in marks if visible(char).startswith("<")]
    high = [f"{ord(char):04X}" for char in marks if char not in spelled and visible(f"a{char * 100}").count(char) != 8]
    assert high == []


@pytest.mark.parametrize("row", ["\u0301\u0e31" * 60, ("\u0301" * 8 + "\u200d") * 30], ids=["mixed", "joined"])
def test_marks_in_turns_or_with_joiners_between_pile_up_no_higher(row: str) -> None:
    assert sum(unicodedata.category(char) == "Mn" for char in visible(f"a{row}b")) == 8


@pytest.mark.parametrize("text", ["👩\u200d👩\u200d👧 ❤\ufe0f " * 5, "नमस्ते दुनिया", "שָׁלוֹם", "ภาษาไทยที่นี่", "é 한국어"])
def test_what_people_write_stays_as_it_is(text: str) -> None:
    assert visible(text) == text
