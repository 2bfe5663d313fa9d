"""Answers on X: sent once, refused with X's words, or uncertain; and found again as X shows them."""

import base64
import json
import logging
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest

from listener.connectors import x_text
from listener.connectors.x import XConnector
from listener.domain.mention import Mention
from listener.domain.platform import Refused, Sent
from listener.domain.policy import Secret, SourceConfig
from listener.errors import ConfigError, ListenerError, NotPermitted, RateLimited, Reauthorize, Retry, Uncertain
from tests.contracts.connector_contract import walk
from tests.contracts.rigs import HASTY, SECRET
from tests.contracts.rigs_x import KEYS, PROBLEMS, XByIdRig, XRig, denied, told
from tests.contracts.server import Reply


@pytest.fixture
def rig() -> Iterator[XRig]:
    with (rig := XByIdRig()).server:
        yield rig


def connected(rig: XRig) -> XConnector:
    connector = rig.connector()
    assert isinstance(connector, XConnector)
    return connector


def addressed(rig: XRig) -> Mention:
    """A post that mentions the brand, as the store hands it back."""
    rig.publish(1)
    found = max((m for page in walk(rig) for m in page.mentions), key=lambda m: m.created_at)
    rig.server.asked.clear()
    return replace(found, raw="")


def send(rig: XRig, to: Mention, text: str = "Sorry about that!") -> Sent | Refused:
    return connected(rig).reply(to, text, "key-1", rig.clock.now())


def failure(rig: XRig, to: Mention) -> Exception:
    with pytest.raises(ListenerError) as caught:
        send(rig, to)
    return caught.value


# sending


def test_a_reply_is_one_signed_call_under_the_newest_version_known(rig: XRig) -> None:
    addressed(rig)
    rig.edit(0, "@acme is very late")
    rig.clock.sleep(60)
    edited = max((m for page in walk(rig) for m in page.mentions), key=lambda m: m.version)
    rig.server.asked.clear()
    sent = send(rig, edited)
    (asked,) = rig.server.asked
    assert isinstance(sent, Sent)
    assert sent.url == f"https://x.com/i/status/{sent.key.native_id}"
    assert json.loads(asked.body) == {"text": "Sorry about that!", "reply": {"in_reply_to_tweet_id": edited.version}}
    assert asked.headers["authorization"].startswith("OAuth ")
    assert rig.answered == [(edited.key.native_id, "Sorry about that!")]


def test_who_neither_mentioned_nor_quoted_the_brand_is_never_sent_anything(rig: XRig) -> None:
    unasked = replace(addressed(rig), can_reply=False, reply_note="no")
    assert send(rig, unasked) == Refused(reason="no")
    assert rig.server.asked == []


def test_an_empty_reply_is_never_sent(rig: XRig) -> None:
    assert isinstance(send(rig, addressed(rig), " \n"), Refused)
    assert rig.server.asked == []


def test_an_account_that_may_write_more_says_so_in_its_options(rig: XRig) -> None:
    mention, text = addressed(rig), "word " * 60
    assert "280" in str(send(rig, mention, text))
    rig.options = {**rig.options, "max_length": 4000}
    assert isinstance(send(rig, mention, text), Sent)


@pytest.mark.parametrize(
    "detail",
    [
        "You are not allowed to create a Tweet with duplicate content.",
        "You attempted to reply to a Tweet that is deleted or not visible to you.",
        "Reply to this conversation is not allowed because you have not been mentioned or otherwise engaged.",
        "The original Tweet author restricted who can reply to this Tweet.",
        "You have been blocked from the author of this tweet.",
        "You are not permitted to perform this action.",
        "Your Tweet text is too long.",
    ],
)
def test_what_x_refuses_of_this_reply_is_told_in_its_words(detail: str, rig: XRig) -> None:
    mention = addressed(rig)
    rig.fault_writes(denied(detail))
    assert send(rig, mention) == Refused(reason=f"X refuses it: {detail}")


def test_a_parent_that_is_gone_is_refused(rig: XRig) -> None:
    mention = addressed(rig)
    rig.delete(0)
    assert "deleted" in str(send(rig, mention))
    invalid = {"parameters": {"reply.in_reply_to_tweet_id": ["1"]}, "message": "The id [1] is invalid"}
    rig.fault_writes(told(400, errors=[invalid], title="Invalid Request", detail="One or more parameters is invalid"))
    assert isinstance(send(rig, mention), Refused)


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (denied("Your client app is not configured with the appropriate oauth1 app permissions."), NotPermitted),
        (told(403, type=f"{PROBLEMS}/client-forbidden", detail="This app must be attached to a Project"), NotPermitted),
        (denied("Your account is temporarily locked."), NotPermitted),
        (Reply(status=403, body=b"<html>deleted</html>"), NotPermitted),
        (Reply(status=401), Reauthorize),
        (Reply(status=402), RateLimited),
        (Reply(status=429), RateLimited),
        (Reply(status=400, body=b'{"detail": "no such parameter"}'), ConfigError),
        (Reply(status=500), Uncertain),
        (Reply(status=503), Uncertain),
        (Reply(status=408), Uncertain),
        (Reply(status=302, headers={"location": "/"}), Uncertain),
        (Reply(status=201, body=b""), Uncertain),
        (Reply(status=201, body=b"null"), Uncertain),
        (told(201, data={}), Uncertain),
        (told(201, data={"id": ""}), Uncertain),
        (told(201, errors=[]), Uncertain),
        (Reply(status=201, body=b'{"data": {"id": "1"}}', manner="cut"), Uncertain),
    ],
)
def test_every_other_answer_is_named_by_what_to_do(reply: Reply, error: type[Exception], rig: XRig) -> None:
    mention = addressed(rig)
    rig.fault_writes(reply)
    assert type(failure(rig, mention)) is error


