"""`listener review` and `listener accuracy` as they are typed, in a pipe and on a real terminal."""

import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from fcntl import ioctl
from pathlib import Path

import pytest

from listener import settings
from listener.cli.exits import Exit
from listener.cli.one_key import spelled
from listener.domain.truth import Truth
from listener.domain.verdict import Label, Sentiment
from listener.store import open_store
from tests.builders import verdict
from tests.cli.office import Counter, counter
from tests.triage.builders import UNSURE

HOSTILE = "\x1b]0;pwned\x07\x1b[2J\u202eevil\u200b <b>late</b> [bold]x[/bold]"
TEXTS = (
    "app crashes whenever the map opens",
    "invoice shows the tax twice on paper",
    "driver left my parcel out in rain",
    "where do old labels get printed please",
)


@pytest.fixture
def typed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Counter:
    """Four doubtful posts in no case, each in words of its own."""
    desk = counter(tmp_path / "settings", monkeypatch)
    with desk.hears() as office:
        for number, text in enumerate(TEXTS):
            said = verdict(sentiment=Sentiment.NEUTRAL, confidence=0.50 + 0.05 * number)
            office.hears(text, said=said, by=f"a{number}", thread=f"t{number}", brands=(brand(desk),))
    return desk


def brand(desk: Counter) -> str:
    found = [one.name for one in settings.load(desk.folder, database=None).brands if not one.competitor]
    return found[0]


def known(desk: Counter) -> list[Truth]:
    store = open_store(desk.folder / "listener.db", read_only=True)
    try:
        with store.read() as reads:
            return reads.truths()
    finally:
        store.close()


def answers(desk: Counter) -> dict[str, str]:
    return {one.text: "+".join(sorted(one.labels)) or "none" for one in known(desk)}


def test_in_a_pipe_each_line_is_an_answer(typed: Counter) -> None:
    done = typed.types("review", stdin="c\ncq\nn\ns\n")
    assert (done.code, done.err.splitlines()[-1]) == (
        0,
        "3 answered, 1 skipped, 0 left. Next: listener accuracy",
    )
    assert sorted(answers(typed).values()) == ["complaint", "complaint+question", "none"]
    assert {one.agent for one in known(typed)} == {"ada"}
    again = typed.types("review", stdin="c\n")
    assert "Nothing of" in again.err
    assert len(known(typed)) == 3


@pytest.mark.parametrize(
    ("line", "keys"),
    [
        ("c", "C\n"),
        ("cp", "CP\n"),
        (" Q- ", "-Q\n"),
        ("n", "n"),
        ("n=", "=n"),
        ("cq+", "+CQ\n"),
        ("u", "u"),
        ("", ""),
        ("z" * 500, "z" * 20),
    ],
)
def test_a_line_is_spelled_as_keys(line: str, keys: str) -> None:
    assert "".join(spelled(line + "\n")) == keys


def test_an_answer_can_be_taken_back_even_the_last(typed: Counter) -> None:
    done = typed.types("review", "--limit", "2", stdin="c\nu\np\nq\nu\nn\nx\n")
    assert done.code == 0
    assert done.out.count("taken back") == 2
    assert sorted(answers(typed).values()) == ["none", "praise"]


def test_a_mood_before_a_label_is_told_with_it(typed: Counter) -> None:
    typed.types("review", "--limit", "2", stdin="c=\nn\n")
    assert sorted(str(one.sentiment) for one in known(typed)) == ["None", "neutral"]


def test_keys_that_mean_nothing_say_what_does_and_keep_nothing(typed: Counter) -> None:
    done = typed.types("review", stdin="?\nz\n\n12\nx\n")
    assert "C P Q (shift)" in done.out
    assert known(typed) == []


def test_listing_asks_nothing_and_says_why(typed: Counter) -> None:
    rows = typed.types("review", "--json").rows
    assert {row["text"] for row in rows} == set(TEXTS)
    assert rows[0]["model"]["labels"] == []
    assert "least sure of: mood" in rows[0]["why"]
    assert known(typed) == []


def test_hostile_words_are_shown_and_never_obeyed(typed: Counter) -> None:
    with typed.hears() as office:
        office.hears(HOSTILE, said=UNSURE, by="\x1b[31mann", brands=(brand(typed),), thread="t9")
    done = typed.types("review", stdin="s\n" * 5)
    assert "<1B>]0;pwned<07>" in done.out
    assert "<U+202E>evil<U+200B> <b>late</b> [bold]x[/bold]" in done.out
    for text in (done.out, done.err, typed.types("review", "--json").out):
        assert not set(text) & set("\x1b\x07\u202e\u200b")


def test_a_sample_is_drawn_once_gone_on_with_and_told_apart(typed: Counter) -> None:
    first = typed.types("review", "--sample", "3", "--seed", "5", stdin="c\nn\n-\n")
    assert "Sample 1: 3 of 4 posts" in first.err
    assert "2 answered, 0 skipped, 1 left" in first.err
    assert "model: " not in first.out.split("→")[0]
    assert "and the mood?" in first.out
    left = typed.types("review", "--sample", "3").err
    assert "1 of 3 are yet to be checked" in left
    typed.types("review", "--sample", "3", stdin="p\n")
    assert {one.sample for one in known(typed)} == {1}
    assert [one.sentiment for one in known(typed)].count(None) == 0
    another = typed.types("review", "--sample", "4", "--new", "--seed", "6", stdin="")
    assert "Sample 2" in another.err
    assert "3 of them agents have spoken on already: taken over" in another.err
    clash = typed.types("review", "--sample", "3", "--seed", "9")
    assert clash.code == Exit.USAGE
    assert "was drawn with seed 6" in clash.err


