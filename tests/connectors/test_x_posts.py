"""What a post of X becomes, read through the real tweepy."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from listener.connectors.x_posts import CLOSED, OPEN, QUOTED
from listener.domain.mention import Mention
from tests.builders import NOON
from tests.contracts.connector_contract import walk
from tests.contracts.rigs_x import XByIdRig, XMentionsRig, XRig, snowflake


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


def quote(link: str, quoted: str = "1500000000000000000", **more: Any) -> dict[str, Any]:
    """A post that mentions nobody and quotes another."""
    return {
        "text": "look at this",
        "entities": {"mentions": [], "urls": [{"url": "https://t.co/a", "expanded_url": link}]},
        "referenced_tweets": [{"type": "quoted", "id": quoted}],
        **more,
    }


@pytest.mark.parametrize(
    ("link", "note"),
    [
        ("https://twitter.com/Acme/status/1500000000000000000", QUOTED),
        ("https://x.com/acme/status/1500000000000000000?s=20", QUOTED),
        ("https://mobile.twitter.com/acme/status/1500000000000000000", QUOTED),
        ("https://x.com/other/status/1500000000000000000", CLOSED),
        ("https://x.com/acme/status/15000000000000000001", CLOSED),
        ("https://evil.example/https://x.com/acme/status/1500000000000000000", CLOSED),
        ("https://x.com.evil.example/acme/status/1500000000000000000", CLOSED),
    ],
)
def test_who_quoted_the_brand_may_be_replied_to(link: str, note: str, rig: XRig) -> None:
    """X tells who wrote the quoted post only by the link to it."""
    found = only(rig, **quote(link))
    assert (found.can_reply, found.reply_note) == (note == QUOTED, note)


def test_a_link_to_the_brands_post_is_no_quote(rig: XRig) -> None:
    post = quote("https://x.com/acme/status/1500000000000000000", referenced_tweets=None)
    assert only(rig, **post).reply_note == CLOSED


def test_who_answers_the_brands_own_post_may_be_replied_to() -> None:
    with (rig := XMentionsRig()).server:
        answer = only(rig, entities={"mentions": []}, in_reply_to_user_id="42")
        assert (answer.can_reply, answer.reply_note) == (True, OPEN)
        assert not only(rig, entities={"mentions": []}, in_reply_to_user_id="43").can_reply


def test_three_characters_are_written_as_in_html_and_no_others(rig: XRig) -> None:
    assert only(rig, text="R&amp;D &lt;3 &gt; &quot; &amp;lt;").text == "R&D <3 > &quot; &lt;"


def test_an_edit_is_as_old_as_its_first_version(rig: XRig) -> None:
    first = str(snowflake(NOON, 1))
    found = only(rig, edit_history_tweet_ids=[first, "1"], created_at="2026-03-02T12:20:00.000Z")
    assert found.created_at == NOON
