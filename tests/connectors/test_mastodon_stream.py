"""Mastodon's streams: what is heard, what is known of it later, and where the cursor may stand."""

import json
from collections.abc import Iterator
from itertools import islice
from typing import Any

import pytest

from listener.connectors import mastodon_stream
from listener.connectors.lasting import Patience
from listener.connectors.mastodon import MastodonConnector
from listener.connectors.mastodon_stream import Ears, Event, events
from listener.domain.mention import Mention, Page
from listener.errors import ListenerError, NotPermitted, RateLimited, Reauthorize, Retry
from tests.contracts.connector_contract import ids, walk
from tests.contracts.rigs_fediverse import MastodonMentionsRig, MastodonRig, MastodonSearchRig
from tests.contracts.server import Reply


@pytest.fixture(autouse=True)
def _quick_beat(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mastodon_stream, "BEAT", 1.0)


@pytest.fixture
def rig() -> Iterator[MastodonRig]:
    with (rig := MastodonRig()).server:
        yield rig


class Hearing:
    """A stream read page by page until it is told to stop."""

    def __init__(self, rig: MastodonRig, cursor: str = "") -> None:
        connector = rig.connector()
        assert isinstance(connector, MastodonConnector)
        self._stopped = False
        self._pages = connector.stream(cursor, rig.clock.now(), lambda: self._stopped)
        assert next(self._pages) == Page(mentions=(), cursor="", done=False)

    def __enter__(self) -> "Hearing":
        return self

    def __exit__(self, *_: object) -> None:
        self._stopped = True
        assert list(self._pages) in ([], [Page(mentions=(), cursor="", done=False)])

    def next(self) -> Page:
        """The next page with anything in it, within some seconds."""
        for page in islice(self._pages, 3):
            if page.mentions or page.deleted or page.rejects:
                return page
        raise AssertionError("nothing is heard")

    def mention(self) -> Mention:
        (found,) = self.next().mentions
        return found


def test_a_post_an_edit_and_a_deletion_are_heard(rig: MastodonRig) -> None:
    with Hearing(rig) as hearing:
        rig.publish(1)
        first = hearing.mention()
        rig.edit(0, "@acme is early after all")
        edited = hearing.mention()
        rig.delete(0)
        page = hearing.next()
    assert (edited.key, edited.text) == (first.key, "@acme is early after all")
    assert page.deleted == (first.key,)


def test_the_deletion_of_what_was_never_heard_is_left_to_be_looked_up(rig: MastodonRig) -> None:
    """It names the instance's own id alone."""
    rig.publish(1)
    with Hearing(rig) as hearing:
        rig.delete(0)
        rig.publish(1)
        page = hearing.next()
    assert page.deleted == ()
    assert ids([page]) == {rig.native_id(1)}


def test_each_hashtag_has_a_stream_of_its_own(rig: MastodonRig) -> None:
    with Hearing(rig) as hearing:
        assert {asked.query["tag"] for asked, _ in rig.social.listeners} == {"acme", "acmehelp"}
        rig.publish(1)
        hearing.mention()


def test_the_cursor_moves_from_where_the_polls_came_to(rig: MastodonRig) -> None:
    known = rig.publish(2)
    cursor = walk(rig)[-1].cursor
    with Hearing(rig, cursor) as hearing:
        rig.publish(1)
        reached = hearing.next().cursor
    assert json.loads(reached)["last"] == str(rig.status_id(rig.items[2]))
    rig.clock.sleep(3600)
    late = rig.publish(1)
    assert late <= ids(walk(rig, reached))
    assert known


@pytest.mark.parametrize("cursor", ["", '{"v": 1, "last": "", "run": {"high": "5", "below": "3"}}', "garbage"])
def test_a_walk_that_is_not_at_its_end_is_not_passed_over(rig: MastodonRig, cursor: str) -> None:
    with Hearing(rig, cursor) as hearing:
        rig.publish(1)
        assert hearing.next().cursor == ""


def test_a_private_mention_is_told_of_and_not_kept() -> None:
    with (rig := MastodonMentionsRig()).server:
        rig.visibility = "direct"
        with Hearing(rig) as hearing:
            rig.publish(1, text="my card number is secret")
            page = hearing.next()
    assert not page.mentions
    assert "secret" not in page.rejects[0].raw + page.rejects[0].reason


def test_other_notifications_are_none_of_ours() -> None:
    with (rig := MastodonMentionsRig()).server, Hearing(rig) as hearing:
        rig.social.tell("notification", '{"id": "9", "type": "favourite", "status": {}}', lambda _: True)
        rig.social.tell("filters_changed", "undefined", lambda _: True)
        rig.publish(1)
        assert ids([hearing.next()]) == {rig.native_id(0)}


