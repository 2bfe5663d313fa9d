"""A platform on loopback: a script answers each request, and faults can be put in its way."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self
from urllib.parse import parse_qsl, urlsplit


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    """Names in lower case."""
    body: str = ""
    address: str = ""
    """Path and query as they came: `query` keeps only the last of a name that comes several times."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    manner: str = "whole"
    """whole, cut (half the body), hang (never), drip (a byte at a time), slow_head (likewise), endless_head."""


Script = Callable[[Asked], Reply]


class Server:
    """Serves on 127.0.0.1 while entered; `base` is its address."""

    def __init__(self, script: Script) -> None:
        self.script = script
        self.asked: list[Asked] = []
        self.fault: Reply | None = None
        """Given instead of the script's answer until it is taken away."""
        self.write_fault: Reply | None = None
        """The same for requests that write something: `writes` says which those are."""
        self.writes: Callable[[Asked], bool] = lambda asked: asked.method != "GET" and "token" not in asked.path
        self.spared = ""
        """Requests whose path begins so are never faulted."""
        self._closing = threading.Event()
        self._http = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._http.daemon_threads = True
        self.base = f"http://127.0.0.1:{self._http.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread = threading.Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self._closing.set()
        self._http.shutdown()
        self._thread.join()
        self.close()

    def close(self) -> None:
        """Of a server that was never entered, all there is to end."""
        self._http.server_close()

    def answer(self, asked: Asked) -> Reply:
        self.asked.append(asked)
        if self.write_fault is not None and self.writes(asked):
            return self.write_fault
        spared = self.spared and asked.path.startswith(self.spared)
        return self.fault if self.fault is not None and not spared else self.script(asked)

    def _handler(server) -> type[BaseHTTPRequestHandler]:  # noqa: N805 - `self` is the handler's
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def reply(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length") or 0))
                parts = urlsplit(self.path)
                asked = Asked(
                    method=self.command,
                    path=parts.path,
                    query=dict(parse_qsl(parts.query, keep_blank_values=True)),
                    headers={name.lower(): value for name, value in self.headers.items()},
                    body=body.decode(),
                    address=self.path,
                )
                try:
                    server._write(self, server.answer(asked))
                except OSError:
                    self.close_connection = True  # the client gave up, as it should

            do_GET = do_POST = reply  # noqa: N815 - http.server's names

            def log_message(self, *args: object) -> None: ...

        return Handler

    def _write(self, handler: BaseHTTPRequestHandler, reply: Reply) -> None:
        if reply.manner == "hang":
            self._closing.wait(20)
            handler.close_connection = True
            return
        head = [f"HTTP/1.1 {reply.status} X", f"Content-Length: {len(reply.body)}", "Connection: close"]
        head += [f"{name}: {value}" for name, value in reply.headers.items()]
        wire = ("\r\n".join(head) + "\r\n\r\n").encode()
        handler.close_connection = True
        if reply.manner == "endless_head":
            self._pour(handler)
            return
        if reply.manner == "slow_head":
            self._drip(handler, wire)
            return
        handler.wfile.write(wire)
        if reply.manner == "drip":
            self._drip(handler, reply.body)
        else:
            handler.wfile.write(reply.body[: len(reply.body) // 2] if reply.manner == "cut" else reply.body)

    def _pour(self, handler: BaseHTTPRequestHandler) -> None:
        """Header after header, as fast as they are taken."""
        handler.wfile.write(b"HTTP/1.1 200 X\r\n")
        for number in range(10_000_000):
            if self._closing.is_set():
                return
            handler.wfile.write(f"x-{number}: {'y' * 1000}\r\n".encode())

    def _drip(self, handler: BaseHTTPRequestHandler, wire: bytes) -> None:
        for byte in wire:
            if self._closing.wait(0.05):
                return
            handler.wfile.write(bytes([byte]))
            handler.wfile.flush()
