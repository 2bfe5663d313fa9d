"""The customer's card, and linking accounts by hand."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from listener.domain.case import CaseState
from listener.domain.customer import Account, Basis, CaseNote, CustomerFacts, Said, Stand
from listener.domain.mention import Author
from listener.errors import ConfigError, Conflict, NotFound
from listener.triage.card import Reader
from listener.triage.customer_card import lines
from listener.triage.customers import Customers, card_of, stand_of
from tests.builders import NOON, author, minutes
from tests.triage.builders import POLICY, THANKS, Office, case, resolved

BERLIN = ZoneInfo("Europe/Berlin")


def _said(*labels: str, at: datetime = NOON, brand: str = "Acme", sentiment: str | None = None) -> Said:
    named = {label: label in labels for label in ("complaint", "praise", "question")}
    return Said(author_id=7, brand=brand, at=at, scored=True, sentiment=sentiment, **named)


def _facts(*said: Said, **more: Any) -> CustomerFacts:
    who = Author(platform="x", native_id="1", handle="ann")
    account = Account(id=7, author=who, first_seen=NOON, value_percentile=None)
    return CustomerFacts(**{"accounts": (account,), "said": said, "cases": (), "notes": (), **more})


@pytest.mark.parametrize(
    ("said", "stand"),
    [
        ((), Stand.UNKNOWN),
        ((_said(),), Stand.UNKNOWN),
        ((_said(sentiment="neutral"),), Stand.PASSIVE),
        ((_said("question"),), Stand.PASSIVE),
        ((_said("praise"),), Stand.PROMOTER),
        ((_said("complaint"),), Stand.DETRACTOR),
        ((_said("complaint", "praise"),), Stand.PASSIVE),
        ((_said("praise"), _said("complaint")), Stand.DETRACTOR),
        ((_said("complaint"), _said("praise"), _said()), Stand.PROMOTER),
        ((_said("complaint"), _said("question")), Stand.PASSIVE),
    ],
)
def test_the_latest_post_that_bears_a_label_decides_the_stand(said: tuple[Said, ...], stand: Stand) -> None:
    assert stand_of(said) is stand


def test_stands_are_counted_by_brand_and_by_the_team_s_month() -> None:
    end = datetime(2026, 3, 31, 22, 30, tzinfo=UTC)  # April in Berlin
    said = [_said("complaint"), _said("praise", at=end), _said("complaint", at=end, brand="Zeta")]
    card = card_of(_facts(*said), POLICY, BERLIN)
    assert [(one.brand, one.posts, one.complaints, one.praises, one.stand) for one in card.talk] == [
        ("Acme", 2, 1, 1, Stand.PROMOTER),
        ("Zeta", 1, 1, 0, Stand.DETRACTOR),
    ]
    assert [(one.month, one.brand, one.stand) for one in card.months] == [
        ("2026-04", "Zeta", Stand.DETRACTOR),
        ("2026-04", "Acme", Stand.PROMOTER),
        ("2026-03", "Acme", Stand.DETRACTOR),
    ]


def test_how_fast_we_answered_is_of_the_cases_we_answered() -> None:
    answered = [case(id=n, first_reply_at=NOON + minutes(n)) for n in (5, 60, 10)]
    waiting, settled = case(id=8), resolved(id=9)
    card = card_of(_facts(cases=(*answered, waiting, settled)), POLICY, BERLIN)
    found = card.answered
    assert (found.cases, found.median, found.longest, found.unanswered) == (3, minutes(10), minutes(60), 1)
    nobody = card_of(_facts(), POLICY, BERLIN).answered
    assert (nobody.cases, nobody.median, nobody.longest, nobody.unanswered) == (0, None, None, 0)


def test_the_value_is_the_highest_of_the_accounts() -> None:
    who = Author(platform="x", native_id="1", handle="ann")
    values = (None, 0.2, 0.9)
    accounts = tuple(Account(id=n, author=who, first_seen=None, value_percentile=v) for n, v in enumerate(values))
    assert card_of(_facts(accounts=accounts), POLICY, BERLIN).value_percentile == 0.9
    assert card_of(_facts(), POLICY, BERLIN).value_percentile is None


def test_D1_every_line_of_the_card_is_made_visible_by_itself() -> None:
    """On a terminal nothing stands between these lines and the screen."""
    nasty = "\x1b[31m\u202e\u200b\r\nx\x9b"
    who = Author(platform=nasty, native_id=nasty, handle=nasty, name=f"{nasty}!")
    account = Account(id=7, author=who, first_seen=NOON, value_percentile=0.5, linked_by=nasty, linked_at=NOON)
    told = {"brand": nasty, "queue": nasty, "headline": nasty}
    facts = _facts(
        _said("complaint", brand=nasty),
        accounts=(account,),
        cases=(case(**told), resolved(id=13, **told | {"resolution": nasty})),
        notes=(CaseNote(case_id=12, at=NOON, agent=nasty, text=nasty),),
    )
    reader = Reader(policy=POLICY, now=NOON, zone=BERLIN)
    shown = "".join(text for line in lines(card_of(facts, POLICY, BERLIN), reader) for text, _ in line)
    assert "<1B>[31m<U+202E>" in shown
    assert not re.search("[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e]", shown)


@pytest.fixture
def customers(desk_office: Office) -> Customers:
    desk_office.hears(by="ann")
    desk_office.hears("@acme lovely", by="ben", thread="t2", said=THANKS)
    elsewhere = author("Ann", platform="mastodon", native_id="m-ann")
    desk_office.hears("@acme late", author=elsewhere, platform="mastodon", thread="t3")
    desk_office.hears("@acme late", author=author("rita", platform="reddit"), platform="reddit", thread="t4")
    return Customers(desk_office.store, POLICY, desk_office.clock, BERLIN)


def _handles(customers: Customers, handle: str) -> list[str]:
    facts = customers.named(handle).facts
    return [f"{one.author.platform}:{one.author.handle}" for one in facts.accounts]


class TestFinding:
    @pytest.mark.parametrize("handle", ["ben", "@ben", "x:ben", "X:@Ben", " @BEN "])
    def test_one_account_is_found_by_its_handle(self, customers: Customers, handle: str) -> None:
        assert _handles(customers, handle) == ["x:ben"]

    def test_several_are_asked_about(self, customers: Customers) -> None:
        with pytest.raises(ConfigError, match="2 accounts are called so: say which, as mastodon:Ann, x:ann"):
            customers.named("@ann")
        assert _handles(customers, "mastodon:ann") == ["mastodon:Ann"]
        assert customers.named("ann", "x").facts.accounts[0].author.platform == "x"

    def test_nobody_is_said_so(self, customers: Customers) -> None:
        for handle in ("nobody", "x:nobody", "", "@", "reddit:ben"):
            with pytest.raises(NotFound, match="has written"):
                customers.named(handle)

    def test_a_handle_with_a_colon_is_found_whole(self, desk_office: Office, customers: Customers) -> None:
        desk_office.hears(by="did:plc:7", thread="t9")
        assert _handles(customers, "did:plc:7") == ["x:did:plc:7"]

    def test_a_case_leads_to_its_author(self, desk_office: Office, customers: Customers) -> None:
        found = customers.of_case(1).facts
        assert [one.author.handle for one in found.accounts] == ["ann"]
        assert [one.id for one in found.cases] == [1]


class TestLinking:
    def test_two_accounts_become_one_customer_and_no_case_moves(
        self, desk_office: Office, customers: Customers
    ) -> None:
        before = desk_office.cases()
        card = customers.link("x:ann", "mastodon:Ann", Basis.TOLD, "zoe")
        assert _handles(customers, "x:ann") == _handles(customers, "mastodon:ann") == ["x:ann", "mastodon:Ann"]
        assert [one.platform for one in card.facts.cases] == ["x", "mastodon"]
        assert (card.facts.accounts[0].linked_by, card.facts.accounts[0].linked_at) == ("zoe", NOON)
        assert desk_office.cases() == before

    def test_a_linked_account_s_next_post_opens_a_case_of_its_own(
        self, desk_office: Office, customers: Customers
    ) -> None:
        customers.link("x:ann", "x:ben", Basis.TOLD, "zoe")
        count = len(desk_office.cases())
        desk_office.hears("@acme late", by="ben", thread="t1")
        assert len(desk_office.cases()) == count + 1

    def test_where_terms_forbid_it_it_is_refused_either_way_round(self, customers: Customers) -> None:
        for pair in (("x:ann", "reddit:rita"), ("reddit:rita", "x:ann")):
            with pytest.raises(ConfigError, match="reddit:rita: Reddit's terms"):
                customers.link(*pair, Basis.TOLD, "zoe")
        assert _handles(customers, "rita") == ["reddit:rita"]

    def test_one_account_is_not_two(self, customers: Customers) -> None:
        with pytest.raises(Conflict, match="is one account"):
            customers.link("ben", "x:ben", Basis.TOLD, "zoe")

    def test_again_is_refused_and_unlinking_ends_it(self, customers: Customers) -> None:
        customers.link("x:ann", "x:ben", Basis.PUBLIC, "zoe")
        with pytest.raises(Conflict, match="already"):
            customers.link("x:ben", "x:ann", Basis.PUBLIC, "zoe")
        customers.unlink("x:ben", "bob")
        assert _handles(customers, "x:ann") == ["x:ann"]
        with pytest.raises(Conflict, match="linked to nobody"):
            customers.unlink("x:ann", "bob")

    def test_who_links_has_a_name(self, customers: Customers) -> None:
        with pytest.raises(ConfigError, match="an agent needs a name"):
            customers.link("x:ann", "x:ben", Basis.TOLD, "")


def test_a_resolved_case_keeps_its_outcome(desk_office: Office, customers: Customers) -> None:
    desk_office.desk.reply(1, "sorry", "zoe")
    desk_office.clock.advance_to(NOON + timedelta(hours=1))
    desk_office.desk.resolve(1, "refunded", "zoe")
    card = customers.of_case(1)
    (one,) = card.facts.cases
    assert (one.state, one.resolution) == (CaseState.RESOLVED, "refunded")
    assert card.answered.median == timedelta(0)
