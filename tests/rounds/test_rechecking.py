"""Deletions and edits at the source are followed; a broken platform deletes nothing."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from listener.clock import VirtualClock
from listener.domain.mention import Mention, MentionKey, Metrics, Page
from listener.domain.platform import TERMS, Fate, Rechecked, Terms
from listener.domain.rereading import RecheckPolicy
from listener.domain.run import SourceReport
from listener.domain.stored import InboxFilter
from listener.errors import NotPermitted, RateLimited, Reauthorize, Retry
from listener.pipeline import Stages, run_source, store_page
from listener.ports import Store
from listener.rounds import Job, one_round
from listener.rounds.concluding import CONFIRM_AFTER
from listener.rounds.rechecking import EVERY, Rechecking
from tests.builders import NOON, author, mention, minutes
from tests.pipeline.parts import SOURCE, Scripted, page, stages
from tests.rounds.live import stored

DAY = timedelta(days=1)
HOUR = timedelta(hours=1)


@dataclass
class Source(Scripted):
    """Knows what became of each post; those it doesn't know of it leaves out."""

    fates: dict[str, Fate] = field(default_factory=dict)
    reads: dict[str, Mention] = field(default_factory=dict)
    asked: list[list[str]] = field(default_factory=list)
    error: Exception | None = None
    otherwise: Fate | None = Fate.ALIVE
    hook: Callable[[], None] = lambda: None

    def recheck(self, mentions: Sequence[Mention], now: datetime) -> list[Rechecked]:
        names = [one.key.native_id for one in mentions]
        self.asked.append(names)
        self.hook()
        if self.error is not None:
            raise self.error
        told = [(name, self.fates.get(name, self.otherwise)) for name in names]
        return [
            Rechecked(key=MentionKey(platform="x", native_id=name), fate=fate, mention=self.reads.get(name))
            for name, fate in told
            if fate is not None
        ]

    @property
    def names(self) -> list[str]:
        return [name for names in self.asked for name in names]


def posts(count: int, text: str = "@acme hello", at: datetime = NOON, first: int = 0) -> list[Mention]:
    return [mention(text, str(n), author=author(f"a{n}"), created_at=at) for n in range(first, first + count)]


class Bench:
    def __init__(self, store: Store, folder: Path, **policy: object) -> None:
        self.store, self.clock, self.source = store, VirtualClock(NOON), Source([])
        self.stages: Stages = replace(
            stages(store, folder, clock=self.clock),
            rechecks=RecheckPolicy(**policy),  # type: ignore[arg-type]
        )
        self.job = Job(source=SOURCE, connector=self.source)
        self.again = Rechecking(self.stages, [self.job])

    def keep(self, found: Sequence[Mention]) -> None:
        whole = Page(mentions=tuple(found), cursor="1", done=True)
        store_page(self.stages, SOURCE, "x", whole, SourceReport(source=SOURCE.name))

    def look(self, later: timedelta = EVERY) -> list[SourceReport]:
        self.clock.sleep(later.total_seconds())
        self.source.asked.clear()
        return self.again.look()

    def stored(self, found: Sequence[Mention]) -> set[str]:
        return stored(self.store, found)

    def warning(self) -> str:
        with self.store.read() as reads:
            return next((row.warning for row in reads.health() if row.source == SOURCE.name), "")


@pytest.fixture
def bench(store: Store, tmp_path: Path) -> Bench:
    return Bench(store, tmp_path)


def test_posts_in_open_cases_are_asked_about_every_hour_and_others_once_a_day(bench: Bench) -> None:
    bench.keep([*posts(2, "@acme late"), *posts(2, first=2)])
    assert bench.look() == []
    bench.look(HOUR)
    assert sorted(bench.source.names) == ["0", "1"]
    bench.look(HOUR / 2)
    assert bench.source.names == []
    bench.look(DAY)
    assert sorted(bench.source.names) == ["0", "1", "2", "3"]
    assert set(bench.source.names[:2]) == {"0", "1"}, "open cases' come first"


def test_G1_control_what_is_only_asked_about_stays(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Rechecking, "_apply", lambda *_given: None)
    found = posts(3, "@acme late")
    bench.keep(found)
    bench.source.fates = {"1": Fate.DELETED}
    bench.look(HOUR)
    assert bench.stored(found) == {"0", "1", "2"}


def test_G1_what_is_gone_there_is_erased_here_and_never_comes_back(bench: Bench) -> None:
    found = posts(3, "@acme late")
    bench.keep(found)
    bench.source.fates = {"1": Fate.DELETED, "2": Fate.UNAVAILABLE}
    (report,) = bench.look(HOUR)
    assert (report.rechecked, report.deleted) == (3, 1)
    assert bench.stored(found) == {"0", "2"}
    bench.keep(found)
    assert bench.stored(found) == {"0", "2"}
    bench.look(2 * HOUR)
    assert "1" not in bench.source.names


