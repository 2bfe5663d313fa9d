"""An agent's day at a real terminal: `listener desk` in tmux, driven by keys alone, checked against the store."""

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from listener import settings
from listener.domain.case import CaseState
from listener.domain.stored import CaseCard
from listener.store import open_store
from tests.cli.office import Counter, counter
from tests.cli.test_desk_hostile import FORBIDDEN, NASTY

pytestmark = pytest.mark.skipif(shutil.which("tmux") is None, reason="tmux is not installed")

PATIENCE = 30.0
BETWEEN_LOOKS = 0.02


class Pane:
    """One terminal of 80×24 with a desk in it."""

    def __init__(self, socket: str, folder: Path, agent: str, **environment: str) -> None:
        self._tmux = ("tmux", "-L", socket)
        self._name = agent
        command = [sys.executable, "-m", "listener", "--config", str(folder), "--as", agent, "desk"]
        with_size = ("new-session", "-d", "-s", agent, "-x", "80", "-y", "24")
        subprocess.run(
            [*self._tmux, "-f", "/dev/null", *with_size, *command],
            check=True,
            cwd=Path.cwd(),
            env={**os.environ, "TERM": "xterm-256color", "LANG": "C.UTF-8", **environment},
        )

    def keys(self, *keys: str) -> None:
        """By tmux's names: Enter, Escape, Tab, C-s."""
        subprocess.run([*self._tmux, "send-keys", "-t", self._name, *keys], check=True)

    def types(self, text: str) -> None:
        subprocess.run([*self._tmux, "send-keys", "-t", self._name, "-l", text], check=True)

    def seen(self, *flags: str) -> str:
        found = subprocess.run(
            [*self._tmux, "capture-pane", "-p", "-t", self._name, *flags], capture_output=True, text=True, check=False
        )
        return found.stdout

    def until(self, holds: Callable[[str], bool], what: str) -> str:
        ends = time.monotonic() + PATIENCE
        while time.monotonic() < ends:
            pane = self.seen()
            if holds(pane):
                return pane
            time.sleep(BETWEEN_LOOKS)
        raise AssertionError(f"{what} never came:\n{self.seen()}")

    def sees(self, *words: str) -> str:
        return self.until(lambda pane: all(word in pane for word in words), repr(words))


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Counter:
    """Three cases: the second is the most pressing."""
    made = counter(tmp_path / "settings", monkeypatch)
    with made.hears() as office:
        office.hears("@acme my parcel is late", by="ann", thread="a")
        office.hears("@acme the lawyer will call you", by="ben", thread="b")
        office.hears("@acme where is it", by="cat", thread="c")
    return made


@pytest.fixture
def sits(shop: Counter, tmp_path: Path) -> Iterator[Callable[..., Pane]]:
    socket = f"listener-{os.getpid()}-{tmp_path.name}"

    def sit(agent: str, **environment: str) -> Pane:
        return Pane(socket, shop.folder, agent, **environment)

    yield sit
    subprocess.run(["tmux", "-L", socket, "kill-server"], check=False, capture_output=True)


def card(shop: Counter, case_id: int) -> CaseCard:
    store = open_store(settings.load(shop.folder, database=None).database)
    try:
        with store.read() as reads:
            return reads.case_card(case_id)
    finally:
        store.close()


def kinds(shop: Counter, case_id: int) -> list[str]:
    return [event.kind for event in card(shop, case_id).events if event.agent != "listener"]


def best(shop: Counter) -> int:
    """What `next` will take."""
    return int(shop.types("inbox", "--json").rows[0]["id"])


