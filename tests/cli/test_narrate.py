"""Narration is one line an event, whoever wrote the words in it."""

import json
import logging

import pytest

from listener.cli.narrate import log_lines, progress
from listener.domain.run import SourceReport

HOSTILE = 'late\n{"level": "forged"}\x1b[2J\u2028'


def test_one_event_is_one_line_whatever_its_words(capsys: pytest.CaptureFixture[str]) -> None:
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
