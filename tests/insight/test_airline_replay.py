"""The airline week through the real store and the real watch, hour by hour: who is told what, and when."""

import json
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from listener.domain.alert import Alert, AlertKind
from listener.domain.hours import hour_of
from listener.domain.policy import SpikePolicy
from listener.domain.stored import ScoredMention
from listener.domain.themes import Tagging
from listener.domain.verdict import Label, Sentiment
from listener.insight.watch import Watch
from listener.insight.windows import HOUR
from listener.matching.cues import Cues
from listener.settings import load
from listener.settings.starter import shipped
from listener.store import open_store
from tests.builders import author, scored, verdict

HOME = ZoneInfo("America/New_York")
"""Where the airlines' days are lived; United's complaints grow all day, and only its last hours make it improbable."""
END = datetime(2015, 2, 24, 21, tzinfo=UTC)
SAID = {
    "negative": verdict(Label.COMPLAINT),
    "positive": verdict(Label.PRAISE, sentiment=Sentiment.POSITIVE),
    "neutral": verdict(sentiment=Sentiment.NEUTRAL),
}


def posts(lines: Iterator[str]) -> dict[datetime, list[ScoredMention]]:
    found = defaultdict(list)
    cues = Cues(load(shipped(), environ={}).themes)
    for line in lines:
        post = json.loads(line)
        at = datetime.fromisoformat(post["created_at"])
        themes = tuple((theme.tag, 1.0) for theme in cues.find(post["text"]))
        said = replace(SAID[post["sentiment"]], tagging=Tagging(tagger="phrases", tags=themes))
        found[hour_of(at)].append(
            scored(
                post["text"], post["id"], brand=post["brand"], author=author(post["author"]), created_at=at, said=said
            )
        )
    return found


@pytest.fixture(scope="module")
def told(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> list[Alert]:
    """Everything that was told in the week."""
    with (shared / "data" / "airline.train.jsonl").open(encoding="utf-8") as lines:
        hours = posts(lines)
    store = open_store(tmp_path_factory.mktemp("airlines") / "week.db")
    watch, alerts, at = Watch(SpikePolicy()), [], min(hours)
    while at < END:
        with store.write() as tx:
            tx.save_mentions(hours.get(at, []), at + HOUR)
            alerts += watch.spikes(tx, at + HOUR + timedelta(minutes=6))
        at += HOUR
    store.close()
    return alerts


def pages(told: list[Alert], brand: str) -> list[Alert]:
    """Spikes as they opened."""
    return [
        alert
        for alert in told
        if alert.kind is AlertKind.SPIKE and alert.brand == brand and alert.level == 1 and alert.closed_at is None
    ]


@pytest.mark.parametrize("brand", ["US Airways", "United", "JetBlue"])
def test_whoever_has_a_bad_day_pages_on_it_once(told: list[Alert], brand: str) -> None:
    days = [alert.opened_at.astimezone(HOME).day for alert in pages(told, brand)]
    assert days[:1] == [22]
    assert len(days) == len(set(days))


def test_no_airline_pages_twice_on_any_day(told: list[Alert]) -> None:
    for brand in ("Southwest", "Virgin America", "American"):
        assert len(pages(told, brand)) <= 1


def test_american_shows_as_a_record_that_only_begins(told: list[Alert]) -> None:
    assert pages(told, "American") == []
    cold = [alert for alert in told if alert.kind is AlertKind.COLD]
    assert [(alert.brand, alert.opened_at.day) for alert in cold] == [("American", 22)]


def test_every_page_has_a_reason_a_person_accepts(told: list[Alert]) -> None:
    for alert in told:
        if alert.kind is not AlertKind.SPIKE or alert.closed_at:
            continue
        assert alert.facts["counted"] >= 1.5 * alert.facts["usual"]  # type: ignore[operator]
        assert "is usual" in alert.body
        assert "Highest since" in alert.body
        assert "-driven" in alert.body.lower()
        assert len(alert.facts["samples"]) == 3  # type: ignore[arg-type]
        assert "Touchpoints that rose most: " in alert.body
        assert "deliver" in alert.facts["touchpoints"]  # type: ignore[operator]
