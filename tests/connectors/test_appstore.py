"""App Store reviews. No answers of Apple's are recorded: bodies follow the documented schemas (`rigs_reviews`)."""

import json
import sys
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

import pytest

from listener import connectors
from listener.clock import VirtualClock
from listener.connectors.appstore import AppStoreConnector
from listener.connectors.appstore_feed import AppStoreFeedConnector
from listener.connectors.appstore_reviews import read_entry, read_review
from listener.domain.mention import Mention, Page
from listener.domain.platform import Fate, Refused, Sent
from listener.domain.policy import Secret, SourceConfig
from listener.errors import BadCursor, ConfigError, NotPermitted, RateLimited, Reauthorize, Retry, SkipRecord
from tests.builders import NOON
from tests.contracts.rigs import Purse
from tests.contracts.rigs_reviews import APP, AppStoreFeedRig, AppStoreRig, apple_key, pem_of
from tests.contracts.server import Asked, Reply
from tests.settings.folders import folder, loaded

HTML = b"<html>oops</html>"


@pytest.fixture
def rig() -> Iterator[AppStoreRig]:
    rig = AppStoreRig()
    with rig.server:
        yield rig


@pytest.fixture
def feed() -> Iterator[AppStoreFeedRig]:
    rig = AppStoreFeedRig()
    with rig.server:
        yield rig


def keyed(rig: AppStoreRig) -> AppStoreConnector:
    found = rig.connector()
    assert isinstance(found, AppStoreConnector)
    return found


def pages(rig: AppStoreRig | AppStoreFeedRig, cursor: str = "") -> list[Page]:
    return list(rig.connector().poll(cursor, rig.clock.now()))


def ids(found: list[Page]) -> list[str]:
    return [m.key.native_id for page in found for m in page.mentions]


def first(rig: AppStoreRig) -> Mention:
    return pages(rig)[0].mentions[0]


def source(secrets: dict[str, str] | None = None, **options: object) -> SourceConfig:
    held = {name: Secret(value) for name, value in (secrets or {}).items()}
    return SourceConfig(name="ours", connector="appstore", options={"app_id": APP, **options}, secrets=held)


def build(config: SourceConfig) -> object:
    return connectors.build(config, ledger=Purse(), clock=VirtualClock(NOON))


def review(**said: Any) -> dict[str, Any]:
    attributes = {
        "rating": 2,
        "title": "Hm",
        "body": "Slow.",
        "reviewerNickname": "ann",
        "createdDate": NOON.isoformat(),
    }
    return {"review": {"id": "r-1", "attributes": {**attributes, **said}}, "response": None}


class TestReading:
    def test_a_reviews_title_comes_first_and_its_stars_stay_in_the_raw_record(self) -> None:
        found = read_review(review(), APP)
        assert (found.key.platform, found.text, found.author.handle) == ("appstore", "Hm\n\nSlow.", "ann")
        assert "★" not in found.text
        assert json.loads(found.raw)["review"]["attributes"]["rating"] == 2
        assert (found.can_reply, found.created_at, found.thread) == (True, NOON, "r-1")
        assert found.url == f"https://apps.apple.com/app/id{APP}?see-all=reviews"

    def test_stars_that_alone_change_are_a_new_version(self) -> None:
        first, second = (read_review(review(rating=stars), APP) for stars in (2, 5))
        assert first.text == second.text
        assert first.version != second.version

    def test_times_of_another_zone_are_read(self) -> None:
        assert read_review(review(createdDate="2026-03-02T05:00:00-07:00"), APP).created_at == NOON

    @pytest.mark.parametrize(("title", "body"), [(None, "Slow."), ("", "Slow."), ("Slow.", "Slow."), ("Slow.", "")])
    def test_a_title_may_be_missing_or_be_all_there_is(self, title: object, body: object) -> None:
        assert read_review(review(title=title, body=body), APP).text == "Slow."

    @pytest.mark.parametrize(
        "said", [{"title": "", "body": " "}, {"body": 7}, {"title": []}, {"title": None, "body": None}]
    )
    def test_a_review_without_words_is_set_aside(self, said: dict[str, Any]) -> None:
        with pytest.raises(SkipRecord, match="words"):
            read_review(review(**said), APP)

    def test_a_review_that_is_answered_can_not_be_answered_again(self, rig: AppStoreRig) -> None:
        rig.publish(2)
        rig.respond(0, "Sorry!")
        by_id = {m.key.native_id: m for m in pages(rig)[0].mentions}
        assert not by_id[rig.native_id(0)].can_reply
        assert "stands already" in by_id[rig.native_id(0)].reply_note
        assert by_id[rig.native_id(1)].can_reply

    def test_one_edited_after_its_answer_can_be(self, rig: AppStoreRig) -> None:
        rig.publish(1)
        rig.respond(0, "Sorry!")
        rig.clock.sleep(60)
        rig.edit(0, "still broken")
        assert first(rig).can_reply


