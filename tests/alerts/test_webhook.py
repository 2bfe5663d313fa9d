"""Signed JSON to an address on loopback: what the receiver gets, and what becomes of each answer."""

import hashlib
import hmac
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from listener.alerts import notify
from listener.alerts.webhook import WebhookNotifier, key_of
from listener.clock import VirtualClock
from listener.domain.alert import OutboxRow, Severity
from listener.domain.policy import Secret, Target
from listener.errors import ConfigError, RateLimited, Retry
from tests.builders import NOON, minutes
from tests.contracts.server import Reply, Server

PAGE = Path(__file__).parents[2] / "docs" / "alerts.md"
SIGNING = "s1gning"
ROW = OutboxRow(
    id=1, key="spike:Acme/:2026-03-02T12|level1|hook", target="hook", title="Spïke", body="42 people\nλ", attempts=0,
    created_at=NOON, not_before=NOON, alert="spike:Acme/:2026-03-02T12", step="level1", severity=Severity.PAGE,
)  # fmt: skip


@pytest.fixture
def server() -> Iterator[Server]:
    with Server(lambda _: Reply()) as server:
        yield server


def carrier(server: Server, path: str = "/hook/t0ken", *, allow_private: bool = True) -> WebhookNotifier:
    url = Secret(f"webhook+{server.base}{path}")
    return WebhookNotifier(
        name="hook", url=url, signing=Secret(SIGNING), allow_private=allow_private, clock=VirtualClock(NOON)
    )


def test_the_receiver_gets_key_signature_and_all_that_is_said(server: Server) -> None:
    carrier(server).send(ROW)
    (asked,) = server.asked
    assert (asked.method, asked.path, asked.headers["content-type"]) == ("POST", "/hook/t0ken", "application/json")
    assert asked.headers["idempotency-key"] == ROW.key
    assert json.loads(asked.body) == {
        "key": ROW.key,
        "target": "hook",
        "title": "Spïke",
        "body": "42 people\nλ",
        "alert": "spike:Acme/:2026-03-02T12",
        "step": "level1",
        "severity": "page",
        "created_at": "2026-03-02T12:00:00Z",
    }
    signed = f"{int(NOON.timestamp())}.{asked.body}".encode()
    digest = hmac.new(SIGNING.encode(), signed, hashlib.sha256).hexdigest()
    assert asked.headers["listener-signature"] == f"t={int(NOON.timestamp())},v1={digest}"


def test_sent_again_later_the_key_and_the_body_are_the_same(server: Server) -> None:
    for at in (NOON, NOON + minutes(9)):
        replace(carrier(server), clock=VirtualClock(at)).send(ROW)
    first, second = server.asked
    assert first.body == second.body
    assert first.headers["idempotency-key"] == second.headers["idempotency-key"]
    assert first.headers["listener-signature"] != second.headers["listener-signature"]


def test_a_key_that_no_header_can_hold_is_encoded() -> None:
    row = replace(ROW, key="spike:Zoë 100%/:1|level1|hook\r\nX: y")
    assert key_of(row) == "spike:Zo%C3%AB 100%25/:1|level1|hook%0D%0AX: y"


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (200, None),
        (204, None),
        (302, Retry),
        (400, Retry),
        (404, Retry),
        (410, ConfigError),
        (500, Retry),
        (503, Retry),
    ],
)
def test_every_answer_is_named_by_what_to_do_next(server: Server, status: int, kind: type[Exception] | None) -> None:
    server.fault = Reply(status=status, headers={"Location": f"{server.base}/elsewhere"} if status == 302 else {})
    if kind is None:
        carrier(server).send(ROW)
    else:
        with pytest.raises(kind, match="hook") as caught:
            carrier(server).send(ROW)
        assert "t0ken" not in str(caught.value)
    assert len(server.asked) == 1, "redirects aren't followed"


def test_a_wait_is_taken_from_the_header(server: Server) -> None:
    server.fault = Reply(status=429, headers={"Retry-After": "120"})
    with pytest.raises(RateLimited) as caught:
        carrier(server).send(ROW)
    assert caught.value.until == NOON + minutes(2)


@pytest.mark.parametrize("manner", ["whole", "cut", "drip"])
def test_an_answer_counts_with_its_head_whatever_becomes_of_its_body(server: Server, manner: str) -> None:
    """Else a receiver that took the message would be sent it again and again."""
    server.fault = Reply(status=200, body=b"x" * 10_000_000 if manner == "whole" else b"x" * 1000, manner=manner)
    carrier(server).send(ROW)


def test_the_local_network_is_out_of_bounds_unless_it_is_allowed(server: Server) -> None:
    with pytest.raises(ConfigError, match="local network"):
        carrier(server, allow_private=False).send(ROW)
    assert server.asked == []


def test_a_target_whose_url_says_so_gets_this_carrier() -> None:
    target = Target(name="hook", url=Secret("webhook+https://example.com/x"), signing=Secret(SIGNING))
    built = notify.build([target])["hook"]
    assert isinstance(built, WebhookNotifier)
    assert "example.com/x" not in repr(built)
    assert SIGNING not in repr(built)


def test_the_pages_receiver_takes_what_is_ours_and_new_and_nothing_else(server: Server) -> None:
    """The code that docs/alerts.md gives to people is run as it stands there."""
    snippet = re.search(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    assert snippet, "the page shows how to check a message"
    given: dict[str, object] = {}
    exec(snippet[1], given)
    checked = given["checked"]
    assert callable(checked)
    carrier(server).send(ROW)
    body, header = server.asked[0].body.encode(), server.asked[0].headers["listener-signature"]
    now = NOON.timestamp()
    assert checked(body, header, SIGNING, now) == json.loads(body)
    for forged in (
        (body + b" ", header, SIGNING, now),
        (body, header, "other", now),
        (body, header, SIGNING, now + 301),
        (body, header.replace("v1=", "v1=0"), SIGNING, now),
        (body, "nonsense", SIGNING, now),
        (body, header.replace(str(int(now)), str(int(now) + 1)), SIGNING, now),
    ):
        with pytest.raises(ValueError):
            checked(*forged)