def test_an_agents_day_without_a_mouse(shop: Counter, sits: Callable[..., Pane]) -> None:
    first = best(shop)
    ada = sits("ada")
    ada.sees("3 open, 3 free", "take next case")

    ada.keys("n")  # claim
    ada.sees(f"Case {first} is yours", f">*{first} ", "r  reply")
    assert card(shop, first).case.assignee == "ada"

    ada.keys("Space")  # read
    ada.sees(" end ─")

    ada.keys("r")  # reply
    ada.sees("Reply to @", "Ctrl+S")
    ada.types("We are sorry.")
    ada.keys("Enter")
    ada.types("It comes today.")
    ada.keys("C-s")
    ada.sees(f"Reply to case {first} recorded, not sent")
    assert card(shop, first).events[-1].detail["text"] == "We are sorry.\nIt comes today."

    ada.keys("s")  # snooze
    ada.sees("Hide case", "30m, 2h, 3d")
    ada.keys("Enter")
    ada.sees(f"Case {first} is back at", "1 of 2")
    assert card(shop, first).case.state is CaseState.SNOOZED

    handle = card(shop, first).author.handle
    thread = card(shop, first).case.thread
    with shop.hears(ago=timedelta(0)) as office:  # come back
        office.hears("@acme still nothing, my lawyer asks", by=handle, thread=thread)
    ada.until(lambda pane: f"+{first} " in pane and "1 new" in pane, "the case that came back")
    assert card(shop, first).case.state is CaseState.OPEN

    ada.keys("g")
    ada.sees(f"> {first} ", "still nothing")
    ada.keys("d")  # resolve
    ada.sees("settled?")
    ada.types("parcel found")
    ada.keys("Enter")
    ada.sees(f"Case {first} resolved: parcel found.", "u undoes it", "1 of 2")
    assert card(shop, first).case.resolution == "parcel found"

    ada.keys("u")  # undo
    ada.sees(f"Undone on case {first}", " of 3")
    assert card(shop, first).case.state is CaseState.OPEN

    ada.until(lambda pane: f">{first}" in pane.replace("*", "").replace(" ", "").replace("+", ""), "the case chosen")
    ada.keys("l")  # relabel
    ada.sees("What is the latest post of case", "question")
    ada.keys("q")
    ada.sees(f"Case {first} is labelled question now")
    assert kinds(shop, first)[-1] == "relabelled"

    ada.keys("q")
    ada.until(lambda pane: pane == "", "the end")


def test_two_agents_at_two_terminals_see_each_others_claims(shop: Counter, sits: Callable[..., Pane]) -> None:
    ada, bob = sits("ada"), sits("bob", NO_COLOR="1")
    ada.sees("3 open, 3 free")
    bob.sees("3 open, 3 free")
    ada.keys("n")
    ada.sees("is yours", "[you]")
    bob.sees("[ada]", "2 free")
    bob.keys("n")
    bob.sees("is yours", "[you]")
    ada.sees("[bob]", "1 free")
    assert _grey(bob.seen("-e"))


def _grey(pane: str) -> bool:
    return all(r == g == b for r, g, b in re.findall(r"\x1b\[[34]8;2;(\d+);(\d+);(\d+)", pane))


def test_D1_hostile_words_reach_the_terminal_as_words(shop: Counter, sits: Callable[..., Pane]) -> None:
    said = NASTY.encode("utf-8", "replace").decode().replace("\x00", "")
    with shop.hears() as office:
        office.hears(f"@acme it says {said}", by=said[:30], thread="evil")
        worst = max(case.id for case in office.cases())
        office.desk.note(worst, said, "bob")
        office.desk.escalate(worst, said, "bob")
    ada = sits("ada")
    ada.sees(f" {worst} ", "open")
    ada.keys("j")
    ada.sees(f"> {worst} ", "<1B>[31mred", "[/bold] [link=x")
    for key in ("Space", "Space", "N", "Escape", "question_mark", "x"):
        ada.keys(key if key != "question_mark" else "?")
    pane = ada.seen()
    assert [line for line in pane.splitlines() if FORBIDDEN.search(line)] == []
    title = subprocess.run(
        [*ada._tmux, "display-message", "-p", "-t", "ada", "#{pane_title}"], check=False, capture_output=True
    )
    assert b"title" not in title.stdout
