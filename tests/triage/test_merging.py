"""C6: merging, splitting, linking and tagging: no post is lost, counts follow, and refusals say why."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from listener.domain.case import Case, CaseState, EventKind, Reason
from listener.domain.mention import MentionKey
from listener.domain.stored import CaseCard
from listener.domain.verdict import Label
from listener.errors import ConfigError, Conflict
from listener.store.tables import voices
from listener.triage.intake_rules import Arrival, Attach, Nothing, Open, Reopen, decide
from listener.triage.merging import tag_of
from tests.builders import NOON, minutes, verdict
from tests.triage import builders
from tests.triage.builders import POLICY, THANKS, Office

QUESTION = verdict(Label.QUESTION)


@pytest.fixture
def two(desk_office: Office) -> Office:
    """Case 1: Ann's question in thread t1. Case 2: Ben's complaint in t2, ten minutes later, with two posts."""
    desk_office.hears("@acme do you ship on Sundays?", by="ann", thread="t1", said=QUESTION)
    desk_office.clock.sleep(600)
    desk_office.hears("@acme my parcel is late", by="ben", thread="t2")
    desk_office.hears("@acme hello?", by="ben", thread="t2")
    return desk_office


def posts_of(office: Office, case_id: int) -> list[int]:
    return [post.id for post in office.card(case_id).mentions]


def case(office: Office, case_id: int) -> Case:
    return office.card(case_id).case


def last(card: CaseCard) -> tuple[str, str, dict[str, str]]:
    event = card.events[-1]
    return event.kind, event.agent, dict(event.detail)


def queue_of_voice(office: Office, mention_id: int) -> str:
    with office.store.read() as reads:
        asked = select(voices.c.queue).where(voices.c.mention_id == mention_id)
        return str(reads._db.scalars(asked).one())  # type: ignore[attr-defined]


def test_the_posts_of_a_merged_case_go_to_the_other(two: Office) -> None:
    taken = two.desk.merge(1, 2, "ann")
    assert (taken.id, taken.mentions, posts_of(two, 2), posts_of(two, 1)) == (2, 3, [1, 2, 3], [])
    gone = case(two, 1)
    assert (gone.state, gone.merged_into, gone.resolution) == (CaseState.RESOLVED, 2, "merged into case 2")
    assert last(two.card(1)) == ("merged", "ann", {"into": "2", "mentions": "1"})
    assert last(two.card(2)) == ("merged", "ann", {"from": "1", "mentions": "1"})


def test_the_heavier_of_both_counts_and_the_longer_wait(two: Office) -> None:
    before = case(two, 1), case(two, 2)
    taken = two.desk.merge(2, 1, "ann")
    assert taken.reason is Reason.COMPLAINT
    assert taken.priority == round(sum(taken.terms.values()), 1) >= max(one.priority for one in before)
    assert taken.headline == "@acme my parcel is late"
    assert taken.rank_at <= min(one.rank_at for one in before)


def test_the_earlier_promise_is_kept(two: Office) -> None:
    first, second = case(two, 1), case(two, 2)
    assert first.due_at
    assert second.due_at
    merged = two.desk.merge(1, 2, "ann")
    assert merged.due_at == min(first.due_at, second.due_at)
    assert case(two, 1).sla_at is None
    assert case(two, 1).alarm_at is None


def test_an_escalated_case_takes_the_other_queue_along_and_its_voices(two: Office) -> None:
    two.hears("@acme the kettle caught fire", by="cat", thread="t3")
    merged = two.desk.merge(3, 1, "ann")
    assert (merged.escalated, merged.queue) == (True, "safety")
    assert {queue_of_voice(two, one) for one in posts_of(two, 1)} == {"safety"}


def test_whoever_held_the_first_goes_on_with_the_second(two: Office) -> None:
    two.desk.claim(1, "ann")
    merged = two.desk.merge(1, 2, "ann")
    assert (merged.assignee, merged.lease_until) == ("ann", two.clock.now() + POLICY.lease)


def test_tags_come_together(two: Office) -> None:
    two.desk.tag(1, ["vip"], [], "ann")
    two.desk.tag(2, ["parcel"], [], "ann")
    assert two.desk.merge(1, 2, "ann").tags == ("parcel", "vip")


def test_what_cant_be_merged_says_why(two: Office) -> None:
    with pytest.raises(ConfigError, match="into itself"):
        two.desk.merge(1, 1, "ann")
    two.hears("@zeta too", by="ann", thread="z", brands=("Zeta",))
    with pytest.raises(ConfigError, match="about Acme, case 3 about Zeta"):
        two.desk.merge(1, 3, "ann")
    two.desk.claim(2, "bob")
    with pytest.raises(Conflict, match="held by bob"):
        two.desk.merge(1, 2, "ann")
    with pytest.raises(Conflict, match="held by bob"):
        two.desk.merge(2, 1, "ann")
    two.desk.resolve(2, "done", "bob")
    with pytest.raises(Conflict, match="resolved already by bob") as refused:
        two.desk.merge(1, 2, "ann")
    assert refused.value.next_step == "listener case reopen 2"
    two.desk.reopen(2, "", "ann")
    two.desk.merge(1, 2, "ann")
    for one, other in ((1, 2), (2, 1)):
        with pytest.raises(Conflict, match="case 1 was merged into case 2"):
            two.desk.merge(one, other, "ann")


def test_a_merged_case_cant_be_reopened_or_worked(two: Office) -> None:
    two.desk.merge(1, 2, "ann")
    with pytest.raises(Conflict, match="was merged into case 2"):
        two.desk.reopen(1, "", "ann")
    with pytest.raises(Conflict, match="was merged into case 2"):
        two.desk.claim(1, "ann")
    with pytest.raises(Conflict, match="was merged into case 2"):
        two.desk.resolve(1, "done", "ann")


def test_nothing_is_half_merged(two: Office) -> None:
    two.desk.note(1, "looking", "bob")
    with pytest.raises(Conflict, match="changed by bob"):
        two.desk.merge(1, 2, "ann", seen=1)
    assert (posts_of(two, 1), posts_of(two, 2)) == ([1], [2, 3])
    assert [one.state for one in two.cases()] == [CaseState.OPEN, CaseState.OPEN]


def test_what_a_merged_cases_author_writes_next_joins_the_other(two: Office) -> None:
    two.desk.merge(1, 2, "ann")
    two.clock.sleep(90 * 86400)
    two.hears("@acme and now?", by="ann", thread="t1")
    assert posts_of(two, 2) == [1, 2, 3, 4]
    assert len(two.cases()) == 2


def test_and_brings_it_back_if_it_was_resolved(two: Office) -> None:
    two.desk.merge(1, 2, "ann")
    two.desk.resolve(2, "done", "ann")
    two.hears("@acme still nothing", by="ann", thread="t1")
    assert case(two, 2).state is CaseState.OPEN
    assert case(two, 1).state is CaseState.RESOLVED


def test_an_edit_of_a_merged_post_is_the_other_cases_matter(two: Office) -> None:
    two.desk.merge(1, 2, "ann")
    two.hears("@acme it caught fire", by="ann", thread="t1", native_id="1", version="2")
    assert last(two.card(2))[0] == "edited"
    assert case(two, 2).escalated


def test_one_page_of_both_authors_joins_the_one_case(two: Office) -> None:
    two.desk.merge(1, 2, "ann")
    two.takes(two.post(by="ann", thread="t1"), two.post(by="ben", thread="t2"), two.post(by="ann", thread="t1"))
    assert len(posts_of(two, 2)) == 6


def test_a_case_merged_twice_leads_to_the_last(two: Office) -> None:
    two.hears(by="cat", thread="t3")
    two.desk.merge(1, 2, "ann")
    two.desk.merge(2, 3, "ann")
    two.hears("@acme and now?", by="ann", thread="t1")
    assert posts_of(two, 3) == [1, 2, 3, 4, 5]


def test_a_deleted_posts_case_can_still_be_merged(two: Office) -> None:
    with two.store.write() as tx:
        tx.delete_mentions([MentionKey(platform="x", native_id="1")], two.clock.now())
    assert two.desk.merge(1, 2, "ann").mentions == 3


HEIR = builders.case(id=5, author_id=9, thread="t9")
MERGED = builders.resolved(id=1, merged_into=5, thread="t1", resolved_at=NOON)


def test_the_heir_stands_in_a_merged_cases_place() -> None:
    arrival = Arrival(reason=Reason.COMPLAINT, thread="t1", cases=(MERGED,), heirs={1: HEIR})
    assert decide(arrival, POLICY, NOON + timedelta(days=90)) == Attach(HEIR)
    elsewhere = Arrival(reason=Reason.COMPLAINT, thread="t2", cases=(MERGED,), heirs={1: HEIR})
    assert decide(elsewhere, POLICY, NOON) == Attach(HEIR)
    assert decide(elsewhere, POLICY, NOON + timedelta(days=90)) == Open(Reason.COMPLAINT)
    settled = builders.resolved(id=5, thread="t9")
    returning = Arrival(reason=Reason.COMPLAINT, thread="t1", cases=(MERGED,), heirs={1: settled})
    assert decide(returning, POLICY, NOON + minutes(5)) == Reopen(settled)
    thanks = Arrival(reason=Reason.PRAISE, thread="t1", cases=(MERGED,), heirs={1: settled})
    assert decide(thanks, POLICY, NOON + minutes(5)) == Attach(settled)
    assert decide(Arrival(reason=None, thread="", cases=(MERGED,), heirs={1: settled}), POLICY, NOON) == Nothing()


def test_posts_split_off_open_a_case_of_their_own(two: Office) -> None:
    two.hears("@acme the kettle caught fire", by="ben", thread="t2")
    new = two.desk.split(2, [4], "ann")
    assert (new.id, new.state, new.mentions, new.queue, new.escalated) == (3, CaseState.OPEN, 1, "safety", True)
    assert (posts_of(two, 2), posts_of(two, 3)) == ([2, 3], [4])
    assert (new.handle, new.thread, new.assignee) == ("ben", "t2", "")
    assert case(two, 2).mentions == 2
    assert queue_of_voice(two, 4) == "safety"
    assert last(two.card(2)) == ("split", "ann", {"into": "3", "mentions": "4"})
    assert last(two.card(3)) == ("split", "ann", {"from": "2", "mentions": "4"})
    assert [(one.other_id, one.kind) for one in two.card(2).links] == [(3, "split")]


def test_what_stays_is_judged_by_the_posts_that_stay(desk_office: Office) -> None:
    desk_office.hears("@acme do you ship?", said=QUESTION)
    desk_office.hears("@acme my parcel is late")
    assert case(desk_office, 1).reason is Reason.COMPLAINT
    new = desk_office.desk.split(1, [2], "ann")
    assert (case(desk_office, 1).reason, new.reason) == (Reason.QUESTION, Reason.COMPLAINT)
    assert case(desk_office, 1).priority == round(sum(case(desk_office, 1).terms.values()), 1)


def test_a_post_of_a_merged_author_splits_off_as_theirs(two: Office) -> None:
    two.desk.merge(1, 2, "ann")
    new = two.desk.split(2, [1], "ann")
    assert (new.handle, new.thread) == ("ann", "t1")


def test_what_cant_be_split_says_why(two: Office) -> None:
    with pytest.raises(ConfigError, match="one post at least must stay"):
        two.desk.split(2, [2, 3], "ann")
    with pytest.raises(ConfigError, match="holds no post 1"):
        two.desk.split(2, [1], "ann")
    with pytest.raises(ConfigError, match="--mention"):
        two.desk.split(2, [], "ann")
    with two.store.write() as tx:
        tx.delete_mentions([MentionKey(platform="x", native_id="3")], two.clock.now())
    with pytest.raises(ConfigError, match="no post 3 that still stands"):
        two.desk.split(2, [3], "ann")
    two.desk.claim(2, "bob")
    with pytest.raises(Conflict, match="held by bob"):
        two.desk.split(2, [2], "ann")
    two.desk.resolve(2, "done", "bob")
    with pytest.raises(Conflict, match="resolved"):
        two.desk.split(2, [2], "bob")
    assert len(two.cases()) == 2


def test_a_split_seen_too_late_opens_nothing(two: Office) -> None:
    two.desk.note(2, "looking", "bob")
    with pytest.raises(Conflict, match="changed by bob"):
        two.desk.split(2, [3], "ann", seen=2)
    assert (len(two.cases()), posts_of(two, 2)) == (2, [2, 3])


def test_linked_cases_stand_in_each_others_card(two: Office) -> None:
    two.desk.link(1, 2, "ann")
    two.desk.link(2, 1, "bob")
    assert [(one.other_id, one.agent) for one in two.card(1).links] == [(2, "ann")]
    assert [(one.other_id, one.agent) for one in two.card(2).links] == [(1, "ann")]
    assert two.kinds(1) == ["opened", "linked"]
    assert last(two.card(2)) == ("linked", "ann", {"other": "1"})
    with pytest.raises(ConfigError, match="with itself"):
        two.desk.link(1, 1, "ann")


def test_tags_are_lower_case_and_each_stands_once(desk_office: Office) -> None:
    desk_office.hears()
    assert desk_office.desk.tag(1, ["VIP", "parcel-lost", "vip"], [], "ann").tags == ("parcel-lost", "vip")
    assert desk_office.desk.tag(1, ["straße_2"], ["vip", "gone"], "bob").tags == ("parcel-lost", "straße_2")
    assert last(desk_office.card(1)) == ("tagged", "bob", {"added": "straße_2", "removed": "vip"})
    events = len(desk_office.card(1).events)
    assert desk_office.desk.tag(1, ["parcel-lost"], [], "ann").version == case(desk_office, 1).version
    assert len(desk_office.card(1).events) == events


@pytest.mark.parametrize("text", ["", "  ", "two words", "x" * 31, "a;b", "\x1b[31m", "a/b", "#vip"])
def test_what_is_no_tag_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="is no tag"):
        tag_of(text)


def test_tagging_must_say_something_that_can_be(desk_office: Office) -> None:
    desk_office.hears()
    with pytest.raises(ConfigError, match="--add TAG"):
        desk_office.desk.tag(1, [], [], "ann")
    with pytest.raises(ConfigError, match="both added and removed"):
        desk_office.desk.tag(1, ["vip"], ["VIP"], "ann")
    with pytest.raises(ConfigError, match="20 at the most"):
        desk_office.desk.tag(1, [f"t{n}" for n in range(21)], [], "ann")


def test_a_colleagues_tag_leaves_the_holders_lease_alone(desk_office: Office) -> None:
    desk_office.hears()
    desk_office.desk.claim(1, "ann")
    desk_office.clock.sleep(60)
    tagged = desk_office.desk.tag(1, ["vip"], [], "bob")
    assert (tagged.assignee, tagged.lease_until) == ("ann", NOON + POLICY.lease)
    assert desk_office.desk.tag(1, ["late"], [], "ann").lease_until == NOON + minutes(1) + POLICY.lease


def test_a_resolved_case_can_be_tagged_and_linked(two: Office) -> None:
    two.desk.resolve(1, "done", "ann")
    assert two.desk.tag(1, ["vip"], [], "bob").state is CaseState.RESOLVED
    assert two.desk.link(1, 2, "bob").state is CaseState.RESOLVED


def test_thanks_join_the_heir_too(two: Office) -> None:
    two.desk.merge(1, 2, "ann")
    two.hears("@acme thank you!", by="ann", thread="t1", said=THANKS)
    assert two.card(2).events[-1].kind is EventKind.ATTACHED
