"""A customer deletes their posts: whatever command is typed, nothing of them is shown, and nothing brings them back."""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from listener import app, connectors
from listener.clock import SystemClock
from listener.domain.mention import Mention, Page
from listener.domain.platform import Fate, Rechecked
from tests.builders import author, mention
from tests.cli.office import Counter, counter
from tests.pipeline.parts import Keywords

CANARY = "canary-71c2"
BORN = SystemClock().now() - timedelta(hours=3)


@dataclass
class Source:
    """Three complaints, of which two are one customer's, who then deletes both."""

    platform: str = "hackernews"
    gone: set[str] = field(default_factory=set)

    def check(self) -> str:
        return "source"

    def poll(self, cursor: str, now: datetime) -> Iterator[Page]:
        found = [self._post("1", CANARY), self._post("2", CANARY), self._post("3", "other")]
        yield Page(mentions=tuple(found), cursor="1", done=True)

    def _post(self, name: str, who: str) -> Mention:
        text = f"{who} says: my Northlight Coffee parcel is late"
        return mention(
            text,
            f"{who}-{name}",
            platform=self.platform,
            author=author(who, platform=self.platform),
            created_at=BORN,
            raw=f'{{"who": "{who}"}}',
            url=f"https://example.com/{who}/{name}",
        )

    def recheck(self, mentions: Sequence[Mention], now: datetime) -> list[Rechecked]:
        return [
            Rechecked(key=one.key, fate=Fate.DELETED if CANARY in one.key.native_id and self.gone else Fate.ALIVE)
            for one in mentions
        ]


@pytest.fixture
def source(monkeypatch: pytest.MonkeyPatch) -> Source:
    source = Source()
    built: Callable[..., object] = connectors.build
    monkeypatch.setattr(
        connectors, "build", lambda config, **tools: built(config, **tools) if config.connector == "file" else source
    )
    monkeypatch.setattr(app, "LazyClassifier", lambda *_: Keywords())
    return source


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Counter:
    return counter(tmp_path / "config", monkeypatch)


SHOWS = (
    ("inbox",), ("inbox", "--json"), ("case", "show", "1"), ("case", "show", "1", "--json"),
    ("voice", "--json"), ("digest",), ("digest", "--format", "json"), ("coverage", "--rejects"), ("board",),
)  # fmt: skip


def test_a_customer_who_deletes_every_post_is_gone_from_all_that_is_shown(
    desk: Counter, source: Source, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert desk.types("poll", "hackernews").code == 0
    shown = [desk.types(*words) for words in SHOWS]
    assert sum(CANARY in typed.out for typed in shown) >= 4, "nothing to hide: nothing would be proved"
    source.gone = {CANARY}
    _hours_later(monkeypatch)
    polled = desk.types("poll", "hackernews")
    assert "2 erased: gone at their source" in polled.err
    for words in SHOWS:
        assert CANARY not in desk.types(*words).out, words
    assert "deleted every post" in desk.types("case", "show", "1").out
    assert CANARY.encode() not in b"".join(file.read_bytes() for file in desk.folder.glob("listener.db*"))
    assert desk.types("poll", "hackernews").code == 0
    _import(desk, source, tmp_path)
    for words in SHOWS:
        assert CANARY not in desk.types(*words).out, words


def _hours_later(monkeypatch: pytest.MonkeyPatch) -> None:
    now = SystemClock.now
    monkeypatch.setattr(SystemClock, "now", lambda self: now(self) + timedelta(hours=2))


def _import(desk: Counter, source: Source, tmp_path: Path) -> None:
    """The same posts come in a file, replayed and imported."""
    file = tmp_path / "posts.jsonl"
    rows = [
        {"id": f"{CANARY}-1", "created_at": BORN.isoformat(), "platform": source.platform, "author": CANARY,
         "text": f"{CANARY} my Northlight Coffee parcel is late"}
    ]  # fmt: skip
    file.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    for command in ("import", "replay"):
        report = desk.types(command, str(file), "--json")
        assert report.rows[0]["matched"] == 1, report.err
        assert report.rows[0]["stored"] == 0
