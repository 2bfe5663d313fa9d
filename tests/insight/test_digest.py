"""Every figure of the digest against a slow recount of the plain list of posts that the store was filled with."""

from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from statistics import mean, median
from zoneinfo import ZoneInfo

import pytest

from listener.domain.digest import Digest
from listener.domain.verdict import Label, Sentiment
from listener.insight.digest import build
from listener.ports import Store
from listener.store import open_store
from tests.insight.seeded import ACME, BEGIN, BRANDS, DAYS, ZONE, Handled, Post, Seeded, fill, posts

BERLIN = ZoneInfo(ZONE)
NOW = BEGIN + timedelta(days=DAYS)
DAY = date(2026, 3, 30)
"""A Monday, the day after the clocks went forward; the second to last that has posts."""


def digest(store: Store, day: date = DAY, *, brand: str = "", now: datetime = NOW) -> Digest:
    with store.read() as reads:
        return build(reads, brands=BRANDS, timezone=ZONE, day=day, now=now, brand=brand)


def of_day(written: list[Post], day: date, *brands: str) -> list[Post]:
    return [p for p in written if p.at.astimezone(BERLIN).date() == day and (not brands or p.brand in brands)]


def people(written: list[Post], label: Label) -> int:
    return len({p.person_key for p in written if p.bears(label)})


@pytest.fixture(scope="module", params=["Acme", ""], ids=["one brand", "all own brands"])
def told(request: pytest.FixtureRequest, filled: tuple[Store, Seeded]) -> tuple[Digest, Seeded, list[str]]:
    store, seeded = filled
    return digest(store, brand=request.param), seeded, [request.param] if request.param else ["Acme", "Bolt"]


Told = tuple[Digest, Seeded, list[str]]


def test_posts_people_and_reposts_are_those_of_the_day(told: Told) -> None:
    found, seeded, brands = told
    today = of_day(seeded.posts, DAY, *brands)
    assert found.mentions == sum(not p.repost for p in today)
    assert found.reposts == sum(p.repost for p in today)
    for figure, label in (
        (found.complaints, Label.COMPLAINT),
        (found.praise, Label.PRAISE),
        (found.questions, Label.QUESTION),
    ):
        assert figure.posts == sum(p.bears(label) for p in today)
        assert figure.people == sum(people([p for p in today if p.brand == brand], label) for brand in brands)


def test_usual_is_the_mean_of_the_seven_days_before_for_want_of_two_mondays(told: Told) -> None:
    found, seeded, brands = told
    days = [DAY - timedelta(days=n) for n in range(1, 8)]
    usual = sum(mean(people(of_day(seeded.posts, d, brand), Label.COMPLAINT) for d in days) for brand in brands)
    assert found.complaints.usual == pytest.approx(usual)
    assert found.basis == "mean of the 7 days before, for want of earlier Mondays"


def test_sentiments_add_up_to_the_mentions(told: Told) -> None:
    found, seeded, brands = told
    heard = [p for p in of_day(seeded.posts, DAY, *brands) if not p.repost]
    moods = found.sentiments
    for mood in Sentiment:
        assert getattr(moods, mood.value) == sum(p.said is not None and p.said.sentiment is mood for p in heard)
    assert moods.unsure == sum(p.said is not None and p.said.abstained for p in heard)
    assert moods.unscored == sum(p.said is None for p in heard)
    assert moods.aside == 0
    assert moods.total == found.mentions
    assert [one.day for one in found.week] == [DAY - timedelta(days=n) for n in range(7, -1, -1)]
    for one in found.week:
        assert one.sentiments.total == sum(not p.repost for p in of_day(seeded.posts, one.day, *brands))


def test_the_advocacy_balance_is_of_each_authors_latest_stand(told: Told) -> None:
    found, seeded, brands = told
    latest: dict[tuple[str, str, int], frozenset[Label] | None] = {}
    for p in sorted(of_day(seeded.posts, DAY, *brands), key=lambda p: p.at):
        if not p.repost:
            key = (p.brand, *p.person_key)
            said = p.said.labels if p.said else frozenset()
            read = p.said is not None and (p.said.sentiment is not None or Label.QUESTION in said)
            before = latest.get(key)
            latest[key] = said & {Label.COMPLAINT, Label.PRAISE} or before or (frozenset() if read else before)
    stands = list(latest.values())
    assert found.balance.promoters == stands.count(frozenset({Label.PRAISE}))
    assert found.balance.detractors == stands.count(frozenset({Label.COMPLAINT}))
    assert found.balance.n + found.balance.unknown == len(stands)


