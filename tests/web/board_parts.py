"""A board over the seeded store, in which some authors do their worst."""

import re
from dataclasses import replace
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urlsplit

from starlette.testclient import TestClient

from listener.clock import VirtualClock
from listener.domain.brand import Match
from listener.domain.case import CaseDraft, Reason
from listener.domain.policy import Secret, Settings, WebPolicy
from listener.domain.stored import ScoredMention
from listener.domain.verdict import Label
from listener.ports import Store
from listener.store import open_store
from listener.web.board import Board, Reading
from listener.web.guard import Guard
from tests.builders import author, mention, verdict
from tests.insight import seeded
from tests.pipeline.parts import settings as plain
from tests.reports.hostile import ATTACKS

NOW = seeded.BEGIN + timedelta(days=seeded.DAYS, hours=-2)
HOSTILE = 50
WORD = "zounds"
"""Every hostile post says it."""


def written() -> list[seeded.Post]:
    """What had been posted by now."""
    return [post for post in seeded.posts() if post.at < NOW]


def attacks() -> list[str]:
    return [f"@acme {WORD} {n} {ATTACKS[n % len(ATTACKS)]}" for n in range(HOSTILE)]


def fill(store: Store) -> None:
    """The seeded posts, and the hostile ones, each with a case of its own."""
    seeded.fill(store, written())
    at = NOW - timedelta(hours=3)
    with store.write() as tx:
        saved = tx.save_mentions([_hostile(n, text) for n, text in enumerate(attacks())], NOW)
        for n, row in enumerate(saved):
            tx.open_case(
                CaseDraft(
                    brand="Acme",
                    author_id=row.author_id,
                    thread=f"evil{n}",
                    mention_id=row.id,
                    queue="support",
                    reason=Reason.COMPLAINT,
                    priority=90.0,
                    terms={"severity": 90.0},
                    escalated=False,
                    due_at=at,
                    opened_at=at,
                )
            )


def _hostile(n: int, text: str) -> ScoredMention:
    attack = ATTACKS[n % len(ATTACKS)]
    return ScoredMention(
        mention=mention(
            text,
            f"evil{n}",
            author=author(f"evil{n}", name=attack),
            created_at=NOW - timedelta(hours=3, seconds=n),
            url="javascript:document.title='pwned'" if n % 2 else f"https://example.com/{n}",
        ),
        matches=(Match(brand="Acme", term="@acme", start=0, end=5),),
        verdict=verdict(Label.COMPLAINT),
    )


def settings(path: Path, **web: object) -> Settings:
    token = web.pop("token", "")
    policy = WebPolicy(token=Secret(str(token)), **web)  # type: ignore[arg-type]
    return replace(plain(path.parent), database=path, brands=seeded.BRANDS, timezone=seeded.ZONE, web=policy)


def board(path: Path, host: str = "127.0.0.1", **web: object) -> Board:
    made = settings(path, **web)
    reading = Reading(path, lambda: open_store(path, read_only=True))
    return Board(made, reading, VirtualClock(NOW), Guard(made.web, host))


def client(path: Path, *, peer: str = "127.0.0.1", **web: object) -> TestClient:
    """Asks as a browser on this machine does."""
    return TestClient(board(path, **web).app(), base_url="http://127.0.0.1:8075", client=(peer, 50000))


class Parsed(HTMLParser):
    """What an HTML parser makes of a page."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text.append(data)

    @property
    def said(self) -> str:
        return re.sub(r"\s+", " ", " ".join(self.text))

    @property
    def leads(self) -> list[str]:
        return [str(found["href"]) for tag, found in self.tags if tag == "a" and found.get("href")]

    @property
    def ours(self) -> list[str]:
        return [one for one in self.leads if not urlsplit(one).netloc]

    def rows(self) -> int:
        """Of the last table."""
        bodies = [n for n, (tag, _) in enumerate(self.tags) if tag == "tbody"]
        return sum(tag == "tr" for tag, _ in self.tags[bodies[-1] :]) if bodies else 0
