"""D1, D3: whatever a stranger or a colleague writes, in whichever field, no command lets it act on a terminal."""

import itertools
import re
import sys
from pathlib import Path

import pytest

from listener.cli import show
from listener.domain.mention import Author
from listener.domain.text import clean, clean_name
from listener.triage import card
from tests.cli.office import Counter, counter
from tests.journeys.terminal import on_a_terminal

NASTY = (
    "\x1b[31mred\x1b]52;c;cHduZWQ=\x07\x1b]0;title\x07\x9b2J\x00\x08\x7f\r\u202egnp.exe\u2066\u200b\U000e0041\u2028"
    "[/] [/bold] [link=x [@click=app.quit]x[/] :smile: {0} %s \ud800"
)
FORBIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\U000e0000-\U000e0fff]"
)
COMMANDS = (
    ("inbox",),
    ("case", "show", "1"),
    ("case", "why", "1"),
    ("case", "reply", "1", "sorry", "--as", "bob"),
    ("next", "--queue", "support"),
    ("case", "resolve", "1", "77", "--as", NASTY.replace("\x00", "")),
    ("case", "show", NASTY.replace("\x00", "")),
    ("case", "snooze", "1", "--until", NASTY.replace("\x00", "")),
    ("case", "relabel", "1", "--label", NASTY.replace("\x00", "")),
)


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Counter:
    """A case in which every field that a stranger fills is hostile, as a connector would clean and store it."""
    at = counter(tmp_path / "settings", monkeypatch)
    text = clean(f"@acme {NASTY}")
    with at.hears() as office:
        writer = Author(platform=clean_name(NASTY), native_id=clean_name(NASTY), handle=clean_name(NASTY), name=text)
        office.hears(
            text,
            author=writer,
            thread=text,
            url=f"https://example.com/{text}",
            lang=text,
            platform=clean_name(NASTY),
            native_id=clean_name(NASTY),
            reply_note=text,
        )
        office.desk.note(1, clean(NASTY), "ada")
        office.desk.escalate(1, clean(NASTY), "ada")
        office.hears("@acme late", by="ben", thread="b")
    return at


@pytest.mark.parametrize("words", COMMANDS, ids=lambda words: " ".join(words[:2]))
def test_D1_no_hidden_character_leaves_a_command(desk: Counter, words: tuple[str, ...]) -> None:
    seen = desk.types(*words)
    assert not FORBIDDEN.findall(seen.out.replace("\t", " ") + seen.err)


@pytest.mark.parametrize("words", [("inbox", "--json"), ("case", "show", "1", "--json"), ("next", "--json")])
def test_D1_json_is_plain_ascii(desk: Counter, words: tuple[str, ...]) -> None:
    seen = desk.types(*words)
    assert seen.code == 0
    assert seen.out.isascii()
    assert not FORBIDDEN.findall(seen.out)


@pytest.mark.parametrize("words", [("case", "show", "1"), ("case", "why", "1"), ("next",)])
def test_D3_markup_is_shown_and_not_obeyed_on_a_terminal(desk: Counter, words: tuple[str, ...]) -> None:
    seen = on_a_terminal("--config", str(desk.folder), "--as", "ada", *words, cwd=desk.folder, rows=60, columns=120)
    assert seen.code == 0
    assert seen.foreign == []
    assert seen.title == ""
    assert seen.modes == frozenset()
    if words != ("case", "why", "1"):
        assert "[/bold] [link=x" in " ".join(seen.text.split())


def test_D1_the_tests_see_what_a_card_without_its_guard_lets_through(
    desk: Counter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(card, "visible_lines", lambda text: text.split("\n"))
    monkeypatch.setattr(card, "visible", lambda text, *_: text)
    monkeypatch.setattr(show, "out", lambda line="": sys.stdout.write(f"{line}\n"))
    assert FORBIDDEN.findall(desk.types("case", "show", "1").out)


def test_D1_every_code_point_is_visible_or_harmless_in_a_line_of_the_card() -> None:
    """All of Unicode, a plane's slice at a time, in the text of a post."""
    for start in range(0, sys.maxunicode + 1, 0x4000):
        chunk = "".join(map(chr, range(start, start + 0x4000)))
        for part in (chunk[n : n + 4096] for n in range(0, len(chunk), 4096)):
            lines = card.marked_lines(part)
            shown = "".join(itertools.chain.from_iterable(text for line in lines for text, _ in line))
            assert not re.search("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]", shown)
