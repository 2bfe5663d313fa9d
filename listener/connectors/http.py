"""The connectors' way out: `listener.net`, with redirects followed where a reader expects it."""

from collections.abc import Callable
from urllib.parse import urljoin, urlsplit

from listener.errors import Retry
from listener.net import (
    MEBIBYTE,
    USER_AGENT,
    Answer,
    Limits,
    Request,
    fetch,
    host_of,
    is_public,
    never_sent,
    tls,
)

__all__ = [
    "MEBIBYTE",
    "USER_AGENT",
    "Answer",
    "Limits",
    "Request",
    "fetch",
    "follow",
    "host_of",
    "is_public",
    "never_sent",
    "tls",
]

MAX_REDIRECTS = 5


def follow(request: Request, limits: Limits, exchange: Callable[[Request, Limits], Answer] = fetch) -> Answer:
    """One exchange with at most five redirects, each target checked like the first; the caller's headers stay with
    the host they were meant for. `exchange` makes each of them."""
    first, moved_to = urlsplit(request.url).netloc, ""
    permanent = True
    for _ in range(MAX_REDIRECTS + 1):
        answer = exchange(request, limits)
        target = answer.headers.get("location", "")
        if answer.status not in (301, 302, 303, 307, 308) or not target:
            return Answer(
                status=answer.status, headers=answer.headers, body=answer.body, url=answer.url, moved_to=moved_to
            )
        url = urljoin(request.url, target)
        if urlsplit(url).scheme not in ("http", "https"):
            raise Retry(f"{first} redirects to {urlsplit(url).scheme}:, which is not followed")
        permanent = permanent and answer.status in (301, 308)
        moved_to = url if permanent else moved_to
        request = Request(url=url, headers=request.headers if urlsplit(url).netloc == first else {})
    raise Retry(f"{first} redirects more than {MAX_REDIRECTS} times")