class TestWalking:
    def test_the_first_run_reads_as_many_days_as_it_is_told(self, rig: AppStoreRig) -> None:
        rig.publish(3, back=timedelta(days=40))
        rig.publish(12)
        assert len(set(ids(pages(rig)))) == 12 + 3  # the page that crosses the border is kept whole
        rig.publish(20)
        rig.options["first_days"] = 0
        assert len(ids(pages(rig))) == rig.page

    def test_a_calm_poll_costs_one_call(self, rig: AppStoreRig) -> None:
        rig.publish(5)
        rig.clock.sleep(3 * 86_400)
        rig.publish(9)
        cursor = pages(rig)[-1].cursor
        rig.server.asked.clear()
        pages(rig, cursor)
        assert len(rig.server.asked) == 1

    def test_an_edit_is_read_again_within_the_overlap(self, rig: AppStoreRig) -> None:
        rig.publish(3)
        cursor = pages(rig)[-1].cursor
        rig.edit(1, "mended")
        assert "Not again\n\nmended" in [m.text for page in pages(rig, cursor) for m in page.mentions]

    def test_a_run_that_was_cut_goes_on_where_it_was(self, rig: AppStoreRig) -> None:
        rig.publish(25)
        cut = next(iter(rig.connector().poll("", rig.clock.now())))
        rig.server.asked.clear()
        assert set(ids(pages(rig, cut.cursor))) == {rig.native_id(n) for n in range(15)}
        assert rig.server.asked[0].query["cursor"] == "p10"

    def test_what_is_known_moves_only_at_a_runs_end(self, rig: AppStoreRig) -> None:
        rig.publish(25)
        found = pages(rig)
        assert [json.loads(page.cursor)["high"] for page in found[:-1]] == ["", ""]
        assert json.loads(found[-1].cursor)["high"] == rig.items[-1].at.isoformat()

    def test_a_token_no_longer_known_costs_a_walk_from_the_top(self, rig: AppStoreRig) -> None:
        rig.publish(25)
        cut = next(iter(rig.connector().poll("", rig.clock.now())))
        stale = json.loads(cut.cursor)
        stale["run"]["token"] = "stale"
        assert len(set(ids(pages(rig, json.dumps(stale))))) == 25

    def test_a_token_refused_as_soon_as_it_was_given_is_an_outage(self, rig: AppStoreRig) -> None:
        rig.publish(25)
        answer = rig.listing
        rig.listing = lambda asked: Reply(status=400) if "cursor" in asked.query else answer(asked)  # type: ignore[method-assign]
        with pytest.raises(Retry, match="its own token"):
            pages(rig)

    @pytest.mark.parametrize(
        "link",
        [
            "https://evil.example/v1/apps/1234567890/customerReviews?cursor=p10",
            "{base}/v1/apps/99/customerReviews?cursor=p10",
            "{base}/v1/apps/1234567890/customerReviews",
            "http://[",
            "//evil.example/?cursor=1",
        ],
    )
    def test_a_link_that_leads_elsewhere_is_not_followed(self, link: str, rig: AppStoreRig) -> None:
        body = json.dumps({"data": [], "links": {"next": link.format(base=rig.server.base)}})
        rig.server.fault = Reply(body=body.encode())
        with pytest.raises(Retry, match=r"elsewhere|no address"):
            pages(rig)
        assert len(rig.server.asked) == 1

    def test_an_app_that_is_not_ours_is_named(self, rig: AppStoreRig) -> None:
        rig.server.fault = Reply(status=404, body=b'{"errors": [{"code": "NOT_FOUND"}]}')
        with pytest.raises(ConfigError, match=f"no app {APP}"):
            pages(rig)

    def test_calls_are_counted_against_the_hours_quota(self, rig: AppStoreRig) -> None:
        rig.publish(1)
        pages(rig)
        (rate,) = rig.purse.rates.values()
        assert (rate.capacity, rate.left) == (3500, 3499)

    def test_check_names_the_app_and_counts_its_reviews(self, rig: AppStoreRig) -> None:
        rig.publish(3)
        assert "3 reviews of Acme" in keyed(rig).check()


