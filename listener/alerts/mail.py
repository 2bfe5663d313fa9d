"""Mail, composed and sent by us: Apprise only reads the `mailto://` URL.

    Message-ID: <5b1c…@example.com>     made of the message's key: what is sent again is the same mail, byte for byte
    Auto-Submitted: auto-generated      so that nobody's absence is answered to us

Apprise gives each attempt a Message-ID of its own, and one mail to each recipient. The standard library's EmailMessage
decodes the encoded words of a subject, and some Pythons write line breaks found in them as they are (CVE-2024-6923):
hence the older Message here, and a subject that is encoded wherever a reader could decode it.
"""

import hashlib
import logging
import re
import smtplib
import socket
import ssl
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email.charset import QP, Charset
from email.header import Header
from email.mime.nonmultipart import MIMENonMultipart
from email.policy import compat32
from email.utils import format_datetime, formataddr
from typing import Any

from listener.domain.alert import OutboxRow
from listener.domain.policy import Secret
from listener.domain.text import visible, visible_lines
from listener.errors import ConfigError, Retry

log = logging.getLogger(__name__)

TIMEOUT = 10.0
DEADLINE = 60.0
"""Of the whole conversation; well within the time for which a message is claimed."""
LONGEST_SUBJECT = 200
LONGEST_WORD = 70
_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9.-]+")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,60}")
_OURS = frozenset(
    {"subject", "from", "to", "cc", "bcc", "reply-to", "sender", "date", "message-id", "auto-submitted"}
    | {"mime-version", "content-type", "content-transfer-encoding"}
)
STARTTLS, SSL = "starttls", "ssl"

Person = tuple[str, str]
"""Display name, or none, and address."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailing:
    """Which server takes the mail, from whom, and for whom."""

    host: str
    port: int
    secure: str = ""
    """`starttls`, `ssl`, or neither."""
    user: str = ""
    password: Secret = field(default_factory=lambda: Secret(""))
    verify: bool = True
    sender: Person
    to: tuple[Person, ...]
    cc: tuple[Person, ...] = ()
    bcc: tuple[Person, ...] = ()
    reply_to: tuple[Person, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    """More of them, as the URL's `+Name=value` asks."""

    @property
    def recipients(self) -> list[str]:
        """Each once."""
        return list(dict.fromkeys(address for _, address in (*self.to, *self.cc, *self.bcc)))


def is_plain_mail(plugin: Any) -> bool:
    """Whether an Apprise plugin is SMTP mail that we can send; what it signs or encrypts by PGP we leave to it."""
    return getattr(plugin, "protocol", None) == "mailto" and getattr(plugin, "pgp_mode", "no") == "no"


def mailing_of(plugin: Any, name: str) -> Mailing:
    """What Apprise read from the URL of target `name`. Raises `ConfigError`."""

    def known(addresses: Iterable[str]) -> tuple[Person, ...]:
        return tuple(_person(plugin.names.get(address), address, name) for address in sorted(addresses))

    if not plugin.targets:
        raise ConfigError(f"target {name!r} names nobody to write to", next_step="add ?to=… to its URL")
    return Mailing(
        host=plugin.smtp_host,
        port=plugin.port,
        secure=plugin.secure_mode,
        user=plugin.user or "",
        password=Secret(plugin.password or ""),
        verify=plugin.verify_certificate,
        sender=_person(plugin.from_addr[0], plugin.from_addr[1], name),
        to=tuple(_person(display, address, name) for display, address in plugin.targets),
        cc=known(plugin.cc),
        bcc=known(plugin.bcc),
        reply_to=known(plugin.reply_to),
        headers=_asked(plugin.headers, name),
    )


def send(mailing: Mailing, row: OutboxRow, name: str) -> None:
    """One mail, in one transaction. Raises `Retry` where another attempt may reach whom this one didn't."""
    content = compose(mailing, row)
    try:
        with _connected(mailing) as server:
            refused = server.sendmail(mailing.sender[1], mailing.recipients, content)
    except smtplib.SMTPRecipientsRefused as error:
        raise Retry(f"target {name!r}: the mail server takes mail for none of its recipients") from error
    except smtplib.SMTPResponseException as error:
        raise Retry(f"target {name!r}: the mail server answered {error.smtp_code}") from error
    except (OSError, smtplib.SMTPException) as error:
        raise Retry(f"target {name!r}: no mail could be sent ({type(error).__name__})") from error
    if any(code < 500 for code, _ in refused.values()):
        raise Retry(f"target {name!r}: the mail server put off {len(refused)} of {len(mailing.recipients)} recipients")
    if refused:  # the others have it; sending it to them again would help nobody
        log.error("recipients refused for good", extra={"target": name, "refused": len(refused)})