def test_an_edit_is_stored_and_judged_again(bench: Bench) -> None:
    found = posts(2, "@acme late")
    bench.keep(found)
    bench.source.reads = {"0": replace(found[0], text="@acme thanks, it came"), "1": found[1]}
    bench.look(HOUR)
    with bench.store.read() as reads:
        cases = reads.inbox(InboxFilter(), bench.clock.now(), 9)
        texts = [reads.case_card(case.id).mentions[0].mention.text for case in cases]
        kinds = [event.kind.value for case in cases for event in reads.case_card(case.id).events]
    assert sorted(texts) == ["@acme late", "@acme thanks, it came"]
    assert kinds.count("edited") == 1


def test_new_counts_of_likes_are_no_edit(bench: Bench) -> None:
    found = posts(1, "@acme late")
    bench.keep(found)
    bench.source.reads = {"0": replace(found[0], metrics=Metrics(likes=900))}
    bench.look(HOUR)
    with bench.store.read() as reads:
        (case,) = reads.inbox(InboxFilter(), bench.clock.now(), 9)
        assert [event.kind.value for event in reads.case_card(case.id).events] == ["opened"]


def test_an_edited_post_that_names_no_brand_any_more_keeps_its_new_words_only(bench: Bench) -> None:
    found = posts(1, "@acme late")
    bench.keep(found)
    bench.source.reads = {"0": replace(found[0], text="never mind")}
    bench.look(HOUR)
    with bench.store.read() as reads:
        (case,) = reads.inbox(InboxFilter(), bench.clock.now(), 9)
        (post,) = reads.case_card(case.id).mentions
        assert (post.mention.text, post.matches) == ("never mind", ())
        assert reads.tallies(NOON - DAY, NOON + DAY) == []


def test_a_post_that_nobody_can_tell_of_comes_again_sooner_but_holds_up_nobody(bench: Bench) -> None:
    bench.keep(posts(700))
    bench.source.otherwise = None
    bench.look(DAY)
    first = set(bench.source.names)
    bench.look()
    assert not first & set(bench.source.names), "the same are asked about again at once"
    assert len(first | set(bench.source.names)) == 700
    bench.look(7 * HOUR)
    assert first & set(bench.source.names)


def test_one_look_asks_for_a_hundred_at_once_and_five_hundred_in_all(bench: Bench) -> None:
    bench.keep(posts(700))
    bench.look(DAY)
    assert [len(names) for names in bench.source.asked] == [100] * 5


def test_old_posts_are_asked_about_no_more_unless_an_open_case_holds_them(bench: Bench) -> None:
    bench.keep(posts(2, at=NOON - 29 * DAY))
    bench.keep(posts(1, "@acme late", at=NOON - 29 * DAY, first=2))
    bench.look(DAY)
    assert sorted(bench.source.names) == ["0", "1", "2"]
    for _ in range(3):
        bench.look(2 * DAY)
        assert bench.source.names == ["2"]