class TestSigning:
    def test_a_token_serves_some_minutes_and_none_longer_than_apple_allows(self, rig: AppStoreRig) -> None:
        rig.publish(1)
        connector = keyed(rig)
        for minutes in (0, 5, 8, 5):
            rig.clock.sleep(minutes * 60)
            list(connector.poll("", rig.clock.now()))
        tokens = [asked.headers["authorization"] for asked in rig.server.asked]
        assert tokens[0] == tokens[1] == tokens[2] != tokens[3]

    @pytest.mark.parametrize(
        "written",
        [
            lambda pem: pem,
            lambda pem: pem.replace("\n", "\\n"),
            lambda pem: pem.replace("\n", "\r\n"),
            lambda pem: pem.replace("\n", " "),
            lambda pem: f'  "{pem}"  ',
        ],
    )
    def test_the_key_is_read_however_its_lines_are_carried(self, written: Any, rig: AppStoreRig) -> None:
        rig.publish(1)
        rig.secrets["private_key"] = written(pem_of(apple_key()))
        assert len(ids(pages(rig))) == 1


class TestSecrets:
    """As the settings hand them over, from the environment or from secrets.toml."""

    LISTENER = f'[[source]]\nname = "ours"\nconnector = "appstore"\n[source.options]\napp_id = "{APP}"\n'
    OTHERS: ClassVar = {"LISTENER_SECRET_APPSTORE_KEY_ID": "K", "LISTENER_SECRET_APPSTORE_ISSUER_ID": "I"}

    @pytest.mark.parametrize("newline", ["\n", "\\n"])
    def test_a_variable_carries_the_key(self, newline: str, tmp_path: Path) -> None:
        key = pem_of(apple_key()).replace("\n", newline)
        environ = {**self.OTHERS, "LISTENER_SECRET_APPSTORE_PRIVATE_KEY": key}
        (config,) = loaded(folder(tmp_path, listener=self.LISTENER), environ).sources
        assert isinstance(build(config), AppStoreConnector)

    @pytest.mark.parametrize(
        "written", [lambda pem: f'"""\n{pem}"""', lambda pem: "'" + pem.replace("\n", "\\n") + "'", json.dumps]
    )
    def test_the_secrets_file_carries_the_key(self, written: Any, tmp_path: Path) -> None:
        path = folder(tmp_path, listener=self.LISTENER) / "secrets.toml"
        path.write_text(f"[appstore]\nprivate_key = {written(pem_of(apple_key()))}\n")
        path.chmod(0o600)
        (config,) = loaded(tmp_path, self.OTHERS).sources
        assert isinstance(build(config), AppStoreConnector)


