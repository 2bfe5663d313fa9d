"""YouTube, the other way: signing in, whom an answer names, when it is refused, and what became of a comment."""

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs

import pytest

from listener.connectors.youtube import YouTubeConnector
from listener.domain.mention import Mention
from listener.domain.platform import Fate, Refused, Sent
from listener.errors import ListenerError, NotPermitted, RateLimited, Reauthorize, Retry
from tests.contracts.connector_contract import walk
from tests.contracts.rigs import SECRET
from tests.contracts.rigs_youtube import YouTubeKeyRig, YouTubeRig
from tests.contracts.server import Asked, Reply


@pytest.fixture
def rig() -> Iterator[YouTubeRig]:
    with (rig := YouTubeRig()).server:
        yield rig


def connector(rig: YouTubeRig) -> YouTubeConnector:
    built = rig.connector()
    assert isinstance(built, YouTubeConnector)
    return built


def published(rig: YouTubeRig, count: int = 1) -> dict[str, Mention]:
    """Comments as they are read, and a rig that has forgotten being asked."""
    rig.publish(count)
    found = {m.key.native_id: m for page in walk(rig) for m in page.mentions}
    rig.server.asked.clear()
    return found


def with_replies(rig: YouTubeRig, *names: str) -> dict[str, Mention]:
    rig.publish(1)
    rig.answers[0] = [rig.comment(f"Ug0.{name}", rig.items[0], parentId="Ug0") for name in names]
    return published(rig, 0)


def posted(rig: YouTubeRig) -> list[dict[str, str]]:
    written = [asked for asked in rig.server.asked if asked.path.endswith("/comments") and asked.method == "POST"]
    return [json.loads(asked.body)["snippet"] for asked in written]


def tokens(rig: YouTubeRig) -> int:
    return sum(asked.path == "/token" for asked in rig.server.asked)


def reply(rig: YouTubeRig, to: Mention, text: str = "Sorry!") -> Sent | Refused:
    return connector(rig).reply(to, text, "k1", rig.clock.now())


def test_an_answer_goes_into_the_thread_and_has_an_address(rig: YouTubeRig) -> None:
    to = published(rig)["Ug0"]
    sent = reply(rig, to)
    assert posted(rig) == [{"parentId": "Ug0", "textOriginal": "Sorry!"}]
    assert isinstance(sent, Sent)
    assert sent.url == "https://www.youtube.com/watch?v=vid&lc=Ug0.own0"


def test_an_answer_to_a_reply_goes_to_its_thread_and_names_its_author(rig: YouTubeRig) -> None:
    to = with_replies(rig, "a")["Ug0.a"]
    since = rig.clock.now()
    sent = reply(rig, to)
    assert posted(rig) == [{"parentId": "Ug0", "textOriginal": "@ann Sorry!"}]
    reply(rig, to, "Sorry, @Ann!")
    assert posted(rig)[1]["textOriginal"] == "Sorry, @Ann!"
    assert connector(rig).find_sent(to, "Sorry!", since, rig.clock.now()) == sent


def test_signing_in_once_lasts_for_an_hour(rig: YouTubeRig) -> None:
    to, sending = published(rig)["Ug0"], connector(rig)
    for minutes, wanted in ((0, 1), (58, 1), (10, 2)):
        rig.clock.sleep(minutes * 60)
        assert isinstance(sending.reply(to, "Sorry!", "k", rig.clock.now()), Sent)
        assert tokens(rig) == wanted
    form = parse_qs(next(asked.body for asked in rig.server.asked if asked.path == "/token"))
    assert form["grant_type"] == ["refresh_token"]
    assert form["refresh_token"] == [SECRET]


def test_a_token_taken_back_early_is_renewed_once(rig: YouTubeRig) -> None:
    to, sending = published(rig)["Ug0"], connector(rig)
    sending.reply(to, "Sorry!", "k", rig.clock.now())
    rig.access = "ya29.another"
    assert isinstance(sending.reply(to, "Sorry again!", "k2", rig.clock.now()), Sent)
    assert len(rig.answered) == 2


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (Reply(status=400, body=b'{"error": "invalid_grant"}'), Reauthorize),
        (Reply(status=401, body=b'{"error": "invalid_client"}'), Reauthorize),
        (Reply(status=503), Retry),
        (Reply(status=404), Retry),
        (Reply(body=b"<html>"), Retry),
        (Reply(body=b'{"expires_in": 5}'), Retry),
        (Reply(body=b'{"access_token": "a\\nb", "expires_in": 5}'), Retry),
        (Reply(body=b"{}", manner="cut"), Retry),
        (Reply(status=429), RateLimited),
    ],
)
def test_without_a_sign_in_nothing_was_written(rig: YouTubeRig, answer: Reply, error: type[ListenerError]) -> None:
    to = published(rig)["Ug0"]
    script = rig.server.script
    rig.server.script = lambda asked: answer if asked.path == "/token" else script(asked)
    with pytest.raises(error) as caught:
        reply(rig, to)
    assert SECRET not in repr(caught.value)
    assert not posted(rig)


def test_a_key_alone_reads_and_says_what_is_missing() -> None:
    with (rig := YouTubeKeyRig()).server:
        to = published(rig)["Ug0"]
        assert not to.can_reply
        assert "refresh_token, client_id, client_secret" in connector(rig).unable()
        assert "only reads" in connector(rig).check()
        with pytest.raises(Reauthorize):
            reply(rig, to)
    assert not posted(rig)


def test_check_says_as_whom_replies_go_out(rig: YouTubeRig) -> None:
    assert "as channel UCours" in connector(rig).check()


