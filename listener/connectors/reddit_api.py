"""Reddit's calls through praw: each counted before it is made, none repeated or slept on, refusals named by recovery.

prawcore would pace calls by sleeping and repeat those that fail; here the budget paces, and the run repeats. Reddit
counts the calls of an app, whoever it signs in as; its headers tell how many are used and left, not how many there are.
"""

import re
import threading
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from praw.exceptions import PRAWException
from prawcore.exceptions import OAuthException, PrawcoreException, RequestException
from prawcore.rate_limit import RateLimiter
from prawcore.sessions import FiniteRetryStrategy

from listener.connectors.http import Answer, Limits, never_sent
from listener.connectors.jsons import loads, rows, table
from listener.connectors.refusals import refusal
from listener.connectors.transport import Transport
from listener.domain.budget import Purpose, Quota
from listener.domain.text import clean_name
from listener.errors import ConfigError, ListenerError, NotPermitted, RateLimited, Reauthorize, Retry, Uncertain

if TYPE_CHECKING:
    import praw
    import requests

    from listener.clock import Clock
    from listener.connectors.budget import Budget

QUOTA = Quota(units=1000, period=timedelta(minutes=10))
"""100 requests a minute for each app, counted over ten minutes; Reddit's headers correct it."""
CALLS = "calls"
TOKENS = "/api/v1/access_token"
_COUNT = re.compile(r"([0-9]{1,9})(?:\.[0-9]{1,9})?")
_DECLINED = (400, 403, 404, 413)


class Declined(ListenerError):
    """Reddit doesn't take this one write; the message is its own words."""


class Counted(Transport):
    """Every exchange, also those for tokens, asks the budget and tells it what was said."""

    def __init__(self, limits: Limits, budget: "Budget") -> None:
        super().__init__(limits)
        self._budget = budget
        self.purpose = Purpose.READ
        self.called = False
        """Whether the call itself was begun, and not only one for a token."""

    def send(self, request: "requests.PreparedRequest", *args: Any, **more: Any) -> "requests.Response":
        self.forget()
        self._budget.ask(CALLS, purpose=self.purpose, quota=QUOTA)
        self.called = TOKENS not in (request.url or "")
        response = super().send(request, *args, **more)
        if self.last is not None:
            self._budget.heard(CALLS, with_capacity(self.last))
        return response


def with_capacity(answer: Answer) -> Answer:
    """With the size of the window in its headers, which is what is used and what is left."""
    counted = [_COUNT.fullmatch(answer.headers.get(f"x-ratelimit-{name}", "")) for name in ("used", "remaining")]
    if not all(counted):
        return answer
    whole = sum(int(found[1]) for found in counted if found)
    return replace(answer, headers={**answer.headers, "x-ratelimit-limit": str(whole)})


class Api:
    """One app, signed in or not. Threads take turns, since praw remembers its last answer."""

    def __init__(self, reddit: "praw.Reddit", transport: Counted, clock: "Clock") -> None:
        core: Any = reddit._core
        core._rate_limiter = _Unpaced(window_size=0)
        core._retry_strategy_class = _Once
        self._reddit = reddit
        self._transport = transport
        self._clock = clock
        self._turn = threading.Lock()

    def get(
        self, path: str, params: Mapping[str, str], *, purpose: Purpose = Purpose.READ, called: str = ""
    ) -> Mapping[str, object]:
        """A JSON object; `called` stands for the path in messages."""
        with self._turn:
            self._transport.purpose = purpose
            return self._request("GET", path, called or path, params=dict(params))

    def listing(
        self, path: str, params: Mapping[str, str], *, purpose: Purpose = Purpose.READ, called: str = ""
    ) -> tuple[list[object], str]:
        """A page's children, and the name of the thing after which the next begins."""
        data = table(self.get(path, params, purpose=purpose, called=called).get("data"))
        if not isinstance(data.get("children"), list):
            raise Retry("Reddit answered something other than a listing")
        following = data.get("after")
        return rows(data["children"]), following if isinstance(following, str) else ""

    def post(self, path: str, form: Mapping[str, str]) -> Mapping[str, object]:
        """Write something. Raises `Declined`, and `Uncertain` where it may have been taken without a proper answer."""
        with self._turn:
            self._transport.purpose = Purpose.REPLY
            try:
                return self._request("POST", path, path, data=dict(form))
            except (ConfigError, NotPermitted) as error:
                if said := _declined(self._transport.last):
                    raise Declined(said) from error
                raise
            except Retry as error:
                if isinstance(error, RateLimited) or never_sent(error) or not self._transport.called:
                    raise
                raise Uncertain(f"{error}: it may have been taken all the same") from error

    def _request(self, method: str, path: str, called: str, **more: Any) -> Mapping[str, object]:
        try:
            return self._once(method, path, called, **more)
        except Reauthorize:
            if not self._transport.called:
                raise
            # The token may have been revoked before its time; praw has dropped it and asks for another one.
            return self._once(method, path, called, **more)

    def _once(self, method: str, path: str, called: str, **more: Any) -> Mapping[str, object]:
        self._transport.last, self._transport.called = None, False
        try:
            answer = self._reddit.request(method=method, path=path, **more)
        except RequestException as error:
            original = error.original_exception
            if isinstance(original, ListenerError):
                raise original from original.__cause__
            raise Retry(f"Reddit can't be reached: {type(original).__name__}") from error
        except OAuthException as error:
            raise Reauthorize(
                f"Reddit refuses the credentials: {clean_name(str(error.error))}",
                next_step="check client_id and client_secret, and that username and password sign in without 2FA",
            ) from error
        except (
            PrawcoreException,
            PRAWException,
            KeyError,
            ValueError,
            TypeError,
            AttributeError,
            AssertionError,
        ) as error:
            # prawcore raises a bare KeyError for a 401 or 403 with an unusual www-authenticate header.
            raise self._named(error, called) from error
        if not isinstance(answer, dict):
            raise Retry("Reddit answered something other than a JSON object")
        return answer

    def _named(self, error: Exception, called: str) -> Exception:
        last = self._transport.last
        if last is None:
            return error
        if 200 <= last.status < 300:
            return Retry("Reddit answered something other than JSON")
        if 300 <= last.status < 400:
            return ConfigError(f"Reddit knows nothing at {called}", next_step="check the subreddits' names")
        return refusal(last, self._clock.now(), who="Reddit")


def _declined(answer: Answer | None) -> str:
    """Why one write was declined; empty where it is the account or the network that is kept out.

    What stands before Reddit answers in HTML; a missing scope is told in a header.
    """
    if answer is None or answer.status not in _DECLINED:
        return ""
    if "insufficient_scope" in answer.headers.get("www-authenticate", ""):
        return ""
    try:
        body = loads(answer.body.decode("utf-8-sig"))
    except ValueError:
        return ""
    if not isinstance(body, dict):
        return ""
    words = next((body[name] for name in ("explanation", "reason", "message") if isinstance(body.get(name), str)), "")
    return clean_name(str(words)) or f"Reddit answered {answer.status}"


class _Unpaced(RateLimiter):
    """Neither waits nor counts: the budget does."""

    def delay(self) -> None:
        pass

    def update(self, *, response_headers: Mapping[str, str]) -> None:
        pass


class _Once(FiniteRetryStrategy):
    """No retries and no sleeping inside the library: both belong to the run."""

    def _sleep_seconds(self) -> float | None:
        return None

    def should_retry_on_failure(self) -> bool:
        return False
