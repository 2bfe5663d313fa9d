"""The Graph API's errors by code, its percentages, and a token that stays out of every address."""

import hashlib
import hmac
import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from listener.connectors.graph import listed
from listener.connectors.graph_refusals import refusal_of
from listener.connectors.graph_usage import LOOK_AGAIN, usage
from listener.connectors.http import Answer
from listener.domain.platform import Refused, Sent
from listener.errors import ConfigError, ListenerError, NotPermitted, RateLimited, Reauthorize, Retry, Uncertain
from tests.builders import NOON, mention
from tests.contracts.connector_contract import walk
from tests.contracts.rigs import SECRET
from tests.contracts.rigs_meta import FacebookRig, refused
from tests.contracts.server import Reply


@pytest.fixture
def rig() -> Iterator[FacebookRig]:
    with (rig := FacebookRig()).server:
        yield rig


@pytest.mark.parametrize(
    ("code", "error"),
    [
        (1, Retry),
        (2, Retry),
        (4, RateLimited),
        (10, NotPermitted),
        (12, NotPermitted),
        (17, RateLimited),
        (32, RateLimited),
        (100, ConfigError),
        (102, Reauthorize),
        (190, Reauthorize),
        (200, NotPermitted),
        (299, NotPermitted),
        (368, NotPermitted),
        (613, RateLimited),
        (80001, RateLimited),
        (80014, RateLimited),
        (999, ConfigError),
    ],
)
@pytest.mark.parametrize("status", [400, 403, 500])
def test_a_refusal_is_told_by_its_code_whatever_its_status(
    rig: FacebookRig, code: int, error: type[ListenerError], status: int
) -> None:
    rig.publish(1)
    rig.server.fault = refused(code, status=status)
    wanted = Retry if error is ConfigError and status == 500 else error
    with pytest.raises(wanted) as caught:
        walk(rig)
    assert isinstance(caught.value, RateLimited) == (error is RateLimited)


def test_what_passes_by_itself_is_tried_again(rig: FacebookRig) -> None:
    body = b'{"error": {"code": 999, "is_transient": true, "message": "soon"}}'
    rig.server.fault = Reply(status=400, body=body)
    with pytest.raises(Retry):
        walk(rig)


def test_a_throttled_call_waits_as_long_as_the_business_case_says(rig: FacebookRig) -> None:
    rig.publish(1)
    cases = {"123": [{"type": "pages", "call_count": 100, "estimated_time_to_regain_access": 19}]}
    rig.server.fault = refused(80001, x_business_use_case_usage=json.dumps(cases))
    with pytest.raises(RateLimited) as caught:
        walk(rig)
    assert caught.value.until == rig.clock.now() + timedelta(minutes=19)
    asked = len(rig.server.asked)
    rig.server.fault = None
    rig.clock.sleep(18 * 60)
    with pytest.raises(RateLimited):
        walk(rig)
    assert len(rig.server.asked) == asked
    rig.clock.sleep(61)
    assert walk(rig)[-1].done


def with_usage(rig: FacebookRig, percent: int) -> None:
    """Every answer tells how much is used."""
    answer = rig.answer

    def telling(asked: Any) -> Reply:
        reply = answer(asked)
        told = json.dumps({"call_count": percent, "total_time": 3, "total_cputime": 1})
        return Reply(status=reply.status, body=reply.body, headers={**reply.headers, "x-app-usage": told})

    rig.server.script = telling


def test_reading_stops_at_nine_tenths_and_an_answer_to_a_customer_still_goes_out(rig: FacebookRig) -> None:
    rig.publish(1)
    (found,) = [one for page in walk(rig) for one in page.mentions]
    with_usage(rig, 95)
    walk(rig)
    with pytest.raises(RateLimited) as caught:
        walk(rig)
    assert caught.value.until == rig.clock.now() + LOOK_AGAIN
    assert isinstance(rig.connector().reply(found, "Sorry!", "k", rig.clock.now()), Sent)  # type: ignore[attr-defined]


def test_reading_goes_on_once_the_percentage_has_fallen(rig: FacebookRig) -> None:
    rig.publish(1)
    with_usage(rig, 95)
    walk(rig)
    with_usage(rig, 20)
    rig.clock.sleep(LOOK_AGAIN.total_seconds() + 1)
    for _ in range(20):
        assert walk(rig)[-1].done


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"x-app-usage": "not json"},
        {"x-app-usage": "[]"},
        {"x-business-use-case-usage": '{"1": 5}'},
        {"x-business-use-case-usage": "[" * 1000},
    ],
)
def test_nonsense_about_usage_says_nothing(headers: dict[str, str]) -> None:
    assert usage(headers, NOON) is None


def test_the_fullest_window_counts(rig: FacebookRig) -> None:
    cases = {"1": [{"call_count": 5, "total_time": 61}], "2": [{"call_count": 40}]}
    told = usage({"x-app-usage": '{"call_count": 30}', "x-business-use-case-usage": json.dumps(cases)}, NOON)
    assert told is not None
    assert (told.left, told.capacity, told.blocked_until) == (39, 100, None)


