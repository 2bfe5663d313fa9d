"""Stored posts of X, looked up again."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from listener.connectors.x import XConnector
from listener.domain.mention import Mention
from listener.domain.platform import Fate, Rechecked
from listener.errors import ListenerError, Retry
from tests.builders import mention
from tests.contracts.connector_contract import walk
from tests.contracts.rigs_x import POST, XByIdRig, XRig, missing, told
from tests.contracts.server import Asked, Reply


@pytest.fixture
def rig() -> Iterator[XRig]:
    with (rig := XByIdRig()).server:
        yield rig


def stored(rig: XRig, count: int) -> list[Mention]:
    """As the store would hand them back, the oldest first."""
    rig.publish(count)
    found = [mention for page in walk(rig) for mention in page.mentions]
    rig.purse.spent, rig.billed = 0, 0
    rig.server.asked.clear()
    return sorted((replace(one, raw="") for one in found), key=lambda one: one.created_at)


def look(rig: XRig, mentions: list[Mention]) -> dict[str, Rechecked]:
    connector = rig.connector()
    assert isinstance(connector, XConnector)
    return {one.key.native_id: one for one in connector.recheck(mentions, rig.clock.now())}


def script(rig: XRig, *answers: Reply) -> None:
    """Answers to look-ups, one after the other."""
    left = list(answers)
    rig.server.script = lambda _: left.pop(0)


def post(one: Mention, **more: Any) -> dict[str, Any]:
    return {"id": one.version, "text": one.text, "author_id": one.author.native_id, **more}


def test_a_standing_post_reads_as_it_was_stored_and_costs_half_a_cent(rig: XRig) -> None:
    (one,) = stored(rig, 1)
    found = look(rig, [one])[one.key.native_id]
    assert found.fate is Fate.ALIVE
    assert found.mention is not None
    assert replace(found.mention, raw="") == one, "author and permalink too, though authors aren't paid for again"
    assert rig.purse.spent == rig.billed == POST


def test_a_hundred_posts_are_one_call(rig: XRig) -> None:
    mentions = stored(rig, 100)
    rig.delete(3)
    found = look(rig, mentions)
    assert len(rig.server.asked) == 1
    assert {fate for one in found.values() if (fate := one.fate) is not Fate.ALIVE} == {Fate.DELETED}
    assert found[mentions[3].key.native_id].fate is Fate.DELETED
    assert len(found) == 100
    assert rig.purse.spent == 99 * POST


def test_an_edit_is_looked_up_by_its_own_id(rig: XRig) -> None:
    """The first id brings the first words, and the id of the newest behind it."""
    mentions = stored(rig, 3)
    rig.edit(1, "@acme is early")
    rig.clock.sleep(60)
    rig.edit(1, "@acme is early after all")
    found = look(rig, mentions)
    read = found[mentions[1].key.native_id].mention
    assert read is not None
    assert (read.key, read.text) == (mentions[1].key, "@acme is early after all")
    assert len(rig.server.asked) == 2
    assert rig.purse.spent == rig.billed == 4 * POST


def test_a_post_stored_after_its_edit_is_asked_for_by_the_newest_id_known(rig: XRig) -> None:
    stored(rig, 1)
    rig.edit(0, "@acme is early")
    rig.clock.sleep(60)
    (edited,) = (m for page in walk(rig) for m in page.mentions)
    rig.server.asked.clear()
    assert edited.version != edited.key.native_id
    assert look(rig, [edited])[edited.key.native_id].fate is Fate.ALIVE
    assert [asked.query["ids"] for asked in rig.server.asked] == [edited.version]


@pytest.mark.parametrize("reply", [Reply(status=503), Reply(status=429), Reply(body=b"<html>")])
def test_an_edit_that_cannot_be_had_now_loses_nothing_of_what_the_first_look_told(reply: Reply, rig: XRig) -> None:
    first, second = stored(rig, 2)
    newer = str(int(second.version) + 1)
    history = [second.version, newer]
    script(rig, told(data=[post(second, edit_history_tweet_ids=history)], errors=[missing(first.version)]), reply)
    found = look(rig, [first, second])
    assert found[first.key.native_id].fate is Fate.DELETED
    assert (found[second.key.native_id].fate, found[second.key.native_id].mention) == (Fate.ALIVE, None)


@pytest.mark.parametrize("kind", ["resource-not-found", "not-authorized-for-resource"])
def test_what_was_deleted_made_private_or_suspended_is_to_be_deleted_here(kind: str, rig: XRig) -> None:
    """X's policy asks for it in each of these cases."""
    (one,) = stored(rig, 1)
    script(rig, told(errors=[missing(one.version, kind)]))
    assert look(rig, [one])[one.key.native_id].fate is Fate.DELETED


