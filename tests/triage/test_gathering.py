"""New complaints become incidents, and incidents are worked, on a real store."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from listener.domain.case import CaseState
from listener.domain.incident import Heard, IncidentKind, IncidentPolicy, IncidentState, Themes
from listener.domain.mention import MentionKey
from listener.domain.policy import TriagePolicy
from listener.domain.verdict import Label
from listener.errors import ConfigError, Conflict, NotFound
from listener.triage.gathering import gather, title_of
from listener.triage.incident_answers import Need
from listener.triage.incident_desk import IncidentDesk
from tests.builders import NOON, author, minutes, verdict
from tests.triage.builders import POLICY, THANKS, Office

SAID = (
    "@acme the locker at the station has swallowed my parcel, no code came",
    "The locker at the station swallowed my parcel @acme!! No code came. #acme",
    "@ACME locker at the station has swallowed my parcel and no code came https://t.co/x",
)
HOURS = timedelta(hours=1)


def ruled(**more: Any) -> TriagePolicy:
    return replace(POLICY, incidents=IncidentPolicy(**more))


def later(office: Office, span: timedelta) -> None:
    office.clock.advance_to(office.clock.now() + span)


def gathers(office: Office, **more: Any) -> list[str]:
    with office.store.write() as tx:
        return [notice.title for notice in gather(tx, ruled(**more), office.clock.now())]


def hear(office: Office, *texts: str, start: int = 0, **more: Any) -> None:
    for n, text in enumerate(texts, start=start):
        office.hears(text, by=f"p{n}", thread=f"t{n}", **{"can_reply": True, **more})


def desk(office: Office, **more: Any) -> IncidentDesk:
    return IncidentDesk(office.store, ruled(**more), office.clock)


def homes(office: Office) -> list[int | None]:
    return [case.incident_id for case in office.cases()]


def heard(author: int, text: str) -> Heard:
    return Heard(
        mention_id=author,
        case=author,
        version=1,
        live=True,
        incident=None,
        brand="Acme",
        author=author,
        text=text,
        at=NOON,
    )


class TestTheName:
    def test_it_is_the_words_that_three_share_in_the_first_ones_order(self) -> None:
        said = [
            "@acme locker 14 at Mill Lane won't open",
            "Mill Lane locker won't open, Acme",
            "the locker at Mill Lane",
        ]
        assert title_of([heard(n, text) for n, text in enumerate(said)], "Acme") == "locker mill lane"

    def test_what_one_person_alone_says_names_nothing(self) -> None:
        posts = [heard(1, "my insulin is in there") for _ in range(5)]
        assert title_of(posts, "Acme") == "the same words from several people"


class TestGathering:
    def test_three_people_who_say_the_same_are_one_incident(self, desk_office: Office) -> None:
        hear(desk_office, *SAID, "@acme why is the app so slow today, it takes a minute to open")
        assert gathers(desk_office) == ["Incident 1 3 people say nearly the same about Acme"]
        assert homes(desk_office) == [1, 1, 1, None]
        assert desk_office.kinds(1)[-1] == "grouped"
        with desk_office.store.read() as reads:
            assert reads.incident(1).kind is IncidentKind.ALIKE

    def test_it_grows_tick_by_tick_and_is_told_once(self, desk_office: Office) -> None:
        for n, text in enumerate(SAID):
            hear(desk_office, text, start=n)
            told = gathers(desk_office)
            assert bool(told) == (n == 2)
        later(desk_office, 30 * HOURS)
        hear(desk_office, SAID[0], start=9)
        assert gathers(desk_office) == []
        assert homes(desk_office) == [1, 1, 1, None], "a day later it is another matter"

    def test_a_later_post_joins_the_open_one(self, desk_office: Office) -> None:
        hear(desk_office, *SAID)
        gathers(desk_office)
        later(desk_office, HOURS)
        hear(desk_office, SAID[1], start=7)
        assert gathers(desk_office) == []
        assert homes(desk_office) == [1, 1, 1, 1]

    def test_switched_off_nothing_is_grouped(self, desk_office: Office) -> None:
        hear(desk_office, *SAID)
        assert gathers(desk_office, alike=False) == []
        assert homes(desk_office) == [None, None, None]

    def test_what_is_no_complaint_is_never_grouped(self, desk_office: Office) -> None:
        hear(desk_office, *SAID, said=verdict(Label.QUESTION))
        assert gathers(desk_office) == []

    @pytest.mark.sqlite
    def test_a_tick_without_news_writes_nothing(self, desk_office: Office) -> None:
        hear(desk_office, *SAID)
        gathers(desk_office)
        with desk_office.store.write() as tx:
            before = tx._db.exec_driver_sql("SELECT total_changes()").scalar()
            gather(tx, ruled(), desk_office.clock.now())
            assert tx._db.exec_driver_sql("SELECT total_changes()").scalar() == before

    def test_an_edit_into_the_same_words_counts(self, desk_office: Office) -> None:
        hear(desk_office, *SAID[:2])
        desk_office.hears("hm", by="p9", thread="t9", native_id="77")
        assert gathers(desk_office) == []
        desk_office.hears(SAID[2], by="p9", thread="t9", native_id="77")
        assert len(gathers(desk_office)) == 1

    def test_old_signatures_are_forgotten(self, desk_office: Office) -> None:
        hear(desk_office, SAID[0])
        gathers(desk_office)
        later(desk_office, 60 * HOURS)
        hear(desk_office, "@acme my coffee grinder broke after one single week", start=5)
        gathers(desk_office)
        with desk_office.store.read() as reads:
            assert reads.signed_before(desk_office.clock.now(), 9) == []

    def test_erasing_a_post_erases_its_signature(self, desk_office: Office) -> None:
        hear(desk_office, SAID[0])
        gathers(desk_office)
        with desk_office.store.write() as tx:
            tx.delete_mentions([MentionKey(platform="x", native_id="1")], desk_office.clock.now())
            assert tx._db.exec_driver_sql("SELECT count(*) FROM signatures").scalar() == 0


def storm(office: Office, people: int = 12) -> None:
    """A quiet week of other complaints, then many who write of the phone line in their own words."""
    quiet = (
        "late again and nobody cares",
        "wrong colour arrived",
        "the invoice is wrong",
        "shop was dirty",
        "rude clerk",
    )
    start = office.clock.now()
    for day in range(4):
        said = [(f"q{day}{n}", f"@acme {text}") for n, text in enumerate(quiet * 2)]
        office.takes(*(office.post(text, by=who, thread=who) for who, text in said))
        office.clock.advance_to(start + timedelta(days=day + 1))
    ways = ("still on hold", "on hold since noon", "hold music forever", "two hours on hold and then cut off")
    office.takes(*(office.post(f"@acme {ways[n % 4]}", by=f"s{n}", thread=f"s{n}") for n in range(people)))
    later(office, minutes(1))


class TestThemes:
    def test_a_storm_in_many_words_is_proposed_and_not_opened(self, desk_office: Office) -> None:
        storm(desk_office)
        assert gathers(desk_office, alike=False) == []
        (theme,) = desk(desk_office).propose()
        assert (theme.key, theme.people, theme.risen) == ("hold", 12, True)
        assert set(homes(desk_office)) == {None}

    def test_a_usual_day_proposes_nothing(self, desk_office: Office) -> None:
        storm(desk_office, people=0)
        assert desk(desk_office).propose() == []

    def test_a_person_opens_it_and_new_cases_join(self, desk_office: Office) -> None:
        storm(desk_office)
        opened = desk(desk_office).open_themes("Acme", ["hold"], "ada")
        assert (opened.kind, opened.owner, opened.terms) == (IncidentKind.THEME, "ada", ("hold",))
        assert sum(home == opened.id for home in homes(desk_office)) == 12
        hear(desk_office, "@acme I am holding, holding, holding", "@acme cold coffee", start=50)
        gathers(desk_office, alike=False)
        assert homes(desk_office)[-2:] == [opened.id, None]
        assert desk(desk_office).propose() == [], "what is grouped is not proposed again"

    def test_one_not_proposed_is_refused_by_name(self, desk_office: Office) -> None:
        storm(desk_office)
        with pytest.raises(NotFound, match=r"unicorns.*hold"):
            desk(desk_office).open_themes("Acme", ["unicorns"], "ada")

    def test_the_settings_may_open_them_without_asking(self, desk_office: Office) -> None:
        storm(desk_office)
        told = gathers(desk_office, alike=False, themes=Themes.OPEN)
        assert told == ["Incident 1: 12 people write about hold to Acme"]
        assert gathers(desk_office, alike=False, themes=Themes.OPEN) == []


@pytest.fixture
def outage(desk_office: Office) -> Office:
    """Three cases in incident 1, with an answer by Ada that Ben approved."""
    hear(desk_office, *SAID)
    gathers(desk_office)
    later(desk_office, minutes(5))
    desk(desk_office).answer(1, "Hello {name}, the locker is being opened. {brand}", "ada")
    desk(desk_office).approve(1, "ben")
    return desk_office


class TestTheAnswer:
    def test_it_goes_to_each_with_the_customers_name_and_takes_no_case(self, outage: Office) -> None:
        sent = desk(outage).send(1, "ada")
        assert [one.text for one in sent.recorded] == [
            f"Hello p{n}, the locker is being opened. Acme" for n in range(3)
        ]
        assert {case.assignee for case in outage.cases()} == {""}
        assert all(case.awaits_author and case.first_reply_at for case in outage.cases())

    def test_a_second_sending_answers_only_who_came_since(self, outage: Office) -> None:
        desk(outage).send(1, "ada")
        hear(outage, SAID[0], start=8)
        gathers(outage)
        assert [due.need for due in desk(outage).follow_up(1)] == [Need.UNANSWERED]
        sent = desk(outage).send(1, "ada")
        assert ([one.case for one in sent.recorded], sent.before) == ([4], 3)
        assert desk(outage).follow_up(1) == []

    def test_its_writer_can_not_approve_it(self, outage: Office) -> None:
        desk(outage).answer(1, "Another one", "ada")
        with pytest.raises(Conflict, match="somebody else"):
            desk(outage).approve(1, "ada")
        with pytest.raises(Conflict, match="waits for somebody else's word"):
            desk(outage).send(1, "ada")
        assert desk(outage, second_person=False).send(1, "ada").recorded

    def test_unknown_variables_are_refused_when_it_is_written(self, outage: Office) -> None:
        with pytest.raises(ConfigError, match="no variable"):
            desk(outage).answer(1, "Hello {name.__class__}", "ada")

    def test_a_name_can_not_call_others(self, outage: Office) -> None:
        post = outage.post(SAID[0], thread="t8", can_reply=True)
        evil = author("p8", name="@ceo @press https://evil.example\u202e")
        outage.takes(replace(post, mention=replace(post.mention, author=evil)))
        gathers(outage)
        (text,) = [one.text for one in desk(outage).send(1, "ada").recorded if one.case == 4]
        assert "@" not in text
        assert "://" not in text
        assert "\u202e" not in text

    def test_whoever_wrote_meanwhile_is_passed_over(self, outage: Office) -> None:
        outage.hears("@acme and now it wants money from me", by="p1", thread="t1")
        sent = desk(outage).send(1, "ada")
        assert [(one.case, one.why) for one in sent.passed] == [(2, "its author wrote again: read it first")]
        assert [(due.member.case.id, due.need) for due in desk(outage).follow_up(1)] == [(2, Need.WROTE_AGAIN)]

    def test_a_case_that_somebody_holds_is_left_to_them(self, outage: Office) -> None:
        outage.desk.claim(2, "cleo")
        assert [one.why for one in desk(outage).send(1, "ada").passed] == ["cleo has it"]

    def test_a_case_answered_by_itself_is_not_answered_again(self, outage: Office) -> None:
        outage.desk.reply(2, "Looking into it", "cleo")
        outage.desk.release(2, "cleo")
        (passed,) = desk(outage).send(1, "ada").passed
        assert passed.why.startswith("answered by itself")
        assert desk(outage).follow_up(1) == []

    def test_where_no_reply_can_be_sent_the_link_is_listed(self, outage: Office) -> None:
        hear(outage, SAID[0], start=8, can_reply=False, reply_note="replies are off")
        gathers(outage)
        (passed,) = desk(outage).send(1, "ada").passed
        assert "replies are off" in passed.why
        assert passed.url.startswith("https://")
        assert [due.need for due in desk(outage).follow_up(1)] == [Need.UNREACHED]
        assert [one.case for one in desk(outage).send(1, "ada", by_hand=True).recorded] == [4]

    def test_thanks_are_not_answered_with_an_apology(self, desk_office: Office) -> None:
        hear(desk_office, *SAID)
        later(desk_office, minutes(1))
        desk_office.hears("@acme it works again, thank you", by="p1", thread="t1", said=THANKS)
        gathers(desk_office)
        desk(desk_office).answer(1, "Sorry", "ada")
        desk(desk_office).approve(1, "ben")
        assert [one.case for one in desk(desk_office).send(1, "ada").passed] == [2]


class TestClosing:
    def test_all_are_told_and_those_that_wait_for_their_author_are_settled(self, outage: Office) -> None:
        desk(outage).send(1, "ada")
        later(outage, minutes(5))
        outage.hears("@acme thanks, and where is my other parcel?", by="p2", thread="t2")
        done = desk(outage).close(1, "{name}, the locker works again.", "ada")
        assert done.incident.state is IncidentState.CLOSED
        assert (len(done.recorded), done.resolved) == (2, (1, 2))
        assert [case.state for case in outage.cases()] == [CaseState.RESOLVED, CaseState.RESOLVED, CaseState.OPEN]
        assert [due.need for due in desk(outage).follow_up(1)] == [Need.WROTE_AGAIN]
        with pytest.raises(Conflict, match="closed"):
            desk(outage).close(1, "again", "ada")

    def test_a_new_wave_reopens_it_and_its_answer_needs_a_new_word(self, outage: Office) -> None:
        desk(outage).close(1, "", "ada")
        later(outage, HOURS)
        hear(outage, *SAID, start=20)
        assert gathers(outage) == ["Incident 1 is back: 3 people say nearly the same about Acme"]
        with outage.store.read() as reads:
            back = reads.incident(1)
        assert (back.state, back.approved_by, bool(back.answer)) == (IncidentState.OPEN, "", True)


class TestByHand:
    def test_cases_leave_for_good_until_they_are_added_again(self, outage: Office) -> None:
        assert desk(outage).remove(1, [2], "ada").apart == {2}
        outage.hears(SAID[0], by="p1", thread="t1")
        gathers(outage)
        assert homes(outage) == [1, None, 1]
        assert desk(outage).add(1, [2], "ada").apart == frozenset()
        assert homes(outage) == [1, 1, 1]

    def test_an_incident_is_one_brands(self, desk_office: Office) -> None:
        desk_office.hears("@acme bad", by="ann")
        desk_office.hears("@zeta bad", by="bob", brands=("Zeta",))
        with pytest.raises(ConfigError, match="Acme, Zeta"):
            desk(desk_office).open_cases([1, 2], "Both", "ada")
        made = desk(desk_office).open_cases([1], "One", "ada")
        with pytest.raises(Conflict, match="is about Zeta"):
            desk(desk_office).add(made.id, [2], "ada")

    def test_what_is_done_is_in_its_history_and_in_the_audit(self, outage: Office) -> None:
        with outage.store.read() as reads:
            assert [(one.agent, one.kind) for one in reads.incident_history(1)] == [
                ("listener", "opened"),
                ("ada", "answered"),
                ("ben", "approved"),
            ]