class TestBuilding:
    def test_without_a_key_the_way_without_one_is_told(self) -> None:
        with pytest.raises(ConfigError, match="secret private_key is missing") as caught:
            build(source())
        assert "options.feed = true" in caught.value.next_step

    @pytest.mark.parametrize(
        "key", ["s3cr3t-Zq8", "-----BEGIN PRIVATE KEY-----\ns3cr3t-Zq8\n-----END PRIVATE KEY-----"]
    )
    def test_a_key_that_is_none_is_told_without_showing_it(self, key: str) -> None:
        with pytest.raises(ConfigError, match="secret private_key") as caught:
            build(source({"private_key": key, "key_id": "K", "issuer_id": "I"}))
        assert "Zq8" not in repr(caught.value) + repr(caught.value.__context__)

    @pytest.mark.parametrize("app_id", ["com.acme", "12/../34", "1?x=1", ""])
    def test_an_app_id_that_is_no_number_is_refused(self, app_id: str) -> None:
        with pytest.raises(ConfigError, match="app_id"):
            build(source(app_id=app_id, feed=True))

    @pytest.mark.parametrize("countries", [["usa"], [], ["u/"]])
    def test_a_country_that_is_no_code_is_refused(self, countries: list[str]) -> None:
        with pytest.raises(ConfigError, match="two letters"):
            build(source(feed=True, countries=countries))

    def test_a_missing_library_is_answered_with_the_line_that_installs_it(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setitem(sys.modules, "jwt", None)
        with pytest.raises(ConfigError, match="isn't installed") as caught:
            build(source({"private_key": "k", "key_id": "K", "issuer_id": "I"}))
        assert caught.value.next_step == "pip install 'social-support-listener[reviews]'"
        assert isinstance(build(source(feed=True)), AppStoreFeedConnector), "the feed needs no library"


class TestRechecking:
    def test_gone_is_believed_while_the_apps_listing_answers(self, rig: AppStoreRig) -> None:
        rig.publish(2)
        known = list(pages(rig)[0].mentions)
        rig.delete(0)
        rig.delete(1)
        assert [one.fate for one in keyed(rig).recheck(known, rig.clock.now())] == [Fate.DELETED] * 2

    @pytest.mark.parametrize("status", [401, 403, 404, 503])
    def test_where_the_listing_fails_nothing_is_gone(self, status: int, rig: AppStoreRig) -> None:
        rig.publish(2)
        known = list(pages(rig)[0].mentions)
        rig.delete(0)
        body = b'{"errors": [{"code": "NOT_FOUND"}]}'
        rig.listing = lambda asked: Reply(status=status, body=body)  # type: ignore[method-assign]
        with pytest.raises((Reauthorize, NotPermitted, ConfigError, Retry)):
            keyed(rig).recheck(known, rig.clock.now())

    @pytest.mark.parametrize("body", [HTML, b"", b'{"errors": []}', b'{"errors": [{"code": 5}]}', b"[]"])
    def test_a_404_that_is_not_apples_deletes_nothing(self, body: bytes, rig: AppStoreRig) -> None:
        rig.publish(1)
        known = list(pages(rig)[0].mentions)
        answer = rig.answer
        rig.server.script = lambda asked: answer(asked) if APP in asked.path else Reply(status=404, body=body)
        with pytest.raises(ConfigError):
            keyed(rig).recheck(known, rig.clock.now())

    def test_another_review_than_the_one_asked_for_concludes_nothing(self, rig: AppStoreRig) -> None:
        rig.publish(2)
        known = list(pages(rig)[0].mentions)
        rig.found = lambda native_id: rig.items[0]  # type: ignore[assignment, method-assign]
        with pytest.raises(Retry, match="without the review"):
            keyed(rig).recheck(known, rig.clock.now())

    def test_a_window_in_the_midst_keeps_what_was_learned(self, rig: AppStoreRig) -> None:
        rig.publish(5)
        known = list(pages(rig)[0].mentions)
        answer, asked_for = rig.answer, []

        def limited(asked: Asked) -> Reply:
            asked_for.append(asked)
            return Reply(status=429) if len(asked_for) > 2 else answer(asked)

        rig.server.script = limited
        connector = keyed(rig)
        assert len(connector.recheck(known, rig.clock.now())) == 2
        with pytest.raises(RateLimited):
            connector.recheck(known, rig.clock.now())


class TestAnswering:
    def test_a_standing_response_is_never_replaced(self, rig: AppStoreRig) -> None:
        rig.publish(1)
        mention = first(rig)
        rig.respond(0, "A colleague's words")
        outcome = keyed(rig).reply(mention, "Mine", "k", rig.clock.now())
        assert isinstance(outcome, Refused)
        assert "would replace it" in outcome.reason
        assert rig.standing_replies[0] == "A colleague's words"

    def test_our_own_words_are_not_sent_twice(self, rig: AppStoreRig) -> None:
        rig.publish(1)
        mention, connector = first(rig), keyed(rig)
        sent = [connector.reply(mention, "Sorry!\n\nYours, Ada", "k", rig.clock.now()) for _ in "12"]
        assert sent[0] == sent[1]
        assert isinstance(sent[0], Sent)
        assert len(rig.answered) == 1

    def test_a_review_edited_since_its_response_may_be_answered_anew(self, rig: AppStoreRig) -> None:
        rig.publish(1)
        rig.respond(0, "Fixed in 1.2")
        rig.clock.sleep(60)
        rig.edit(0, "still broken")
        assert isinstance(keyed(rig).reply(first(rig), "In 1.3, then", "k", rig.clock.now()), Sent)
        assert rig.standing_replies[0] == "In 1.3, then"

    def test_a_review_that_is_gone_is_refused(self, rig: AppStoreRig) -> None:
        rig.publish(1)
        mention = first(rig)
        rig.delete(0)
        assert keyed(rig).reply(mention, "Hi", "k", rig.clock.now()) == Refused(reason="the review is no longer there")
        assert keyed(rig).find_sent(mention, "Hi", NOON, rig.clock.now()) is None

    def test_what_apple_refuses_is_refused_with_its_words(self, rig: AppStoreRig) -> None:
        rig.publish(1)
        mention = first(rig)
        rig.fault_writes(rig.error(409, "ENTITY_ERROR", "That word is not allowed"))
        outcome = keyed(rig).reply(mention, "Hi", "k", rig.clock.now())
        assert isinstance(outcome, Refused)
        assert "That word is not allowed" in outcome.reason

    def test_a_key_that_may_not_answer_is_told_which_role_it_needs(self, rig: AppStoreRig) -> None:
        rig.publish(1)
        mention = first(rig)
        rig.fault_writes(rig.error(403, "FORBIDDEN_ERROR", "not allowed"))
        with pytest.raises(NotPermitted) as caught:
            keyed(rig).reply(mention, "Hi", "k", rig.clock.now())
        assert "Customer Support" in caught.value.next_step

    def test_a_response_taken_without_its_id_is_uncertain(self, rig: AppStoreRig) -> None:
        from listener.errors import Uncertain

        rig.publish(1)
        mention = first(rig)
        rig.fault_writes(Reply(status=201, body=b"{}"))
        with pytest.raises(Uncertain):
            keyed(rig).reply(mention, "Hi", "k", rig.clock.now())


class TestTheFeed:
    def test_an_app_before_the_reviews_is_no_review(self, feed: AppStoreFeedRig) -> None:
        feed.publish(2)
        app = {"im:name": {"label": "Acme"}, "id": {"label": "https://apps.apple.com/x"}, "title": {"label": "Acme"}}
        entries = [app, *(feed.fields(item) for item in feed.newest_first())]
        first, rest = json.dumps({"feed": {"entry": entries}}), b'{"feed": {}}'
        feed.server.script = lambda asked: Reply(body=first.encode() if "page=1/" in asked.path else rest)
        found = pages(feed)
        assert len(ids(found)) == 2
        assert not [page.rejects for page in found if page.rejects]

    def test_an_app_alone_is_an_empty_feed(self, feed: AppStoreFeedRig) -> None:
        feed.server.fault = Reply(body=b'{"feed": {"entry": {"im:name": {"label": "Acme"}}}}')
        assert ids(pages(feed)) == []

    def test_one_review_comes_without_a_list_and_is_read(self, feed: AppStoreFeedRig) -> None:
        wanted = feed.publish(1)
        assert set(ids(pages(feed))) == wanted

    def test_an_author_is_known_by_the_number_in_their_address(self, feed: AppStoreFeedRig) -> None:
        feed.publish(1)
        found = read_entry(feed.fields(feed.items[0]), "us")
        assert (found.author.native_id, found.author.handle) == ("0", "user0")
        assert (found.text, found.can_reply) == ("Not again\n\n@acme is late", False)
        assert "read only" in found.reply_note

    def test_every_country_is_read_and_a_run_goes_on_with_the_next(self, feed: AppStoreFeedRig) -> None:
        feed.publish(1)
        feed.options["countries"] = ["us", "de", "GB", "de"]
        found = list(feed.connector().poll("", feed.clock.now()))
        asked = [asked.path.split("/")[1] for asked in feed.server.asked]
        assert asked == ["us", "us", "de", "de", "gb", "gb"]
        feed.server.asked.clear()
        pages(feed, found[1].cursor)
        assert [asked.path.split("/")[1] for asked in feed.server.asked] == ["de", "de", "gb", "gb"]
        assert [page.done for page in found] == [False] * 5 + [True]

    def test_more_than_ten_pages_are_a_gap_and_the_eleventh_is_never_asked_for(self, feed: AppStoreFeedRig) -> None:
        feed.publish(feed.page * 10 + 7)
        found = pages(feed)
        (gap,) = [gap for page in found for gap in page.gaps]
        assert gap.until == feed.items[7].at
        assert "no more than 10 pages" in gap.reason
        assert len(feed.server.asked) == 10

    def test_a_feed_that_went_blank_is_a_gap_each_stretch_told_once(self, feed: AppStoreFeedRig) -> None:
        feed.publish(3)
        seen, newest = pages(feed)[-1].cursor, feed.items[-1].at
        feed.blank = True
        cursor, told = seen, []
        for _ in range(3):
            feed.clock.sleep(3600)
            (page,) = pages(feed, cursor)
            cursor = page.cursor
            told += [(gap.since, gap.until) for gap in page.gaps]
        assert told[0][0] == newest
        assert [since for since, _ in told[1:]] == [until for _, until in told[:-1]]
        assert told[-1][1] == feed.clock.now()
        feed.blank = False
        assert len(ids(pages(feed, cursor))) == 3
        assert not [gap for page in pages(feed, cursor) for gap in page.gaps]

    def test_a_feed_that_never_showed_anything_is_just_empty(self, feed: AppStoreFeedRig) -> None:
        (page,) = pages(feed)
        assert page.gaps == ()

    def test_check_says_what_it_shows(self, feed: AppStoreFeedRig) -> None:
        feed.publish(4)
        connector = feed.connector()
        assert "us shows 4 reviews; read only" in connector.check()


def test_a_backfill_says_how_many_calls_at_the_most(rig: AppStoreRig) -> None:
    rig.publish(25)
    estimate = keyed(rig).estimate(NOON, NOON + timedelta(days=1))
    assert (estimate.posts, estimate.calls, estimate.micro_usd) == (None, 4, 0)
    assert "25 reviews" in estimate.note


def test_a_cursor_from_the_future_hides_nothing(rig: AppStoreRig) -> None:
    wanted = rig.publish(25)
    ahead = json.dumps({"v": 1, "high": datetime(2199, 1, 1).isoformat() + "+00:00"})  # noqa: DTZ001
    assert set(ids(pages(rig, ahead))) == wanted


def test_a_bad_cursor_of_the_past_is_no_error_of_the_run(rig: AppStoreRig) -> None:
    with pytest.raises(BadCursor):
        keyed(rig)._page("stale")
