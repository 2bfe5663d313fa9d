"""A mail server on loopback that keeps each transaction as it came, and can be told to fail."""

import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field


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
    repeats: str = ""
    """The command that is refused, with everything heard so far for a reason."""

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    def url(self, more: str = "") -> str:
        """As Apprise takes it."""
        return f"mailto://{self.host}/?mode=insecure&from=desk@acme.example&to=oncall@acme.example{more}"


class _Conversation(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        box: Mailbox = self.server.box  # type: ignore[attr-defined]
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
        if words[:1] == ["EHLO"]:
            self.wfile.write(b"250-here\r\n250 AUTH PLAIN LOGIN\r\n")
        else:
            self._say(235 if words[:1] == ["AUTH"] else 250)

    def _content(self) -> bytes:
        lines = []
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            lines.append(line[1:] if line.startswith(b".") else line)
        return b"".join(lines)


def _address(said: str) -> str:
    return said.partition("<")[2].partition(">")[0]


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    request_queue_size = 64


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
