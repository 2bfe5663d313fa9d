"""E1, F5: a canned reply says what the team wrote; what a stranger calls themselves can't add to it."""

import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from listener.domain.answers import Answer
from listener.domain.case import Reason
from listener.domain.stored import AuthorHistory, CaseCard, StoredMention
from listener.domain.text import visible
from listener.errors import ConfigError
from listener.triage.canned import MAX_NAME, offered, render, safe_handle, safe_link, safe_name
from tests.builders import NOON, mention
from tests.triage.builders import case


def _author(**more: Any) -> AuthorHistory:
    facts: dict[str, Any] = {
        "author_id": 7,
        "handle": "ann",
        "name": "Ann B.",
        "platform": "x",
        "followers": None,
        "mentions": 1,
        "complaints": 1,
        "praises": 0,
        "cases": 1,
        "open_cases": 1,
        "first_seen": NOON,
        "value_percentile": None,
    }
    return AuthorHistory(**{**facts, **more})


def _card(*, url: str = "https://example.com/1", **author: Any) -> CaseCard:
    post = StoredMention(id=1, author_id=7, mention=mention(url=url, lang="de-AT"), matches=(), verdict=None)
    return CaseCard(case=case(), mentions=(post,), events=(), author=_author(**author))


def _said(text: str, card: CaseCard | None = None) -> str:
    return render(Answer(name="a", text=text), card or _card(), "zoe")


def test_every_variable_is_filled_in() -> None:
    assert (
        _said("{name} @{handle} {brand} {agent} {case} {link} {{x}}")
        == "Ann B. @ann Acme zoe 12 https://example.com/1 {x}"
    )


def test_who_has_no_name_is_called_by_the_handle() -> None:
    assert _said("Hi {name}", _card(name="")) == "Hi ann"
    assert _said("Hi {name}", _card(name="\u202e\u200b@")) == "Hi ann"


def test_nothing_to_fill_in_is_refused_with_what_to_do() -> None:
    with pytest.raises(ConfigError, match=r"case 12 has nothing to put in the place of \{name\}"):
        _said("Hi {name}", _card(name="", handle=""))
    with pytest.raises(ConfigError, match="link"):
        _said("{link}", _card(url="javascript:alert(1)"))


def test_F5_a_name_is_never_read_as_a_template() -> None:
    a_name_is_no_template()


def test_F5_control_a_name_put_in_as_it_stands_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("listener.triage.canned.safe_name", lambda name: name)
    with pytest.raises(AssertionError, match="__class__"):
        a_name_is_no_template()


def test_D7_an_answer_leads_to_no_script() -> None:
    an_answer_leads_to_no_script()


def test_D7_control_an_answer_that_links_to_anything_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("listener.triage.canned.safe_link", lambda url: url)
    with pytest.raises(pytest.fail.Exception, match="DID NOT RAISE"):
        an_answer_leads_to_no_script()


def an_answer_leads_to_no_script() -> None:
    for url in ("javascript:alert(1)", "data:text/html,x", "//evil.example"):
        with pytest.raises(ConfigError, match="link"):
            _said("{link}", _card(url=url))


def a_name_is_no_template() -> None:
    assert _said("Hi {name}!", _card(name="{agent} {case.__class__}")) == "Hi agent case __class__!"


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Ann B.", "Ann B."),
        ("J.R. Smith", "J.R. Smith"),
        ("Zoë 🥚", "Zoë 🥚"),
        ("Ann (she/her)", "Ann (she/her)"),
        ("D'Arcy-Lee", "D'Arcy-Lee"),
        ("李小龍", "李小龍"),
        ("@everyone", "everyone"),
        ("＠everyone", "everyone"),
        ("Ann @ceo", "Ann ceo"),
        ("u/spez", "spez"),
        ("see /r/all", "see all"),
        ("#AcmeSucks", "AcmeSucks"),
        ("$ACME", "ACME"),
        ("http://evil", "evil"),
        ("http://evil.com/x", "evil com/x"),
        ("evil.com", "evil com"),
        ("evil．com", "evil com"),
        ("htthttp://p://evil", "evil"),
        ("mailto:a@b.de", "ab de"),
        ("javascript[:alert(1)", "alert(1)"),
        ("evil[.com", "evil com"),
        ("。:\\//evil", "。:evil"),
        ("javascript:alert(1)", "alert(1)"),
        ("[free](evil)", "free(evil)"),
        ("<b>Ann</b>", "bAnn/b"),
        ("Ann\nSend money to …", "Ann Send money to …"),
        ("Ann\r\n\r\nBcc: x", "Ann Bcc: x"),
        ("\x1b[31mAnn\x07", "31mAnn"),
        ("A\u202enn", "Ann"),
        ("A\u200bnn\ufeff", "Ann"),
        ("Ann\u2028x", "Ann x"),
        ("   ", ""),
        ("x" * 10_240, "x" * MAX_NAME),
    ],
)
def test_D1_E1_a_display_name_can_only_be_read(name: str, shown: str) -> None:
    assert safe_name(name) == shown