def test_a_closed_thread_is_not_offered_for_an_answer(rig: YouTubeRig) -> None:
    rig.can_reply = False
    to = published(rig)["Ug0"]
    assert (to.can_reply, to.reply_note) == (False, "YouTube says that this thread takes no replies")


@pytest.mark.parametrize(
    ("status", "reason"),
    [
        (403, "commentsDisabled"),
        (403, "ineligibleAccount"),
        (404, "parentCommentNotFound"),
        (404, "videoNotFound"),
        (400, "commentTextTooLong"),
        (400, "operationNotSupported"),
        (400, "parentCommentIsPrivate"),
        (400, "processingFailure"),
    ],
)
def test_a_reply_that_is_never_taken_is_refused(rig: YouTubeRig, status: int, reason: str) -> None:
    to = published(rig)["Ug0"]
    rig.fault_writes(rig.refusal(status, reason))
    assert isinstance(reply(rig, to), Refused)


@pytest.mark.parametrize(("reason", "words"), [("insufficientPermissions", "sign-in"), ("forbidden", "403")])
def test_an_account_that_may_not_comment_is_a_persons_matter(rig: YouTubeRig, reason: str, words: str) -> None:
    to = published(rig)["Ug0"]
    rig.fault_writes(rig.refusal(403, reason))
    with pytest.raises(NotPermitted, match=words):
        reply(rig, to)


def test_a_reply_costs_fifty_units(rig: YouTubeRig) -> None:
    to = published(rig)["Ug0"]
    before = left(rig)
    reply(rig, to)
    assert before - left(rig) == 50


def left(rig: YouTubeRig) -> int:
    (found,) = [rate.left for (_, bucket), rate in rig.purse.rates.items() if bucket == "units"]
    assert found is not None
    return found


def test_only_our_own_words_are_taken_for_ours(rig: YouTubeRig) -> None:
    to = with_replies(rig, "a")["Ug0"]
    since = rig.clock.now()
    rig.answers[0][0]["snippet"]["textOriginal"] = "Sorry!"
    assert connector(rig).find_sent(to, "Sorry!", since, rig.clock.now()) is None


def test_an_answer_of_before_is_not_taken_for_this_one(rig: YouTubeRig) -> None:
    to = published(rig)["Ug0"]
    reply(rig, to)
    rig.clock.sleep(3600)
    assert connector(rig).find_sent(to, "Sorry!", rig.clock.now(), rig.clock.now()) is None


def test_nothing_is_concluded_from_a_thread_too_long_to_look_through(rig: YouTubeRig) -> None:
    to = published(rig)["Ug0"]
    rig.replies = lambda asked: rig.json({"items": [], "nextPageToken": "more"})  # type: ignore[method-assign]
    with pytest.raises(Retry, match="too many"):
        connector(rig).find_sent(to, "Sorry!", rig.clock.now(), rig.clock.now())


# What became of comments


def fates(rig: YouTubeRig, mentions: dict[str, Mention]) -> dict[str, Fate]:
    told = connector(rig).recheck(list(mentions.values()), rig.clock.now())
    return {one.key.native_id: one.fate for one in told}


def test_ninety_eight_comments_cost_two_units(rig: YouTubeRig) -> None:
    mentions = published(rig, 98)
    before = left(rig)
    assert set(fates(rig, mentions).values()) == {Fate.ALIVE}
    assert before - left(rig) == 2


def test_a_reply_can_be_looked_up_too(rig: YouTubeRig) -> None:
    mentions = with_replies(rig, "a", "b")
    rig.answers[0].pop()
    assert fates(rig, mentions) == {"Ug0": Fate.ALIVE, "Ug0.a": Fate.ALIVE, "Ug0.b": Fate.DELETED}


def test_a_comment_looked_up_keeps_its_address_and_whether_it_can_be_answered(rig: YouTubeRig) -> None:
    mentions = published(rig)
    (found,) = connector(rig).recheck(list(mentions.values()), rig.clock.now())
    assert found.mention is not None
    assert (found.mention.url, found.mention.can_reply) == (mentions["Ug0"].url, True)


def test_all_are_deleted_only_beside_another_that_is_shown(rig: YouTubeRig) -> None:
    mentions = published(rig, 3)
    rig.gone = {0, 1, 2}
    assert fates(rig, mentions) == {}, "nothing else stands there: nothing is known"
    rig.publish(1)
    assert fates(rig, mentions) == dict.fromkeys(mentions, Fate.DELETED)


def test_a_list_that_shows_nothing_at_all_says_nothing(rig: YouTubeRig) -> None:
    mentions = published(rig, 3)
    rig.publish(1)
    rig.by_id = lambda asked: rig.json({"items": []})  # type: ignore[method-assign]
    assert fates(rig, mentions) == {}


def test_each_list_needs_its_own_sign_of_life(rig: YouTubeRig) -> None:
    """The second of two answers being empty doesn't delete fifty comments."""
    mentions = published(rig, 60)
    once, asked = rig.by_id, []

    def failing(request: Asked) -> Reply:
        asked.append(request)
        return once(request) if len(asked) == 1 else rig.json({"items": []})

    rig.by_id = failing  # type: ignore[method-assign]
    told = fates(rig, mentions)
    assert set(told.values()) == {Fate.ALIVE}
    assert len(told) == 49


def test_other_comments_than_were_asked_for_are_an_error(rig: YouTubeRig) -> None:
    mentions = published(rig, 2)
    other: dict[str, Any] = rig.comment("Ug99", rig.items[0])
    rig.by_id = lambda asked: rig.json({"items": [other]})  # type: ignore[method-assign]
    with pytest.raises(Retry, match="other comments"):
        fates(rig, mentions)
