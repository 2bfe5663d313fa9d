"""E4: through Apprise's URL to a mail server on loopback: one message is one mail, whatever its subject is made of."""

import os
import re
import signal
from collections.abc import Iterator
from datetime import timedelta
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

import pytest

from listener.alerts import mail, notify, outbox
from listener.clock import VirtualClock
from listener.domain.alert import OutboxRow
from listener.domain.policy import AlertPolicy, Secret, Target
from listener.errors import ConfigError, Retry
from listener.store import open_store
from tests.alerts.building import opens, spike
from tests.alerts.mail_subjects import PIECES, decoded, fault, faults, row, subjects
from tests.alerts.mailbox import Mailbox, certified, mailbox
from tests.builders import NOON
from tests.spawning import spawner

pytest.importorskip("apprise", reason="needs the extra [notify]")

END_TO_END, COMPOSED = 200, 3_000
_processes = spawner("listener.store", "listener.alerts.notify", "apprise")


@pytest.fixture
def box() -> Iterator[Mailbox]:
    with mailbox() as box:
        yield box


def carrier(url: str) -> notify.Notifier:
    return notify.build([Target(name="mail", url=Secret(url))])["mail"]


def headers(content: bytes, name: str) -> list[str]:
    head = re.sub(rb"\r\n(?=[ \t])", b"", content.partition(b"\r\n\r\n")[0]).decode()
    return [line for line in head.split("\r\n") if line.lower().startswith(f"{name.lower()}:")]


def test_E4_each_message_is_one_mail_to_its_recipients_whatever_its_subject(box: Mailbox) -> None:
    given = [*PIECES, *subjects(END_TO_END, seed=1)]
    sends = carrier(box.url())
    for title in given:
        sends.send(row(title))
    assert len(box.mails) == len(given)
    assert {(one.sender, one.recipients) for one in box.mails} == {("desk@acme.example", ("oncall@acme.example",))}
    shown = [decoded(headers(one.content, "Subject")[0]) for one in box.mails]
    assert shown == [mail.subject_of(title) for title in given]


def test_E4_a_mail_says_its_subject_and_no_more() -> None:
    """100,000 in `make nightly`."""
    assert faults(COMPOSED) == {}


def test_E4_what_is_sent_again_is_the_same_mail_under_the_same_id(box: Mailbox) -> None:
    """The server took it and hung up before it said so."""
    box.after_data = lambda: len(box.mails) > 1
    sends = carrier(box.url())
    with pytest.raises(Retry, match="mail"):
        sends.send(row("Spike"))
    sends.send(row("Spike"))
    sends.send(row("Spike", key="spike:Acme/:1|level2|mail"))
    first, again, other = box.mails
    assert first == again
    assert headers(first.content, "Message-ID") != headers(other.content, "Message-ID")


@pytest.mark.sqlite
def test_E4_a_crash_while_the_server_takes_it_sends_it_again_under_the_same_id(box: Mailbox, tmp_path: Path) -> None:
    policy = AlertPolicy(targets=(Target(name="mail", url=Secret(box.url())),))
    store = open_store(tmp_path / "listener.db")
    opens(store, policy, spike(title="Late\r\nBcc: eve@evil.example"))
    run = _processes.Process(target=_delivers, args=(tmp_path / "listener.db", policy))

    def dies() -> bool:
        if len(box.mails) == 1:
            os.kill(run.pid or 0, signal.SIGKILL)
        return True

    box.after_data = dies
    run.start()
    run.join()
    assert run.exitcode == -signal.SIGKILL
    clock = VirtualClock(NOON)
    assert outbox.deliver(store, notify.build(policy.targets), clock, policy).sent == 0, "the claim still holds"
    clock.advance_to(NOON + outbox.LEASE)
    assert outbox.deliver(store, notify.build(policy.targets), clock, policy).sent == 1
    store.close()
    first, again = box.mails
    assert first == again


def _delivers(database: Path, policy: AlertPolicy) -> None:
    outbox.deliver(open_store(database), notify.build(policy.targets), VirtualClock(NOON), policy)


def test_E4_everybody_the_url_names_gets_the_one_mail_and_blind_copies_are_not_shown(box: Mailbox) -> None:
    more = ",ben@acme.example&cc=Carl%0d%0aX<carl@acme.example>&bcc=dora@acme.example&+X-Team=care"
    carrier(box.url(more)).send(row("Spike"))
    (sent,) = box.mails
    assert sent.recipients == tuple(f"{name}@acme.example" for name in ("oncall", "ben", "carl", "dora"))
    assert headers(sent.content, "X-Team") == ["X-Team: care"]
    assert b"dora" not in sent.content


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ("&+Bcc=eve@evil.example", "can't set that header"),
        ("&+X-A%0d%0aBcc=eve@evil.example", "can't set that header"),
    ],
)
def test_E4_a_url_that_would_forge_a_header_is_refused_without_being_shown(more: str, told: str, box: Mailbox) -> None:
    with pytest.raises(ConfigError, match=told) as caught:
        carrier(box.url(more)).send(row("Spike"))
    assert "acme.example" not in str(caught.value)
    assert box.mails == []


