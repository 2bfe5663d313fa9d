"""JSON over HTTP within limits and budget: every call is asked for first, and a write is never simply repeated."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from listener.clock import VirtualClock
from listener.connectors.budget import Budget, credential_of
from listener.connectors.http import Limits
from listener.connectors.wire import Wire
from listener.domain.budget import Purpose
from listener.errors import NotPermitted, RateLimited, Reauthorize, Retry, Uncertain
from tests.builders import NOON
from tests.contracts.faults import HTML
from tests.contracts.rigs import Purse
from tests.contracts.server import Asked, Reply, Server


class Platform:
    """A server with one wire to it."""

    def __init__(self) -> None:
        self.reply = Reply(body=b'{"ok": true}')
        self.server = Server(lambda asked: self.reply)
        self.clock, self.purse = VirtualClock(NOON), Purse()

    def wire(self, **limits: float) -> Wire:
        return Wire(
            self.server.base,
            who="the platform",
            limits=Limits(**limits),
            budget=Budget(self.purse, self.clock, "platform:1", "the platform"),
            clock=self.clock,
            headers=lambda: {"Authorization": "Bearer t"},
        )

    @property
    def asked(self) -> list[Asked]:
        return self.server.asked


@pytest.fixture
def platform() -> Iterator[Platform]:
    platform = Platform()
    with platform.server:
        yield platform


def test_a_get_carries_query_and_headers(platform: Platform) -> None:
    assert platform.wire().get("/a/b", [("id", "1"), ("id", "2 &")]) == {"ok": True}
    (asked,) = platform.asked
    assert (asked.method, asked.path, asked.query["id"]) == ("GET", "/a/b", "2 &")
    assert asked.headers["authorization"] == "Bearer t"


def test_a_post_carries_json_or_a_form(platform: Platform) -> None:
    wire = platform.wire()
    wire.post("/json", data={"text": "hé"}, headers={"Idempotency-Key": "k"})
    wire.post("/form", form={"text": "a b"})
    said, form = platform.asked
    assert said.headers["idempotency-key"] == "k"
    assert said.body == '{"text": "h\\u00e9"}'
    assert (form.headers["content-type"], form.body) == ("application/x-www-form-urlencoded", "text=a+b")


def test_an_empty_answer_to_a_write_is_none(platform: Platform) -> None:
    platform.reply = Reply(status=204)
    assert platform.wire().post("/x", data={}) is None


def test_a_429_holds_every_bucket_caller_until_it_ends(platform: Platform) -> None:
    platform.reply = Reply(status=429, headers={"retry-after": "90"})
    with pytest.raises(RateLimited) as refused:
        platform.wire().get("/a")
    assert refused.value.until == NOON + timedelta(seconds=90)
    platform.reply = Reply(body=b"{}")
    with pytest.raises(RateLimited):
        platform.wire().get("/a")
    assert len(platform.asked) == 1
    platform.clock.sleep(91)
    assert platform.wire().get("/a") == {}


@pytest.mark.parametrize(
    "headers",
    [
        {
            "x-rate-limit-limit": "100",
            "x-rate-limit-remaining": "10",
            "x-rate-limit-reset": str(NOON.timestamp() + 600),
        },
        {"x-ratelimit-limit": "100", "x-ratelimit-remaining": "10.0", "x-ratelimit-reset": "600"},
        {
            "ratelimit-limit": "100",
            "ratelimit-remaining": "10",
            "ratelimit-reset": "600",
            "ratelimit-policy": "100;w=600",
        },
        {"x-ratelimit-limit": "100", "x-ratelimit-remaining": "10", "x-ratelimit-reset": "2026-03-02T12:10:00.000Z"},
    ],
)
def test_what_headers_say_is_left_is_kept_for_replies(platform: Platform, headers: dict[str, str]) -> None:
    platform.reply = Reply(body=b"{}", headers={**headers, "date": "Mon, 02 Mar 2026 12:00:00 GMT"})
    wire = platform.wire()
    wire.get("/a")
    with pytest.raises(RateLimited) as refused:
        wire.get("/a")
    assert abs(refused.value.until - (NOON + timedelta(seconds=600))) < timedelta(seconds=1)
    wire.get("/a", purpose=Purpose.REPLY)
    assert len(platform.asked) == 2


@pytest.mark.parametrize("headers", [{"x-rate-limit-remaining": "soon"}, {"x-rate-limit-remaining": "-5"}, {}])
def test_nonsense_in_headers_holds_nobody(platform: Platform, headers: dict[str, str]) -> None:
    platform.reply = Reply(body=b"{}", headers=headers)
    for _ in range(3):
        platform.wire().get("/a")
    assert platform.purse.rates in ({}, {("platform:1", "read"): platform.purse.rates.get(("platform:1", "read"))})


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (Reply(status=503), Uncertain),
        (Reply(body=HTML), Uncertain),
        (Reply(body=b'{"id": 1}' * 9, manner="cut"), Uncertain),
        (Reply(manner="hang"), Uncertain),
        (Reply(status=401), Reauthorize),
        (Reply(status=403), NotPermitted),
        (Reply(status=429), RateLimited),
    ],
)
def test_a_write_without_a_word_back_is_uncertain(platform: Platform, reply: Reply, error: type[Exception]) -> None:
    platform.reply = reply
    with pytest.raises(error):
        platform.wire(timeout=0.3, deadline=0.5).post("/x", data={})


def test_a_write_that_never_left_may_be_repeated(platform: Platform) -> None:
    wire = platform.wire()
    wire.base = "http://127.0.0.1:1"
    with pytest.raises(Retry):
        wire.post("/x", data={})


def test_a_credential_tells_nothing_of_its_secrets() -> None:
    one = credential_of("x", "token-1")
    assert one == credential_of("x", "token-1") != credential_of("x", "token-2")
    assert "token" not in one
    assert credential_of("x", "ab", "c") != credential_of("x", "a", "bc")