def test_silence_is_uncertain_and_what_never_left_is_not() -> None:
    with (rig := XByIdRig()).server:
        mention = addressed(rig)
        rig.limits = {**HASTY}
        rig.fault_writes(Reply(manner="hang"))
        assert type(failure(rig, mention)) is Uncertain
    rig.purse.spent = 0
    assert type(failure(rig, mention)) is Retry
    assert rig.purse.spent == 0


def test_a_window_of_the_account_holds_back_its_replies_and_not_the_apps_reading(rig: XRig) -> None:
    mention = addressed(rig)
    rig.fault_writes(Reply(status=429, headers={"retry-after": "300"}))
    failure(rig, mention)
    rig.fault_writes(None)
    asked = len(rig.server.asked)
    assert isinstance(failure(rig, mention), RateLimited)
    assert len(rig.server.asked) == asked
    assert walk(rig)


def test_no_secret_gets_out_when_it_is_signed_with_them(rig: XRig, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    mention = addressed(rig)
    said = [repr(send(rig, mention)), repr(connected(rig))]
    for reply in (Reply(status=401), Reply(status=403), Reply(status=503)):
        rig.fault_writes(reply)
        said.append(repr(failure(rig, mention)))
    connected(rig).find_sent(mention, "x", rig.clock.now(), rig.clock.now())
    shown = "\n".join([*said, caplog.text])
    codings = (SECRET, quote(SECRET), base64.b64encode(SECRET.encode()).decode(), SECRET.encode().hex())
    assert not [coding for coding in codings if coding in shown]


# finding again


def shows(rig: XRig, to: Mention, text: str, **more: Any) -> None:
    """A post of ours, as X lists it."""
    number = len(rig.mine)
    parent = [{"type": "replied_to", "id": to.version}]
    post = {"id": str(9000 + number), "text": text, "referenced_tweets": parent, "at": rig.clock.now(), "said": ()}
    rig.mine.append({**post, **more})


def finds(rig: XRig, to: Mention, text: str, back: timedelta = timedelta(minutes=5)) -> str:
    """The id of what is found; empty if nothing is."""
    found = connected(rig).find_sent(to, text, rig.clock.now() - back, rig.clock.now())
    return found.key.native_id if found else ""


@pytest.mark.parametrize(
    ("sent", "shown", "urls"),
    [
        ("Sorry!", "@user0 Sorry!", {}),
        ("Sorry!", "@user0 @other @Third_1 Sorry!", {}),
        ("@user0 Sorry!", "@user0 Sorry!", {}),
        ("R&D says 1 < 2 > 0", "@user0 R&amp;D says 1 &lt; 2 &gt; 0", {}),
        ("literally &amp;", "literally &amp;amp;", {}),
        ("  two\n\n lines ", "two\nlines", {}),
        ("cafe\u0301", "caf\u00e9", {}),
        ("See https://a.example/x?y=1.", "See https://t.co/abc.", {"https://t.co/abc": "https://a.example/x?y=1"}),
        ("See a.example.com now", "See https://t.co/abc now", {"https://t.co/abc": "http://a.example.com/"}),
        ("See https://a.example/x", "See https://t.co/abc", {}),
        ("See HTTPS://A.example/x/", "See https://t.co/a", {"https://t.co/a": "https://a.example/x"}),
        ("(a.example.com) münchen.example", "(https://t.co/a) https://t.co/b", {}),
        ("done.Thanks", "done.Thanks", {}),
        ("v1.2 & 👍🏽", "v1.2 &amp; 👍🏽", {}),
    ],
)
def test_it_is_found_as_x_shows_it(sent: str, shown: str, urls: dict[str, str], rig: XRig) -> None:
    mention = addressed(rig)
    entities = {"urls": [{"url": short, "expanded_url": whole} for short, whole in urls.items()]}
    shows(rig, mention, shown, entities=entities)
    assert finds(rig, mention, sent) == "9000"


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ("Sorry!", "Sorry"),
        ("Sorry!", "Sorry! We call you."),
        ("See https://a.example/x", "See https://b.example/x"),
        ("See https://a.example/x", "See"),
        ("See https://a.example/x", "See https://t.co/a https://t.co/b"),
        ("", "@user0"),
    ],
)
def test_other_words_are_another_answer(sent: str, shown: str, rig: XRig) -> None:
    mention = addressed(rig)
    shows(rig, mention, shown)
    assert finds(rig, mention, sent or "Hello") == ""


