"""Each source, how it fares, and what is left to it."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from listener.clock import SystemClock
from listener.domain.budget import Purpose, Rate
from listener.domain.mention import Gap
from listener.store import open_store
from tests.demo import listener

TOML = """
x_monthly_cap_usd = 50.0
[[source]]
name = "x"
connector = "x"
reply = true
[source.options]
query = "acme"
[[source]]
name = "status"
connector = "feed"
[source.options]
url = "https://a.example/feed"
[[source]]
name = "old"
connector = "hackernews"
enabled = false
[source.options]
query = "acme"
"""

BRANDS = "[[brand]]\nname = 'Acme'\nhandles = ['acme']\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """One source short of calls and with a gap, one not read yet, one switched off."""
    (tmp_path / "listener.toml").write_text(TOML)
    (tmp_path / "brands.toml").write_text(BRANDS)
    now = SystemClock().now()
    store = open_store(tmp_path / "listener.db")
    with store.write() as tx:
        tx.record_attempt("x", "x", now - timedelta(hours=3), last_mention=now - timedelta(hours=4))
        tx._db.execute(text("UPDATE sources SET credential = 'x:1'"))  # type: ignore[attr-defined]
        tx.reserve("x:1", 20_000_000, 50_000_000, now)
        tx.settle("x:1", 20_000_000, 12_340_000, now)
        until = now + timedelta(minutes=9)
        tx.heard("x:1", "search", Rate(capacity=450, left=12, resets_at=until), now)
        tx.take("x:1", "search", 1, Purpose.REPLY, None, now)
        tx.heard("x:1", "write", Rate(left=0, resets_at=until, blocked_until=until), now)
        tx.add_gap("x", Gap(since=now - timedelta(hours=9), until=now - timedelta(hours=8), reason="page cap"), now)
    store.close()
    return tmp_path


def test_each_source_is_listed_with_what_is_left_to_it(folder: Path) -> None:
    printed = listener("--config", ".", "sources", "--json", cwd=folder)
    x, status, old = (json.loads(line) for line in printed.stdout.splitlines())
    assert (x["health"], x["gaps"], x["does"], x["money"]) == ("gap", 1, "polls, replies", "$12.34 of $50.00")
    assert x["calls left"].startswith("search 11 of 450, write none until ")
    assert 3 * 3600 <= x["lag_seconds"] < 3 * 3600 + 60
    assert "page cap" in x["why"]
    assert (status["health"], status["read"], old["health"]) == ("new", None, "off")
    assert "3 sources, 1 to look at; listener coverage lists what is unseen" in printed.stderr


def test_people_read_ages(folder: Path) -> None:
    printed = listener("--config", ".", "sources", cwd=folder).stdout
    assert "3h ago" in printed