def test_share_of_voice_is_of_all_configured_brands(told: Told) -> None:
    found, seeded, _ = told
    heard = [p for p in of_day(seeded.posts, DAY) if not p.repost]
    assert [line.brand for line in found.brands] == ["Acme", "Bolt", "Rival"]
    for line in found.brands:
        assert (line.voice.part, line.voice.whole) == (sum(p.brand == line.brand for p in heard), len(heard))
        assert line.complaints.people == people([p for p in heard if p.brand == line.brand], Label.COMPLAINT)


def test_reasons_count_people_and_quote_one_of_them(told: Told) -> None:
    found, seeded, brands = told
    assert found.reasons
    complaints = [p for p in of_day(seeded.posts, DAY, *brands) if p.bears(Label.COMPLAINT)]
    for reason in found.reasons:
        assert reason.words in reason.quote.text
        # Each author's most engaging complaint speaks for them.
        assert 3 <= reason.people <= len({(p.brand, *p.person_key) for p in complaints if reason.words in p.text})


def happened(instant: datetime | None, day: date) -> bool:
    return instant is not None and instant.astimezone(BERLIN).date() == day


def broken(case: Handled) -> bool:
    ends = [instant for instant in (case.replied, case.resolved) if instant]
    return case.due <= NOW and (not ends or min(ends) > case.due)


def test_cases_are_counted_by_when_things_happened(told: Told) -> None:
    found, seeded, brands = told
    cases = [case for case in seeded.cases if case.brand in brands]
    assert found.cases.opened == sum(happened(c.opened, DAY) for c in cases)
    assert found.cases.answered == sum(happened(c.replied, DAY) for c in cases)
    assert found.cases.resolved == sum(happened(c.resolved, DAY) for c in cases)
    assert found.cases.breached == sum(happened(c.due, DAY) and broken(c) for c in cases)
    waits = [c.replied - c.opened for c in cases if c.replied and happened(c.replied, DAY)]
    assert found.cases.median_first_response == timedelta(seconds=median(w.total_seconds() for w in waits))


def test_the_slowest_cases_are_those_that_waited_longest(told: Told) -> None:
    found, seeded, brands = told
    end = found.until
    waits = []
    for case in (case for case in seeded.cases if case.brand in brands):
        if case.replied and happened(case.replied, DAY):
            waits.append(case.replied - case.opened)
        elif case.opened < end and (case.replied is None or case.replied >= end):
            waits.append(end - case.opened)
    assert [line.waited for line in found.slowest] == sorted(waits, reverse=True)[:5]


def test_hours_hold_the_days_distinct_complaining_authors(told: Told) -> None:
    found, seeded, brands = told
    hourly: dict[datetime, set[tuple[str, str, int]]] = defaultdict(set)
    for p in of_day(seeded.posts, DAY, *brands):
        if p.bears(Label.COMPLAINT):
            hourly[p.at.replace(minute=0, second=0, microsecond=0)].add((p.brand, *p.person_key))
    assert len(found.hours) == 24
    assert {h.hour: h.complaints for h in found.hours if h.complaints} == {h: len(a) for h, a in hourly.items()}
    assert all(h.usual is not None for h in found.hours)


def test_praise_is_quoted_by_engagement_and_thanked_by_reach(told: Told) -> None:
    found, seeded, brands = told
    praise = [p for p in of_day(seeded.posts, DAY, *brands) if p.bears(Label.PRAISE)]
    assert found.praises[0].engagement == max(p.engagement for p in praise)
    followers = [quote.followers or 0 for quote in found.thanks]
    assert followers == sorted(followers, reverse=True)
    assert 0 not in followers