def test_errors_of_other_kinds_or_about_others_conclude_nothing(rig: XRig) -> None:
    first, second, third = stored(rig, 3)
    errors = [
        missing(first.version, "something-new"),
        {**missing(second.version), "resource_type": "user"},
        missing("1500000000000000000"),
        {"title": "no type"},
        None,
        "text",
    ]
    script(rig, told(data=[post(third)], errors=errors))
    assert set(look(rig, [first, second, third])) == {third.key.native_id}


@pytest.mark.parametrize(
    "reply",
    [
        told(),
        told(data=[]),
        told(errors=[]),
        told(data=[], errors=[]),
        told(data=None),
        told(data={"id": "1"}),
        told(meta={}),
        told(data=[{"id": "1500000000000000000", "text": "another's"}]),
        told(errors=[{"title": "Service Unavailable", "detail": "try later"}]),
        Reply(body=b"[]"),
        Reply(body=b"<html>"),
    ],
)
def test_an_answer_that_tells_of_none_of_them_concludes_nothing(reply: Reply, rig: XRig) -> None:
    mentions = stored(rig, 3)
    script(rig, reply)
    with pytest.raises(Retry):
        look(rig, mentions)


def test_a_post_that_stands_in_data_is_alive_whatever_the_errors_say(rig: XRig) -> None:
    (one,) = stored(rig, 1)
    script(rig, told(data=[post(one)], errors=[missing(one.version)]))
    assert [found.fate for found in look(rig, [one]).values()] == [Fate.ALIVE]


def test_a_post_that_cannot_be_read_again_is_alive(rig: XRig) -> None:
    (one,) = stored(rig, 1)
    script(rig, told(data=[post(one, text=None)]))
    found = look(rig, [one])[one.key.native_id]
    assert (found.fate, found.mention) == (Fate.ALIVE, None)


def test_posts_with_ids_of_their_own_are_never_asked_for(rig: XRig) -> None:
    """A file may bring posts of X under other ids."""
    (one,) = stored(rig, 1)
    strangers = [mention(native_id="row-7"), mention(native_id="9" * 30), mention(native_id="٣")]
    assert set(look(rig, [*strangers, one])) == {one.key.native_id}
    assert [asked.query["ids"] for asked in rig.server.asked] == [one.version]
    rig.server.asked.clear()
    assert look(rig, strangers) == {}
    assert rig.server.asked == []


def test_an_outage_is_an_error_and_concludes_nothing(rig: XRig) -> None:
    mentions = stored(rig, 2)
    for fault in (Reply(status=401), Reply(status=403), Reply(status=404), Reply(status=500), Reply(status=503)):
        rig.server.fault = fault
        with pytest.raises(ListenerError):
            look(rig, mentions)


def test_rechecks_leave_three_tenths_of_a_window_to_others(rig: XRig) -> None:
    (one,) = stored(rig, 1)
    rest = rig.server.script
    ends = str(int(rig.clock.now().timestamp()) + 600)

    def answer(asked: Asked) -> Reply:
        headers = {"x-rate-limit-limit": "10", "x-rate-limit-remaining": "3", "x-rate-limit-reset": ends}
        return Reply(body=rest(asked).body, headers=headers)

    rig.server.script = answer
    look(rig, [one])
    with pytest.raises(Retry, match="nothing left to recheck"):
        look(rig, [one])


def test_what_is_asked_for_is_what_a_mention_needs(rig: XRig) -> None:
    look(rig, stored(rig, 1))
    (asked,) = rig.server.asked
    assert "expansions" not in asked.query
    assert {"entities", "note_tweet", "edit_history_tweet_ids"} <= set(asked.query["tweet.fields"].split(","))
