"""Verdicts that come late: nothing is judged twice, and an old text never replaces a newer one."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from listener import app
from listener.clock import VirtualClock
from listener.domain.mention import Mention
from listener.domain.run import SourceReport
from listener.domain.stored import InboxFilter, StoredMention
from listener.domain.verdict import Label, Verdict
from listener.errors import ClassifierError
from listener.pipeline import Stages, late, run_source
from listener.ports import Store
from tests.builders import NOON, author, mention, minutes, verdict
from tests.pipeline.parts import SOURCE, Keywords, Scripted, page, settings


@dataclass
class Meanwhile(Keywords):
    """Something else happens while it reads."""

    then: Callable[[], None] = lambda: None

    def classify(self, texts: Sequence[str]) -> list[Verdict]:
        found = super().classify(texts)
        then, self.then = self.then, lambda: None
        then()
        return found


@dataclass
class Newer(Keywords):
    """Another model, which calls everything praise."""

    model_id: str = "newer@2"
    failing_at: frozenset[str] = field(default_factory=frozenset)

    def classify(self, texts: Sequence[str]) -> list[Verdict]:
        if self.failing or self.failing_at & set(texts):
            raise ClassifierError("no model today")
        self.seen += texts
        return [verdict(Label.PRAISE, model=self.model_id) for _ in texts]


def stages(store: Store, folder: Path, classifier: Keywords, clock: VirtualClock | None = None) -> Stages:
    return app.compose(settings(folder), store, clock or VirtualClock(NOON), classifier=classifier)


def post(n: int, text: str = "@acme my parcel is late") -> Mention:
    return mention(text, str(n), author=author(f"ann{n}"))


def read(store: Store, folder: Path, *posts: Mention, classifier: Keywords | None = None) -> None:
    ready = stages(store, folder, classifier or Keywords(failing=True))
    run_source(ready, SOURCE, Scripted([page(*posts, cursor=0, done=True)]))


def stored(store: Store) -> list[StoredMention]:
    with store.read() as reads:
        return [reads.mention(n) for n in range(1, reads.newest_mention() + 1)]


def test_posts_without_a_verdict_are_told_by_stretches_newest_first(store: Store, tmp_path: Path) -> None:
    read(store, tmp_path, *(post(n) for n in range(1, 8)))
    with store.read() as reads:
        assert reads.unscored_stretches(3, 10) == [6, 3, 0]
        assert reads.unscored_stretches(3, 2) == [6, 3]
        assert [row.id for row in reads.unscored_between(3, 5)] == [3, 4, 5]


def test_a_stretch_is_scored_and_the_rest_left(store: Store, tmp_path: Path) -> None:
    read(store, tmp_path, *(post(n) for n in range(1, 8)))
    report = SourceReport(source="late")
    late.score_stretch(stages(store, tmp_path, Keywords()), 3, 5, report)
    assert report.stored == 3
    with store.read() as reads:
        assert reads.unscored_stretches(3, 10) == [6, 0]


def test_A1_a_post_scored_by_two_at_once_is_taken_in_once(store: Store, tmp_path: Path) -> None:
    read(store, tmp_path, post(1))
    other = stages(store, tmp_path, Keywords())
    reports = [SourceReport(source="one"), SourceReport(source="other")]
    slow = Meanwhile(then=lambda: late.score_stretch(other, 0, 9, reports[1]))
    late.score_stretch(stages(store, tmp_path, slow), 0, 9, reports[0])
    assert [report.stored for report in reports] == [0, 1]
    with store.read() as reads:
        (case,) = reads.inbox(InboxFilter(), NOON, 10)
        events = [event.kind for event in reads.case_card(case.id).events]
    assert len(events) == len(set(events))


def _edited_meanwhile(store: Store, folder: Path, judge: Callable[[Stages], object]) -> str:
    read(store, folder, post(1))
    edited = replace(post(1, "@acme it came, thanks"), version="2")
    judge(stages(store, folder, Meanwhile(then=lambda: read(store, folder, edited))))
    return stored(store)[0].mention.text


@pytest.mark.parametrize("anew", [False, True])
def test_A1_an_edit_that_comes_while_a_post_is_scored_stays(store: Store, tmp_path: Path, anew: bool) -> None:
    def judge(ready: Stages) -> object:
        return late.judge_anew(ready, NOON, 1, 9) if anew else late.rescore(ready, SourceReport(source="late"))

    assert _edited_meanwhile(store, tmp_path, judge) == "@acme it came, thanks"


@pytest.mark.sqlite
def test_A1_control_writing_what_was_read_earlier_brings_the_old_text_back(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(late, "_still_waiting", lambda _tx, scored: scored)
    text = _edited_meanwhile(store, tmp_path, lambda ready: late.rescore(ready, SourceReport(source="late")))
    assert text == "@acme my parcel is late"


def test_another_model_judges_what_is_stored_once_and_cases_stay(store: Store, tmp_path: Path) -> None:
    read(store, tmp_path, post(1), post(2), post(3), classifier=Keywords())
    began = NOON + minutes(1)
    ready = stages(store, tmp_path, Newer(), VirtualClock(began))
    with store.read() as reads:
        cases = reads.inbox(InboxFilter(), NOON, 10)
        assert reads.count_not_judged_since(began, 9) == 3
    assert late.judge_anew(ready, began, 1, 2) == 2
    assert late.judge_anew(ready, began, 1, 9) == 1
    assert late.judge_anew(ready, began, 1, 9) == 0
    assert [one.verdict.model for one in stored(store) if one.verdict] == ["newer@2"] * 3
    with store.read() as reads:
        assert reads.count_not_judged_since(began, 9) == 0
        assert reads.inbox(InboxFilter(), NOON, 10) == cases
        cells = {cell.label: cell.mentions for cell in reads.tallies(NOON - minutes(600), NOON + minutes(600))}
    assert (cells.get("praise"), cells.get("complaint", 0)) == (3, 0)


def test_a_post_that_never_had_a_verdict_is_taken_in_whoever_judges_it_first(store: Store, tmp_path: Path) -> None:
    read(store, tmp_path, post(1))
    began = NOON + minutes(1)
    assert late.judge_anew(stages(store, tmp_path, Keywords(), VirtualClock(began)), began, 1, 9) == 1
    with store.read() as reads:
        assert [case.reason for case in reads.inbox(InboxFilter(), NOON, 10)] == ["complaint"]
        assert reads.count_not_judged_since(began, 9) == 0


def test_what_an_agent_said_outranks_the_newer_model(store: Store, tmp_path: Path) -> None:
    read(store, tmp_path, post(1), classifier=Keywords())
    with store.write() as tx:
        tx.save_verdict(1, verdict(Label.QUESTION, model="agent:ada"), NOON)
    began = NOON + minutes(1)
    late.judge_anew(stages(store, tmp_path, Newer(), VirtualClock(began)), began, 1, 9)
    (one,) = stored(store)
    assert one.verdict is not None
    assert one.verdict.model == "agent:ada"


def test_a_text_that_fails_alone_is_left_out_and_a_broken_classifier_is_told(store: Store, tmp_path: Path) -> None:
    read(store, tmp_path, post(1), post(2, "@acme poison"), post(3), classifier=Keywords())
    began = NOON + minutes(1)
    picky = Newer(failing_at=frozenset({"@acme poison"}))
    assert late.judge_anew(stages(store, tmp_path, picky, VirtualClock(began)), began, 1, 9) == 2
    broken = stages(store, tmp_path, Newer(failing=True), VirtualClock(began))
    for _ in range(3):
        late.judge_anew(broken, began, 1, 9)
    with pytest.raises(ClassifierError):
        late.judge_anew(broken, began, 1, 9)
