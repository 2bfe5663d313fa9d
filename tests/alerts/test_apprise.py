"""Through the real Apprise to a web hook on loopback."""

import json

import pytest
from pytest_httpserver import HTTPServer

from listener.alerts import notify
from listener.domain.alert import OutboxRow
from listener.domain.policy import Secret, Target
from listener.errors import Retry
from tests.builders import NOON

pytest.importorskip("apprise", reason="needs the extra [notify]")

ROW = OutboxRow(
    id=1, key="k", target="hook", title="Spike", body="42 <b>people</b>", attempts=0, created_at=NOON, not_before=NOON
)


def carrier(server: HTTPServer) -> notify.Notifier:
    url = Secret(f"json://{server.host}:{server.port}/hook")
    return notify.build([Target(name="hook", url=url)])["hook"]


def test_a_web_hook_gets_title_and_body_as_they_are(httpserver: HTTPServer) -> None:
    httpserver.expect_oneshot_request("/hook", method="POST").respond_with_data("ok")
    carrier(httpserver).send(ROW)
    sent = json.loads(httpserver.log[0][0].get_data())
    assert (sent["title"], sent["message"]) == ("Spike", "42 <b>people</b>")


def test_a_web_hook_that_answers_500_is_tried_again_later(httpserver: HTTPServer) -> None:
    httpserver.expect_request("/hook").respond_with_data("broken", status=500)
    with pytest.raises(Retry, match="hook"):
        carrier(httpserver).send(ROW)
