"""Many series, one honest alert a brand: children fold, copies and one loud author are no crowd, chance is kept out."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from listener.domain.alert import Alert, AlertKind
from listener.domain.mention import Gap
from listener.domain.policy import SpikePolicy
from listener.domain.stored import ScoredMention
from listener.domain.themes import Tagging
from listener.domain.verdict import Label, Sentiment
from listener.domain.watched import Dimension, Scope
from listener.insight.gate import passing
from listener.insight.scopes import Seen
from listener.insight.spikes import Reading
from listener.insight.watch import Watch
from listener.insight.windows import HOUR
from listener.ports import Store
from listener.store import open_store
from tests.builders import NOON, author, minutes, scored, verdict

START = NOON - timedelta(days=8)
WORDS = (
    "parcel",
    "refund",
    "driver",
    "voucher",
    "invoice",
    "courier",
    "button",
    "password",
    "ticket",
    "window",
    "gate",
)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    found = open_store(tmp_path / "watch.db")
    yield found
    found.close()


@pytest.fixture
def watch() -> Watch:
    return Watch(SpikePolicy())


def posts(
    hour: datetime,
    people: int,
    *,
    platform: str = "x",
    lang: str = "en",
    text: Callable[[int], str] = lambda n: (
        f"@acme {WORDS[n % 11]} {WORDS[n * 7 % 11]} {WORDS[n * 3 % 11]} number {n} gone"
    ),
    who: Callable[[int], str] = str,
    label: Label = Label.COMPLAINT,
    is_repost: bool = False,
    at: str = "",
) -> list[ScoredMention]:
    """So many posts of as many people within the hour, in words of their own; `at` a touchpoint if one is named."""
    mood = Sentiment.NEGATIVE if label is Label.COMPLAINT else Sentiment.POSITIVE
    name = f"{platform}{lang}{label}{at}{hour:%d%H}"
    tagging = Tagging(tagger="t", tags=((f"touchpoint:{at}", 1.0),)) if at else None
    return [
        scored(
            text(n),
            f"{name}-{n}",
            platform=platform,
            lang=lang,
            author=author(f"{name}-{who(n)}", platform=platform),
            created_at=hour + timedelta(seconds=60 + n * 3500 // max(people, 1)),
            said=verdict(label, sentiment=mood, tagging=tagging),
            is_repost=is_repost,
        )
        for n in range(people)
    ]


def save(store: Store, rows: list[ScoredMention], at: datetime) -> None:
    with store.write() as tx:
        tx.save_mentions(rows, at)


def look(store: Store, watch: Watch, hour: datetime) -> list[Alert]:
    """Once, when `hour` is over and its grace has passed."""
    with store.write() as tx:
        return watch.spikes(tx, hour + HOUR + minutes(6))


def usual_week(store: Store, watch: Watch, *kinds: dict[str, object], people: int = 4) -> None:
    """Eight usual days of each kind of post."""
    rows: list[ScoredMention] = []
    for n in range((NOON - START) // HOUR):
        for kind in kinds or ({},):
            rows += posts(START + n * HOUR, people + n % 2, **kind)  # type: ignore[arg-type]
    save(store, rows, NOON)
    assert look(store, watch, NOON - HOUR) == []


def test_a_rise_on_one_platform_is_told_as_the_brands_alert_with_the_platform_named(store: Store, watch: Watch) -> None:
    usual_week(store, watch, {"platform": "x"}, {"platform": "reddit"})
    save(store, posts(NOON, 40, platform="reddit"), NOON)
    [alert] = look(store, watch, NOON)
    assert (alert.brand, alert.facts["series"]) == ("Acme", "whole brand")
    assert "platform reddit" in alert.facts["speaking"]  # type: ignore[operator]
    assert "By platform: reddit 40." in alert.body


def test_a_rise_at_one_touchpoint_is_told_as_the_brands_alert_with_the_touchpoint_named(
    store: Store, watch: Watch
) -> None:
    usual_week(store, watch, {"at": "buy"}, {"at": "deliver"})
    save(store, posts(NOON, 40, at="deliver"), NOON)
    [alert] = look(store, watch, NOON)
    assert (alert.brand, alert.facts["series"]) == ("Acme", "whole brand")
    assert "touchpoint deliver" in alert.facts["speaking"]  # type: ignore[operator]
    assert "Touchpoints that rose most: deliver 40 (4 usual)." in alert.body
    assert alert.facts["touchpoints"] == {"deliver": 40}


def test_a_rise_too_small_for_the_brand_is_told_by_its_touchpoint(store: Store, watch: Watch) -> None:
    usual_week(store, watch, {"at": "buy"}, {"at": "deliver"}, people=1)
    big = [row for n in range(192) for row in posts(START + n * HOUR, 40 + n % 9)]
    save(store, big, NOON)
    fresh = Watch(SpikePolicy())
    look(store, fresh, NOON - HOUR)
    save(store, posts(NOON, 12, at="deliver") + posts(NOON, 38), NOON)
    [alert] = look(store, fresh, NOON)
    assert alert.facts["series"] == "touchpoint deliver"
    assert "Acme (touchpoint deliver)" in alert.title


def test_hours_in_which_nobody_looked_for_touchpoints_are_no_calm(store: Store) -> None:
    days = (NOON - START) // HOUR
    rows = [
        row for n in range(days) for row in posts(START + n * HOUR, 20 + n % 3, at="deliver" if n >= days - 4 else "")
    ]
    rows += [row for n in range(days - 4, days) for row in posts(START + n * HOUR, 20, at="buy")]
    save(store, rows, NOON)
    fresh = Watch(SpikePolicy())
    look(store, fresh, NOON - HOUR)
    scope = Scope("Acme", Label.COMPLAINT, Dimension.TOUCHPOINT, "deliver")
    seen = fresh._brands["Acme"].detectors[scope].peek(20, NOON)
    assert seen.cold
    assert seen.usual >= 15


def test_a_rise_too_small_for_the_brand_is_told_by_its_child(store: Store, watch: Watch) -> None:
    usual_week(store, watch, {"platform": "x", "lang": "en"}, {"platform": "x", "lang": "de"}, people=1)
    big = [row for n in range(192) for row in posts(START + n * HOUR, 40 + n % 9, platform="reddit")]
    save(store, big, NOON)
    fresh = Watch(SpikePolicy())
    look(store, fresh, NOON - HOUR)
    save(store, posts(NOON, 12, platform="x", lang="de") + posts(NOON, 38, platform="reddit"), NOON)
    [alert] = look(store, fresh, NOON)
    assert alert.subject == "Acme/"
    assert alert.facts["series"] in ("language de", "platform x")
    assert "Acme (" in alert.title


def test_one_rise_seen_by_many_series_is_one_alert(store: Store, watch: Watch) -> None:
    usual_week(store, watch, {"platform": "x", "lang": "de"}, {"platform": "reddit", "lang": "en"})
    told = []
    for n in range(4):
        at = NOON + n * HOUR
        save(store, [*posts(at, 40, platform="x", lang="de"), *posts(at, 40, platform="reddit")], at)
        told += look(store, watch, at)
    opened = [alert for alert in told if alert.level == 1 and not alert.closed_at]
    assert len(opened) == 1
    assert len(opened[0].facts["speaking"]) >= 5  # type: ignore[arg-type]


def test_children_are_watched_only_where_several_of_a_kind_carry_enough(store: Store, watch: Watch) -> None:
    usual_week(store, watch, {"lang": "en"}, {"lang": "de"})
    save(store, posts(NOON, 3, lang="fr"), NOON)
    look(store, Watch(SpikePolicy()), NOON)
    scopes = set(watch._brands["Acme"].detectors)
    assert scopes == {
        Scope("Acme"),
        Scope("Acme", Label.PRAISE),
        Scope("Acme", Label.COMPLAINT, Dimension.LANG, "de"),
        Scope("Acme", Label.COMPLAINT, Dimension.LANG, "en"),
    }


def test_praise_that_rises_is_told_as_praise(store: Store, watch: Watch) -> None:
    usual_week(store, watch, {}, {"label": Label.PRAISE})
    save(store, posts(NOON, 4) + posts(NOON, 40, label=Label.PRAISE), NOON)
    [alert] = look(store, watch, NOON)
    assert alert.kind is AlertKind.PRAISE
    assert alert.title.startswith("Praise of Acme: 40 people")


def test_near_copies_from_many_fresh_accounts_are_one_voice(store: Store, watch: Watch) -> None:
    usual_week(store, watch)
    save(store, posts(NOON, 60, text=lambda n: f"@acme you stole my money give it back now {n}"), NOON)
    assert look(store, watch, NOON) == []


def test_a_crowd_among_the_copies_is_still_told_and_the_copies_are_named(store: Store, watch: Watch) -> None:
    usual_week(store, watch)
    own = posts(NOON, 40)
    copies = posts(NOON, 80, platform="reddit", text=lambda n: f"@acme you stole my money give it back now {n}")
    save(store, [*own, *copies], NOON)
    [alert] = look(store, watch, NOON)
    assert "near copies of one text, counted as one" in alert.body
    assert alert.facts["observed"] == 120
    assert 30 <= alert.facts["counted"] <= 50  # type: ignore[operator]


def test_one_who_complains_hour_after_hour_is_no_crowd(store: Store, watch: Watch) -> None:
    save(store, [row for n in range(0, 192, 4) for row in posts(START + n * HOUR, 1)], NOON)
    assert look(store, watch, NOON - HOUR) == []
    told = []
    for n in range(20):
        at = NOON + n * HOUR
        loud = scored(f"@acme {WORDS[n % 11]} again", f"loud{n}", author=author("loud"), created_at=at)
        save(store, [loud, *(posts(at, 1) if n % 4 == 0 else [])], at)
        told += look(store, watch, at)
    assert told == []


def test_J4_one_author_who_writes_a_hundred_times_is_one_person(store: Store, watch: Watch) -> None:
    usual_week(store, watch)
    save(store, posts(NOON, 100, who=lambda n: "loud"), NOON)
    assert look(store, watch, NOON) == []


def test_reposts_are_no_complaints(store: Store, watch: Watch) -> None:
    usual_week(store, watch)
    save(store, posts(NOON, 100, is_repost=True), NOON)
    assert look(store, watch, NOON) == []


def test_more_of_the_same_is_volume_driven_and_more_complaints_among_as_many_posts_complaint_driven(
    store: Store, watch: Watch
) -> None:
    rows: list[ScoredMention] = []
    for n in range((NOON - START) // HOUR):
        rows += posts(START + n * HOUR, 4 + n % 2) + posts(START + n * HOUR, 30, label=Label.PRAISE)
    save(store, rows, NOON)
    other = Watch(SpikePolicy())
    look(store, other, NOON - HOUR)
    save(store, posts(NOON, 30) + posts(NOON, 5, label=Label.PRAISE), NOON)
    [alert] = look(store, other, NOON)
    assert alert.facts["driven"] == "complaint-driven"
    assert "Complaint-driven: 86% of posts complain, 1" in alert.body


def test_a_gap_on_one_small_platform_doesnt_hide_a_slow_rise_elsewhere(store: Store, watch: Watch) -> None:
    usual_week(store, watch)
    with store.write() as tx:
        tx.record_attempt("feed", "rss", NOON)
        tx.add_gap("feed", Gap(since=NOON - HOUR, until=NOON + 9 * HOUR, reason="down"), NOON)
    told = []
    for n in range(8):
        save(store, posts(NOON + n * HOUR, 11), NOON)
        told += look(store, watch, NOON + n * HOUR)
    assert [alert.kind for alert in told] == [AlertKind.SPIKE]


def test_a_spike_so_large_that_some_of_it_was_missed_is_a_spike(store: Store, watch: Watch) -> None:
    usual_week(store, watch)
    with store.write() as tx:
        tx.record_attempt("x", "x", NOON)
        tx.add_gap("x", Gap(since=NOON, until=NOON + HOUR, reason="page cap"), NOON)
    save(store, posts(NOON, 40), NOON)
    assert len(look(store, watch, NOON)) == 1


def test_hours_whose_posts_have_no_verdict_yet_are_not_taken_for_calm(store: Store, watch: Watch) -> None:
    usual_week(store, watch)
    before = watch._brands["Acme"].detectors[Scope("Acme")].peek(0, NOON).expected
    rows = [
        ScoredMention(mention=one.mention, matches=one.matches, verdict=None)
        for n in range(48)
        for one in posts(NOON + n * HOUR, 4)
    ]
    save(store, rows, NOON)
    look(store, watch, NOON + 47 * HOUR)
    after = watch._brands["Acme"].detectors[Scope("Acme")].peek(0, NOON + 48 * HOUR).expected
    assert after == pytest.approx(before, rel=0.1)


def test_what_an_outage_left_out_is_learnt_when_it_is_caught_up_on(store: Store, watch: Watch) -> None:
    usual_week(store, watch)
    late = NOON + 60 * HOUR
    look(store, watch, late - HOUR)
    save(store, [row for n in range(61) for row in posts(NOON + n * HOUR, 4)], late)
    look(store, watch, late)
    fresh = Watch(SpikePolicy())
    look(store, fresh, late)
    at, scope = late + HOUR, Scope("Acme")
    assert watch._brands["Acme"].detectors[scope].peek(9, at) == fresh._brands["Acme"].detectors[scope].peek(9, at)


def test_an_outage_that_is_over_is_still_known_after_a_restart(store: Store, watch: Watch) -> None:
    usual_week(store, watch)
    late = NOON + 60 * HOUR
    for n in range(61):
        with store.write() as tx:
            tx.record_attempt("x", "x", NOON + n * HOUR, error="Retry: 503" if 0 < n < 60 else "")
        look(store, watch, NOON + n * HOUR - HOUR)
    save(store, posts(late, 4), late)
    fresh = Watch(SpikePolicy())
    look(store, fresh, late)
    assert fresh._brands["Acme"].detectors[Scope("Acme")].peek(0, late + HOUR).expected > 4.2


def reading(p: float, *, cold: bool = False, alarm: bool = True) -> Reading:
    return Reading(
        at=NOON, count=30, expected=4.0, upper=9.0, window=HOUR, observed=30, usual=4.0, p=p, novelty=2.0,
        alarm=alarm, escalated=False, closed=False, open=alarm, cold=cold,
    )  # fmt: skip


def seen(*ps: float, quiet: int = 0) -> list[Seen]:
    loud = [Seen(Scope(f"b{n}"), reading(p), ended=True) for n, p in enumerate(ps)]
    return loud + [Seen(Scope(f"q{n}"), reading(1.0, alarm=False), ended=True) for n in range(quiet)]


@pytest.mark.parametrize(
    ("ps", "quiet", "passed"),
    [
        ((2.9e-4,), 20, 1),
        ((2.9e-4,), 99, 0),
        ((9e-5,), 99, 1),
        ((2.9e-4,) * 4, 96, 4),
        ((2.9e-4,), 0, 1),
        ((), 50, 0),
    ],
)
def test_the_more_series_are_watched_the_less_chance_may_speak(ps: tuple[float, ...], quiet: int, passed: int) -> None:
    """Alone among a hundred a series needs p ≤ 1e-4; four that rise together need no more than 4e-4."""
    assert len(passing(seen(*ps, quiet=quiet), SpikePolicy())) == passed


def test_the_children_of_a_brand_share_one_chance() -> None:
    def child(n: int, p: float) -> Seen:
        return Seen(Scope("Acme", Label.COMPLAINT, Dimension.QUEUE, f"q{n}"), reading(p, alarm=p < 1), ended=True)

    others = [child(n, 1.0) for n in range(1, 5)]
    assert passing([child(0, 5e-5), *others], SpikePolicy()) == [child(0, 5e-5)]
    assert passing([child(0, 9e-5), *others], SpikePolicy()) == []
    assert passing([child(0, 9e-5)], SpikePolicy()) == [child(0, 9e-5)]


def test_series_too_new_to_be_judged_are_no_tests() -> None:
    cold = [Seen(Scope(f"c{n}"), reading(1.0, cold=True, alarm=False), ended=True) for n in range(500)]
    assert len(passing([*seen(2.9e-4), *cold], SpikePolicy())) == 1