def test_the_days_alerts_and_blind_stretches_are_printed(filled: tuple[Store, Seeded]) -> None:
    found = digest(filled[0])
    assert [alert.title for alert in found.alerts] == ["Acme rises"]
    [blind] = found.blind
    assert (blind.source, blind.until - blind.since, blind.reason) == ("x-search", timedelta(hours=2), "page cap")
    assert sum(hour.blind for hour in found.hours) == 2
    assert any("x-search could not be heard all day" in sentence for sentence in found.story)
    assert digest(filled[0], brand="Bolt").alerts == ()
    assert digest(filled[0], DAY - timedelta(days=1)).blind == ()


def test_the_story_comes_first_and_is_short(told: Told) -> None:
    found, _, _ = told
    assert 1 <= len(found.story) <= 5
    assert found.story[0].startswith(f"{found.complaints.people} people complained about")


def test_a_day_of_23_hours_has_23_points(filled: tuple[Store, Seeded]) -> None:
    found = digest(filled[0], date(2026, 3, 29))
    assert len(found.hours) == 23
    assert found.mentions == sum(
        not p.repost and p.brand != "Rival" for p in of_day(filled[1].posts, date(2026, 3, 29))
    )


def test_a_running_day_is_told_so_far(filled: tuple[Store, Seeded]) -> None:
    found = digest(filled[0], now=datetime(2026, 3, 30, 12, 30, tzinfo=UTC))
    assert found.partial
    assert "so far" in found.story[0]
    assert len(found.hours) == 14
    assert not digest(filled[0]).partial


def test_a_day_without_data_still_gives_a_digest(filled: tuple[Store, Seeded]) -> None:
    found = digest(filled[0], date(2026, 1, 1))
    assert found.mentions == 0
    assert found.story[0] == "Nothing was heard about our brands on Thursday 1 January 2026."
    assert found.complaints.usual is None
    assert found.reasons == ()


def test_an_empty_store_still_gives_a_digest(tmp_path: Path) -> None:
    store = open_store(tmp_path / "empty.db")
    found = digest(store)
    store.close()
    assert found.story[0].startswith("Nothing was heard")
    assert found.basis == "too little history to compare with"


def test_the_same_weekday_is_the_measure_once_there_are_two(tmp_path: Path) -> None:
    """Three weeks of posts: one complaint on usual days, five on Mondays."""
    store = open_store(tmp_path / "weeks.db")
    base = next(p for p in posts() if p.bears(Label.COMPLAINT))
    begin = datetime(2026, 3, 2, 12, tzinfo=UTC)
    written = [
        Post(**{**vars(base), "id": f"{n}-{k}", "brand": ACME.name, "person": k, "at": begin + timedelta(days=n)})
        for n in range(24)
        for k in range(15 if n == 0 else 1 if n % 7 else 5)
    ]
    fill(store, written)
    found = digest(store, date(2026, 3, 23), brand="Acme", now=datetime(2026, 3, 25, tzinfo=UTC))
    store.close()
    assert found.basis == "mean of the last 2 Mondays"
    assert found.complaints.usual == 5


def test_a_record_that_only_begins_is_no_measure(tmp_path: Path) -> None:
    """Two strays, then fifty on one day: the next day has nothing to be compared with."""
    store = open_store(tmp_path / "begins.db")
    base = next(p for p in posts() if p.bears(Label.COMPLAINT))
    begin = datetime(2026, 3, 2, 12, tzinfo=UTC)
    days = {0: 1, 2: 1, 4: 50, 5: 60}
    written = [
        Post(**{**vars(base), "id": f"{n}-{k}", "brand": ACME.name, "person": k, "at": begin + timedelta(days=n)})
        for n, many in days.items()
        for k in range(many)
    ]
    fill(store, written)
    first = digest(store, date(2026, 3, 6), brand="Acme", now=NOW)
    second = digest(store, date(2026, 3, 7), brand="Acme", now=NOW)
    third = digest(store, date(2026, 3, 8), brand="Acme", now=NOW)
    store.close()
    assert first.complaints.usual is None
    assert second.complaints.usual is None
    assert "too little history" in second.story[0]
    assert third.complaints.usual == 60