def test_the_same_seed_draws_the_same_posts(typed: Counter) -> None:
    drawn = [
        [row["mention"] for row in typed.types("review", "--sample", "2", "--new", "--seed", "8", "--json").rows]
        for _ in range(2)
    ]
    assert drawn[0] == drawn[1]
    assert len(drawn[0]) == 2


def test_accuracy_names_the_command_that_gives_an_unbiased_figure(typed: Counter) -> None:
    typed.types("review", stdin="c\n")
    found = typed.types("accuracy")
    assert "no sample is checked yet" in found.err
    assert f'listener review --sample 100 --brand "{brand(typed)}"' in found.err
    assert "biased" in found.err
    assert "too few to tell" in found.out


def test_accuracy_prints_the_sample_first_and_the_rest_as_biased(typed: Counter) -> None:
    typed.types("review", "--sample", "3", stdin="c\nc\nc\n")
    typed.types("review", stdin="n\n")
    rows = [line.split("\t") for line in typed.types("accuracy").out.splitlines()[1:]]
    kinds = [row[1] for row in rows]
    assert kinds == sorted(kinds, key=["sample", "looked at (biased)", "all posts"].index)
    found = typed.types("accuracy", "--json").one
    by = {(one["of"], one["measure"]): one for one in found["sample"]["figures"]}
    assert (found["sample"]["checked"], found["sample"]["population"], found["looked_at"]["n"]) == (3, 4, 4)
    assert (by["complaint", "recall"]["share"], by["complaint", "recall"]["n"]) == (0.0, 3)
    assert by["complaint", "precision"]["share"] is None
    assert found["next_step"] == ""


def test_accuracy_since_a_day_leaves_out_what_was_told_before(typed: Counter) -> None:
    typed.types("review", stdin="c\n")
    tomorrow = f"{known(typed)[0].at + timedelta(days=2):%Y-%m-%d}"
    assert typed.types("accuracy", "--since", tomorrow, "--json").one["looked_at"]["n"] == 0
    assert typed.types("accuracy", "--since", "soon").code == Exit.USAGE


def test_what_makes_no_sense_is_refused(typed: Counter) -> None:
    assert typed.types("review", "--seed", "4").code == Exit.USAGE
    assert typed.types("review", "--brand", "Nobody").code == Exit.USAGE
    assert typed.types("review", agent="").code == Exit.USAGE


class Terminal:
    """A review on a pseudo-terminal: keys go in one by one, once what they answer is on the screen."""

    def __init__(self, ours: int, process: "subprocess.Popen[bytes]") -> None:
        self._ours = ours
        self.process = process
        self.seen = b""

    def until(self, words: str, times: int = 1) -> None:
        deadline = time.monotonic() + 60
        while self.seen.decode("utf-8", "replace").count(words) < times:
            assert time.monotonic() < deadline, self.seen
            if select.select([self._ours], [], [], 0.5)[0]:
                try:
                    self.seen += os.read(self._ours, 65536)
                except OSError:  # the other end is closed
                    break
        assert self.seen.decode("utf-8", "replace").count(words) >= times, self.seen

    def press(self, keys: str) -> None:
        os.write(self._ours, keys.encode())

    @property
    def echoes(self) -> bool:
        return bool(termios.tcgetattr(self._ours)[3] & termios.ECHO)


def _at_a_terminal() -> None:
    """As a login gives it: whoever runs the suite in the background has Ctrl-C ignored, and children inherit that."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    ioctl(0, termios.TIOCSCTTY, 0)


@contextmanager
def terminal(folder: Path, *words: str) -> Iterator[Terminal]:
    ours, theirs = pty.openpty()
    ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 100, 0, 0))
    process = subprocess.Popen(
        [sys.executable, "-m", "listener", "--config", str(folder), "--as", "ada", *words],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env={**os.environ, "TERM": "xterm-256color", "PYTHONUTF8": "1"},
        start_new_session=True,
        preexec_fn=_at_a_terminal,  # noqa: PLW1509 - Ctrl-C needs a controlling terminal
    )
    try:
        yield Terminal(ours, process)
    finally:
        process.kill()
        process.wait()
        os.close(theirs)
        os.close(ours)


def test_on_a_terminal_one_key_is_one_answer_and_ctrl_c_loses_nothing(typed: Counter) -> None:
    with terminal(typed.folder, "review") as at:
        at.until("x quit")
        assert not at.echoes
        at.press("c")
        at.until("2/4")
        assert list(answers(typed).values()) == ["complaint"]  # committed while the next one is shown
        at.press("\x1b[A\x1bOP")  # an arrow and F1 are no answers
        at.until("C P Q (shift)", times=1)
        at.press("Cq")
        at.until("3/4")
        at.press("\x03")
        at.until("2 answered, 0 skipped, 2 left")
        assert at.process.wait(30) == Exit.INTERRUPTED
        assert at.echoes
    assert sorted(answers(typed).values()) == ["complaint", "complaint+question"]


def test_on_a_terminal_undo_and_the_last_post(typed: Counter) -> None:
    with terminal(typed.folder, "review", "--limit", "1") as at:
        at.until("x quit")
        at.press("p")
        at.until("That was the last")
        at.press("u")
        at.until("taken back")
        at.press("C\r")
        at.until("That was the last", times=2)
        at.press("x")
        assert at.process.wait(30) == 0
    assert [one.labels for one in known(typed)] == [{Label.COMPLAINT}]


def test_killed_in_the_middle_every_answer_is_there(typed: Counter) -> None:
    with terminal(typed.folder, "review") as at:
        at.until("x quit")
        at.press("cn")  # ahead of what is shown
        at.until("3/4")
        at.process.send_signal(signal.SIGKILL)
        at.process.wait(30)
    assert sorted(answers(typed).values()) == ["complaint", "none"]
