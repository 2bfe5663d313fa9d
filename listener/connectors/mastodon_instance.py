"""One Mastodon instance under one account, or under none: its calls, who we are there, and what it allows."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit

from listener.connectors.boundary import name_of, optional_id
from listener.connectors.budget import Budget, credential_of
from listener.connectors.http import Answer, Limits, Request
from listener.connectors.jsons import count, loads, rows, table
from listener.connectors.mastodon_statuses import Viewer
from listener.connectors.options import Options
from listener.connectors.refusals import refusal
from listener.connectors.wire import Query, Wire
from listener.domain.answers import LIMITS
from listener.domain.budget import Purpose, Quota
from listener.domain.platform import Fate
from listener.domain.policy import Secret
from listener.errors import ConfigError, ListenerError, NotPermitted, Reauthorize, Retry

if TYPE_CHECKING:
    from listener.connectors import Tools

QUOTA = Quota(units=300, period=timedelta(minutes=5))
"""Of an account, or of an address without one; what the instance says of itself goes before."""
MEANS_ABSENT = (404, 410)
POSTING = frozenset({"write", "write:statuses"})
"""Scopes either of which allows posting."""

Found = Mapping[str, object] | Fate
"""A post, or what became of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Who the token belongs to."""

    id: str
    acct: str


class Instance:
    """Asks one instance; remembers for its own life what hardly changes."""

    def __init__(self, options: Options, token: Secret, tools: "Tools") -> None:
        self.base = options.text("instance").rstrip("/")
        self.host = urlsplit(self.base).hostname or self.base
        self.clock = tools.clock
        self._token = token
        self._budget: Budget = tools.budget(credential_of("mastodon", self.base, token.reveal()), self.host)
        self._wire = Wire(
            self.base,
            who=self.host,
            limits=Limits(timeout=options.number("timeout"), deadline=options.number("deadline")),
            budget=self._budget,
            clock=tools.clock,
            headers=self._headers,
            refuse=self._refuse,
        )
        self._refused: Answer | None = None
        self._account: Account | None = None
        self._nameless = False
        self._about: Mapping[str, object] | None = None
        self._scopes: frozenset[str] | None = None

    @property
    def signed_in(self) -> bool:
        return bool(self._token)

    # Calls

    def get(self, path: str, query: Query = (), *, purpose: Purpose = Purpose.READ) -> object:
        """The JSON of an answer. Raises as `Wire.get` does."""
        return self._wire.get(path, query, bucket="api", purpose=purpose, quota=QUOTA)

    def post(self, path: str, data: object, key: str) -> object:
        """Write something once, however often it is sent with this key. Raises as `Wire.post` does."""
        return self._wire.post(path, data=data, headers={"Idempotency-Key": key})

    @property
    def refused_with(self) -> int:
        """Status of the last refusal."""
        return self._refused.status if self._refused else 0

    @property
    def refused_saying(self) -> str:
        """The instance's own words in the last refusal; empty where they aren't JSON of an API."""
        try:
            said = table(loads(self._refused.body[:65_536].decode("utf-8", "replace")) if self._refused else None)
        except ValueError:
            return ""
        return name_of(said.get("error"))

    def status(self, native_id: str, *, purpose: Purpose) -> Found:
        """One post by its id here. Raises as `get` does, and `Retry` where the answer is neither a post nor a refusal.

        A post that we may not see is answered like one that is gone, so both are `Fate.DELETED`.
        """
        try:
            found = table(self.get(f"/api/v1/statuses/{quote(native_id, safe='')}", purpose=purpose))
        except NotPermitted:
            return Fate.UNAVAILABLE
        except Reauthorize:
            if self.signed_in:
                raise
            return Fate.UNAVAILABLE  # the instance shows posts to members only
        except ConfigError as error:
            if self.refused_with in MEANS_ABSENT and self.refused_saying:
                return Fate.DELETED
            raise Retry(f"{self.host} answered {self.refused_with} without saying why") from error
        if optional_id(found.get("id")) != native_id:
            raise Retry(f"{self.host} answered something other than the post that was asked for")
        return found

    def resolve(self, uri: str, *, purpose: Purpose) -> Mapping[str, object] | None:
        """A post by its address, fetched from its own instance if need be; None where it can't be found."""
        query = {"q": uri, "type": "statuses", "resolve": "true", "limit": "1"}
        for record in rows(table(self.get("/api/v2/search", query, purpose=purpose)).get("statuses")):
            if optional_id(table(record).get("uri")) == uri:
                return table(record)
        return None

    def prove(self, *, purpose: Purpose) -> None:
        """Raises unless the instance answers as it should: then its "not found" can be believed."""
        if self.signed_in:
            self.identify(purpose=purpose)
        elif not name_of(table(self.get("/api/v1/instance", purpose=purpose)).get("uri")):
            raise Retry(f"{self.host} answers, but not as an instance does")

    # Who we are, and what is allowed

    def account(self, *, purpose: Purpose = Purpose.READ) -> Account:
        """As `identify` once said."""
        return self._account or self.identify(purpose=purpose)

    def identify(self, *, purpose: Purpose = Purpose.READ) -> Account:
        """Raises `Reauthorize` without a token, `NotPermitted` with one that may not tell, else as `get` does."""
        if not self.signed_in:
            raise Reauthorize("secret access_token is missing", next_step="see `listener connect mastodon`")
        found = table(self.get("/api/v1/accounts/verify_credentials", purpose=purpose))
        if not optional_id(found.get("id")):
            raise Retry(f"{self.host} doesn't say who the token belongs to")
        self._account = Account(id=optional_id(found.get("id")), acct=name_of(found.get("acct")))
        return self._account

    def viewer(self, records: list[object]) -> Viewer:
        """Who looks at these posts; asks who we are only where one of them mentions somebody."""
        concerned = self.signed_in and any(rows(table(record).get("mentions")) for record in records)
        account_id = self._own_id() if concerned else ""
        return Viewer(host=self.host, signed_in=self.signed_in, account_id=account_id)

    def _own_id(self) -> str:
        """Empty with a token that may not tell: what it reads can then not be answered from here."""
        if self._account is None and not self._nameless:
            try:
                self.account()
            except NotPermitted:
                self._nameless = True
        return self._account.id if self._account else ""

    def learn_scopes(self) -> frozenset[str] | None:
        """What the token may do; None where the instance doesn't tell (before 4.3)."""
        with suppress(ListenerError):
            said = table(self.get("/api/v1/apps/verify_credentials")).get("scopes")
            self._scopes = frozenset(name_of(one) for one in said) if isinstance(said, list) else None
        return self._scopes

    @property
    def may_not_post(self) -> bool:
        """Whether it was said that the token lacks the scope to post."""
        return self._scopes is not None and not self._scopes & POSTING

    def longest(self) -> int:
        """Characters of a post: what the instance says, else what Mastodon has."""
        with suppress(ListenerError):
            configured = table(table(self._description().get("configuration")).get("statuses"))
            return count(configured.get("max_characters")) or LIMITS["mastodon"]
        return LIMITS["mastodon"]

    def _description(self) -> Mapping[str, object]:
        if self._about is None:
            try:
                self._about = table(self.get("/api/v2/instance"))
            except ConfigError:  # before 4.0, and much that isn't Mastodon
                self._about = table(self.get("/api/v1/instance"))
        return self._about

    # Streams

    def streaming(self) -> str:
        """Where streams are served: often a host of their own, named as an address of web sockets."""
        about = self._description()
        urls = table(table(about.get("configuration")).get("urls")) or table(about.get("urls"))
        named = urls.get("streaming") or urls.get("streaming_api")
        scheme, _, rest = named.rstrip("/").partition("://") if isinstance(named, str) else ("", "", "")
        plain = {"wss": "https", "https": "https", "ws": "http", "http": "http"}.get(scheme, "")
        # The token goes there: never in the clear where the instance itself isn't.
        if not plain or not rest or (plain == "http" and not self.base.startswith("http://")):
            return self.base
        return f"{plain}://{rest}"

    def streamed(self, address: str) -> Request:
        """The request of one stream. Raises `RateLimited` within a declared window."""
        self._budget.ask("stream")
        return Request(url=address, headers={**self._headers(), "Accept": "text/event-stream"})

    def stream_refused(self, answer: Answer) -> ListenerError:
        return refusal(answer, self.clock.now(), who=self.host)

    def stream_blocked(self, until: datetime) -> None:
        """A stream was refused until then."""
        self._budget.blocked("stream", until)

    def _headers(self) -> Mapping[str, str]:
        return {"Authorization": f"Bearer {self._token.reveal()}"} if self._token else {}

    def _refuse(self, answer: Answer, now: datetime) -> ListenerError:
        self._refused = answer
        return refusal(answer, now, who=self.host)
