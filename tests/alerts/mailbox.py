"""A mail server on loopback that keeps each transaction as it came, and can be told to fail."""

import socketserver
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """One transaction: the envelope, and what stood between DATA and the dot."""

    sender: str
    recipients: tuple[str, ...]
    content: bytes


@dataclass(slots=True)
class Mailbox:
    """What came, and how the server behaves."""

    port: int = 0
    mails: list[Mail] = field(default_factory=list)
    commands: list[bytes] = field(default_factory=list)
    refuses: dict[str, int] = field(default_factory=dict)
    """Recipient → the code with which it is refused."""
    after_data: Callable[[], bool] = lambda: True
    """Called once a mail is taken; False hangs up without an answer."""
    silent: bool = False
    tls: ssl.SSLContext | None = None
    """Spoken from the first byte, or, with `mode` starttls, once it is asked for."""
    mode: str = "insecure"
    repeats: str = ""
    """The command that is refused, with everything heard so far for a reason."""

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    def url(self, more: str = "") -> str:
        """As Apprise takes it."""
        return f"mailto{'s' * (self.tls is not None)}://{self.host}/?mode={self.mode}&from=desk@acme.example&to=oncall@acme.example{more}"


class _Conversation(socketserver.StreamRequestHandler):
    def setup(self) -> None:
        if self._box.mode == "ssl":
            self._secure()
        super().setup()

    def _secure(self) -> None:
        assert self._box.tls is not None
        self.request = self._box.tls.wrap_socket(self.request, server_side=True)

    def finish(self) -> None:
        super().finish()
        self.request.close()

    @property
    def _box(self) -> Mailbox:
        found: Mailbox = self.server.box  # type: ignore[attr-defined]
        return found

    def handle(self) -> None:
        box = self._box
        with suppress(OSError):
            if box.silent:
                self.rfile.read()
                return
            self._say(220)
            self._converse(box)

    def _say(self, code: int) -> None:
        self.wfile.write(f"{code} -\r\n".encode())

    def _converse(self, box: Mailbox) -> None:
        sender, recipients = "", []
        while line := self.rfile.readline():
            box.commands.append(line)
            if self._refused(box, line):
                continue
            verb, _, rest = line.strip().decode().partition(":")
            match verb.upper().split():
                case ["MAIL", "FROM"]:
                    sender, recipients = _address(rest), []
                    self._say(250)
                case ["RCPT", "TO"]:
                    code = box.refuses.get(_address(rest), 250)
                    recipients += [_address(rest)] if code == 250 else []
                    self._say(code)
                case ["DATA"]:
                    self._say(354)
                    box.mails.append(Mail(sender=sender, recipients=tuple(recipients), content=self._content()))
                    if not box.after_data():
                        return
                    self._say(250)
                case ["QUIT"]:
                    self._say(221)
                    return
                case other:
                    self._greet(other)

    def _refused(self, box: Mailbox, line: bytes) -> bool:
        if not box.repeats or not line.upper().startswith(box.repeats.encode()):
            return False
        self.wfile.write(b"535 " + b" ".join(part.strip() for part in box.commands) + b"\r\n")
        return True

    def _greet(self, words: list[str]) -> None:
        if words == ["STARTTLS"]:
            self._say(220)
            super().finish()
            self._secure()
            super().setup()
            return
        if words[:1] == ["EHLO"]:
            self.wfile.write(b"250-here\r\n250-STARTTLS\r\n250 AUTH PLAIN LOGIN\r\n")
        else:
            self._say(235 if words[:1] == ["AUTH"] else 250)

    def _content(self) -> bytes:
        lines = []
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            lines.append(line[1:] if line.startswith(b".") else line)
        return b"".join(lines)


def _address(said: str) -> str:
    return said.partition("<")[2].partition(">")[0]


def certified(folder: Path) -> tuple[ssl.SSLContext, Path]:
    """A server that calls itself 127.0.0.1, and the certificate by which it is known."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a mail server")])
    us = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    begin, end = datetime(2020, 1, 1, tzinfo=UTC), datetime(2100, 1, 1, tzinfo=UTC)
    made = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), begin, end)
    cert = made.add_extension(us, critical=False).sign(key, SHA256())
    file = folder / "cert.pem"
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    file.write_bytes(private + cert.public_bytes(Encoding.PEM))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context, file


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hangs up amid a handshake is what some tests are about."""


@contextmanager
def mailbox() -> Iterator[Mailbox]:
    with _Server(("127.0.0.1", 0), _Conversation) as server:
        box = Mailbox(port=server.server_address[1])
        server.box = box  # type: ignore[attr-defined]
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        try:
            yield box
        finally:
            server.shutdown()
