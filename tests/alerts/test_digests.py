"""Digests on schedule: once a period and target, at the local time, and with nothing in the queue to be leaked."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from threading import Thread
from zoneinfo import ZoneInfo

import pytest

from listener.alerts.outbox import deliver
from listener.clock import VirtualClock
from listener.digesting import Digests, due
from listener.domain.alert import DIGEST, OutboxRow, OutboxState
from listener.domain.mention import MentionKey
from listener.domain.policy import AlertPolicy, ClassifierChoice, DigestPolicy, Secret, Settings, Target, TriagePolicy
from listener.domain.verdict import Label, Sentiment
from listener.errors import Retry
from listener.ports import Store
from listener.store import open_store
from tests.builders import author, scored, verdict
from tests.insight.seeded import ACME, BRANDS

BERLIN = ZoneInfo("Europe/Berlin")
AT_EIGHT = DigestPolicy(daily_at=time(8), weekly_on=(0, time(8, 30)))
MONDAY = datetime(2026, 3, 30, 9, tzinfo=BERLIN).astimezone(UTC)
"""The morning after the clocks went forward."""


@dataclass
class Box:
    """Takes messages, unless it is down."""

    got: list[OutboxRow] = field(default_factory=list)
    down: bool = False

    def send(self, row: OutboxRow) -> None:
        if self.down:
            raise Retry("down")
        self.got.append(row)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(tmp_path / "digests.db")
    yield opened
    opened.close()


def target(name: str = "team", **more: object) -> Target:
    return Target(**{"name": name, "url": Secret("mailto://x"), "kinds": frozenset({DIGEST}), **more})  # type: ignore[arg-type]


def settings(*targets: Target, policy: DigestPolicy = AT_EIGHT) -> Settings:
    return Settings(
        root=Path(),
        database=Path(),
        timezone="Europe/Berlin",
        brands=BRANDS,
        sources=(),
        triage=TriagePolicy(),
        alerts=AlertPolicy(targets=targets or (target(),), digest=policy),
        classifier=ClassifierChoice(),
    )


def digests(store: Store, *targets: Target, at: datetime = MONDAY, policy: DigestPolicy = AT_EIGHT) -> Digests:
    return Digests(settings=settings(*targets, policy=policy), store=store, clock=VirtualClock(at))


def queued(store: Store) -> list[str]:
    with store.read() as reads:
        return sorted(entry.row.key for entry in reads.messages((), 100))


def sent(one: Digests, box: Box) -> list[OutboxRow]:
    carriers = {name: replace(carrier, inner=box) for name, carrier in one.carriers().items()}  # type: ignore[type-var]
    deliver(one.store, carriers, one.clock, one.settings.alerts)
    return box.got


def complain(store: Store, words: str = "@acme my parcel is late", at: datetime = MONDAY - timedelta(hours=20)) -> None:
    post = scored(words, "p1", author=author("ann", followers=10), created_at=at, said=verdict(Label.COMPLAINT))
    kind = scored("@acme lovely people", "p2", author=author("bea", followers=20), created_at=at, can_reply=True)
    kind = replace(kind, verdict=verdict(Label.PRAISE, sentiment=Sentiment.POSITIVE))
    with store.write() as tx:
        tx.save_mentions([post, kind], at)


def test_each_period_is_queued_once_for_each_target_that_takes_digests(store: Store) -> None:
    one = digests(store, target("team"), target("lead"), target("pager", kinds=frozenset({"spike"})))
    assert one.queue_due() == 4
    assert queued(store) == [
        "digest:daily:2026-03-29:lead",
        "digest:daily:2026-03-29:team",
        "digest:weekly:2026-W13:lead",
        "digest:weekly:2026-W13:team",
    ]
    assert one.queue_due() == 0
    assert digests(store, target("team"), target("lead")).queue_due() == 0


def test_a_digest_is_sent_even_where_nothing_was_said(store: Store) -> None:
    one = digests(store)
    one.queue_due()
    daily, weekly = sent(one, Box())
    assert daily.body.startswith("Nothing was heard about our brands on Sunday 29 March 2026.")
    assert weekly.body.startswith("Nothing was heard about our brands in week 13 of 2026")
    assert sent(one, Box()) == []


def test_J1_two_processes_queue_a_digest_once_between_them(store: Store) -> None:
    both = [digests(store), digests(store)]
    new: list[int] = []
    threads = [Thread(target=lambda one=one: new.append(one.queue_due())) for one in both]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(new) == 2
    assert len(queued(store)) == 2


def test_only_the_latest_missed_one_is_caught_up(store: Store) -> None:
    digests(store, at=MONDAY).queue_due()
    later = digests(store, at=MONDAY + timedelta(days=5))
    assert later.queue_due() == 1
    assert [key for key in queued(store) if "daily" in key] == [
        "digest:daily:2026-03-29:team",
        "digest:daily:2026-04-03:team",
    ]


def test_a_clock_that_goes_back_sends_nothing_again(store: Store) -> None:
    digests(store, at=MONDAY + timedelta(days=9)).queue_due()
    assert digests(store, at=MONDAY).queue_due() == 0


def names(policy: DigestPolicy, at: datetime) -> list[str]:
    return [period.name for period in due(policy, at.astimezone(UTC), BERLIN)]


@pytest.mark.parametrize(
    ("clock", "last"),
    [((7, 59), "2026-03-28"), ((8, 0), "2026-03-29"), ((23, 59), "2026-03-29")],
)
def test_a_digest_is_due_at_the_local_time(clock: tuple[int, int], last: str) -> None:
    at = datetime(2026, 3, 30, *clock, tzinfo=BERLIN)
    assert names(DigestPolicy(daily_at=time(8)), at) == [last]


def test_J3_every_day_is_due_exactly_once_however_the_clocks_jump() -> None:
    """A time that is skipped, and one that comes twice: minute by minute over both nights."""
    policy = DigestPolicy(daily_at=time(2, 30))
    for night in (datetime(2026, 3, 28, 12, tzinfo=UTC), datetime(2026, 10, 24, 12, tzinfo=UTC)):
        seen = [names(policy, night + timedelta(minutes=n))[0] for n in range(2 * 24 * 60)]
        changes = [b for a, b in itertools.pairwise(seen) if a != b]
        assert len(changes) == len(set(changes)) == 2
        assert seen == sorted(seen)


def test_a_week_is_told_once_it_is_over() -> None:
    policy = DigestPolicy(weekly_on=(0, time(8, 30)))
    assert names(policy, datetime(2026, 3, 30, 8, 29, tzinfo=BERLIN)) == ["2026-W12"]
    assert names(policy, datetime(2026, 3, 30, 8, 30, tzinfo=BERLIN)) == ["2026-W13"]
    assert names(DigestPolicy(weekly_on=(6, time(20))), datetime(2026, 3, 29, 21, tzinfo=BERLIN)) == ["2026-W12"]


def test_a_day_that_the_calendar_skipped_gets_no_digest() -> None:
    apia = ZoneInfo("Pacific/Apia")
    at = datetime(2011, 12, 31, 9, tzinfo=apia).astimezone(UTC)
    assert [period.first for period in due(DigestPolicy(daily_at=time(8)), at, apia)] == [date(2011, 12, 29)]


def test_a_target_without_text_gets_no_word_of_a_stranger(store: Store) -> None:
    complain(store, "@acme zylinderkopf kaputt")
    with_text, without = Box(), Box()
    one = digests(store, target("a", include_text=True), target("b"), policy=DigestPolicy(daily_at=time(8)))
    one.queue_due()
    carriers = {
        name: replace(carrier, inner=box)  # type: ignore[type-var]
        for (name, carrier), box in zip(sorted(one.carriers().items()), (with_text, without), strict=True)
    }
    deliver(store, carriers, one.clock, one.settings.alerts)
    [told], [bare] = with_text.got, without.got
    assert "bea" in told.body
    assert "lovely" in told.body
    assert "1 person complained" in bare.body
    for word in ("bea", "lovely", "ann", "zylinderkopf", "example.com"):
        assert word not in bare.body


def test_G2_the_queue_holds_no_words_and_what_was_erased_is_not_sent(store: Store) -> None:
    complain(store)
    one, box = digests(store, target(include_text=True), policy=DigestPolicy(daily_at=time(8))), Box(down=True)
    one.queue_due()
    assert sent(one, box) == []
    with store.read() as reads:
        [waiting] = reads.messages([OutboxState.WAITING], 10)
    assert "lovely" not in waiting.row.body
    with store.write() as tx:
        tx.delete_mentions([MentionKey(platform="x", native_id="p2")], MONDAY)
    box.down = False
    one.clock.advance_to(MONDAY + timedelta(hours=1))  # type: ignore[attr-defined]
    [told] = sent(one, box)
    assert "lovely" not in told.body
    assert "bea" not in told.body


def test_a_digest_is_never_folded_into_a_summary(store: Store) -> None:
    one = digests(store, target(flood=1))
    one.queue_due()
    assert [row.step for row in sent(one, Box())] == [DIGEST, DIGEST]


def test_each_brand_named_gets_its_own(store: Store) -> None:
    policy = DigestPolicy(daily_at=time(8), brands=("Acme", "Bolt"))
    one = digests(store, policy=policy)
    one.queue_due()
    assert queued(store) == ["digest:daily:2026-03-29:team:Acme", "digest:daily:2026-03-29:team:Bolt"]
    told = sent(one, Box())
    assert [row.body.split(" on ")[0] for row in told] == [
        f"Nothing was heard about {name}" for name in ("Acme", "Bolt")
    ]
    assert told[0].body.endswith("The whole page: listener digest --day 2026-03-29 --brand Acme")


def test_a_digest_of_a_brand_that_is_gone_is_given_up_with_the_reason(store: Store) -> None:
    one = digests(store, policy=DigestPolicy(daily_at=time(8), brands=("Bolt",)))
    one.queue_due()
    gone = Digests(settings=replace(one.settings, brands=(ACME,)), store=store, clock=one.clock)
    assert sent(gone, Box()) == []
    with store.read() as reads:
        [failed] = reads.messages([OutboxState.FAILED], 10)
    assert "no brand is named 'Bolt' any more" in failed.error
