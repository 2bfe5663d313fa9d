"""Mastodon, the other way: whom an answer reaches, when it is refused, and what became of a post."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from listener.connectors.mastodon import MastodonConnector
from listener.connectors.mastodon_answers import addressed, least_length
from listener.domain.mention import Mention
from listener.domain.platform import Fate, Refused, Sent
from listener.errors import ListenerError, NotPermitted, Reauthorize
from tests.builders import mention
from tests.contracts.connector_contract import walk
from tests.contracts.rigs_fediverse import MastodonMentionsRig, MastodonRig
from tests.contracts.server import Asked, Reply


@pytest.fixture
def rig() -> Iterator[MastodonRig]:
    with (rig := MastodonRig()).server:
        yield rig


def connector(rig: MastodonRig) -> MastodonConnector:
    built = rig.connector()
    assert isinstance(built, MastodonConnector)
    return built


def published(rig: MastodonRig, count: int = 1) -> list[Mention]:
    """Posts as they are read, and a rig that has forgotten being asked."""
    rig.publish(count)
    found = {m.key: m for page in walk(rig) for m in page.mentions}
    rig.server.asked.clear()
    return [found[key] for key in sorted(found, key=lambda key: found[key].created_at)]


def posted(rig: MastodonRig) -> list[dict[str, str]]:
    return [json.loads(asked.body) for asked in rig.server.asked if asked.method == "POST"]


def reply(rig: MastodonRig, to: Mention, text: str = "Sorry!", key: str = "k1") -> Sent | Refused:
    return connector(rig).reply(to, text, key, rig.clock.now())


def scripted(rig: MastodonRig, path: str, answer: Reply, method: str = "GET") -> None:
    script = rig.server.script

    def instead(asked: Asked) -> Reply:
        return answer if asked.path.startswith(path) and asked.method == method else script(asked)

    rig.server.script = instead


@pytest.mark.parametrize("visibility", ["public", "unlisted"])
def test_an_answer_is_as_public_as_the_post_and_names_its_author_first(rig: MastodonRig, visibility: str) -> None:
    rig.visibility = visibility
    (to,) = published(rig)
    assert isinstance(reply(rig, to), Sent)
    (said,) = posted(rig)
    assert (said["status"], said["visibility"]) == ("@user0 Sorry!", visibility)
    assert said["in_reply_to_id"] == to.ref.partition(":")[2]


@pytest.mark.parametrize("visibility", ["private", "direct", None])
def test_what_is_no_longer_public_is_not_answered(rig: MastodonRig, visibility: str) -> None:
    (to,) = published(rig)
    rig.visibility = visibility
    outcome = reply(rig, to)
    assert isinstance(outcome, Refused)
    assert "isn't public" in outcome.reason
    assert not posted(rig)


def test_an_answer_to_a_deleted_post_is_refused(rig: MastodonRig) -> None:
    (to,) = published(rig)
    rig.delete(0)
    outcome = reply(rig, to)
    assert isinstance(outcome, Refused)
    assert "gone" in outcome.reason


def test_a_post_deleted_between_lookup_and_answer_is_refused_in_the_instances_words(rig: MastodonRig) -> None:
    (to,) = published(rig)
    words = "The post you are trying to reply to does not appear to exist."
    scripted(rig, "/api/v1/statuses", rig.refusal(404, words), "POST")
    assert reply(rig, to) == Refused(reason=words)


def test_what_the_instance_finds_too_long_is_refused_in_its_words(rig: MastodonRig) -> None:
    (to,) = published(rig)
    scripted(rig, "/api/v1/statuses", rig.refusal(422, "Validation failed: Text limit"), "POST")
    assert reply(rig, to) == Refused(reason="Validation failed: Text limit")


def test_the_instance_says_how_long_a_post_may_be(rig: MastodonRig) -> None:
    (to,) = published(rig)
    limits = {"configuration": {"statuses": {"max_characters": 20}}}
    scripted(rig, "/api/v2/instance", rig.json(limits))
    outcome = reply(rig, to, "more than twenty characters")
    assert isinstance(outcome, Refused)
    assert "20 characters" in outcome.reason


def test_a_repeated_call_with_the_same_key_posts_once(rig: MastodonRig) -> None:
    (to,) = published(rig)
    assert reply(rig, to) == reply(rig, to)
    assert len(rig.answered) == 1


def test_a_token_without_the_scope_says_so_once_it_is_known(rig: MastodonRig) -> None:
    rig.scopes = ["read"]
    (to,) = published(rig)
    scripted(rig, "/api/v1/statuses", rig.refusal(403, "This action is outside the authorized scopes"), "POST")
    sending = connector(rig)
    assert sending.unable() == ""
    with pytest.raises(NotPermitted):
        sending.reply(to, "Sorry!", "k1", rig.clock.now())
    assert "write:statuses" in sending.unable()
    with pytest.raises(Reauthorize, match="write:statuses"):
        sending.reply(to, "Sorry!", "k1", rig.clock.now())


def test_without_a_token_nothing_is_sent(rig: MastodonRig) -> None:
    rig.secret_names = ()
    (to,) = published(rig)
    assert "access_token" in connector(rig).unable()
    with pytest.raises(Reauthorize):
        reply(rig, to)
    assert not rig.server.asked


def test_an_answer_is_found_though_its_parent_was_deleted_since(rig: MastodonRig) -> None:
    (to,) = published(rig)
    since = rig.clock.now()
    sent = reply(rig, to)
    rig.own[0]["in_reply_to_id"] = None
    rig.clock.sleep(60)
    assert connector(rig).find_sent(to, "Sorry!", since, rig.clock.now()) == sent


def test_an_answer_of_before_is_not_taken_for_this_one(rig: MastodonRig) -> None:
    (to,) = published(rig)
    reply(rig, to)
    rig.clock.sleep(3600)
    assert connector(rig).find_sent(to, "Sorry!", rig.clock.now(), rig.clock.now()) is None


def test_an_answer_is_found_beyond_forty_later_posts(rig: MastodonRig) -> None:
    (to, *others) = published(rig, 60)
    since = rig.clock.now()
    sent = reply(rig, to, key="first")
    for number, other in enumerate(others):
        rig.clock.sleep(1)
        reply(rig, other, f"Answer {number}", key=f"k{number}")
    assert connector(rig).find_sent(to, "Sorry!", since, rig.clock.now()) == sent


@pytest.mark.parametrize(
    ("text", "acct", "words"),
    [
        ("Sorry!", "ann@b.example", "@ann@b.example Sorry!"),
        ("Sorry, @ann@b.example.", "ann@b.example", "Sorry, @ann@b.example."),
        ("Sorry @ann!", "ann@b.example", "@ann@b.example Sorry @ann!"),
        ("Sorry @annabel", "ann", "@ann Sorry @annabel"),
        ("Sorry @ann@b.example", "ann", "@ann Sorry @ann@b.example"),
        ("hi@ann", "ann", "@ann hi@ann"),
    ],
)
def test_the_author_is_named_unless_the_text_does(text: str, acct: str, words: str) -> None:
    assert addressed(text, acct) == words


def test_addresses_count_23_and_handles_without_their_host() -> None:
    assert least_length("@ann@very-long-name.example https://example.com/" + "x" * 400) == len("@ann ") + 23


# What became of posts


def fates(rig: MastodonRig, mentions: list[Mention]) -> list[Fate]:
    return [one.fate for one in connector(rig).recheck(mentions, rig.clock.now())]


def test_twenty_posts_cost_one_call(rig: MastodonRig) -> None:
    mentions = published(rig, 45)
    assert fates(rig, mentions) == [Fate.ALIVE] * 45
    assert len(rig.server.asked) == 3


def test_posts_are_asked_for_one_by_one_where_the_instance_has_no_list(rig: MastodonRig) -> None:
    mentions = published(rig, 3)
    rig.delete(1)
    rig.listing = lambda asked: rig.refusal(404, "Not Found")  # type: ignore[method-assign]
    assert fates(rig, mentions) == [Fate.ALIVE, Fate.DELETED, Fate.ALIVE]


def test_a_muted_author_is_missing_in_the_list_and_not_deleted(rig: MastodonRig) -> None:
    mentions = published(rig, 2)
    rig.listing = lambda asked: rig.raw("[]")  # type: ignore[method-assign]
    assert fates(rig, mentions) == [Fate.ALIVE, Fate.ALIVE]


@pytest.mark.parametrize("answer", [Reply(status=503), Reply(body=b"{}"), Reply(body=b"<html>"), Reply(status=401)])
def test_if_all_are_gone_the_instance_must_say_who_we_are(rig: MastodonRig, answer: Reply) -> None:
    mentions = published(rig, 3)
    rig.gone = {0, 1, 2}
    assert fates(rig, mentions) == [Fate.DELETED] * 3
    scripted(rig, "/api/v1/accounts/verify_credentials", answer)
    with pytest.raises(ListenerError):
        fates(rig, mentions)


def test_a_proxys_not_found_says_nothing_of_a_post(rig: MastodonRig) -> None:
    mentions = published(rig, 2)
    rig.delete(0)
    rig.single = lambda native_id: Reply(status=404, body=b"<html>nginx</html>")  # type: ignore[method-assign]
    with pytest.raises(ListenerError, match="without saying why"):
        fates(rig, mentions)


def test_a_post_we_may_not_see_now_is_only_unavailable(rig: MastodonRig) -> None:
    mentions = published(rig, 2)
    rig.delete(0)
    rig.single = lambda native_id: Reply(status=403)  # type: ignore[method-assign]
    assert fates(rig, mentions) == [Fate.UNAVAILABLE, Fate.ALIVE]


def test_without_a_token_an_instance_that_shows_members_only_tells_nothing(rig: MastodonRig) -> None:
    rig.secret_names = ()
    mentions = published(rig, 2)
    rig.listing = lambda asked: rig.refusal(401, "This API requires an authenticated user")  # type: ignore[method-assign]
    assert fates(rig, mentions) == [Fate.UNAVAILABLE] * 2


def test_an_id_that_now_means_another_post_tells_nothing(rig: MastodonRig) -> None:
    (one,) = published(rig)
    other = replace(one, key=replace(one.key, native_id="https://example.social/users/x/statuses/77"))
    assert fates(rig, [other]) == []


def test_a_post_of_another_instance_is_found_by_its_address(rig: MastodonRig) -> None:
    (one,) = published(rig)
    elsewhere = replace(one, ref="other.example:4711")
    record = rig.record(rig.items[0])
    scripted(rig, "/api/v2/search", rig.raw(f'{{"statuses": [{record}]}}'))
    (found,) = connector(rig).recheck([elsewhere], rig.clock.now())
    assert found.fate is Fate.ALIVE
    assert found.mention is not None
    assert found.mention.ref == one.ref
    assert rig.server.asked[-1].query["resolve"] == "true"
    assert isinstance(reply(rig, elsewhere), Sent)


def test_a_post_that_another_instance_alone_knows_is_left_out(rig: MastodonRig) -> None:
    scripted(rig, "/api/v2/search", rig.raw('{"statuses": []}'))
    unknown = mention(platform="mastodon", native_id="https://other.example/1", ref="other.example:1")
    assert fates(rig, [unknown]) == []
    assert isinstance(reply(rig, unknown), Refused)


def test_what_mentions_us_stays_answerable_when_it_is_looked_up_again() -> None:
    with (rig := MastodonMentionsRig()).server:
        (one,) = published(rig)
        rig.edit(0, "@acme still late")
        (found,) = connector(rig).recheck([one], rig.clock.now() + timedelta(hours=1))
    assert found.mention is not None
    assert (found.mention.text, found.mention.can_reply) == ("@acme still late", True)
