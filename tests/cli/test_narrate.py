"""Narration is one line an event, whoever wrote the words in it."""

import io
import json
import logging

import pytest
from hypothesis import given
from hypothesis import strategies as s

from listener.cli.narrate import _JsonLines, log_lines, progress
from listener.domain.run import SourceReport

HOSTILE = 'late\n{"level": "forged"}\x1b[2J\u2028'


ALPHABET = s.one_of(s.characters(), s.sampled_from('\n\r\v\f\x1b\x85\u2028\u2029\0"\\{}'))


@given(s.lists(s.text(alphabet=ALPHABET, max_size=20), max_size=5))
def test_H3_as_many_lines_as_events_whatever_their_words(words: list[str]) -> None:
    assert _lines_of(_JsonLines(), words) == len(words)


def test_H3_control_words_that_are_written_as_they_are_become_events() -> None:
    assert _lines_of(logging.Formatter(), [HOSTILE]) > 1


def _lines_of(formatter: logging.Formatter, words: list[str]) -> int:
    """As any program tells lines apart, that of a control character counted as one."""
    out = io.StringIO()
    handler = logging.StreamHandler(out)
    handler.setFormatter(formatter)
    for said in words:
        record = logging.makeLogRecord({"name": "listener.test", "msg": said, "source": said})
        handler.emit(record)
    return len(out.getvalue().splitlines()) + sum(ord(char) < 32 and char != "\n" for char in out.getvalue())


def test_H3_one_event_is_one_line_whatever_its_words(capsys: pytest.CaptureFixture[str]) -> None:
    with log_lines("INFO"):
        logging.getLogger("listener.test").info(HOSTILE, extra={"source": HOSTILE})
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1
    assert "\x1b" not in lines[0]
    event = json.loads(lines[0])
    assert (event["message"], event["source"], event["level"]) == (HOSTILE, HOSTILE, "info")


def test_libraries_say_nothing_below_a_warning(capsys: pytest.CaptureFixture[str]) -> None:
    with log_lines("DEBUG"):
        logging.getLogger("tweepy.client").debug("Authorization: Bearer s3cret")
        logging.getLogger("listener.test").debug("ours")
    assert "s3cret" not in capsys.readouterr().err


def test_handlers_do_not_pile_up(capsys: pytest.CaptureFixture[str]) -> None:
    for _ in range(3):
        with log_lines("INFO"):
            logging.getLogger("listener.test").warning("once")
    assert len(capsys.readouterr().err.splitlines()) == 3


def test_progress_is_silent_where_nobody_watches(capsys: pytest.CaptureFixture[str]) -> None:
    with progress("polling") as on_page:
        on_page(SourceReport(source="x", read=3))
    assert capsys.readouterr() == ("", "")
