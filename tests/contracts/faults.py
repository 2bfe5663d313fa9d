"""What goes wrong out there: answers that are none, and items that can't be read."""

import gzip
from dataclasses import dataclass

from listener.errors import ListenerError, NotPermitted, RateLimited, Reauthorize, Retry
from tests.contracts.server import Reply


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    name: str
    reply: Reply
    error: type[ListenerError]


def _limited(**headers: str) -> Reply:
    return Reply(status=429, headers={name.replace("_", "-"): value for name, value in headers.items()})


HTML = b"<html><body><h1>It works!</h1></body></html>"

FAULTS = (
    Fault(name="401", reply=Reply(status=401, body=b'{"error": 401}'), error=Reauthorize),
    Fault(
        name="401 invalid_token",
        reply=Reply(status=401, headers={"www-authenticate": 'Bearer realm="r", error="invalid_token"'}),
        error=Reauthorize,
    ),
    Fault(name="403", reply=Reply(status=403, body=b'{"detail": "not for you"}'), error=NotPermitted),
    Fault(name="403 html", reply=Reply(status=403, body=HTML), error=NotPermitted),
    Fault(name="402", reply=Reply(status=402), error=RateLimited),
    Fault(name="429 bare", reply=_limited(), error=RateLimited),
    Fault(name="429 retry-after", reply=_limited(retry_after="30"), error=RateLimited),
    Fault(name="429 date", reply=_limited(retry_after="Mon, 02 Mar 2026 12:10:00 GMT"), error=RateLimited),
    Fault(name="429 negative", reply=_limited(retry_after="-5"), error=RateLimited),
    Fault(name="429 garbage", reply=_limited(x_rate_limit_reset="soon", retry_after="later"), error=RateLimited),
    Fault(name="429 in 2099", reply=_limited(x_rate_limit_reset="4070908800"), error=RateLimited),
    Fault(name="429 numeric error", reply=Reply(status=429, body=b'{"error": 429}'), error=RateLimited),
    Fault(name="500", reply=Reply(status=500, body=HTML), error=Retry),
    Fault(name="503", reply=Reply(status=503), error=Retry),
    Fault(name="html", reply=Reply(body=HTML), error=Retry),
    Fault(name="null", reply=Reply(body=b"null"), error=Retry),
    Fault(name="list", reply=Reply(body=b"[]"), error=Retry),
    Fault(name="empty", reply=Reply(), error=Retry),
    Fault(name="half of the JSON", reply=Reply(body=b'{"data": [{"id": "1", "te'), error=Retry),
    Fault(name="bottomless", reply=Reply(body=b"[" * 200_000), error=Retry),
    Fault(name="cut off", reply=Reply(body=b'{"data": [], "hits": [], "meta": {}}' * 50, manner="cut"), error=Retry),
    Fault(name="too large", reply=Reply(body=b" " * 9_000_000), error=Retry),
    Fault(name="silence", reply=Reply(manner="hang"), error=Retry),
    Fault(name="a drip", reply=Reply(body=b" " * 4000, manner="drip"), error=Retry),
    Fault(
        name="a bomb",
        reply=Reply(body=gzip.compress(b" " * 300_000_000, 1), headers={"content-encoding": "gzip"}),
        error=Retry,
    ),
    Fault(name="an endless head", reply=Reply(manner="endless_head"), error=Retry),
    Fault(name="a slow head", reply=Reply(body=b"{}", manner="slow_head"), error=Retry),
)


MALFORMED = (
    "null",
    "17",
    '"text"',
    "[]",
    "{}",
    '{"id": null}',
    '{"id": true, "text": 5, "created_at": []}',
    '{"id": ' + "9" * 5000 + ', "text": "x", "created_at": "2026-03-02T12:00:00Z"}',
    '{"id": "7", "text": "x", "created_at": "yesterday", "data": {"name": "t3_x", "created_utc": "yesterday"}}',
    '{"id": "8", "text": ' + "[" * 100_000 + "]" * 100_000 + "}",
    '{"id": NaN, "text": Infinity, "created_at": NaN, "kind": "t3", "data": {"name": NaN}}',
    '{"id": "", "text": "x", "objectID": "", "kind": "t1", "data": {"name": "", "body": "x", "created_utc": 1}}',
    '{"id": "10", "id": {}, "text": "x", "objectID": [], "kind": "t3", "data": null}',
    '{"id": "11", "text": null, "objectID": "1", "created_at_i": 1e300, "kind": "t3", "data": {"name": "t3_a"}}',
)
BROKEN_ENTRY = "<item></item>"
