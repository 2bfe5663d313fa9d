"""Answers that go out: `case reply`, `approvals approve` and `replies`, against an instance on loopback."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from listener.clock import SystemClock
from tests.cli.office import Counter, Typed, counter
from tests.contracts.rigs_fediverse import MastodonMentionsRig
from tests.contracts.server import Reply

SOURCE = """
[[source]]
name = "{name}"
connector = "mastodon"
reply = true
reply_for = {brands}
[source.options]
instance = "{base}"
mentions = true
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Posting:
    """A team whose answers go out as `acme-social`."""

    at: Counter
    rig: MastodonMentionsRig

    def types(self, *words: str, agent: str = "ada") -> Typed:
        return self.at.types(*words, agent=agent)

    def posts(self) -> list[str]:
        """What our account has said there."""
        return [text for _, text in self.rig.answered]

    def configure(self, name: str, brands: str = "[]") -> None:
        file = self.at.folder / "listener.toml"
        more = SOURCE.format(name=name, brands=brands, base=self.rig.server.base)
        file.write_text(file.read_text(encoding="utf-8") + more, encoding="utf-8")

    def hears(self, number: int = 0, text: str = "@acme my parcel is late", **more: object) -> None:
        """A mention on the instance becomes a case."""
        item = self.rig.items[number]
        post = self.rig.fields(item)
        with self.at.hears() as office:
            office.hears(
                text,
                platform="mastodon",
                native_id=post["uri"],
                url=post["url"],
                ref=f"127.0.0.1:{post['id']}",
                thread=f"t{number}",
                by=f"user{number}",
                **{"can_reply": True, **more},
            )


@pytest.fixture
def team(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Posting]:
    rig = MastodonMentionsRig()
    rig.clock.advance_to(SystemClock().now())
    rig.publish(3)
    with rig.server:
        at = counter(tmp_path / "settings", monkeypatch)
        for name in ("ACME_SOCIAL", "OTHER"):
            monkeypatch.setenv(f"LISTENER_SECRET_{name}_ACCESS_TOKEN", "a-token")
        brands = at.folder / "brands.toml"
        acme = '\n[[brand]]\nname = "Acme"\nhandles = ["acme"]\n'
        brands.write_text(brands.read_text(encoding="utf-8") + acme, encoding="utf-8")
        posting = Posting(at=at, rig=rig)
        posting.configure("acme-social")
        posting.hears()
        yield posting


def test_an_answer_is_sent_at_once_and_its_address_printed(team: Posting) -> None:
    made = team.types("case", "reply", "1", "Sorry about that.")
    assert made.code == 0
    assert made.out == "https://127.0.0.1/@acme/own-0\n"
    assert "on mastodon, goes out as acme-social" in made.err
    assert "sent" in made.err
    assert team.posts() == ["@user0 Sorry about that."]
    shown = team.types("case", "show", "1").out
    assert "Answer by ada: sent " in shown
    assert "as acme-social, https://127.0.0.1/@acme/own-0" in shown


def test_its_json_has_no_key_and_all_else(team: Posting) -> None:
    made = team.types("case", "reply", "1", "Sorry.", "--json").one
    assert (made["id"], made["ok"], made["reply"]["state"], made["reply"]["source"]) == (1, True, "sent", "acme-social")
    assert made["reply"]["url"] == "https://127.0.0.1/@acme/own-0"
    assert "key" not in made["reply"]
    (listed,) = team.types("replies", "list", "--case", "1", "--json").rows
    assert (listed["id"], listed["agent"], listed["attempts"], listed["state"]) == (1, "ada", 1, "sent")
    assert team.types("replies", "list", "--json").rows == [], "what is done is no work any more"


def test_the_audit_says_who_sent_what_and_as_whom(team: Posting) -> None:
    team.types("case", "reply", "1", "Sorry.")
    (act,) = team.types("audit", "--json", "--case", "1").rows
    assert (act["agent"], act["kind"]) == ("ada", "replied")
    assert act["detail"] == {"text": "Sorry.", "send": "1", "as": "acme-social"}
    assert team.types("audit", "--verify").code == 0


def test_what_is_sent_can_t_be_undone(team: Posting) -> None:
    team.types("case", "reply", "1", "Sorry.")
    refused = team.types("case", "undo", "1")
    assert refused.code == 5
    assert "is sent: https://127.0.0.1/@acme/own-0" in refused.err
    assert "delete it there by hand" in refused.err


def test_an_answer_that_is_refused_leaves_with_6_and_brings_the_case_back(team: Posting) -> None:
    team.rig.delete(0)
    made = team.types("case", "reply", "1", "Sorry.")
    assert made.code == 6
    assert made.out.strip() == "https://example.social/@user0/0", "where to post it yourself"
    assert "not sent as acme-social: the post is gone" in made.err
    assert "The case is back" in made.err
    assert team.types("inbox", "--mine", "--json").one["first_reply_at"] is None
    listed = team.types("replies", "list").out
    assert "failed" in listed
    again = team.types("case", "reply", "1", "Sorry.", "--json")
    assert (again.code, again.one["ok"]) == (6, False)


def test_one_that_failed_is_given_again_by_its_number(team: Posting) -> None:
    team.rig.delete(0)
    team.types("case", "reply", "1", "Sorry.")
    team.rig.gone.clear()
    made = team.types("replies", "retry", "1", agent="ben")
    assert made.code == 5, "the case is ada's"
    made = team.types("replies", "retry", "1")
    assert made.code == 0
    assert made.out.startswith("2 case 1: sent")
    assert team.posts() == ["@user0 Sorry."]


