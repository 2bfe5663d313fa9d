"""X through the real tweepy: how runs go on, what each call may cost."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import cast

import pytest

from listener.connectors.x import XConnector
from listener.connectors.x_money import POST_PRICE, USER_PRICE
from listener.domain.mention import Page
from listener.domain.platform import Refused
from listener.errors import BudgetSpent, ConfigError, ListenerError, NotPermitted, Retry
from tests.contracts.connector_contract import ids, walk
from tests.contracts.rigs import HASTY, PATIENT, SECRET
from tests.contracts.rigs_x import KEYS, XByIdRig, XMentionsRig, XRig
from tests.contracts.server import Asked, Reply


@pytest.fixture
def rig() -> Iterator[XRig]:
    with (rig := XByIdRig()).server:
        yield rig


# how runs go on


def test_since_id_moves_only_with_the_last_page(rig: XRig) -> None:
    rig.publish(25)
    states = [json.loads(page.cursor) for page in walk(rig)]
    assert [state["since_id"] for state in states] == ["0", "0", rig.native_id(24)]
    assert ["run" in state for state in states] == [True, True, False]
    assert states[0]["run"]["high_id"] == rig.native_id(24)


def test_a_run_is_gone_on_with_by_the_same_bound_and_token(rig: XRig) -> None:
    rig.publish(3)
    cursor = walk(rig)[-1].cursor
    rig.publish(25)
    first = next(rig.connector().poll(cursor, rig.clock.now()))
    rig.server.asked.clear()
    walk(rig, first.cursor)
    assert {asked.query["since_id"] for asked in rig.server.asked} == {rig.native_id(2)}
    assert rig.server.asked[0].query["next_token"] == json.loads(first.cursor)["run"]["next_token"]


def test_ids_are_compared_as_numbers(rig: XRig) -> None:
    """As text, an id of 18 digits would outrank one of 19."""
    rig.publish(1)
    old = '{"id": "999999999999999999", "text": "2018", "author_id": "9"}'
    rig.publish(1, raw=old)
    assert json.loads(walk(rig)[-1].cursor)["since_id"] == rig.native_id(0)


def test_a_since_id_refused_as_too_old_becomes_a_time_and_a_gap() -> None:
    with (rig := XByIdRig()).server:
        rig.publish(2)
        cursor = walk(rig)[-1].cursor
        rig.clock.sleep(timedelta(days=6).total_seconds())
        wanted, rest = rig.publish(2), rig.server.script

        def refuse(asked: Asked) -> Reply:
            body = b'{"errors": [{"message": "since_id must be a tweet id created after ..."}]}'
            return Reply(status=400, body=body) if "since_id" in asked.query else rest(asked)

        rig.server.script = refuse
        pages = walk(rig, cursor)
        assert wanted <= ids(pages)
        assert "start_time" in rig.server.asked[-1].query


def test_a_week_and_a_half_of_absence_leaves_a_gap(rig: XRig) -> None:
    rig.publish(2)
    read_at = rig.clock.now()
    cursor = walk(rig)[-1].cursor
    rig.clock.sleep(timedelta(days=10).total_seconds())
    wanted = rig.publish(2)
    pages = walk(rig, cursor)
    (gap,) = pages[0].gaps
    assert wanted <= ids(pages)
    assert abs(gap.since - read_at) < timedelta(minutes=2)
    assert gap.until == rig.clock.now() - timedelta(days=7) + timedelta(minutes=1)


def test_a_quiet_week_is_no_gap(rig: XRig) -> None:
    rig.publish(1)
    cursor = walk(rig)[-1].cursor
    for _ in range(9):
        rig.clock.sleep(timedelta(days=1).total_seconds())
        pages = walk(rig, cursor)
        assert not any(page.gaps for page in pages)
        cursor = pages[-1].cursor
    assert rig.publish(1) <= ids(walk(rig, cursor))


def test_a_token_that_x_forgot_restarts_the_run_without_loss(rig: XRig) -> None:
    wanted, rest = rig.publish(25), rig.server.script
    first = next(rig.connector().poll("", rig.clock.now()))
    forgotten = json.loads(first.cursor)["run"]["next_token"]

    def forget(asked: Asked) -> Reply:
        body = b'{"errors": [{"parameters": {"next_token": ["x"]}}]}'
        return Reply(status=400, body=body) if asked.query.get("next_token") == forgotten else rest(asked)

    rig.server.script = forget
    rig.page = 20
    assert wanted <= ids([first, *walk(rig, first.cursor)])


def test_a_query_that_x_refuses_is_a_configuration_error(rig: XRig) -> None:
    rig.server.fault = Reply(status=400, body=b'{"detail": "your query is no good"}')
    with pytest.raises(ConfigError, match="your query is no good"):
        walk(rig)


def test_a_token_given_twice_ends_the_run_with_a_gap_and_an_error(rig: XRig) -> None:
    rig.publish(40)
    rig.loops = True
    pages: list[Page] = []
    with pytest.raises(Retry, match="same page token twice"):
        pages += rig.connector().poll("", rig.clock.now())
    assert len(pages) <= 3
    assert pages[-1].gaps
    assert json.loads(pages[-1].cursor)["since_id"] == rig.native_id(39)


def test_mentions_cut_short_at_eight_hundred_leave_a_gap() -> None:
    with (rig := XMentionsRig()).server:
        rig.page = 100
        rig.publish(1)
        cursor = walk(rig)[-1].cursor
        rig.publish(900)
        all_shown, rest = rig.newest_first(), rig.server.script
        rig.items = all_shown[:800]
        rig.server.script = rest
        pages = walk(rig, cursor)
        (gap,) = pages[-1].gaps
        assert gap.until == min(mention.created_at for page in pages for mention in page.mentions)


def test_a_redirect_is_not_followed(rig: XRig) -> None:
    """The bearer token would go along."""
    rig.server.fault = Reply(status=302, headers={"Location": rig.server.base + "/elsewhere"})
    with pytest.raises(Retry, match="302"):
        walk(rig)
    assert "/elsewhere" not in {asked.path for asked in rig.server.asked}


def test_the_token_travels_in_the_header(rig: XRig) -> None:
    walk(rig)
    assert rig.server.asked[0].headers["authorization"] == f"Bearer {SECRET}"


# what it may cost


def test_every_call_is_paid_for_and_settled_by_what_came(rig: XRig) -> None:
    rig.publish(25)
    walk(rig)
    assert rig.purse.spent == 25 * (POST_PRICE + USER_PRICE)
    assert rig.purse.reserved == 0


def test_without_users_a_post_costs_half_a_cent(rig: XRig) -> None:
    rig.options = {**rig.options, "users": False}
    rest = rig.server.script
    rig.server.script = lambda asked: Reply(body=rest(asked).body.replace(b'"users"', b'"not"'))
    rig.publish(4)
    walk(rig)
    assert rig.purse.spent == 4 * POST_PRICE
    assert "expansions" not in rig.server.asked[0].query


def test_a_spent_cap_makes_no_call_and_names_the_new_month(rig: XRig) -> None:
    rig.publish(25)
    rig.purse.limit = 10 * (POST_PRICE + USER_PRICE)
    connector, pages = rig.connector(), []
    with pytest.raises(BudgetSpent, match="monthly cap") as caught:
        pages += connector.poll("", rig.clock.now())
    assert caught.value.until == datetime(2026, 4, 1, tzinfo=UTC)
    assert "x_monthly_cap_usd" in caught.value.next_step
    assert len(rig.server.asked) == 1


def test_what_the_cap_cut_off_is_read_once_there_is_money(rig: XRig) -> None:
    wanted = rig.publish(25)
    rig.purse.limit = 10 * (POST_PRICE + USER_PRICE)
    pages: list[Page] = []
    with pytest.raises(BudgetSpent):
        pages.extend(rig.connector().poll("", rig.clock.now()))
    rig.purse.limit = 10**12
    assert wanted <= ids([*pages, *walk(rig, pages[-1].cursor)])


@pytest.mark.parametrize(
    ("fault", "share"),
    [
        (Reply(status=503), 0),
        (Reply(status=401), 0),
        (Reply(manner="hang"), 1),
        (Reply(body=b"<html>"), 1),
        (Reply(body=b"{}" * 500, manner="cut"), 1),
    ],
    ids=["refused", "unauthorised", "lost", "garbled", "cut off"],
)
def test_an_answer_that_got_lost_counts_in_full_and_a_refusal_costs_nothing(
    fault: Reply, share: int, rig: XRig
) -> None:
    rig.server.fault = fault
    rig.limits = {**(HASTY if fault.manner == "hang" else PATIENT)}
    with pytest.raises(ListenerError):
        walk(rig)
    assert rig.purse.spent == share * rig.page * (POST_PRICE + USER_PRICE)
    assert rig.purse.reserved == 0


def test_a_call_that_never_left_costs_nothing() -> None:
    with (rig := XRig()).server:
        pass
    with pytest.raises(Retry, match="can't be reached"):
        walk(rig)
    assert (rig.purse.spent, rig.purse.reserved) == (0, 0)


def test_without_a_cap_nothing_is_read_and_nothing_is_paused(rig: XRig) -> None:
    connector = rig.connector()
    assert isinstance(connector, XConnector)
    object.__setattr__(connector._tools, "x_cap_micro_usd", 0)
    with pytest.raises(ConfigError, match="costs money"):
        walk(rig, connector=connector)
    assert rig.server.asked == []


def test_check_says_what_the_search_would_find(rig: XRig) -> None:
    rig.server.script = lambda _: Reply(body=b'{"data": [], "meta": {"total_tweet_count": 1200}}')
    assert rig.connector().check() == "about 1,200 posts in the last 7 days, $6.00 to read"
    assert rig.purse.spent == POST_PRICE


def test_check_names_the_account_whose_mentions_are_read() -> None:
    with (rig := XMentionsRig()).server:
        rig.server.script = lambda _: Reply(body=b'{"data": {"id": "42", "username": "acme"}}')
        assert rig.connector().check() == "mentions of @acme"


# what it takes to reply


def test_a_reply_without_keys_says_which_are_missing_and_asks_nothing(rig: XRig) -> None:
    rig.secret_names = ("bearer_token", "api_key", "access_token")
    rig.publish(1)
    connector = cast("XConnector", rig.connector())
    assert connector.unable().endswith("add the secrets api_secret, access_secret")
    (mention,) = (m for page in walk(rig) for m in page.mentions)
    asked = len(rig.server.asked)
    with pytest.raises(NotPermitted, match="api_secret"):
        connector.reply(mention, "Sorry!", "k", rig.clock.now())
    assert len(rig.server.asked) == asked


def test_without_a_handle_nobody_may_be_replied_to(rig: XRig) -> None:
    connector = rig.build("x", {**rig.options, "api_base": rig.server.base}, KEYS)
    assert "options.handles" in cast("XConnector", connector).unable()
    rig.publish(1)
    (mention,) = (m for page in connector.poll("", rig.clock.now()) for m in page.mentions)
    outcome = cast("XConnector", connector).reply(mention, "Sorry!", "k", rig.clock.now())
    assert isinstance(outcome, Refused)
