"""What was heard, what is known to be unseen, and what could not be read."""

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from listener.clock import SystemClock
from listener.domain.mention import Gap, Reject
from listener.domain.verdict import Label, Language
from listener.store import open_store
from tests.builders import NOON, scored, verdict
from tests.demo import listener, write_settings

BRAND = "Fernpost"
HOSTILE = '{"text": "\x1b[2J"}'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Settings and a store with one gap, one failing source and one hostile record set aside."""
    write_settings(tmp_path / "config")
    store = open_store(tmp_path / "acme.db")
    with store.write() as tx:
        tx.record_attempt("x-acme", "x", NOON, last_mention=NOON)
        tx.record_attempt("x-acme", "x", NOON, error="Retry: 503")
        tx.add_gap("x-acme", Gap(since=NOON - timedelta(hours=2), until=NOON, reason="page cap"), NOON)
        tx.quarantine("x-acme", Reject(reason="no id", raw=HOSTILE, position="line 7"), NOON)
    store.close()
    return tmp_path


def coverage(folder: Path, *words: str, expect: int = 0) -> list[dict[str, object]]:
    words = ("--config", "config", "--db", "acme.db", "coverage", "--json", *words)
    printed = listener(*words, cwd=folder, expect=expect).stdout
    return [json.loads(line) for line in printed.splitlines() if line.startswith("{")]


def test_a_failing_source_and_what_it_missed_are_listed(folder: Path) -> None:
    source, gap = coverage(folder)
    assert (source["state"], source["why"]) == ("failing ×1", "Retry: 503")
    assert (gap["state"], gap["why"], gap["gap"]) == ("unseen", "page cap", 1)


def test_what_could_not_be_read_is_listed_with_its_place(folder: Path) -> None:
    (reject,) = coverage(folder, "--rejects")
    assert (reject["reason"], reject["where"], reject["raw"]) == ("no id", "line 7", HOSTILE)


def test_a_gap_is_closed_once(folder: Path) -> None:
    coverage(folder, "--close", "1")
    assert [row["kind"] for row in coverage(folder)] == ["source"]
    coverage(folder, "--close", "1", expect=2)


def test_languages_are_counted_with_what_no_model_reads(folder: Path) -> None:
    german = Language(code="de", chance=0.97, read=False)
    unread = verdict(sentiment=None)
    unread = replace(unread, scores=replace(unread.scores, labels={}, language=german))
    english = verdict(Label.COMPLAINT)
    english = replace(english, scores=replace(english.scores, language=Language(code="en", chance=0.9)))
    now = SystemClock().now()
    posts = [
        scored(native_id="1", brand=BRAND, said=unread, created_at=now - timedelta(days=1)),
        scored(native_id="2", brand=BRAND, said=english, created_at=now - timedelta(days=1)),
        scored(native_id="3", brand=BRAND, said=english, created_at=now - timedelta(days=2)),
        scored(native_id="4", brand=BRAND, said=english, created_at=now - timedelta(days=40)),
        replace(scored(native_id="5", brand=BRAND, created_at=now - timedelta(days=1)), verdict=None),
    ]
    store = open_store(folder / "acme.db")
    with store.write() as tx:
        tx.save_mentions(posts, now)
    store.close()
    rows = {row["language"]: row for row in coverage(folder, "--languages")}
    assert rows == {
        "en": {"language": "en", "posts": 2, "scored": 2, "unread": 0, "unscored": 0, "abstained": "0%"},
        "de": {"language": "de", "posts": 1, "scored": 0, "unread": 1, "unscored": 0, "abstained": "100%"},
        "unknown": {"language": "unknown", "posts": 1, "scored": 0, "unread": 0, "unscored": 1, "abstained": ""},
    }