def test_a_platforms_terms_bound_the_interval(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(TERMS, "x", Terms(delete_within=3 * HOUR))  # type: ignore[arg-type]
    bench.keep(posts(1))
    bench.look(2 * HOUR)
    assert bench.source.names == []
    bench.look(HOUR)
    assert bench.source.names == ["0"]


def test_an_outage_concludes_nothing_and_is_asked_less_and_less(bench: Bench) -> None:
    found = posts(150, "@acme late")
    bench.keep(found)
    bench.source.error = Retry("503")
    bench.look(HOUR)
    asked = 0
    for _ in range(24):
        bench.look()
        asked += len(bench.source.asked)
    assert asked < 12
    assert len(bench.stored(found)) == 150
    bench.source.error = None
    bench.look(2 * HOUR)
    assert len(bench.source.names) == 150


def test_what_was_told_before_a_failure_counts(bench: Bench) -> None:
    found = posts(150, "@acme late")
    bench.keep(found)
    bench.source.fates = {"0": Fate.DELETED}

    def fail_at_the_second_call() -> None:
        bench.source.error = Retry("503") if len(bench.source.asked) == 2 else None

    bench.source.hook = fail_at_the_second_call
    (report,) = bench.look(HOUR)
    assert (report.rechecked, report.deleted, report.code) == (100, 1, "Retry")


@pytest.mark.parametrize(
    "error", [RateLimited("slow down", until=NOON + 3 * HOUR), NotPermitted("no lookup"), Reauthorize("refused")]
)
def test_no_look_is_made_inside_a_window(bench: Bench, error: Exception) -> None:
    bench.keep(posts(1, "@acme late"))
    bench.source.error = error
    bench.look(HOUR)
    asked = 0
    while bench.clock.now() < NOON + timedelta(minutes=115):
        bench.look()
        asked += len(bench.source.asked)
    assert asked == 0


def test_a_paused_source_is_not_asked_also_after_a_restart(bench: Bench) -> None:
    bench.keep(posts(1, "@acme late"))
    with bench.store.write() as tx:
        tx.record_attempt(SOURCE.name, "x", NOON, error="RateLimited: 429", paused_until=NOON + 3 * HOUR)
    bench.look(2 * HOUR)
    assert bench.source.names == []
    bench.look(HOUR)
    assert bench.source.names == ["0"]


def test_one_who_may_not_look_says_so(bench: Bench) -> None:
    bench.keep(posts(1, "@acme late"))
    bench.source.error = NotPermitted("no lookup")
    bench.look(HOUR)
    assert "can't be looked up again: no lookup" in bench.warning()
    bench.source.error = None
    bench.again = Rechecking(bench.stages, [bench.job])
    bench.look(2 * HOUR)
    assert bench.warning() == ""


def test_mass_deletion_is_believed_only_when_said_twice(bench: Bench, caplog: pytest.LogCaptureFixture) -> None:
    found = posts(40, "@acme late")
    bench.keep(found)
    bench.source.fates = {str(n): Fate.DELETED for n in range(21)}
    with caplog.at_level(logging.WARNING):
        (report,) = bench.look(HOUR)
    assert (report.deleted, len(bench.stored(found))) == (0, 40)
    assert "21 stored posts are said to be deleted" in bench.warning()
    assert "too many posts" in caplog.text
    bench.look(minutes(1))
    assert bench.source.names == [], "asked again too soon"
    bench.again = Rechecking(bench.stages, [bench.job])  # a restart doesn't forget
    (report,) = bench.look(CONFIRM_AFTER)
    assert (report.deleted, len(bench.stored(found))) == (21, 19)
    bench.source.fates.clear()
    bench.look(3 * HOUR)
    assert bench.warning() == ""


def test_mass_deletion_that_was_an_outage_deletes_nothing(bench: Bench) -> None:
    found = posts(40, "@acme late")
    bench.keep(found)
    bench.source.otherwise = Fate.DELETED
    bench.look(HOUR)
    bench.source.otherwise = Fate.ALIVE
    bench.look(CONFIRM_AFTER + minutes(1))
    assert len(bench.source.names) == 40
    assert len(bench.stored(found)) == 40
    assert bench.warning() == ""


def test_no_id_of_a_post_in_doubt_is_left_once_it_is_erased(bench: Bench) -> None:
    found = [replace(one, key=MentionKey(platform="x", native_id=f"canary{one.key.native_id}")) for one in posts(30)]
    bench.keep(found)
    bench.source.otherwise = Fate.DELETED
    bench.look(DAY)
    bench.look(CONFIRM_AFTER)
    assert bench.stored(found) == set()
    with bench.store.read() as reads:
        assert "canary" not in reads.mark("recheck:doubted:x")


def test_a_trickle_of_deletions_from_a_broken_platform_is_noticed_too(bench: Bench) -> None:
    """Few posts are due at a time: no single look could see that all are said to be gone. It lasts an hour."""
    found = posts(60, "@acme late")
    for n in range(12):
        bench.keep(found[n * 5 : n * 5 + 5])
        bench.clock.sleep(300)
    bench.source.otherwise = Fate.DELETED
    for _ in range(12):
        bench.look()
    assert len(bench.stored(found)) >= 40


def test_it_can_be_switched_off(store: Store, tmp_path: Path) -> None:
    bench = Bench(store, tmp_path, enabled=False)
    bench.keep(posts(1, "@acme late"))
    bench.look(30 * HOUR)
    assert bench.source.names == []


def test_a_round_looks_too_and_says_what_it_did(bench: Bench) -> None:
    bench.keep(posts(2, "@acme late"))
    bench.source.fates = {"0": Fate.DELETED}
    bench.clock.sleep(3600)
    report = one_round(bench.stages, [bench.job], {})
    assert (report.rechecked, report.deleted) == (2, 1)


def test_a_crash_between_erasing_and_noting_it_asks_again_and_changes_nothing(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = posts(2, "@acme late")
    bench.keep(found)
    bench.source.fates = {"0": Fate.DELETED}
    with monkeypatch.context() as patch:
        patch.setattr("listener.store.rechecks.RecheckWrites.mark_checked", lambda *_: 1 / 0)
        bench.look(HOUR)
    assert bench.stored(found) == {"1"}
    bench.look(2 * HOUR)
    assert bench.source.names == ["1"]


def test_a_bug_in_a_look_is_that_platforms_alone(bench: Bench) -> None:
    bench.keep(posts(1, "@acme late"))
    bench.source.error = ZeroDivisionError("oops")
    (report,) = bench.look(HOUR)
    assert report.code == "ZeroDivisionError"
    assert run_source(bench.stages, SOURCE, Scripted([page(cursor=1, done=True)])).error == ""