def compose(mailing: Mailing, row: OutboxRow) -> bytes:
    """The mail, the same for the same row whenever it is sent; no header is more than one line of the row's words."""
    charset = Charset("utf-8")
    charset.body_encoding = QP
    mail = MIMENonMultipart("text", "plain", policy=compat32.clone(linesep="\r\n"))
    mail.set_payload("\n".join(visible_lines(row.body)) + "\n", charset)
    for header, value in mailing.headers.items():
        mail[header] = encoded(value, header)
    mail["Subject"] = encoded(subject_of(row.title), "Subject")
    mail["From"] = _people((mailing.sender,))
    for header, people in (("To", mailing.to), ("Cc", mailing.cc), ("Reply-To", mailing.reply_to)):
        if people:
            mail[header] = _people(people)
    mail["Message-ID"] = message_id(row.key, mailing.sender[1])
    mail["Date"] = format_datetime(row.created_at)
    mail["Auto-Submitted"] = "auto-generated"
    return mail.as_bytes()


def subject_of(title: str) -> str:
    """One line in which nothing is hidden, as its reader will see it."""
    shown = " ".join(visible(title, LONGEST_SUBJECT).split())
    return shown or "(no subject)"


def encoded(line: str, header: str) -> str:
    """As it is where every reader shows that; as encoded words where one could read more, or less, into it."""
    plain = line.isascii() and "=?" not in line and all(len(word) <= LONGEST_WORD for word in line.split())
    return Header(line, "us-ascii" if plain else "utf-8", header_name=header).encode(linesep="\n")


def message_id(key: str, sender: str) -> str:
    """The same for the same key."""
    return f"<{hashlib.sha256(key.encode('utf-8', 'surrogatepass')).hexdigest()[:40]}@{sender.rpartition('@')[2]}>"


def _people(people: Iterable[Person]) -> str:
    return ", ".join(formataddr(person, "utf-8") for person in people)


def _person(display: str | bool | None, address: str, target: str) -> Person:
    local, _, domain = address.rpartition("@")
    with suppress(UnicodeError):
        address = f"{local}@{domain.encode('idna').decode()}"
    if not _ADDRESS.fullmatch(address):
        raise ConfigError(f"target {target!r} holds an address that no mail server takes", next_step="correct its URL")
    return " ".join(visible(display or "", LONGEST_SUBJECT).split()) if isinstance(display, str) else "", address


def _asked(headers: Mapping[str, str], target: str) -> dict[str, str]:
    for name in headers:
        if not _NAME.fullmatch(name) or name.lower() in _OURS:
            raise ConfigError(f"target {target!r}: its URL can't set that header", next_step="leave out +…= from it")
    return {name: " ".join(visible(value).split()) for name, value in headers.items()}


@contextmanager
def _connected(mailing: Mailing) -> Iterator[smtplib.SMTP]:
    """A conversation that ends by its deadline, however slowly the server speaks."""
    if mailing.secure == SSL:
        server: smtplib.SMTP = smtplib.SMTP_SSL(timeout=TIMEOUT, context=_tls(mailing))
    else:
        server = smtplib.SMTP(timeout=TIMEOUT)
    ends = threading.Timer(DEADLINE, _cut, (server,))
    ends.daemon = True
    ends.start()
    try:
        server._host = mailing.host  # type: ignore[attr-defined]  # the name that TLS checks; connect() doesn't set it
        server.connect(mailing.host, mailing.port)
        if mailing.secure == STARTTLS:
            server.starttls(context=_tls(mailing))
        if mailing.user and mailing.password:
            server.login(mailing.user, mailing.password.reveal())
        yield server
        with suppress(OSError, smtplib.SMTPException):
            server.quit()  # it has taken the mail: what it says now changes nothing
    finally:
        ends.cancel()
        server.close()


def _tls(mailing: Mailing) -> ssl.SSLContext:
    context = ssl.create_default_context()
    if not mailing.verify:
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


def _cut(server: smtplib.SMTP) -> None:
    with suppress(OSError, AttributeError):
        server.sock.shutdown(socket.SHUT_RDWR)  # type: ignore[union-attr]
