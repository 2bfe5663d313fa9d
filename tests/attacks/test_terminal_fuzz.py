"""D1: seeded hostile text in every field that a stranger fills, many a command, on a terminal of 80 × 24."""

import json
import unicodedata
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import pytest

from tests.demo import listener, write_settings
from tests.journeys.terminal import Seen, on_a_terminal

PIECES = (
    "\x1b[2J",
    "\x1b]0;PWNED\x07",
    "\x1b]52;c;cHduZWQ=\x07",
    "\x1b]8;;https://evil.example\x1b\\x\x1b]8;;\x1b\\",
    "\x1bP1$r\x1b\\",
    "\x1b[?1049h",
    "\x1b[?1000h",
    "\x1bc",
    "\x1b[6n",
    "\x9b31m",
    "\x90q\x9c",
    "\x9d0;c1\x9c",
    "\x00",
    "\x07",
    "\x08\x08\x08\x08\x08\x08\x08\x08\x08",
    "\r",
    "\x0e",
    "\x7f",
    "\u202e",
    "\u2066",
    "\u2069",
    "\u200b",
    "\ufeff",
    "\U000e0041\U000e007f",
    "a" + "\u0301" * 60,
    "\u2028",
    "\ud800",
    "\x85",
    "[/bold][link=x]",
    "[@click=app.quit]",
    "\U0001f469\u200d\U0001f467",
    "e" * 400,
    "\t",
    "\x1b",
    "\x1b[",
    "\x1b]",
)
WORDS = ("@fernpost", "my parcel", "is broken", "nobody answers", "awful")
READS = (
    ("inbox", "--limit", "300"),
    ("search", "parcel"),
    ("mentions", "--day", "2026-03-09"),
    ("digest", "--day", "2026-03-09"),
    ("case", "show", "1"),
    ("--as", "ada", "next"),
)


def hostile(random: Random) -> str:
    """Words among which terminals are given orders."""
    return " ".join(random.choice((random.choice(WORDS), random.choice(PIECES), _any(random))) for _ in range(6))


def _any(random: Random) -> str:
    low = (
        random.randint(0, 0x20),
        random.randint(0x7F, 0xA0),
        random.randint(0x2000, 0x2070),
        random.randint(0, 0x10FFFF),
    )
    return "".join(chr(random.choice(low)) for _ in range(4))


def _short(random: Random) -> str:
    """So that the complaint can still be told from the noise, all but now and then."""
    return hostile(random) if random.random() < 0.5 else random.choice(PIECES)


def posts(count: int, seed: str) -> Iterator[dict[str, object]]:
    """Each with six hostile fields of its own."""
    random = Random(seed)
    at = datetime(2026, 3, 9, 8, tzinfo=UTC)
    orders = "".join(piece for piece in PIECES if len(piece) < 50)
    yield {
        "id": "first",
        "created_at": "2026-03-09T07:00:00Z",
        "author": f"ann0 {orders}",
        "author_name": orders,
        "url": "https://example.com/0",
        "platform": "x",
        "lang": "en",
        "thread": f"t0 {orders}",
        "text": f"@fernpost my parcel is broken and nobody answers, this is awful {orders}",
        "likes": 1000,
    }
    for number in range(count):
        yield {
            "id": f"{number} {hostile(random)[:120]}",
            "created_at": (at + timedelta(seconds=number)).isoformat(),
            "author": f"a{number} {hostile(random)[:90]}",
            "author_name": hostile(random),
            "url": f"https://example.com/{hostile(random)}",
            "lang": f"en {hostile(random)}",
            "platform": "x",
            "likes": 1000,
            "text": f"@fernpost my parcel is broken and nobody answers, this is awful! {_short(random)}",
        }
        if number % 50 == 0:
            yield {"id": f"r{number}", "created_at": hostile(random), "text": hostile(random)}


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Path:
    folder = write_settings(tmp_path_factory.mktemp("fuzz") / "settings")
    file = folder / "hostile.jsonl"
    count = 20_000 if request.config.getoption("--every-fault") else 250
    file.write_text("".join(json.dumps(post) + "\n" for post in posts(count, "terminal")), encoding="utf-8")
    listener("--config", str(folder), "replay", str(file), cwd=folder)
    return folder


def acted(seen: Seen) -> list[str]:
    """What a stranger's words did to the terminal."""
    found = [f"wrote {piece!r}" for piece in seen.foreign[:5]]
    found += [f"title {seen.title!r}"] if seen.title else []
    found += [f"modes {sorted(seen.modes)}"] if seen.modes else []
    piles = [line for line in seen.lines if _pile(line) > 8]
    return found + [f"marks pile up: {line[:60]!r}" for line in piles[:3]]


def _pile(line: str) -> int:
    most = row = 0
    for char in line:
        row = row + 1 if unicodedata.category(char) in ("Mn", "Me") else 0
        most = max(most, row)
    return most


@pytest.mark.parametrize("words", READS, ids=" ".join)
def test_D1_thousands_of_hostile_strings_do_nothing_to_a_terminal(words: tuple[str, ...], desk: Path) -> None:
    seen = on_a_terminal("--config", str(desk), *words, cwd=desk, rows=24, columns=80)
    assert seen.code == 0, seen.text[-500:]
    assert acted(seen) == []
    assert len(seen.raw) > 200, "nothing was shown: nothing was proved"


@pytest.mark.sqlite  # --engine loads our own program first
def test_D1_control_a_command_without_its_guard_is_caught(tmp_path: Path) -> None:
    """What the same strings do where nobody spells them out."""
    program = tmp_path / "listener"
    program.mkdir()
    (program / "__init__.py").touch()
    lines = [str(post["text"]).encode("utf-8", "replace").decode() for post in posts(100, "control")]
    (program / "__main__.py").write_text(f"print(*{lines!r}, sep='\\n')\n", encoding="utf-8")
    assert len(acted(on_a_terminal(cwd=tmp_path, rows=24, columns=80))) >= 5
