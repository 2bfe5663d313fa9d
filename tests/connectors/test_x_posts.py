"""What a post of X becomes, read through the real tweepy."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from listener.connectors.x_posts import CLOSED, OPEN
from listener.domain.mention import Mention
from tests.builders import NOON
from tests.contracts.connector_contract import walk
from tests.contracts.rigs_x import XByIdRig, XRig


@pytest.fixture
def rig() -> Iterator[XRig]:
    with (rig := XByIdRig()).server:
        yield rig


def only(rig: XRig, **post: Any) -> Mention:
    """What the one post that is published becomes."""
    rig.items.clear()
    rig.publish(1)
    item = rig.items[0]
    rig.items[0] = type(item)(number=0, at=item.at, text="", raw=json.dumps({**rig.fields(item), **post}))
    (found,) = [mention for page in walk(rig) for mention in page.mentions]
    return found


def test_a_post_is_read_with_its_author_and_permalink(rig: XRig) -> None:
    found = only(
        rig, lang="en", conversation_id="5", public_metrics={"like_count": 1, "retweet_count": 2, "quote_count": 3}
    )
    assert (found.author.native_id, found.author.handle, found.lang, found.thread) == ("77", "user0", "en", "5")
    assert found.url == f"https://x.com/user0/status/{found.version}"
    assert (found.metrics.likes, found.metrics.reposts) == (1, 5)


def test_a_long_post_is_read_to_its_end(rig: XRig) -> None:
    assert only(rig, text="begins …", note_tweet={"text": "begins and ends"}).text == "begins and ends"


def test_an_edit_keeps_the_identity_of_the_first_version(rig: XRig) -> None:
    found = only(rig, edit_history_tweet_ids=["1500000000000000000", "1500000000000000001"])
    assert found.key.native_id == "1500000000000000000"
    assert found.version == rig.native_id(0)


def test_a_repost_is_told_from_a_quote_and_a_reply(rig: XRig) -> None:
    assert only(rig, referenced_tweets=[{"type": "retweeted", "id": "1"}]).is_repost
    quote = only(rig, referenced_tweets=[{"type": "quoted", "id": "1"}, {"type": "replied_to", "id": "2"}])
    assert not quote.is_repost
    assert quote.parent == "2"


def test_the_names_of_2026_are_read_too(rig: XRig) -> None:
    found = only(
        rig,
        edit_history_tweet_ids=None,
        edit_history_post_ids=["1500000000000000000"],
        note_post={"text": "all of it"},
        referenced_posts=[{"type": "reposted", "id": "1"}],
    )
    assert (found.key.native_id, found.text, found.is_repost) == ("1500000000000000000", "all of it", True)


def test_only_who_mentioned_the_brand_may_be_replied_to(rig: XRig) -> None:
    """Self-serve apps may answer only those who addressed the brand."""
    said = only(rig)
    assert (said.can_reply, said.reply_note) == (True, OPEN)
    unsaid = only(rig, entities={"mentions": [{"username": "other"}]})
    assert (unsaid.can_reply, unsaid.reply_note) == (False, CLOSED)
    assert not only(rig, text="acme is @acmeland", entities=None).can_reply
    assert only(rig, text="hey @ACME!", entities=None).can_reply


def test_an_id_in_the_future_is_set_aside_and_never_becomes_the_cursor(rig: XRig) -> None:
    rig.publish(1)
    late = str((int((NOON.timestamp() + 9e8) * 1000) - 1_288_834_974_657) << 22)
    rig.publish(1, raw=json.dumps({"id": late, "text": "from tomorrow"}))
    (page,) = walk(rig)
    assert "future" in page.rejects[0].reason
    assert json.loads(page.cursor)["since_id"] == rig.native_id(0)
