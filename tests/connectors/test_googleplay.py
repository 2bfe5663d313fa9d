"""Google Play reviews. No answers of Google's are recorded: bodies follow the documented schemas (`rigs_reviews`)."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from listener import connectors
from listener.clock import VirtualClock
from listener.connectors.googleplay import GooglePlayConnector
from listener.connectors.googleplay_reviews import read_review
from listener.domain.mention import Mention, Page
from listener.domain.platform import Fate, Refused, Sent
from listener.domain.policy import Secret, SourceConfig
from listener.errors import ConfigError, NotPermitted, RateLimited, Reauthorize, Retry, SkipRecord
from tests.builders import NOON
from tests.contracts.rigs import SECRET, Purse
from tests.contracts.rigs_reviews import PACKAGE, GooglePlayRig, account_json, google_key, pem_of
from tests.contracts.server import Asked, Reply


@pytest.fixture
def rig() -> Iterator[GooglePlayRig]:
    rig = GooglePlayRig()
    with rig.server:
        yield rig


def connected(rig: GooglePlayRig) -> GooglePlayConnector:
    found = rig.connector()
    assert isinstance(found, GooglePlayConnector)
    return found


def pages(rig: GooglePlayRig, cursor: str = "") -> list[Page]:
    return list(rig.connector().poll(cursor, rig.clock.now()))


def mentions(rig: GooglePlayRig, cursor: str = "") -> list[Mention]:
    return [mention for page in pages(rig, cursor) for mention in page.mentions]


def build(options: dict[str, object] | None = None, **secrets: str) -> object:
    held = {name: Secret(value) for name, value in secrets.items()}
    config = SourceConfig(
        name="ours", connector="googleplay", options={"package": PACKAGE, **(options or {})}, secrets=held
    )
    return connectors.build(config, ledger=Purse(), clock=VirtualClock(NOON))


def review(**said: Any) -> dict[str, Any]:
    comment = {"text": "\tSlow.", "lastModified": {"seconds": "1772452800", "nanos": 5}, "starRating": 2, **said}
    return {"reviewId": "gp:1", "authorName": "Ann", "comments": [{"userComment": comment}]}


class TestReading:
    def test_a_review_is_read_with_its_language_and_its_likes(self) -> None:
        found = read_review(review(reviewerLanguage="pt_BR", thumbsUpCount=4), PACKAGE)
        assert (found.key.platform, found.key.native_id, found.text) == ("googleplay", "gp:1", "Slow.")
        assert (found.created_at, found.lang, found.metrics.likes) == (NOON, "pt-br", 4)
        assert found.url == f"https://play.google.com/store/apps/details?id={PACKAGE}&reviewId=gp%3A1"
        assert json.loads(found.raw)["comments"][0]["userComment"]["starRating"] == 2

    @pytest.mark.parametrize(
        ("text", "reads"),
        [("Title\tBody", "Title\n\nBody"), ("\tBody", "Body"), ("Body", "Body"), ("Title\t", "Title")],
    )
    def test_a_title_before_a_tab_comes_first(self, text: str, reads: str) -> None:
        assert read_review(review(text=text), PACKAGE).text == reads

    def test_two_people_of_one_name_stay_two(self) -> None:
        two = [read_review({**review(), "reviewId": native_id}, PACKAGE).author.native_id for native_id in ("a", "b")]
        assert len(set(two)) == 2

    def test_an_edit_is_another_version_of_the_same_review(self) -> None:
        first, second = (
            read_review(review(lastModified={"seconds": seconds}), PACKAGE) for seconds in ("1772452800", "1772452900")
        )
        assert first.key == second.key
        assert first.version != second.version

    @pytest.mark.parametrize("comments", [None, [], [{}], [{"developerComment": {"text": "x"}}], "x"])
    def test_a_review_without_a_comment_is_set_aside(self, comments: object) -> None:
        with pytest.raises(SkipRecord, match="no comment"):
            read_review({"reviewId": "gp:1", "comments": comments}, PACKAGE)


class TestWalking:
    def test_an_app_without_reviews_answers_nothing_at_all(self, rig: GooglePlayRig) -> None:
        (page,) = pages(rig)
        assert (page.mentions, page.done) == ((), True)

    def test_a_source_not_read_for_a_week_has_a_gap_told_once(self, rig: GooglePlayRig) -> None:
        rig.publish(2)
        cursor, high = pages(rig)[-1].cursor, rig.items[-1].at
        rig.clock.sleep(10 * 86_400)
        rig.publish(25)
        found = pages(rig, cursor)
        (gap,) = [gap for page in found for gap in page.gaps]
        assert gap.since == high.replace(microsecond=0)
        assert gap.until == rig.clock.now() - timedelta(days=7)
        assert not [gap for page in pages(rig, found[0].cursor) for gap in page.gaps], "told again by a resumed run"
        assert not [gap for page in pages(rig, found[-1].cursor) for gap in page.gaps]

    def test_an_edited_review_comes_to_the_top_and_is_read(self, rig: GooglePlayRig) -> None:
        rig.publish(25)
        cursor = pages(rig)[-1].cursor
        rig.clock.sleep(86_400)
        rig.edit(1, "worse still")
        assert "worse still" in [m.text for m in mentions(rig, cursor)]

    def test_the_apps_two_quotas_are_kept_apart(self, rig: GooglePlayRig) -> None:
        rig.publish(1)
        (mention,) = mentions(rig)
        connected(rig).reply(mention, "Sorry!", "k", rig.clock.now())
        kept = {bucket: (rate.capacity, rate.left) for (_, bucket), rate in rig.purse.rates.items() if rate.capacity}
        assert kept == {"reads": (200, 198), "replies": (2000, 1999)}

    def test_reads_leave_some_calls_for_replies(self, rig: GooglePlayRig) -> None:
        rig.publish(1)
        (mention,) = mentions(rig)
        (name,) = [name for name in rig.purse.rates if name[1] == "reads"]
        rig.purse.rates[name] = replace(rig.purse.rates[name], left=20)
        with pytest.raises(RateLimited):
            pages(rig)
        assert isinstance(connected(rig).reply(mention, "Sorry!", "k", rig.clock.now()), Sent)

    @pytest.mark.parametrize("reason", ["rateLimitExceeded", "userRateLimitExceeded", "quotaExceeded"])
    def test_a_spent_quota_is_no_missing_permission(self, reason: str, rig: GooglePlayRig) -> None:
        rig.server.fault = rig.error(403, reason, "slow down")
        with pytest.raises(RateLimited) as caught:
            pages(rig)
        assert NOON < caught.value.until <= NOON + timedelta(minutes=15)

    def test_a_missing_permission_says_which(self, rig: GooglePlayRig) -> None:
        rig.server.fault = rig.error(403, "permissionDenied", "The caller does not have permission")
        with pytest.raises(NotPermitted, match="does not have permission") as caught:
            pages(rig)
        assert "Reply to reviews" in caught.value.next_step

    def test_an_app_nobody_knows_is_named(self, rig: GooglePlayRig) -> None:
        rig.server.fault = rig.error(404, "applicationNotFound", "No application was found")
        with pytest.raises(ConfigError, match=PACKAGE):
            pages(rig)

    def test_an_error_that_calls_itself_a_success_is_an_outage(self, rig: GooglePlayRig) -> None:
        rig.server.fault = Reply(body=b'{"error": "oops"}')
        with pytest.raises(Retry):
            pages(rig)

    def test_check_names_the_app(self, rig: GooglePlayRig) -> None:
        assert PACKAGE in connected(rig).check()


class TestTheToken:
    def test_one_serves_an_hour(self, rig: GooglePlayRig) -> None:
        connector = connected(rig)
        for minutes in (0, 30, 25, 10):
            rig.clock.sleep(minutes * 60)
            list(connector.poll("", rig.clock.now()))
        assert [asked.path for asked in rig.server.asked].count("/token") == 2

    def test_one_that_is_refused_is_asked_for_anew(self, rig: GooglePlayRig) -> None:
        connector = connected(rig)
        list(connector.poll("", rig.clock.now()))
        rig.server.fault = Reply(status=401)
        with pytest.raises(Reauthorize):
            list(connector.poll("", rig.clock.now()))
        rig.server.fault = None
        list(connector.poll("", rig.clock.now()))
        assert [asked.path for asked in rig.server.asked].count("/token") == 2

    @pytest.mark.parametrize(
        ("reply", "error"),
        [
            (Reply(status=400, body=b'{"error": "invalid_grant"}'), Reauthorize),
            (Reply(status=401, body=b'{"error": "invalid_client"}'), Reauthorize),
            (Reply(status=503), Retry),
            (Reply(body=b"<html>"), Retry),
            (Reply(body=b"{}"), Retry),
            (Reply(body=b'{"access_token": 7}'), Retry),
            (Reply(status=429), RateLimited),
        ],
    )
    def test_an_account_that_gets_none_is_told_apart_from_an_outage(
        self, reply: Reply, error: type[Exception], rig: GooglePlayRig
    ) -> None:
        rig.server.spared = ""
        rig.server.fault = reply
        with pytest.raises(error):
            pages(rig)
        assert [asked.path for asked in rig.server.asked] == ["/token"]

    @pytest.mark.parametrize("token", ["a\r\nb", "ä", ""])
    def test_a_token_that_no_header_can_bear_is_none_and_is_not_shown(self, token: str, rig: GooglePlayRig) -> None:
        rig.server.spared = ""
        rig.server.fault = Reply(body=json.dumps({"access_token": token}).encode())
        with pytest.raises(Retry, match=r"^Google gave no token$"):
            pages(rig)

    def test_a_reply_for_which_no_token_came_was_not_sent(self, rig: GooglePlayRig) -> None:
        rig.publish(1)
        (mention,) = mentions(rig)
        rig.server.spared = ""
        rig.server.fault = Reply(status=503)
        with pytest.raises(Retry):
            connected(rig).reply(mention, "Sorry!", "k", rig.clock.now())


class TestBuilding:
    def test_the_account_may_stand_in_a_file_only_its_owner_reads(self, tmp_path: Path, rig: GooglePlayRig) -> None:
        path = tmp_path / "account.json"
        path.write_text(account_json())
        path.chmod(0o640)
        with pytest.raises(ConfigError, match="readable by others") as caught:
            build({"service_account_file": str(path)})
        assert caught.value.next_step == f"chmod 600 {path}"
        path.chmod(0o600)
        rig.secrets, rig.options["service_account_file"] = {}, str(path)
        rig.publish(1)
        assert len(mentions(rig)) == 1

    def test_a_file_that_is_none_is_named(self, tmp_path: Path) -> None:
        for path in (tmp_path / "no.json", tmp_path):
            with pytest.raises(ConfigError, match="service_account_file"):
                build({"service_account_file": str(path)})

    @pytest.mark.parametrize(
        ("options", "secrets"), [({}, {}), ({"service_account_file": "x.json"}, {"service_account": "{}"})]
    )
    def test_one_of_both_is_asked_for(self, options: dict[str, object], secrets: dict[str, str]) -> None:
        with pytest.raises(ConfigError, match="and not both"):
            build(options, **secrets)

    @pytest.mark.parametrize(
        ("written", "words"),
        [
            (SECRET, "is not JSON"),
            ("[1]", "holds no client_email"),
            (json.dumps({"client_email": "a@b", "private_key": SECRET}), "no key in PEM form"),
            (
                json.dumps(
                    {"client_email": "a@b", "private_key": f"-----BEGIN X-----{SECRET}-----END X-----"},
                ),
                "private key",
            ),
        ],
    )
    def test_an_account_that_is_none_is_told_without_showing_it(self, written: str, words: str) -> None:
        with pytest.raises(ConfigError, match=words) as caught:
            build(service_account=written)
        shown = repr(caught.value) + repr(caught.value.__cause__) + repr(caught.value.__context__)
        assert SECRET not in shown

    def test_a_key_of_another_kind_is_told(self) -> None:
        from tests.contracts.rigs_reviews import apple_key

        wrong = json.dumps({"client_email": "a@b", "private_key": pem_of(apple_key())})
        with pytest.raises(ConfigError, match="not an RSA key"):
            build(service_account=wrong)

    def test_the_accounts_line_breaks_may_have_been_written_out(self, rig: GooglePlayRig) -> None:
        rig.publish(1)
        told = {"client_email": "listener@acme.iam.gserviceaccount.com", "private_key": pem_of(google_key())}
        rig.secrets["service_account"] = json.dumps(told).replace("\\n", "\n")
        assert len(mentions(rig)) == 1

    @pytest.mark.parametrize("package", ["acme", "com.acme/../x", "com.acme?x", "", "com..acme"])
    def test_a_package_that_is_none_is_refused(self, package: str) -> None:
        with pytest.raises(ConfigError, match="package"):
            build({"package": package}, service_account=account_json())


class TestRechecking:
    def test_an_older_review_that_is_not_found_is_out_of_sight_not_gone(self, rig: GooglePlayRig) -> None:
        rig.publish(1)
        (old,) = mentions(rig)
        rig.clock.sleep(8 * 86_400)
        rig.publish(1)
        (new,) = mentions(rig)
        rig.delete(0)
        rig.delete(1)
        fates = {one.key: one.fate for one in connected(rig).recheck([old, new], rig.clock.now())}
        assert fates == {old.key: Fate.UNAVAILABLE, new.key: Fate.DELETED}

    @pytest.mark.parametrize("body", [b"<html>", b"", b'{"error": "Not Found"}', b'{"error": {"code": 200}}'])
    def test_a_404_that_is_not_googles_deletes_nothing(self, body: bytes, rig: GooglePlayRig) -> None:
        rig.publish(1)
        known, answer = mentions(rig), rig.answer
        gone = Reply(status=404, body=body)
        rig.server.script = lambda asked: gone if "/reviews/" in asked.path else answer(asked)
        with pytest.raises(ConfigError):
            connected(rig).recheck(known, rig.clock.now())

    def test_where_the_listing_knows_no_such_app_nothing_is_gone(self, rig: GooglePlayRig) -> None:
        rig.publish(2)
        known = mentions(rig)
        rig.server.fault = rig.error(404, "notFound", "not found")
        with pytest.raises(ConfigError, match="knows no app"):
            connected(rig).recheck(known, rig.clock.now())

    def test_a_window_in_the_midst_keeps_what_was_learned(self, rig: GooglePlayRig) -> None:
        rig.publish(5)
        known = mentions(rig)
        answer, asked_for = rig.answer, []

        def limited(asked: Asked) -> Reply:
            asked_for.append(asked)
            return Reply(status=429) if len(asked_for) > 3 else answer(asked)

        rig.server.script = limited
        assert len(connected(rig).recheck(known, rig.clock.now())) == 2


class TestAnswering:
    def test_a_standing_reply_is_never_replaced(self, rig: GooglePlayRig) -> None:
        rig.publish(1)
        (mention,) = mentions(rig)
        rig.respond(0, "A colleague's words")
        outcome = connected(rig).reply(mention, "Mine", "k", rig.clock.now())
        assert isinstance(outcome, Refused)
        assert rig.standing_replies[0] == "A colleague's words"
        assert not mentions(rig)[0].can_reply

    def test_our_own_words_are_known_however_google_writes_them(self, rig: GooglePlayRig) -> None:
        rig.publish(1)
        (mention,), connector = mentions(rig), connected(rig)
        text = "It's on its way.\n\nYours,  Ada"
        first = connector.reply(mention, text, "k", rig.clock.now())
        assert rig.standing_replies[0] != text
        assert connector.reply(mention, text, "k", rig.clock.now()) == first
        assert connector.find_sent(mention, text, NOON, rig.clock.now()) == first
        assert len(rig.answered) == 1

    def test_a_review_edited_since_its_reply_may_be_answered_anew(self, rig: GooglePlayRig) -> None:
        rig.publish(1)
        rig.respond(0, "Fixed in 1.2")
        rig.clock.sleep(60)
        rig.edit(0, "still broken")
        (mention,) = mentions(rig)
        assert mention.can_reply
        assert isinstance(connected(rig).reply(mention, "In 1.3, then", "k", rig.clock.now()), Sent)

    def test_351_characters_are_refused_before_a_call(self, rig: GooglePlayRig) -> None:
        rig.publish(1)
        (mention,) = mentions(rig)
        rig.server.asked.clear()
        outcome = connected(rig).reply(mention, "x" * 351, "k", rig.clock.now())
        assert outcome == Refused(reason="a reply has 350 characters at most, this one 351")
        assert rig.server.asked == []
        assert isinstance(connected(rig).reply(mention, "x" * 350, "k", rig.clock.now()), Sent)

    def test_a_review_that_is_gone_is_refused(self, rig: GooglePlayRig) -> None:
        rig.publish(1)
        (mention,) = mentions(rig)
        rig.delete(0)
        outcome = connected(rig).reply(mention, "Hi", "k", rig.clock.now())
        assert outcome == Refused(reason="the review is no longer there")
        assert connected(rig).find_sent(mention, "Hi", NOON, rig.clock.now()) is None


def test_a_backfill_beyond_a_week_tells_what_it_can_not_show(rig: GooglePlayRig) -> None:
    rig.publish(3)
    now = rig.clock.now()
    found = list(connected(rig).backfill(now - timedelta(days=30), now, "", now))
    (gap,) = [gap for page in found for gap in page.gaps]
    assert (gap.since, gap.until) == (now - timedelta(days=30), now - timedelta(days=7))
    assert sum(len(page.mentions) for page in found) == 3