def test_the_token_is_in_no_address_and_proved_by_the_apps_secret(rig: FacebookRig) -> None:
    rig.publish(30)
    walk(rig)
    wanted = hmac.new(SECRET.encode(), SECRET.encode(), hashlib.sha256).hexdigest()
    for asked in rig.server.asked:
        assert SECRET not in asked.address
        assert asked.query["appsecret_proof"] == wanted
        assert asked.headers["authorization"] == f"Bearer {SECRET}"


def test_without_the_apps_secret_nothing_is_proved(rig: FacebookRig) -> None:
    rig.secrets = ("access_token",)
    walk(rig)
    assert "appsecret_proof" not in rig.server.asked[0].query


def test_only_the_place_is_taken_from_the_address_of_a_next_page() -> None:
    following = "https://evil.example/steal?access_token=t&after=abc&fields=secrets&limit=9999"
    page = listed({"data": [], "paging": {"next": following}})
    assert page.following == {"after": "abc"}


def test_a_next_page_that_says_nothing_of_its_place_is_an_error() -> None:
    with pytest.raises(Retry):
        listed({"data": [], "paging": {"next": "https://graph.facebook.com/v25.0/x?limit=5"}})


@pytest.mark.parametrize("version", ["25", "v25", "v25.0/../me", "", "latest"])
def test_a_version_that_is_none_is_refused(rig: FacebookRig, version: str) -> None:
    rig.options = {**rig.options, "version": version}
    with pytest.raises(ConfigError, match="version"):
        rig.connector()


# The recorded refusals


def recorded(shared: Path, name: str) -> bytes:
    return (shared / "recordings" / "facebook-instagram" / name).read_bytes()


def test_a_recorded_refusal_of_an_object_is_one_and_one_of_the_app_is_none(shared: Path) -> None:
    of_object, of_app = (
        refusal_of(Answer(status=400, headers={}, body=recorded(shared, name), url=""))
        for name in ("error_data.json", "error.json")
    )
    assert (of_object.code, of_object.gone) == (100, True)
    assert (of_app.code, of_app.gone) == (100, False)


@pytest.mark.parametrize("name", ["error.json", "error_data.json"])
def test_a_recorded_refusal_stops_the_source_with_metas_own_words(shared: Path, rig: FacebookRig, name: str) -> None:
    rig.server.fault = Reply(status=400, body=recorded(shared, name))
    with pytest.raises(ConfigError, match=r"Pages Public|pages_read_engagement"):
        walk(rig)


# Answers, refused and in doubt


def reply(rig: FacebookRig, fault: Reply) -> object:
    rig.publish(1)
    (found,) = [one for page in walk(rig) for one in page.mentions]
    rig.fault_writes(fault)
    return rig.connector().reply(found, "Sorry!", "k", rig.clock.now())  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (refused(100, "Unsupported post request. Object with ID '1' does not exist", 33), "gone"),
        (refused(368, "The action attempted has been deemed abusive"), "abusive"),
        (refused(506, "Duplicate status message"), "Duplicate"),
    ],
)
def test_what_facebook_will_never_take_is_refused(rig: FacebookRig, fault: Reply, words: str) -> None:
    outcome = reply(rig, fault)
    assert isinstance(outcome, Refused)
    assert words in outcome.reason


def test_a_refusal_of_a_comment_that_takes_no_replies_is_about_that_comment_alone(rig: FacebookRig) -> None:
    fields = rig.fields
    rig.fields = lambda item: {**fields(item), "can_comment": None}  # type: ignore[method-assign]
    rig.publish(1)
    (found,) = [one for page in walk(rig) for one in page.mentions]
    rig.fault_writes(refused(200, "Permissions error", status=403))
    with pytest.raises(NotPermitted):
        rig.connector().reply(found, "Sorry!", "k", rig.clock.now())  # type: ignore[attr-defined]
    rig.fields = lambda item: {**fields(item), "can_comment": False}  # type: ignore[method-assign]
    outcome = rig.connector().reply(found, "Sorry!", "k", rig.clock.now())  # type: ignore[attr-defined]
    assert isinstance(outcome, Refused)


def test_a_reply_that_met_with_an_unknown_error_is_in_doubt(rig: FacebookRig) -> None:
    with pytest.raises(Uncertain):
        reply(rig, refused(2, "Service temporarily unavailable", status=500))


def test_a_comment_that_takes_no_replies_is_never_tried(rig: FacebookRig) -> None:
    closed = mention(platform="facebook", can_reply=False, reply_note="closed", ref="comment")
    assert rig.connector().reply(closed, "Sorry!", "k", NOON) == Refused(reason="closed")  # type: ignore[attr-defined]
    assert rig.server.asked == []
