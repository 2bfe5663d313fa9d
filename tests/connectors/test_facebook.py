"""Facebook: comments on posts old and new, what the webhook tells, what became of posts, answers in threads."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from listener.connectors.facebook_posts import read_comment, read_post, read_rating
from listener.connectors.spool import Spool, event
from listener.domain.mention import Mention, MentionKey, Page
from listener.domain.platform import Fate, Sent
from listener.errors import ConfigError, RateLimited, SkipRecord
from tests.builders import NOON, mention
from tests.contracts.connector_contract import ids, walk
from tests.contracts.rigs_meta import NAME, PAGE, FacebookRig, FacebookTaggedRig, gone, refused, told
from tests.contracts.server import Asked, Reply


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[FacebookRig]:
    with (rig := FacebookRig()).server:
        rig.folder = tmp_path
        yield rig


def mentions(pages: list[Page]) -> dict[str, Mention]:
    return {mention.key.native_id: mention for page in pages for mention in page.mentions}


# Polling


def test_a_comment_is_read_with_what_it_takes_to_answer_it(rig: FacebookRig) -> None:
    rig.publish(1)
    (found,) = mentions(walk(rig)).values()
    assert found.key == MentionKey(platform="facebook", native_id="770_880")
    assert (found.author.native_id, found.author.handle, found.author.name) == ("5551", "Ann", "Ann")
    assert found.thread == found.parent == f"{PAGE}_770"
    assert found.url == f"https://www.facebook.com/{PAGE}/posts/77/?comment_id=880"
    assert found.can_reply


def test_what_the_page_says_itself_is_no_mention(rig: FacebookRig) -> None:
    fields = rig.fields
    rig.fields = lambda item: {**fields(item), "from": {"id": PAGE, "name": NAME}}  # type: ignore[method-assign]
    rig.publish(15)
    pages = walk(rig)
    assert ids(pages) == set()
    assert not any(page.rejects for page in pages)


def test_a_new_comment_on_an_old_post_is_found(rig: FacebookRig) -> None:
    """Posts of four weeks are listed again, and the comments of those that stirred are read."""
    rig.publish(30 * 2)
    cursor = walk(rig)[-1].cursor
    rig.clock.sleep(20 * 86_400)
    cursor = walk(rig, cursor)[-1].cursor
    rig.items[5] = item = rig.items[5].__class__(number=5, at=rig.clock.now(), text="@acme still late")
    assert rig.native_id(item.number) in ids(walk(rig, cursor))


def test_a_post_that_did_not_stir_costs_nothing_more_than_its_listing(rig: FacebookRig) -> None:
    rig.publish(30 * 6)
    cursor = walk(rig)[-1].cursor
    rig.clock.sleep(3600)
    rig.server.asked.clear()
    again = {rig.native_id(number) for number in range(30 * 6 - 20, 30 * 6)}
    assert ids(walk(rig, cursor)) <= again, "more than the last two pages"
    newest = f"/v25.0/{rig.post_id(5)}/comments"
    assert {asked.path for asked in rig.server.asked} == {f"/v25.0/{PAGE}/feed", newest}


def test_no_cursor_of_paging_is_kept(rig: FacebookRig) -> None:
    rig.publish(30 * 8)
    for page in walk(rig):
        assert "after" not in page.cursor
        assert set(json.loads(page.cursor)) == {"v", "spool", "comments"}


def test_a_walk_that_was_cut_goes_on_below_the_posts_it_has_finished(rig: FacebookRig) -> None:
    wanted = rig.publish(30 * 8)
    pages = walk(rig)
    cut = next(number for number, page in enumerate(pages) if '"run"' in page.cursor)
    rig.server.asked.clear()
    rest = walk(rig, pages[cut].cursor)
    assert wanted <= ids([*pages[: cut + 1], *rest])
    assert len(rest) < len(pages)


def test_high_never_passes_the_instant_at_which_a_walk_began(rig: FacebookRig) -> None:
    """What came behind its back, on a post already read, is older than the newest it met."""
    rig.publish(2)
    began = rig.clock.now()
    pages = rig.connector().poll("", began)
    rig.clock.sleep(600)
    rig.publish(1)
    high = json.loads(list(pages)[-1].cursor)["comments"]["high"]
    assert high <= began.isoformat()


def test_comments_in_another_order_than_was_asked_for_are_all_read(rig: FacebookRig) -> None:
    under = rig.under
    rig.under = lambda number: under(number)[::-1]  # type: ignore[method-assign]
    rig.publish(12)
    rig.clock.sleep(3600)
    rig.publish(3)
    cursor = walk(rig)[-1].cursor
    wanted = rig.publish(10)
    assert wanted <= ids(walk(rig, cursor))


def test_visitors_posts_on_the_page_are_mentions(rig: FacebookRig) -> None:
    about = rig.about
    visitor = {"from": {"id": "5", "name": "Ben"}, "message": "Where is my parcel, @acme?"}
    rig.about = lambda number: {**about(number), **visitor}  # type: ignore[method-assign]
    rig.publish(1)
    found = mentions(walk(rig))[f"{PAGE}_770"]
    assert (found.text, found.author.handle, found.ref, found.parent) == (visitor["message"], "Ben", "post", "")


def test_each_listing_has_a_mark_of_its_own(rig: FacebookRig) -> None:
    """Recommendations are refused; the comments before them are read and stay so."""
    rig.options = {**rig.options, "read": ["ratings", "comments"]}
    rig.publish(3)
    read = rig.read

    def no_ratings(asked: Asked, native_id: str, edge: str = "") -> Reply:
        return (
            refused(12, "deprecated for versions v22.0 and higher")
            if edge == "ratings"
            else read(asked, native_id, edge)
        )

    rig.read = no_ratings  # type: ignore[method-assign]
    seen: list[Page] = []
    with pytest.raises(Exception, match="deprecated"):
        seen.extend(rig.connector().poll("", rig.clock.now()))
    pages = iter(rig.connector().poll("", rig.clock.now()))
    first = next(pages)
    assert ids([first]) == {rig.native_id(number) for number in range(3)}
    assert json.loads(first.cursor)["comments"]["high"]


def test_recommendations_are_read(rig: FacebookRig) -> None:
    rig.options = {**rig.options, "read": ["ratings"]}
    records = [
        {
            "created_time": "2026-03-02T11:00:00+0000",
            "reviewer": {"id": "5", "name": "Ben"},
            "review_text": "Never again",
            "recommendation_type": "negative",
            "open_graph_story": {"id": "4711"},
        },
        {
            "created_time": "2026-03-02T10:00:00+0000",
            "reviewer": {"id": "6", "name": "Cat"},
            "recommendation_type": "positive",
        },
    ]
    rig.read = lambda asked, native_id, edge="": told({"data": records})  # type: ignore[method-assign]
    found = list(mentions(walk(rig)).values())
    assert [(one.key.native_id, one.text, one.can_reply) for one in found] == [
        ("4711", "Never again", True),
        ("rating-6-1772445600", "(recommends)", False),
    ]


def test_options_that_are_wrong_are_refused(rig: FacebookRig) -> None:
    for options in ({"page_id": "acme"}, {"page_id": "1/../2"}, {"page_id": PAGE, "read": ["inbox"]}):
        rig.options = options
        with pytest.raises(ConfigError):
            rig.connector()


# What the webhook tells


def tell(rig: FacebookRig, field: str, **value: Any) -> None:
    assert rig.folder is not None
    now = rig.clock.now()
    entry: dict[str, object] = {"time": int(now.timestamp())}
    Spool(rig.folder, rig.name).append([event(entry, {"field": field, "value": value}, "facebook", now)], now)


def comment(verb: str = "add", **more: Any) -> dict[str, Any]:
    return {
        "item": "comment",
        "verb": verb,
        "comment_id": "770_4711",
        "post_id": f"{PAGE}_770",
        "parent_id": f"{PAGE}_770",
        "message": "@acme is late",
        "from": {"id": "5551", "name": "Ann"},
        "created_time": int(NOON.timestamp()),
        "post": {"permalink_url": "https://www.facebook.com/acme/posts/770"},
        **more,
    }


def test_a_comment_that_is_told_of_reads_like_one_that_is_polled(rig: FacebookRig) -> None:
    tell(rig, "feed", **comment())
    found = mentions(walk(rig))["770_4711"]
    assert (found.text, found.thread, found.parent, found.ref) == (
        "@acme is late",
        f"{PAGE}_770",
        f"{PAGE}_770",
        "comment",
    )
    assert found.created_at == NOON
    assert found.url == "https://www.facebook.com/acme/posts/770"


def test_an_edit_is_told_with_its_words_and_a_reply_with_what_it_answers(rig: FacebookRig) -> None:
    tell(rig, "feed", **comment())
    tell(rig, "feed", **comment("edited", message="@acme came", parent_id="770_1"))
    (first, _) = walk(rig)
    assert [(one.text, one.parent) for one in first.mentions] == [
        ("@acme is late", f"{PAGE}_770"),
        ("@acme came", "770_1"),
    ]


def test_a_removal_is_told_and_everything_only_once(rig: FacebookRig) -> None:
    tell(rig, "feed", **comment("remove"))
    tell(rig, "feed", item="post", verb="remove", post_id="1_2", **{"from": {"id": "5"}})
    pages = walk(rig)
    deleted = [key for page in pages for key in page.deleted]
    assert deleted == [MentionKey(platform="facebook", native_id=one) for one in ("770_4711", "1_2")]
    assert not any(page.deleted for page in walk(rig, pages[-1].cursor))


def test_what_was_read_is_deleted_once_its_cursor_is_committed(rig: FacebookRig) -> None:
    assert rig.folder is not None
    folder = Spool(rig.folder, rig.name).folder
    tell(rig, "feed", **comment())
    first, _ = walk(rig)
    assert list(folder.glob("*.jsonl"))
    walk(rig, first.cursor)
    assert not list(folder.glob("*.jsonl"))


def test_a_poll_that_dies_before_its_commit_is_told_again(rig: FacebookRig) -> None:
    tell(rig, "feed", **comment())
    cursor = walk(rig)[-1].cursor
    tell(rig, "feed", **comment(comment_id="770_2"))
    for _ in range(3):
        assert ids([next(iter(rig.connector().poll(cursor, rig.clock.now())))]) == {"770_2"}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("feed", {"item": "reaction", "verb": "add", "reaction_type": "love", "comment_id": "1_2"}),
        ("feed", {"item": "like", "verb": "add"}),
        ("feed", comment("hide")),
        ("feed", comment(**{"from": {"id": PAGE, "name": NAME}})),
        ("messages", {"text": "psst"}),
        ("ratings", {"item": "reaction", "verb": "add", "open_graph_story_id": "1"}),
    ],
)
def test_what_says_nothing_is_passed_over(rig: FacebookRig, field: str, value: dict[str, Any]) -> None:
    tell(rig, field, **value)
    pages = walk(rig)
    assert not ids(pages)
    assert not any(page.rejects or page.deleted for page in pages)


@pytest.mark.parametrize(
    ("field", "value", "why"),
    [
        ("feed", {"item": "hologram", "verb": "add", "from": {"id": "5"}}, "hologram"),
        ("feed", comment("sing"), "sing"),
        ("feed", comment(comment_id=None), "comment_id"),
        ("feed", comment(created_time="yesterday"), "not a time"),
        ("feed", comment(message=[1]), "text is a list"),
        ("leadgen", {"form_id": "1"}, "leadgen"),
        ("feed", {}, "without a value"),
    ],
)
def test_an_event_that_is_not_known_is_set_aside_with_why(
    rig: FacebookRig, field: str, value: dict[str, Any], why: str
) -> None:
    tell(rig, field, **value)
    tell(rig, "feed", **comment())
    pages = walk(rig)
    (reject,) = [reject for page in pages for reject in page.rejects]
    assert why in reject.reason
    assert ids(pages) == {"770_4711"}


def test_a_line_that_is_no_event_is_set_aside(rig: FacebookRig) -> None:
    tell(rig, "feed", **comment())
    assert rig.folder is not None
    (file,) = Spool(rig.folder, rig.name).folder.glob("*.jsonl")
    file.write_bytes(b"nonsense\n[]\n" + file.read_bytes())
    pages = walk(rig)
    assert len([reject for page in pages for reject in page.rejects]) == 2
    assert ids(pages) == {"770_4711"}


def test_a_mention_elsewhere_is_asked_for_where_the_event_brings_no_words(rig: FacebookRig) -> None:
    shown = {"id": "8_9", "message": "Thanks Acme", "from": {"id": "5"}, "created_time": "2026-03-02T11:59:00+0000"}
    rig.object = lambda native_id: shown if native_id == "8_9" else None  # type: ignore[method-assign]
    tell(rig, "mention", item="post", verb="add", post_id="8_9", sender_id="5")
    tell(rig, "mention", item="post", verb="add", post_id="8_10", sender_id="5")
    pages = walk(rig)
    assert mentions(pages)["8_9"].text == "Thanks Acme"
    (reject,) = [reject for page in pages for reject in page.rejects]
    assert "gone" in reject.reason


def test_events_before_one_that_can_not_be_asked_for_are_not_lost_with_it(rig: FacebookRig) -> None:
    tell(rig, "feed", **comment())
    tell(rig, "mention", item="post", verb="add", post_id="8_9", sender_id="5")
    tell(rig, "feed", **comment(comment_id="770_5"))
    rig.server.fault = refused(4, "Application request limit reached")
    pages = rig.connector().poll("", rig.clock.now())
    first = next(pages)
    assert ids([first]) == {"770_4711"}
    with pytest.raises(RateLimited):
        next(pages)
    rig.server.fault = None
    rig.clock.sleep(3600)
    assert ids(walk(rig, first.cursor)) == {"770_5"}


def test_a_recommendation_is_told_changed_and_taken_back(rig: FacebookRig) -> None:
    said = {
        "item": "rating",
        "open_graph_story_id": "31",
        "reviewer_id": "5",
        "reviewer_name": "Ben",
        "created_time": int(NOON.timestamp()),
    }
    tell(rig, "ratings", verb="add", review_text="Never again", **said)
    tell(rig, "ratings", verb="edited", review_text="Fine after all", **said)
    tell(rig, "ratings", verb="remove", **said)
    (first, _) = walk(rig)
    assert [one.text for one in first.mentions] == ["Never again", "Fine after all"]
    assert first.deleted == (MentionKey(platform="facebook", native_id="31"),)


def test_a_source_that_is_only_told_asks_nobody(rig: FacebookRig) -> None:
    rig.options = {**rig.options, "read": []}
    tell(rig, "feed", **comment())
    assert ids(walk(rig)) == {"770_4711"}
    assert rig.server.asked == []


# Looking again


def stored(rig: FacebookRig, count: int) -> list[Mention]:
    rig.publish(count)
    return sorted(mentions(walk(rig)).values(), key=lambda one: one.created_at)


def test_one_deleted_comment_spoils_a_batch_and_is_found_by_halves(rig: FacebookRig) -> None:
    found = stored(rig, 50)
    rig.delete(17)
    rig.server.asked.clear()
    told = {one.key.native_id: one.fate for one in rig.connector().recheck(found, rig.clock.now())}  # type: ignore[attr-defined]
    assert [one for one, fate in told.items() if fate is Fate.DELETED] == [rig.native_id(17)]
    assert len(told) == 50
    assert len(rig.server.asked) <= 13


def test_a_version_without_lists_is_asked_one_by_one(rig: FacebookRig) -> None:
    rig.options = {**rig.options, "version": "v26.0"}
    found = stored(rig, 4)
    rig.delete(2)
    rig.server.asked.clear()
    told = [one.fate for one in rig.connector().recheck(found, rig.clock.now())]  # type: ignore[attr-defined]
    assert told.count(Fate.DELETED) == 1
    assert not any("ids" in asked.query for asked in rig.server.asked)


def test_all_that_were_asked_for_being_gone_counts_only_where_another_one_is_shown(rig: FacebookRig) -> None:
    found = stored(rig, 5)
    for number in range(3):
        rig.delete(number)
    asked = found[:3]
    assert {one.fate for one in rig.connector().recheck(asked, rig.clock.now())} == {Fate.DELETED}  # type: ignore[attr-defined]
    rig.several = lambda native_ids: gone(native_ids[0])  # type: ignore[method-assign]
    rig.object = lambda native_id: None  # type: ignore[method-assign]
    assert rig.connector().recheck(found, rig.clock.now()) == []  # type: ignore[attr-defined]


def test_a_recheck_that_is_forbidden_concludes_nothing(rig: FacebookRig) -> None:
    found = stored(rig, 5)
    rig.server.fault = refused(10, "requires pages_read_user_content", status=403)
    with pytest.raises(Exception, match="pages_read_user_content"):
        rig.connector().recheck(found, rig.clock.now())  # type: ignore[attr-defined]


# Answers


def test_a_reply_is_answered_in_its_thread(rig: FacebookRig) -> None:
    rig.publish(1)
    reply = mention(
        platform="facebook", native_id="770_9", thread=f"{PAGE}_770", parent="770_880", ref="comment", can_reply=True
    )
    sent = rig.connector().reply(reply, "Sorry!", "k", rig.clock.now())  # type: ignore[attr-defined]
    assert isinstance(sent, Sent)
    assert rig.answered == [("770_880", "Sorry!")]


def test_a_post_that_tags_the_page_is_answered_below_it() -> None:
    rig = FacebookTaggedRig()
    with rig.server:
        rig.publish(1)
        (found,) = mentions(walk(rig)).values()
        rig.connector().reply(found, "Thanks!", "k", rig.clock.now())  # type: ignore[attr-defined]
    assert rig.answered == [("5551_880", "Thanks!")]


def test_an_answer_of_somebody_else_with_the_same_words_is_not_ours(rig: FacebookRig) -> None:
    (found,) = stored(rig, 1)
    now = rig.clock.now()
    theirs = {"id": "9_9", "message": "Sorry!", "from": {"id": "5"}, "created_time": now.isoformat()}
    rig.own[found.key.native_id] = [theirs]
    assert rig.connector().find_sent(found, "Sorry!", now - timedelta(hours=1), now) is None  # type: ignore[attr-defined]


# Records


def test_a_comment_without_an_id_is_known_by_its_address() -> None:
    """As pages of others show them since v11."""
    address = "https://www.facebook.com/1/posts/22/?comment_id=33"
    record = {"message": "m", "created_time": "2026-03-02T12:00:00+0000", "permalink_url": address}
    assert read_comment(record, {}).key.native_id == "22_33"
    within = {**record, "permalink_url": f"{address}&reply_comment_id=44"}
    assert read_comment(within, {}).key.native_id == "22_44"
    with pytest.raises(SkipRecord, match="id is missing"):
        read_comment({**record, "permalink_url": "https://www.facebook.com/1/posts/22/"}, {})


def test_a_nameless_author_is_nobody_else() -> None:
    record = {"id": "1_2", "message": "m", "created_time": "2026-03-02T12:00:00+0000"}
    assert read_comment(record, {}).author.native_id == "nameless-1_2"
    assert read_post(record).author.native_id == "nameless-1_2"


def test_a_recommendation_that_nothing_tells_apart_is_set_aside() -> None:
    with pytest.raises(SkipRecord, match="reviewer"):
        read_rating({"created_time": "2026-03-02T12:00:00+0000", "recommendation_type": "positive"})


def test_check_tells_who_the_page_is(rig: FacebookRig) -> None:
    assert rig.connector().check() == "page Acme may be read, and answers go out as it"
    assert len(rig.server.asked) == 2


def test_an_estimate_counts_the_comments_of_posts_that_stirred(rig: FacebookRig) -> None:
    rig.publish(3)
    read = rig.read

    def summed(asked: Asked, native_id: str, edge: str = "") -> Reply:
        body = json.loads(read(asked, native_id, edge).body)
        for post in body["data"]:
            post["comments"] = {"data": [], "summary": {"total_count": 3}}
        return told(body)

    rig.read = summed  # type: ignore[method-assign]
    found = rig.connector().estimate(NOON - timedelta(days=1), rig.clock.now())  # type: ignore[attr-defined]
    assert (found.posts, found.calls, len(rig.server.asked)) == (3, 1, 1)
