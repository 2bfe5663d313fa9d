"""A post of Bluesky's read, and an answer written: times, handles, links and marks, all by bytes."""

from datetime import UTC, datetime
from typing import Any

import pytest

from listener.connectors.bluesky_posts import Replies, address_of, read_view, words
from listener.connectors.bluesky_writing import facets_of, record_key, unfit
from listener.errors import SkipRecord
from tests.contracts.rigs_bluesky import POSTS
from tests.contracts.rigs_bluesky import record_key as key_of

ABLE = Replies(able=True)


def test_what_an_answer_marks_is_counted_in_bytes() -> None:
    text = "Grüße 😀 @ann.bsky.social, siehe https://acme.test/ü?x=1. Oder @nobody.example und x@y.example"
    dids = {"ann.bsky.social": "did:plc:ann"}
    facets = facets_of(text, lambda handle: dids.get(handle, ""))
    whole = text.encode()
    marked = [whole[f["index"]["byteStart"] : f["index"]["byteEnd"]].decode() for f in facets]  # type: ignore[index]
    assert marked == ["https://acme.test/ü?x=1", "@ann.bsky.social"]


def test_length_is_counted_as_readers_count() -> None:
    family = "\U0001f468‍\U0001f469‍\U0001f467"
    assert unfit("a" * 300) == ""
    assert "301" in unfit("a" * 301)
    assert unfit(family * 150) == ""
    assert "bytes" in unfit(family * 300)
    assert unfit(" \n")


def test_an_answers_key_is_a_valid_one_just_behind_its_post() -> None:
    post = address_of(f"at://did:plc:ann/{POSTS}/{key_of(5)}")
    keys = {record_key(post, f"answer {n}") for n in range(500)}
    assert len(keys) == 500
    assert all(len(key) == 13 and key > post.rkey and key[:4] == post.rkey[:4] for key in keys)
    made_up = address_of(f"at://did:plc:ann/{POSTS}/self-made")
    assert record_key(made_up, "x") == record_key(made_up, "x")
    assert len(record_key(address_of(f"at://did:plc:ann/{POSTS}/jzzzzzzzzzzzz"), "x")) == 13


def view(**more: Any) -> dict[str, Any]:
    record = {"$type": POSTS, "text": "hello", "createdAt": "2026-03-02T11:00:00.000Z", **more.pop("record", {})}
    author = {"did": "did:plc:ann", "handle": "ann.bsky.social", "displayName": "Ann\u202e", **more.pop("author", {})}
    whole = {"uri": f"at://did:plc:ann/{POSTS}/3kabc", "cid": "bafyx", "author": author, "record": record}
    return {**whole, "indexedAt": "2026-03-02T11:00:05.000Z", **more}


def test_a_post_is_read_whole() -> None:
    root = {"uri": f"at://did:plc:bob/{POSTS}/3kroot", "cid": "bafyroot"}
    parent = {"uri": f"at://did:plc:cid/{POSTS}/3kparent", "cid": "bafyparent"}
    shown = view(likeCount=3, repostCount=2, quoteCount=1, replyCount=4)
    shown["record"] |= {"reply": {"root": root, "parent": parent}, "langs": ["pt-BR", "en"]}
    read = read_view(shown, ABLE)
    assert (read.thread, read.parent, read.lang) == (root["uri"], parent["uri"], "pt-br")
    assert (read.metrics.likes, read.metrics.replies, read.metrics.reposts) == (3, 4, 3)
    assert read.url == "https://bsky.app/profile/ann.bsky.social/post/3kabc"
    assert read.version == "bafyx"


def test_a_claimed_time_is_never_later_than_it_was_seen() -> None:
    later = read_view(view(record={"createdAt": "2031-01-01T00:00:00Z"}), ABLE)
    assert later.created_at == datetime(2026, 3, 2, 11, 0, 5, tzinfo=UTC)
    nonsense = read_view(view(record={"createdAt": ["yesterday"]}), ABLE)
    assert nonsense.created_at == later.created_at


@pytest.mark.parametrize("handle", ["handle.invalid", "", "javascript:alert(1)", "a b", None, "x/../y"])
def test_an_account_without_a_valid_handle_goes_by_its_permanent_id(handle: object) -> None:
    read = read_view(view(author={"handle": handle}), ABLE)
    assert read.author.handle == "did:plc:ann"
    assert read.url == "https://bsky.app/profile/did:plc:ann/post/3kabc"


@pytest.mark.parametrize(
    "broken",
    [
        {"uri": "at://did:plc:ann/app.bsky.feed.like/3k"},
        {"uri": "https://evil.example/x"},
        {"uri": f"at://did:plc:ann/{POSTS}/../../x"},
        {"record": {"text": None}},
        {"record": {"text": ["a"]}},
    ],
)
def test_what_is_no_post_is_set_aside(broken: dict[str, Any]) -> None:
    with pytest.raises(SkipRecord):
        read_view(view(**broken), ABLE)


def link(start: int, end: int, uri: object) -> dict[str, Any]:
    feature = {"$type": "app.bsky.richtext.facet#link", "uri": uri}
    return {"index": {"byteStart": start, "byteEnd": end}, "features": [feature]}


def test_a_shortened_link_is_written_out_by_bytes() -> None:
    text = "Grüße: acme.test/orders/12... und acme.test/x"
    at = len("Grüße: ".encode())
    facets = [link(at, at + len("acme.test/orders/12..."), "https://www.acme.test/orders/12345?x=ü")]
    assert words({"text": text, "facets": facets}) == ("Grüße: https://www.acme.test/orders/12345?x=ü und acme.test/x")


@pytest.mark.parametrize(
    "facet",
    [
        link(0, 7, "https://evil.example/"),
        link(5, 2, "https://acme.test/"),
        link(0, 10**9, "https://acme.test/"),
        link(-3, 4, "https://acme.test/"),
        link(0, 7, "javascript:alert(1)"),
        {"index": None, "features": 5},
        "facet",
    ],
)
def test_a_facet_that_lies_changes_nothing(facet: object) -> None:
    assert words({"text": "acme... is late", "facets": [facet, *[facet] * 3]}) == "acme... is late"
