"""The spike rule on a real week: hourly distinct complaining authors of six airlines, by human labels.

17 to 24 February 2015. Complaints to United, US Airways and JetBlue rise by 60 to 150 % on the 22nd and 23rd.
American's posts begin on the 22nd at 19:50 UTC, because the collection does: two strays on the 19th and 21st, then
fifty complaints an hour.
"""

import json
from collections import Counter, defaultdict
from datetime import UTC, datetime
from pathlib import Path

import pytest

from listener.domain.policy import SpikePolicy
from listener.insight.spikes import HOUR, Detector, Reading

END = datetime(2015, 2, 24, 20, tzinfo=UTC)
RISEN = {"United", "US Airways", "JetBlue"}


@pytest.fixture(scope="module")
def week(shared: Path) -> dict[str, list[Reading]]:
    authors: dict[str, dict[datetime, set[str]]] = defaultdict(lambda: defaultdict(set))
    with (shared / "data" / "airline.train.jsonl").open(encoding="utf-8") as lines:
        for line in lines:
            post = json.loads(line)
            hour = datetime.fromisoformat(post["created_at"]).replace(minute=0, second=0)
            authors[post["brand"]][hour] |= {post["author"]} if post["sentiment"] == "negative" else set()
    return {brand: judge(hours) for brand, hours in authors.items()}


def judge(authors: dict[datetime, set[str]]) -> list[Reading]:
    detector, at, readings = Detector(SpikePolicy()), min(authors), []
    while at < END:
        readings.append(detector.update(len(authors.get(at, ())), at=at))
        at += HOUR
    return readings


def alarm_days(readings: list[Reading]) -> Counter[int]:
    return Counter(r.at.day for r in readings if r.alarm)


def test_each_risen_airline_alarms_on_the_22nd_or_23rd_and_at_most_once_a_day(week: dict[str, list[Reading]]) -> None:
    for brand in RISEN:
        days = alarm_days(week[brand])
        assert days, brand
        assert set(days) <= {22, 23}, brand
        assert max(days.values()) == 1, brand


def test_the_other_airlines_alarm_once_in_the_week_at_most(week: dict[str, list[Reading]]) -> None:
    """Southwest's night of the 22nd: 29 people within three hours where 8 are usual."""
    assert alarm_days(week["Southwest"]).total() <= 1
    assert not alarm_days(week["Virgin America"])
    assert not alarm_days(week["American"])


def test_american_is_cold_throughout_because_its_record_only_begins(week: dict[str, list[Reading]]) -> None:
    assert sum(r.count for r in week["American"]) > 1000
    assert all(r.cold for r in week["American"])


def test_every_alarm_has_a_reason_a_person_accepts(week: dict[str, list[Reading]]) -> None:
    """At least half as many again as usual, more than in any earlier window of its kind, unlikely by chance."""
    for reading in (r for readings in week.values() for r in readings if r.alarm):
        assert reading.ratio >= 1.5
        assert reading.novelty > 1
        assert reading.p <= 3e-4