def test_what_cannot_be_read_is_set_aside_and_the_stream_goes_on(rig: MastodonRig) -> None:
    with Hearing(rig) as hearing:
        for data in ("no JSON", '{"id": "1"}', "[]"):
            rig.tell("update", data)
            assert len(hearing.next().rejects) == 1
        rig.publish(1)
        hearing.mention()


def test_what_was_heard_before_a_break_is_given_first(rig: MastodonRig) -> None:
    pages: list[Page] = []
    with pytest.raises(Retry, match="longer than"):
        hearing = Hearing(rig)
        rig.publish(3)
        rig.tell("update", "x" * 1_200_000)
        while True:
            pages.append(hearing.next())
    assert ids(pages) == {rig.native_id(number) for number in range(3)}


def test_an_error_waits_until_what_came_before_it_is_given() -> None:
    ears = Ears([], lambda _: Retry("refused"), lambda: False, Patience())
    for came in (Event(kind="update", data="1"), Event(kind="update", data="2"), Retry("broke off")):
        ears._heard.put(came)
    batches = ears.batches()
    assert next(batches) == [], "all of them stand: there are none"
    assert [event.data for event in next(batches)] == ["1", "2"]
    with pytest.raises(Retry, match="broke off"):
        next(batches)


def test_a_calm_stream_gives_a_page_now_and_then(rig: MastodonRig) -> None:
    with Hearing(rig) as hearing, pytest.raises(AssertionError, match="nothing is heard"):
        hearing.next()


@pytest.mark.parametrize(
    ("status", "secrets", "error"),
    [
        (401, ("access_token",), Reauthorize),
        (401, (), NotPermitted),
        (429, ("access_token",), RateLimited),
        (503, ("access_token",), Retry),
    ],
)
def test_a_refused_stream_is_named_by_recovery(
    rig: MastodonRig, status: int, secrets: tuple[str, ...], error: type[ListenerError]
) -> None:
    script = rig.server.script
    rig.secret_names = secrets
    rig.server.script = lambda asked: Reply(status=status) if "streaming" in asked.path else script(asked)
    with pytest.raises(error):
        Hearing(rig)


def test_a_stream_is_not_asked_for_within_a_declared_window(rig: MastodonRig) -> None:
    script = rig.server.script
    limited = Reply(status=429, headers={"retry-after": "120"})
    rig.server.script = lambda asked: limited if "streaming" in asked.path else script(asked)
    with pytest.raises(RateLimited):
        Hearing(rig)
    asked = len(rig.server.asked)
    with pytest.raises(RateLimited):
        Hearing(rig)
    assert not any("streaming" in one.path for one in rig.server.asked[asked:])


def test_a_search_is_not_streamed() -> None:
    with (rig := MastodonSearchRig()).server, pytest.raises(NotPermitted, match="no search"):
        Hearing(rig)


@pytest.mark.parametrize(
    ("named", "where"),
    [
        ("wss://streaming.example", "https://streaming.example"),
        ("ws://127.0.0.1:9/", "http://127.0.0.1:9"),
        ("ftp://streaming.example", None),
        (17, None),
    ],
)
def test_streams_are_where_the_instance_says(rig: MastodonRig, named: object, where: str | None) -> None:
    about(rig, named)
    assert connector_instance(rig).streaming() == (where or rig.server.base)


def test_a_token_never_goes_in_the_clear_where_the_instance_is_not(rig: MastodonRig) -> None:
    about(rig, "ws://streaming.example")
    instance = connector_instance(rig)
    instance.base = "https://social.example"
    assert instance.streaming() == "https://social.example"


def about(rig: MastodonRig, streaming: object) -> None:
    script = rig.server.script
    said = rig.json({"configuration": {"urls": {"streaming": streaming}}})
    rig.server.script = lambda asked: said if asked.path == "/api/v2/instance" else script(asked)


def connector_instance(rig: MastodonRig) -> Any:
    connector = rig.connector()
    assert isinstance(connector, MastodonConnector)
    return connector._instance


def test_events_are_read_from_their_lines() -> None:
    lines = [
        "",
        ":)",
        "event: update",
        "data: {",
        "data: }",
        "",
        ":thump",
        "event: delete",
        "data:5",
        "",
        "",
        "data: x",
        "",
    ]
    assert [(one.kind, one.data) for one in events(iter(lines))] == [("", ""), ("update", "{\n}"), ("delete", "5")]
