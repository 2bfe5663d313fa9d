"""D1, E1, E2: what a stranger writes, in whichever field, changes neither a terminal nor a page."""

import json
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tests.demo import listener, write_settings
from tests.journeys.terminal import Seen, on_a_terminal

ESCAPES = (
    "\x1b[38;5;201mpink\x1b[0m\x1b]0;PWNED\x07\x1b]52;c;cHduZWQ=\x07\x1b[2J\x1b[1;1H\x1b[?1049h\x9b31m\x1bP1$r\x1b\\"
)
BIDI = "\u202egnp.exe\u2066x\u2069\u200b\U000e0041"
MARKUP = "<img src=x onerror=alert(2)>[/bold][link=javascript:alert(3)]x[/link] {{7*7}}"
MARKDOWN = "![pixel](https://example.com/p.png) [go](javascript:alert(4)) | # `x`"
SHORT = f"{ESCAPES}{BIDI}"
"""Within the 200 characters that an id may have."""
NASTY = f"<script>alert(1)</script>{SHORT}{MARKUP}{MARKDOWN}"

FIELDS = ("id", "author", "author_name", "platform", "url", "lang", "thread", "parent", "text")


def posts() -> Iterator[dict[str, object]]:
    """A complaint in which every field is hostile (case 1), and for each field one in which it alone is."""
    for number, wanted in enumerate([set(FIELDS), *[{field} for field in FIELDS]]):
        plain = {
            "id": f"n{number}",
            "created_at": f"2026-03-09T09:{number:02}:00Z",
            "author": f"ann{number}",
            "author_name": "Ann",
            "platform": "x",
            "url": f"https://example.com/{number}",
            "lang": "en",
            "thread": f"t{number}",
            "parent": "",
            "text": "@fernpost my parcel is broken and nobody answers, this is awful",
            "likes": 1000 * len(wanted),
        }
        hostile = {field: f"{plain[field]} {SHORT if field == 'id' else NASTY}" for field in wanted if field != "url"}
        if "url" in wanted:
            hostile["url"] = f"javascript:alert(5)//{NASTY}"
        yield {**plain, **hostile}


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store in which every field of some post is hostile, and staff have typed hostile words too."""
    folder = write_settings(tmp_path_factory.mktemp("hostile") / "settings")
    file = folder / "hostile.jsonl"
    file.write_text("".join(json.dumps(post) + "\n" for post in posts()), encoding="utf-8")
    config = ("--config", str(folder))
    listener(*config, "replay", str(file), cwd=folder)
    listener(*config, "--as", "ada", "case", "note", "1", NASTY, cwd=folder)
    listener(*config, "--as", "ada", "case", "reply", "1", NASTY, cwd=folder)
    return folder


READS = [
    ("inbox",),
    ("case", "show", "1"),
    ("case", "why", "1"),
    ("digest", "--day", "2026-03-09"),
    ("digest", "--day", "2026-03-09", "--format", "md"),
    ("voice", "--since", "2026-03-09", "--days", "1"),
    ("alerts",),
    ("coverage",),
]


def assert_untouched(seen: Seen) -> None:
    assert seen.code == 0
    assert seen.foreign == []
    assert b"\x1b[38;5;201" not in seen.raw, "a stranger chose a colour"
    assert seen.title == ""
    assert seen.modes == frozenset()


@pytest.mark.parametrize("words", READS, ids=" ".join)
def test_D1_no_field_of_a_stranger_reaches_the_terminal_raw(words: tuple[str, ...], desk: Path) -> None:
    seen = on_a_terminal("--config", str(desk), *words, cwd=desk)
    assert_untouched(seen)


def test_D1_progress_on_a_terminal_leaves_it_as_it_was(desk: Path, tmp_path: Path) -> None:
    database = str(tmp_path / "another.sqlite")
    words = ("--config", str(desk), "--db", database, "replay", str(desk / "hostile.jsonl"))
    assert_untouched(on_a_terminal(*words, cwd=desk))


def test_D1_what_was_hidden_is_spelled_out_for_the_agent(desk: Path) -> None:
    seen = on_a_terminal("--config", str(desk), "case", "show", "1", cwd=desk, rows=200)
    assert "<1B>" in seen.text
    assert "<U+202E>" in seen.text


@pytest.mark.parametrize("words", [("inbox", "--json"), ("case", "show", "1", "--json"), ("alerts", "--json")])
def test_D1_json_is_ascii_and_gives_back_what_is_stored(words: tuple[str, ...], desk: Path) -> None:
    out = listener("--config", str(desk), *words, cwd=desk).stdout
    assert out.isascii()
    assert not set(out) & set(map(chr, [*range(10), *range(11, 32), 127]))
    assert all(json.loads(line) is not None for line in out.splitlines())


class Page(HTMLParser):
    """Collects whatever could run or fetch."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.dangers: list[str] = []
        self.text: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in {"script", "img", "iframe", "object", "embed", "base", "form"}:
            self.dangers.append(f"<{tag}>")
        for name, value in attrs:
            address = (value or "").strip().lower()
            if name.startswith("on") or (name in {"href", "src", "xlink:href"} and not _harmless(address)):
                self.dangers.append(f"{tag} {name}={address:.40}")

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def _harmless(address: str) -> bool:
    return address.startswith(("https://", "http://", "#"))


def test_E1_the_html_digest_runs_and_fetches_nothing(desk: Path, tmp_path: Path) -> None:
    page = tmp_path / "digest.html"
    listener("--config", str(desk), "digest", "--day", "2026-03-09", "--format", "html", "--out", str(page), cwd=desk)
    html = page.read_text(encoding="utf-8")
    found = Page(html)
    assert found.dangers == []
    assert "alert(1)" in "".join(found.text), "the hostile post is not on the page: nothing was proved"
    assert not set(html) & {"\x1b", "\x9b", "\u202e", "\u2066"}


def test_E2_the_markdown_digest_holds_no_live_link_or_image_of_a_stranger(desk: Path) -> None:
    text = listener("--config", str(desk), "digest", "--day", "2026-03-09", "--format", "md", cwd=desk).stdout
    assert "alert(1)" in text, "the hostile post is not on the page: nothing was proved"
    assert not re.search(r"(?<!\\)<script|(?<!\\)!\[pixel|(?<!\\)\]\(javascript", text)
    assert "\x1b" not in text


@pytest.mark.sqlite  # --engine loads our own program first
def test_D1_the_oracle_sees_what_gets_through(tmp_path: Path) -> None:
    program = tmp_path / "listener"
    program.mkdir()
    (program / "__init__.py").touch()
    (program / "__main__.py").write_text(f"import sys\nsys.stdout.write({ESCAPES + BIDI!r})\n", encoding="utf-8")
    seen = on_a_terminal(cwd=tmp_path)
    assert seen.title == "PWNED"
    assert len(seen.foreign) >= 6
    assert seen.modes
    assert Page(MARKUP).dangers