HOSTILE = st.text(
    alphabet=st.one_of(
        st.sampled_from(list("@＠#$./:{}[]()<>*~^|\\`\n\r\t\u2028\u202e\u200b\x1b\x00ur htpsmailo com．。")),
        st.characters(),
    ),
    max_size=80,
)


@given(HOSTILE)
@examples(max_examples=400, deadline=None)
def test_D1_E1_no_name_breaks_out_whatever_it_is_made_of(name: str) -> None:
    shown = safe_name(name)
    assert not re.search(r"[@＠#＃\[\]<>{}*~^|\\`\n\r]|://|\w[.．]\w{2}|(?<!\w)[ur]/\w", shown)
    assert visible(shown) == shown
    assert len(shown) <= MAX_NAME
    assert safe_name(shown) == shown


@pytest.mark.parametrize(
    ("platform", "handle", "shown"),
    [
        ("x", "ann_smith", "ann_smith"),
        ("x", "@ann", "ann"),
        ("x", "ann@other", "annother"),
        ("x", "evil.com", "evil com"),
        ("mastodon", "ann@social.example", "ann@social.example"),
        ("bluesky", "ann.bsky.social", "ann.bsky.social"),
        ("bluesky", "ann bsky.social", "ann bsky social"),
        ("reddit", "ann-smith_", "ann-smith_"),
        ("instagram", "ann.smith", "ann.smith"),
        ("feed", "http://evil.com", "evil com"),
        ("x", "а" * 3, "а" * 3),
    ],
)
def test_a_handle_stays_whole_where_its_platform_writes_it_so(platform: str, handle: str, shown: str) -> None:
    assert safe_handle(handle, platform) == shown


@pytest.mark.parametrize(
    "url",
    [
        "",
        "javascript:alert(1)",
        "data:text/html,x",
        "https://a b",
        "https://a\nb",
        "https://a\u202eb",
        "https://a](x)",
        "https://" + "a" * 600,
        "//evil",
    ],
)
def test_D7_only_plain_addresses_of_the_web_are_linked_to(url: str) -> None:
    assert safe_link(url) == ""


def test_an_answer_is_offered_where_every_condition_holds() -> None:
    everywhere = Answer(name="everywhere", text="a")
    german = Answer(name="german", text="a", langs=("de",))
    here = Answer(name="here", text="a", brands=("Acme",), queues=("support",), reasons=("complaint",))
    elsewhere = [
        Answer(name="brand", text="a", brands=("Zeta",)),
        Answer(name="queue", text="a", queues=("press",)),
        Answer(name="reason", text="a", reasons=("praise",)),
    ]
    known = [everywhere, german, here, *elsewhere]
    names = {lang: [one.name for one in offered(known, case(), lang)] for lang in ("de", "de-AT", "den", "en", "")}
    with_german = ["everywhere", "german", "here"]
    assert names == {
        "de": with_german,
        "de-AT": with_german,
        "den": ["everywhere", "here"],
        "en": ["everywhere", "here"],
        "": with_german,
    }
    assert offered(elsewhere, case(reason=Reason.PRAISE, queue="press", brand="Zeta"), "") == elsewhere