def test_where_nobody_knows_it_is_looked_for_before_it_is_sent_again(team: Posting) -> None:
    team.rig.fault_writes(Reply(status=503))
    made = team.types("case", "reply", "1", "Sorry.")
    assert (made.code, made.out) == (0, "reply 1 is unknown\n")
    assert "perhaps sent as acme-social" in made.err
    assert "listener replies send" in made.err
    team.rig.fault_writes(None)
    looked = team.types("replies", "retry", "1")
    assert looked.code == 3
    assert "perhaps sent" in looked.out, "not there yet, and too early to say that it never will be"
    refused = team.types("replies", "cancel", "1")
    assert refused.code == 5
    assert "--not-there" in refused.err
    sent = team.types("replies", "retry", "1", "--not-there")
    assert sent.code == 0
    assert team.posts() == ["@user0 Sorry."]


def test_somebody_who_has_seen_it_says_so(team: Posting) -> None:
    team.rig.fault_writes(Reply(status=503))
    team.types("case", "reply", "1", "Sorry.")
    made = team.types("replies", "confirm", "1", "https://127.0.0.1/@acme/seen")
    assert made.code == 0
    assert "sent" in made.out
    assert team.types("replies", "confirm", "1", "https://127.0.0.1/@acme/seen").code == 5


def test_where_a_person_must_act_it_waits_and_can_be_called_back(team: Posting) -> None:
    team.rig.fault_writes(Reply(status=401))
    made = team.types("case", "reply", "1", "Sorry.")
    assert made.code == 0
    assert "not sent yet as acme-social" in made.err
    assert "the credentials are refused" in made.err
    assert "queued" in team.types("replies", "list").out
    assert team.types("replies", "send").code == 0, "nothing is due"
    back = team.types("replies", "cancel", "1")
    assert back.code == 0
    assert "not sent: taken back" in back.out
    assert team.types("case", "show", "1", "--json").one["case"]["first_reply_at"] is None


def test_a_reply_is_shown_with_its_words_and_where_it_belongs(team: Posting) -> None:
    team.types("case", "reply", "1", "Sorry\nabout that.")
    shown = team.types("replies", "show", "1").out.splitlines()
    assert shown[0].startswith("Reply 1 to case 1 by ada: sent ")
    assert shown[1] == "under https://example.social/@user0/0"
    assert shown[2:4] == ["  Sorry", "  about that."]
    assert team.types("replies", "show", "1", "--json").one["to"] == "https://example.social/@user0/0"
    assert team.types("replies", "show", "7").code == 2


def test_replies_send_sends_what_the_desk_left(team: Posting) -> None:
    from listener import settings
    from listener.app import sender
    from listener.store import open_store
    from listener.triage.answering import Answering
    from listener.triage.sending_handover import WayOut

    loaded = settings.load(team.at.folder, database=None)
    store = open_store(loaded.database)
    outlets = sender(loaded, store, SystemClock()).outlets
    Answering(store, loaded.triage, SystemClock(), WayOut(outlets=outlets)).reply(1, "Sorry.", "ada")
    store.close()
    assert team.posts() == []
    made = team.types("replies", "send", "--json")
    assert (made.code, made.one["state"]) == (0, "sent")
    assert "1 of 1" in made.err


def test_an_approved_answer_is_sent_by_whoever_approves_it(team: Posting) -> None:
    file = team.at.folder / "answers.toml"
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("escalated = false", "escalated = true"), encoding="utf-8")
    team.types("case", "escalate", "1", "press")
    assert "waits" in team.types("case", "reply", "1", "Sorry.").out
    made = team.types("approvals", "approve", "1", "--json", agent="ben").one
    assert (made["draft"], made["reply"]["state"], made["reply"]["agent"]) == (1, "sent", "ada")
    assert team.posts() == ["@user0 Sorry."]


def test_an_incident_s_answer_goes_out_to_all_that_it_reaches(team: Posting) -> None:
    team.hears(1)
    team.hears(2, can_reply=False, reply_note="not to us")
    team.types("incident", "open", "--case", "1", "--case", "2", "--case", "3", "--title", "Late parcels")
    team.types("incident", "answer", "1", "Sorry {name}, they are on their way.")
    team.types("incident", "approve", "1", agent="ben")
    made = team.types("incident", "send", "1", "--by-hand")
    assert made.code == 0
    assert made.err.startswith("2 sent; 1 recorded, not sent: post each yourself at its address.")
    assert len(team.posts()) == 2
    rows = team.types("case", "show", "2", "--json").one
    assert rows["replies"][0]["state"] == "sent"


def test_where_two_sources_could_send_it_neither_does(team: Posting) -> None:
    team.configure("other")
    made = team.types("case", "reply", "1", "Sorry.")
    assert made.code == 0
    assert "acme-social and other could all send it" in made.err
    assert "reply_for" in made.err
    assert team.posts() == []


def test_the_source_that_names_the_brand_goes_before_one_that_names_none(team: Posting) -> None:
    team.configure("other", '["Acme"]')
    made = team.types("case", "reply", "1", "Sorry.", "--json").one
    assert made["reply"]["source"] == "other"


def test_a_post_that_may_not_be_answered_is_recorded_with_why(team: Posting) -> None:
    team.hears(1, can_reply=False, reply_note="it doesn't mention us")
    made = team.types("case", "reply", "2", "Sorry.")
    assert made.code == 0
    assert "not sent (it doesn't mention us (bots on Mastodon answer only those who mention them))" in made.err
    assert team.posts() == []


def test_without_a_source_that_sends_there_is_nothing_to_send(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    at = counter(tmp_path / "settings", monkeypatch)
    made = at.types("replies", "send")
    assert made.code == 2
    assert "reply = true" in made.err
    assert at.types("replies", "list").code == 0
