"""The run loses nothing, repeats nothing, and one failure stays one source's."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from listener import pipeline
from listener.clock import VirtualClock
from listener.domain.case import CaseChange, EventKind
from listener.domain.mention import Gap, Mention, MentionKey, Metrics, Reject
from listener.domain.platform import TERMS, Terms
from listener.domain.policy import SourceConfig
from listener.domain.stored import InboxFilter
from listener.errors import BadCursor, BudgetSpent, NotPermitted, RateLimited, Reauthorize, Retry, StoreError
from listener.pipeline import Stages, late
from listener.ports import Store
from tests.builders import NOON, author, mention, minutes
from tests.pipeline.parts import SOURCE, Keywords, Scripted, page, stages

LATE = "@acme my parcel is late"


def post(n: int, text: str = LATE, **more: object) -> Mention:
    return mention(text, str(n), author=author(f"ann{n}"), **more)


def cases(store: Store) -> int:
    with store.read() as reads:
        return len(reads.inbox(InboxFilter(), NOON, 100))


def cursor(store: Store) -> str:
    with store.read() as reads:
        return reads.cursor(SOURCE.name)


def test_complaints_of_two_pages_become_cases_and_the_cursor_stands_behind_them(store: Store, tmp_path: Path) -> None:
    connector = Scripted([page(post(1), post(2), cursor=1), page(post(3), cursor=2, done=True)])
    report = pipeline.run_source(stages(store, tmp_path), SOURCE, connector)
    assert (report.pages, report.read, report.stored, report.opened, report.error) == (2, 3, 3, 3, "")
    assert cases(store) == 3
    assert cursor(store) == "2"


def test_what_matches_no_brand_and_what_the_brand_posts_itself_is_not_kept(store: Store, tmp_path: Path) -> None:
    own = mention("@acme we are late today", "9", author=author("ACME"))
    report = pipeline.run_source(
        stages(store, tmp_path), SOURCE, Scripted([page(post(1, "nothing here"), own, cursor=1, done=True)])
    )
    assert (report.read, report.matched, report.stored) == (2, 0, 0)


def test_reading_the_same_page_again_changes_nothing(store: Store, tmp_path: Path) -> None:
    classifier = Keywords()
    ready = stages(store, tmp_path, classifier=classifier)
    for n in (1, 2):
        pipeline.run_source(ready, SOURCE, Scripted([page(post(1), cursor=0, done=True)]))
        assert len(classifier.seen) == 1, f"classified again in pass {n}"
    assert cases(store) == 1


def test_a_post_twice_on_one_page_is_one_mention(store: Store, tmp_path: Path) -> None:
    report = pipeline.run_source(
        stages(store, tmp_path), SOURCE, Scripted([page(post(1), post(1), cursor=1, done=True)])
    )
    assert (report.stored, cases(store)) == (1, 1)


def test_a_failure_after_the_first_page_keeps_it_and_resumes_behind_it(store: Store, tmp_path: Path) -> None:
    connector = Scripted([page(post(1), cursor=1), Reauthorize("token refused"), page(post(2), cursor=2, done=True)])
    ready = stages(store, tmp_path)
    failed = pipeline.run_source(ready, SOURCE, connector)
    assert (failed.code, failed.opened, cursor(store)) == ("Reauthorize", 1, "1")
    again = pipeline.run_source(ready, SOURCE, connector)
    assert (again.error, connector.polled_from, cases(store)) == ("", ["", "1"], 2)


def test_what_may_heal_is_tried_again_at_once_from_the_last_page(store: Store, tmp_path: Path) -> None:
    connector = Scripted([page(post(1), cursor=1), Retry("503"), page(post(2), cursor=2, done=True)])
    report = pipeline.run_source(stages(store, tmp_path), SOURCE, connector)
    assert (report.error, connector.polled_from, cases(store)) == ("", ["", "1"], 2)


def test_a_declared_window_is_not_tried_again_and_is_remembered(store: Store, tmp_path: Path) -> None:
    until = NOON + minutes(15)
    connector = Scripted([RateLimited("slow down", until=until)])
    report = pipeline.run_source(stages(store, tmp_path), SOURCE, connector)
    assert (report.paused_until, connector.polled_from) == (until, [""])
    with store.read() as reads:
        assert reads.health()[0].paused_until == until


@pytest.mark.parametrize(
    ("error", "pause"),
    [
        (Reauthorize("token refused"), timedelta(hours=1)),
        (NotPermitted("no access to this call"), timedelta(hours=1)),
        (BudgetSpent("the month's money is spent", until=NOON + timedelta(days=9)), None),
        (Retry("503"), None),
    ],
)
def test_only_a_person_or_a_window_holds_a_source_back(
    store: Store, tmp_path: Path, error: Exception, pause: timedelta | None
) -> None:
    connector = Scripted([error, error, error])
    report = pipeline.run_source(stages(store, tmp_path), SOURCE, connector)
    assert report.paused_until == (pause and NOON + pause)


def test_A7_a_refused_cursor_starts_over_and_leaves_a_gap(store: Store, tmp_path: Path) -> None:
    assert _after_a_refused_cursor(store, tmp_path) == ["expired"]


def test_A7_control_one_that_only_forgets_the_cursor_is_caught(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def forget(stages: Stages, source: SourceConfig, _error: BadCursor) -> None:
        with stages.store.write() as tx:
            tx.forget_cursor(source.name)

    monkeypatch.setattr(pipeline, "_start_over", forget)
    assert _after_a_refused_cursor(store, tmp_path) == []


def _after_a_refused_cursor(store: Store, tmp_path: Path) -> list[str]:
    """Reasons of gaps."""
    with store.write() as tx:
        tx.save_cursor(SOURCE.name, "7", NOON)
    connector = Scripted([BadCursor("expired"), page(post(1), cursor=1, done=True)])
    report = pipeline.run_source(stages(store, tmp_path), SOURCE, connector)
    assert (report.error, connector.polled_from) == ("", ["7", ""])
    with store.read() as reads:
        return [gap.reason for gap in reads.open_gaps()]


def test_a_bug_in_a_connector_is_a_row_in_the_report(store: Store, tmp_path: Path) -> None:
    report = pipeline.run_source(stages(store, tmp_path), SOURCE, Scripted([ZeroDivisionError("oops")]))
    assert (report.code, report.next_step) == ("ZeroDivisionError", "please report this bug")
    with store.read() as reads:
        assert reads.health()[0].failures == 1


def test_gaps_and_rejects_of_a_page_are_kept(store: Store, tmp_path: Path) -> None:
    gap = Gap(since=NOON - timedelta(hours=1), until=NOON, reason="page cap")
    one = page(post(1), cursor=1, done=True, gaps=(gap,), rejects=(Reject(reason="no id", raw="{}"),))
    report = pipeline.run_source(stages(store, tmp_path), SOURCE, Scripted([one]))
    assert (report.rejected, report.gaps) == (1, 1)
    with store.read() as reads:
        assert reads.quarantined(10)[0].reason == "no id"
        assert reads.open_gaps(SOURCE.name)[0].reason == "page cap"


def test_without_a_model_a_mention_still_waits_in_the_queue_and_is_scored_later(store: Store, tmp_path: Path) -> None:
    classifier = Keywords(failing=True)
    ready = stages(store, tmp_path, classifier=classifier)
    report = pipeline.run_source(ready, SOURCE, Scripted([page(post(1), cursor=1, done=True)]))
    assert (report.unscored, cases(store)) == (1, 1)
    classifier.failing = False
    pipeline.rescore(ready, report)
    with store.read() as reads:
        assert reads.unscored(10) == []
        assert [case.reason for case in reads.inbox(InboxFilter(), NOON, 10)] == ["complaint"]


def test_late_verdicts_come_to_posts_in_open_cases_first_then_to_the_newest(store: Store, tmp_path: Path) -> None:
    ready = stages(store, tmp_path, classifier=Keywords(failing=True))
    posts = [post(n, created_at=NOON - timedelta(hours=3 - n)) for n in (1, 2, 3)]
    pipeline.run_source(ready, SOURCE, Scripted([page(*posts, cursor=1, done=True)]))
    settled = {"state": "resolved", "resolved_at": NOON, "resolution": "done"}
    with store.write() as tx:
        _first, *others = sorted(tx.inbox(InboxFilter(), NOON, 10), key=lambda case: case.id)
        for case in others:
            tx.change_case(
                case.id, case.version, CaseChange(kind=EventKind.RESOLVED, agent="ada", at=NOON, set=settled)
            )
        assert [row.mention.key.native_id for row in tx.unscored(10)] == ["1", "3", "2"]
        assert [row.mention.key.native_id for row in tx.unscored(1)] == ["1"]


def test_a_backlog_is_worked_off_batch_by_batch_and_no_further_than_a_look_allows(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(late, "BATCH", 2)
    monkeypatch.setattr(late, "BATCHES", 2)
    classifier = Keywords(failing=True)
    ready = stages(store, tmp_path, classifier=classifier)
    report = pipeline.run_source(ready, SOURCE, Scripted([page(*map(post, range(1, 8)), cursor=1, done=True)]))
    classifier.failing = False
    left = []
    for _ in range(2):
        pipeline.rescore(ready, report)
        with store.read() as reads:
            left.append(len(reads.unscored(10)))
    assert left == [3, 0]


def test_an_edit_is_classified_anew_and_opens_no_second_case(store: Store, tmp_path: Path) -> None:
    ready = stages(store, tmp_path)
    pipeline.run_source(ready, SOURCE, Scripted([page(post(1), cursor=0, done=True)]))
    edited = post(1, "@acme my parcel is late AGAIN")
    report = pipeline.run_source(ready, SOURCE, Scripted([page(edited, cursor=0, done=True)]))
    assert (report.stored, cases(store)) == (1, 1)


def test_stopping_ends_after_the_page_in_hand(store: Store, tmp_path: Path) -> None:
    connector = Scripted([page(post(1), cursor=1), page(post(2), cursor=2, done=True)])
    report = pipeline.run_source(stages(store, tmp_path, stopping=lambda: True), SOURCE, connector)
    assert (report.pages, cursor(store)) == (1, "1")


def test_nothing_of_a_page_is_kept_when_its_commit_fails(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise StoreError("disk full")

    ready = stages(store, tmp_path)
    with store.write() as tx:
        monkeypatch.setattr(type(tx), "save_cursor", refuse)
    report = pipeline.run_source(ready, SOURCE, Scripted([page(post(1), cursor=1, done=True)]))
    assert (report.code, cases(store), cursor(store)) == ("StoreError", 0, "")


def test_a_snoozed_case_returns_when_its_time_has_come(store: Store, tmp_path: Path) -> None:
    from listener.triage.desk import Desk

    clock = VirtualClock(NOON)
    ready = stages(store, tmp_path, clock=clock)
    pipeline.run_source(ready, SOURCE, Scripted([page(post(1), cursor=1, done=True)]))
    Desk(store, ready.triage, clock).snooze(1, NOON + minutes(30), "ada")
    assert cases(store) == 0
    clock.advance_to(NOON + minutes(31))
    pipeline.tick(ready, [SOURCE])
    assert cases(store) == 1


def stored_posts(store: Store, *names: str) -> set[str]:
    with store.read() as reads:
        return {key.native_id for key in reads.known([MentionKey(platform="x", native_id=name) for name in names])}


def test_a_post_deleted_on_the_page_that_brings_it_leaves_no_trace(store: Store, tmp_path: Path) -> None:
    keys = (MentionKey(platform="x", native_id="1"), MentionKey(platform="x", native_id="2"))
    brought = page(post(1), post(2), post(3), cursor=1, done=True, deleted=keys[:1], overheard=keys[1:])
    report = pipeline.run_source(stages(store, tmp_path), SOURCE, Scripted([brought]))
    assert (report.stored, report.opened, report.deleted) == (1, 1, 0)
    with store.read() as reads:
        stats = reads.stats()
    assert (stats.mentions, stats.authors) == (1, 1)


def test_an_empty_cursor_leaves_the_stored_one_alone(store: Store, tmp_path: Path) -> None:
    connector = Scripted([page(post(1), cursor=1), replace(page(post(2), cursor=0, done=True), cursor="")])
    pipeline.run_source(stages(store, tmp_path), SOURCE, connector)
    assert (cursor(store), stored_posts(store, "1", "2")) == ("1", {"1", "2"})


@pytest.mark.parametrize("keep", [True, False])
def test_terms_that_forbid_keeping_a_platforms_json_hold_for_whatever_brings_it(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, keep: bool
) -> None:
    monkeypatch.setitem(TERMS, "x", Terms(keep_raw=keep))  # type: ignore[arg-type]
    rejects = (Reject(reason="cut short", raw='{"a'), Reject(reason="cut short", raw='{"b'))
    brought = page(post(1, raw='{"id": 1}'), cursor=1, done=True, rejects=rejects)
    pipeline.run_source(stages(store, tmp_path), SOURCE, Scripted([brought]))
    with store.read() as reads:
        kept = {reads.mention(1).mention.raw, *(row.raw for row in reads.quarantined(9))}
    assert len(kept) == 3, "records set aside are no longer told apart"
    assert ('{"id": 1}' in kept, '{"a' in kept) == (keep, keep)


def test_new_counts_of_likes_are_no_edit(store: Store, tmp_path: Path) -> None:
    liked = replace(post(1), metrics=Metrics(likes=9))
    ready = stages(store, tmp_path)
    for brought in (post(1), liked):
        report = pipeline.run_source(ready, SOURCE, Scripted([page(brought, cursor=0, done=True)]))
    assert report.stored == 0


def test_tries_wait_anything_up_to_a_bound_that_doubles() -> None:
    runs = [pipeline.Backoff(first=1.0, longest=5.0) for _ in range(300)]
    for bound in (1.0, 2.0, 4.0, 5.0, 5.0):
        waits = [backoff(Retry("503")) for backoff in runs]
        assert 0 <= min(waits) < bound * 0.1
        assert bound * 0.9 < max(waits) <= bound
    assert pipeline.Backoff()(RateLimited("429", until=NOON)) is False
    assert pipeline.Backoff()(Reauthorize("401")) is False
