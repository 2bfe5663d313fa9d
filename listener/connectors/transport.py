"""Puts libraries built on requests onto our own transport: same deadline, same byte cap, no redirects, no surprises."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import BaseAdapter
from requests.structures import CaseInsensitiveDict

from listener.connectors.http import Answer, Limits, Request, fetch
from listener.connectors.jsons import loads


class _Response(requests.Response):
    """A whole answer whose JSON is read by our own tolerant reader."""

    def __init__(self, answer: Answer, request: requests.PreparedRequest) -> None:
        super().__init__()
        self.status_code = answer.status
        # Without a target no redirect is followed: the authorization would go along.
        self.headers = CaseInsensitiveDict({k: v for k, v in answer.headers.items() if k != "location"})
        self.url = request.url or answer.url
        self.request = request
        self.encoding = "utf-8"
        self._content = answer.body
        self._content_consumed = True

    def json(self, **_: Any) -> Any:
        try:
            return loads(self.content.decode("utf-8-sig"))
        except ValueError as error:
            raise requests.JSONDecodeError(str(error), "", 0) from error


class Transport(BaseAdapter):
    """An adapter to mount on a `requests.Session`; `last` is the latest answer, however the library took it."""

    def __init__(self, limits: Limits, *, rewrite: tuple[str, str] | None = None) -> None:
        super().__init__()
        self._limits = limits
        self._rewrite = rewrite
        self.last: Answer | None = None

    def mount_on(self, session: requests.Session) -> None:
        """Become the only way out of a session."""
        session.mount("https://", self)
        session.mount("http://", self)

    def send(
        self,
        request: requests.PreparedRequest,
        stream: bool = False,
        timeout: Any = None,
        verify: Any = True,
        cert: Any = None,
        proxies: Mapping[str, str] | None = None,
    ) -> requests.Response:
        self.last = None
        self.last = fetch(_converted(request, self._rewrite), self._limits)
        return _Response(self.last, request)

    def forget(self) -> None:
        """Whatever comes next, the latest answer isn't that of an earlier call."""
        self.last = None

    def close(self) -> None:
        """Nothing is kept open between calls."""


def _converted(request: requests.PreparedRequest, rewrite: tuple[str, str] | None) -> Request:
    url = request.url or ""
    if rewrite is not None and url.startswith(rewrite[0]):
        url = rewrite[1].rstrip("/") + url[len(rewrite[0]) :]
    skipped = ("host", "content-length", "connection", "accept-encoding")
    headers = {str(name): _text(value) for name, value in request.headers.items() if name.lower() not in skipped}
    assert urlsplit(url).scheme in ("http", "https")
    return Request(
        method=request.method or "GET",
        url=url,
        headers=headers,
        content=_bytes(request.body),
    )


def _bytes(body: object) -> bytes:
    """Tokens and forms only: nothing is uploaded from a file."""
    assert body is None or isinstance(body, (str, bytes))
    return body.encode() if isinstance(body, str) else body or b""


def _text(value: str | bytes) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else value