@pytest.mark.parametrize(
    "address", ["désk@acme.example", "a b@c.example", "a@c.example\r\nBcc: eve", "a@c,eve@evil.example"]
)
def test_E4_an_address_that_is_more_than_one_is_refused(address: str) -> None:
    with pytest.raises(ConfigError, match="no mail server takes"):
        mail._person("Ann", address, "mail")


@pytest.mark.parametrize(("code", "said"), [(550, "none of its recipients"), (451, "none of its recipients")])
def test_what_nobody_got_is_tried_again(code: int, said: str, box: Mailbox) -> None:
    box.refuses = {"oncall@acme.example": code}
    with pytest.raises(Retry, match=said):
        carrier(box.url()).send(row("Spike"))


def test_one_recipient_refused_for_good_does_not_send_it_to_the_others_again(box: Mailbox) -> None:
    box.refuses = {"gone@acme.example": 550}
    carrier(box.url(",gone@acme.example")).send(row("Spike"))
    assert [one.recipients for one in box.mails] == [("oncall@acme.example",)]


def test_one_recipient_put_off_is_tried_again(box: Mailbox) -> None:
    box.refuses = {"busy@acme.example": 451}
    with pytest.raises(Retry, match="put off 1 of 2"):
        carrier(box.url(",busy@acme.example")).send(row("Spike"))


def test_a_server_that_never_speaks_is_left_at_the_deadline(box: Mailbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mail, "DEADLINE", 0.05)
    box.silent = True
    with pytest.raises(Retry, match="no mail could be sent"):
        carrier(box.url()).send(row("Spike"))


def test_the_conversation_ends_well_before_another_process_may_take_the_message() -> None:
    assert timedelta(seconds=mail.DEADLINE + 4 * mail.TIMEOUT) < outbox.LEASE


@pytest.mark.parametrize("mode", ["ssl", "starttls"])
def test_mail_goes_over_tls_to_a_server_that_is_who_it_says(
    mode: str, box: Mailbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (box.tls, known), box.mode = certified(tmp_path), mode
    url = box.url().replace("//", "//desk:pass@")
    with pytest.raises(Retry, match="SSL"):
        carrier(url).send(row("Spike"))
    assert not any(b"AUTH" in line for line in box.commands)
    carrier(f"{url}&verify=no").send(row("Spike"))
    monkeypatch.setenv("SSL_CERT_FILE", str(known))
    carrier(url).send(row("Spike"))
    assert len(box.mails) == 2
    assert box.mails[0] == box.mails[1]


def by_hand(_mailing: mail.Mailing, given: OutboxRow) -> bytes:
    """The seeded bug: the subject as it came."""
    whole = mail.compose(_mailing, row("@"))
    return whole.replace(b"Subject: @", f"Subject: {given.title}".encode("utf-8", "replace"))


def by_email_message(_mailing: mail.Mailing, given: OutboxRow) -> bytes:
    """The seeded bug: the subject cleaned, and put into the standard library's newer message."""
    made = EmailMessage(policy=SMTP)
    made["Subject"] = mail.subject_of(given.title)
    return mail.compose(_mailing, row("@")).replace(
        b"Subject: @\r\n", made.as_bytes().partition(b"\r\n\r\n")[0] + b"\r\n"
    )


def test_E4_control_an_uncleaned_subject_is_caught() -> None:
    found = faults(500, by_hand)
    assert any("Bcc" in wrong for wrong in found.values())
    assert len(found) > 300


def test_E4_control_a_subject_whose_encoded_words_are_believed_is_caught() -> None:
    found = faults(500, by_email_message)
    assert any("=?" in title for title in found)
    assert fault("=?utf-8?q?=0D=0ABcc:_x?=", by_email_message(mail_to(), row("=?utf-8?q?=0D=0ABcc:_x?=")))


def mail_to() -> mail.Mailing:
    return mail.Mailing(host="", port=9, sender=("", "desk@acme.example"), to=(("", "oncall@acme.example"),))


def test_E4_control_an_id_of_its_own_for_each_attempt_is_caught(box: Mailbox, monkeypatch: pytest.MonkeyPatch) -> None:
    """As Apprise does it."""
    monkeypatch.setattr(mail, "is_plain_mail", lambda plugin: False)
    sends = carrier(box.url())
    sends.send(row("Spike"))
    sends.send(row("Spike"))
    first, again = box.mails
    assert headers(first.content, "Message-ID") != headers(again.content, "Message-ID")
