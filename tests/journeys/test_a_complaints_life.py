"""One customer's complaint from the first post to the thanks, as an agent and the author live it."""

import json
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.demo import listener, write_settings

THREAD = {"author": "ann", "platform": "x", "thread": "1"}
FIRST = {
    "id": "1",
    "text": "@fernpost my parcel is broken and your driver was rude. Terrible, awful service.",
    **THREAD,
}
AGAIN = {"id": "2", "text": "@fernpost still no answer about my broken parcel, this is really awful.", **THREAD}
BACK = {"id": "3", "text": "@fernpost the replacement parcel arrived broken too. I am so angry.", **THREAD}

SOURCE = """
[[source]]
name = "posts"
connector = "file"
[source.options]
path = "{path}"
"""


class Desk:
    """One settings folder that listens to a growing file, and what is typed in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.posts = folder / "posts.jsonl"
        with (folder / "listener.toml").open("a", encoding="utf-8") as settings:
            settings.write(SOURCE.format(path=self.posts))

    def hear(self, post: dict[str, str]) -> None:
        """The post appears now, and is polled."""
        now = datetime.now(UTC)
        line = {"created_at": now.isoformat(), "url": f"https://example.com/ann/{post['id']}", **post}
        with self.posts.open("a", encoding="utf-8") as stream:
            stream.write(json.dumps(line) + "\n")
        self.type("poll")

    def type(self, *words: str, agent: str = "ada", expect: int = 0) -> str:
        return self.typed(*words, agent=agent, expect=expect).stdout

    def typed(self, *words: str, agent: str = "ada", expect: int = 0) -> subprocess.CompletedProcess[str]:
        config = ("--config", str(self.folder), "--as", agent)
        return listener(*config, *words, cwd=self.folder, expect=expect)

    def open_cases(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.type("inbox", "--json").splitlines()]

    def card(self, case: int) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.type("case", "show", str(case), "--json"))
        return found


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(write_settings(tmp_path / "settings"))


def test_a_complaint_is_heard_worked_resolved_and_reopened_when_its_author_returns(desk: Desk) -> None:
    desk.hear(FIRST)
    [case] = desk.open_cases()
    assert (case["reason"], case["queue"]) == ("complaint", "delivery")

    desk.hear(AGAIN)
    [same] = desk.open_cases()
    assert (same["id"], same["mentions"]) == (case["id"], 2)

    number = str(case["id"])
    assert json.loads(desk.type("next", "--json"))["case"]["holder"] == "ada"
    assert "Nothing waits" in desk.typed("next", agent="bob").stderr
    desk.type("case", "note", number, "asked the depot for the photo")
    desk.type("case", "reply", number, "So sorry, Ann. A replacement left this morning.")
    desk.type("case", "resolve", number, "--how", "replacement sent")
    assert desk.open_cases() == []

    desk.hear(BACK)
    [back] = desk.open_cases()
    assert (back["id"], back["mentions"]) == (case["id"], 3)
    kinds = [event["kind"] for event in desk.card(case["id"])["events"]]
    assert kinds[0] == "opened"
    assert [kinds.index(kind) for kind in ("claimed", "replied", "resolved", "reopened")] == sorted(
        kinds.index(kind) for kind in ("claimed", "replied", "resolved", "reopened")
    )


@pytest.fixture
def busy_desk(demo_store: Path, tmp_path: Path) -> Desk:
    """A desk with the queue of the sample posts before it."""
    return Desk(shutil.copytree(demo_store, tmp_path / "busy"))


def test_every_change_is_kept_with_who_made_it(busy_desk: Desk) -> None:
    busy_desk.type("case", "claim", "3")
    busy_desk.type("case", "assign", "3", "--to", "bob")
    busy_desk.type("case", "escalate", "3", "threatens to leave", agent="bob")
    busy_desk.type("case", "snooze", "3", "--for", "2h", agent="bob")
    events = [(event["kind"], event["agent"]) for event in busy_desk.card(3)["events"]]
    assert events[0] == ("opened", "listener")
    assert [pair for pair in events if pair[1] != "listener"] == [
        ("claimed", "ada"),
        ("assigned", "ada"),
        ("escalated", "bob"),
        ("snoozed", "bob"),
    ]


def test_an_agent_who_acts_on_what_is_no_longer_so_is_told_and_nothing_changes(busy_desk: Desk) -> None:
    version = str(busy_desk.card(3)["case"]["version"])
    busy_desk.type("case", "note", "3", "first")
    failed = busy_desk.typed("case", "escalate", "3", "second", "--seen", version, agent="bob", expect=5)
    assert "ada" in failed.stderr
    assert busy_desk.card(3)["case"]["escalated"] is False