def test_a_long_answer_is_compared_to_its_end(rig: XRig) -> None:
    mention, long = addressed(rig), "word " * 100 + "https://a.example/x end"
    note = {"text": "@user0 " + "word " * 100 + "https://t.co/a end"}
    urls = {"urls": [{"url": "https://t.co/a", "expanded_url": "https://a.example/x"}]}
    shows(rig, mention, "word word …", note_tweet={**note, "entities": urls})
    assert finds(rig, mention, long) == "9000"
    assert finds(rig, mention, long.replace("end", "END")) == ""


def test_an_answer_to_another_post_or_to_none_is_not_ours_here(rig: XRig) -> None:
    mention = addressed(rig)
    shows(rig, mention, "Sorry!", referenced_tweets=[{"type": "replied_to", "id": "5"}])
    shows(rig, mention, "Sorry!", referenced_tweets=[{"type": "quoted", "id": mention.version}])
    shows(rig, mention, "Sorry!", referenced_tweets=None)
    assert finds(rig, mention, "Sorry!") == ""


def test_an_answer_to_the_first_version_is_found_after_an_edit(rig: XRig) -> None:
    mention = addressed(rig)
    shows(rig, mention, "Sorry!")
    assert finds(rig, replace(mention, version="1500000000000000001"), "Sorry!") == "9000"


def test_what_was_sent_before_is_not_looked_through(rig: XRig) -> None:
    mention = addressed(rig)
    shows(rig, mention, "Sorry!", at=rig.clock.now() - timedelta(hours=1))
    assert finds(rig, mention, "Sorry!") == ""


def test_it_is_found_behind_many_others_and_their_end_is_the_end(rig: XRig) -> None:
    mention = addressed(rig)
    shows(rig, mention, "Sorry!")
    for number in range(50):
        shows(rig, mention, f"another {number}")
    assert finds(rig, mention, "Sorry!") == "9000"
    assert finds(rig, mention, "never sent") == ""


def test_where_the_list_has_no_end_nothing_is_concluded(rig: XRig) -> None:
    mention = addressed(rig)
    rest = rig.server.script
    endless = told(data=[], meta={"next_token": "again"})
    rig.server.script = lambda asked: endless if asked.path.endswith("/tweets") else rest(asked)
    with pytest.raises(Retry, match="no end"):
        finds(rig, mention, "Sorry!")


@pytest.mark.parametrize("fault", [Reply(status=503), Reply(body=b"<html>"), Reply(body=b"{}"), Reply(body=b"[]")])
def test_an_outage_is_no_proof_that_nothing_was_sent(fault: Reply, rig: XRig) -> None:
    mention = addressed(rig)
    rig.server.fault = fault
    with pytest.raises(Retry):
        finds(rig, mention, "Sorry!")


def test_whose_account_it_is_stands_in_its_token_and_is_asked_for_once_where_it_does_not(rig: XRig) -> None:
    mention = addressed(rig)
    connector = connected(rig)
    for _ in range(2):
        connector.find_sent(mention, "x", rig.clock.now(), rig.clock.now())
    assert [asked.path for asked in rig.server.asked] == ["/2/users/me", *["/2/users/42/tweets"] * 2]
    rig.server.asked.clear()
    secrets = {name: Secret("42-abc" if name == "access_token" else SECRET) for name in KEYS}
    config = SourceConfig(name="x", connector="x", options={"query": "a", "api_base": rig.server.base}, secrets=secrets)
    told_by_token = XConnector(config, connector._options, connector._tools)
    told_by_token.find_sent(mention, "x", rig.clock.now(), rig.clock.now())
    assert [asked.path for asked in rig.server.asked] == ["/2/users/42/tweets"]


# counting


@pytest.mark.parametrize(
    ("text", "units"),
    [
        ("hello", 5),
        ("  hello\n", 5),
        ("cafe\u0301", 4),
        ("naïve – “quoted” … €", 22),
        ("日本語", 6),
        ("한국어", 6),
        ("👍", 2),
        ("👍🏽", 2),
        ("👨‍👩‍👧‍👦", 2),
        ("🏴󠁧󠁢󠁥󠁮󠁧󠁿", 2),
        ("🇩🇪🇫🇷", 4),
        ("3️⃣", 2),
        ("❤️", 2),
        ("https://example.com/a/very/long/path?that=goes&on=and&on=and&on", 23),
        ("see https://a.b/c.", 28),
        ("(http://x.example)", 25),
        ("go to example.com now", 33),
        ("@acme hi", 8),
        ("a@example.com", 13),
    ],
)
def test_length_is_counted_as_x_does(text: str, units: int) -> None:
    assert x_text.length(text) == units


def test_what_is_just_long_enough_is_sent(rig: XRig) -> None:
    mention = addressed(rig)
    assert isinstance(send(rig, mention, "x" * 281), Refused)
    assert isinstance(send(rig, mention, "日" * 141), Refused)
    assert isinstance(send(rig, mention, "x" * 280), Sent)
