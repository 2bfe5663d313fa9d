"""The composition root: one run at a time, a source that can't be built fails alone, a replay lives in its own time."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from listener import app, judging
from listener.clock import SystemClock, VirtualClock
from listener.connectors.replay import Replay
from listener.domain.case import EventKind
from listener.domain.mention import Page
from listener.domain.policy import ClassifierChoice, Secret, SourceConfig, Target
from listener.domain.sla import Promise, SlaPolicy
from listener.domain.stored import InboxFilter
from listener.domain.themes import Theme
from listener.errors import ClassifierError, ConfigError
from listener.ports import Classifier, Store
from tests.builders import NOON, mention, minutes
from tests.pipeline.parts import Keywords, Scripted, page, settings


@pytest.fixture
def keywords(monkeypatch: pytest.MonkeyPatch) -> Keywords:
    """The keyword classifier in place of the model."""
    found = Keywords()

    def choose(choice: ClassifierChoice, themes: tuple[Theme, ...]) -> Classifier:
        return found

    monkeypatch.setattr(app, "LazyClassifier", choose)
    return found


def recording(folder: Path, hours: int) -> SourceConfig:
    file = folder / "posts.jsonl"
    posts = [
        {
            "id": str(n),
            "created_at": (NOON + timedelta(hours=n)).isoformat(),
            "platform": "x",
            "author": f"ann{n}",
            "text": "@acme my parcel is late",
        }
        for n in range(hours)
    ]
    file.write_text("\n".join(json.dumps(post) for post in posts), encoding="utf-8")
    return SourceConfig(name="replay:posts", connector="file", options={"path": str(file), "hourly": True})


def test_a_replay_opens_cases_at_the_posts_own_time(store: Store, tmp_path: Path, keywords: Keywords) -> None:
    report = app.replay(settings(tmp_path), store, recording(tmp_path, 3))
    assert (report.sources[0].pages, report.sources[0].opened) == (3, 3)
    with store.read() as reads:
        opened = [case.opened_at for case in reads.inbox(InboxFilter(), NOON, 10)]
    assert sorted(opened) == [NOON + timedelta(hours=n) for n in range(3)]


def test_in_a_replay_promises_break_when_they_broke_and_nobody_is_told(
    store: Store, tmp_path: Path, keywords: Keywords
) -> None:
    asked = settings(tmp_path)
    promised = replace(
        asked.triage, sla=SlaPolicy(targets={Promise.FIRST_RESPONSE: dict.fromkeys(asked.triage.bands, minutes(90))})
    )
    loud = replace(asked.alerts, targets=(Target(name="console", url=Secret("console:")),))
    app.replay(replace(asked, triage=promised, alerts=loud), store, recording(tmp_path, 6))
    with store.read() as reads:
        (broken, *_) = [event for event in reads.case_card(1).events if event.kind is EventKind.BREACHED]
        sent = reads.outbox_due(NOON + timedelta(days=9), 100)
    assert broken.at == NOON + timedelta(hours=2)
    assert [row for row in sent if row.key.startswith("sla")] == []


def test_a_second_replay_adds_nothing(store: Store, tmp_path: Path, keywords: Keywords) -> None:
    source = recording(tmp_path, 3)
    app.replay(settings(tmp_path), store, source)
    again = app.replay(settings(tmp_path), store, source)
    assert (again.sources[0].stored, len(keywords.seen)) == (0, 3)


def test_a_replay_waits_as_long_as_its_speed_says() -> None:
    clock, pace = VirtualClock(NOON), VirtualClock(NOON)
    pages = [page(mention(created_at=NOON + timedelta(hours=n), native_id=str(n)), cursor=n) for n in range(3)]
    player = Replay(inner=Scripted(list(pages)), clock=clock, speed=3600, pace=pace)
    assert len(list(player.poll("", NOON))) == 3
    assert pace.now() - NOON == timedelta(seconds=2)
    assert clock.now() == NOON + timedelta(hours=2)


def test_a_source_that_cannot_be_built_fails_alone_and_says_why(tmp_path: Path, store: Store) -> None:
    broken = SourceConfig(name="typo", connector="mastodonn")
    built = app.connector(broken, settings(tmp_path), store, SystemClock())
    with pytest.raises(ConfigError, match="mastodonn"):
        list(built.poll("", NOON))


def test_an_unknown_source_name_is_refused_with_the_names_there_are(tmp_path: Path, store: Store) -> None:
    with pytest.raises(ConfigError, match="nope") as caught:
        app.build_jobs(settings(tmp_path), store, SystemClock(), ["nope"])
    assert "x-acme" in caught.value.next_step


def test_a_run_without_sources_says_what_to_do(tmp_path: Path, store: Store) -> None:
    with pytest.raises(ConfigError, match="no source is enabled"):
        app.run(replace(settings(tmp_path), sources=()), store, SystemClock())


def test_a_model_that_is_missing_is_a_classifier_error(tmp_path: Path) -> None:
    missing = judging.LazyClassifier(ClassifierChoice(model=str(tmp_path / "nowhere")))
    with pytest.raises(ClassifierError, match="can't be loaded"):
        missing.classify(["hello"])


def test_what_connectors_spend_is_in_the_ledger_at_once(store: Store) -> None:
    ledger = app.StoreLedger(store)
    assert ledger.reserve("x:main", 600_000, 1_000_000, NOON)
    assert not ledger.reserve("x:main", 600_000, 1_000_000, NOON)
    ledger.settle("x:main", 600_000, 100_000, NOON)
    assert ledger.reserve("x:main", 600_000, 1_000_000, NOON)


class Endless(Scripted):
    """Yields a page an hour until somebody stops it."""

    def poll(self, cursor: str, now: datetime) -> Iterator[Page]:
        n = int(cursor or 0)
        while True:
            n += 1
            yield page(mention(created_at=NOON, native_id=str(n)), cursor=n)


def test_a_run_stops_after_the_page_in_hand(
    store: Store, tmp_path: Path, keywords: Keywords, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = SystemClock()

    def endless(*_: object) -> Endless:
        return Endless([])

    monkeypatch.setattr(app, "connector", endless)
    app.run(settings(tmp_path), store, clock, on_page=lambda report: clock.stop() if report.pages == 3 else None)
    with store.read() as reads:
        assert reads.cursor("x-acme") == "3"
