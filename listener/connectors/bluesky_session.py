"""An account on Bluesky: signed in at most when needed, kept between runs, renewed when its token runs out.

Bluesky counts sign-ins by the day and locks out who makes too many. A refused token comes as status 400 with a name
in the body, not as 401. An account lives on a server of its own, which the sign-in names.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from listener.connectors.boundary import link_of, name_of
from listener.connectors.budget import credential_of
from listener.connectors.http import Answer, Limits
from listener.connectors.jsons import loads, rows, table
from listener.connectors.refusals import refusal
from listener.connectors.wire import Query, Wire
from listener.domain.budget import Purpose, Quota
from listener.domain.policy import Secret
from listener.errors import ConfigError, ListenerError, Reauthorize, Retry, Uncertain

if TYPE_CHECKING:
    from listener.connectors import Tools

WHO = "Bluesky"
SIGN_INS = Quota(units=100, period=timedelta(days=1))
"""Bluesky names 300 a day, and 100 were seen."""
CALLS = Quota(units=3000, period=timedelta(minutes=5))
_TOKEN_REFUSED = ("ExpiredToken", "InvalidToken")
_NEW_PASSWORD = "make a new app password under Settings, Privacy and security, and save it"  # noqa: S105 - words


class Declined(ConfigError):
    """Bluesky answered 400: `name` says what it holds against the call."""

    def __init__(self, message: str, *, name: str) -> None:
        super().__init__(message, next_step="check this source's options")
        self.name = name


class _TokenRefused(Reauthorize):
    """The access token has run out, or is none."""


def refuse(answer: Answer, now: datetime) -> ListenerError:
    """What an answer other than a success means; its body says more than its status."""
    name, message = _said(answer)
    if name in _TOKEN_REFUSED:
        return _TokenRefused(f"{WHO} refuses the token: {message}", next_step=_NEW_PASSWORD)
    if answer.status == 400:
        return Declined(f"{WHO} declined: {message or name or 'no reason given'}", name=name)
    return refusal(answer, now, who=WHO)


def _refuse_sign_in(answer: Answer, now: datetime) -> ListenerError:
    error = refuse(answer, now)
    if isinstance(error, (Declined, Reauthorize)):
        name, message = _said(answer)
        reason = message or name or f"status {answer.status}"
        return Reauthorize(f"{WHO} refuses the sign-in: {reason}", next_step=_NEW_PASSWORD)
    return error


def _said(answer: Answer) -> tuple[str, str]:
    """(the error's name, its words) where the answer holds any."""
    try:
        said = table(loads(answer.body[:65_536].decode("utf-8", "replace")))
    except ValueError:
        return "", ""
    return name_of(said.get("error")), name_of(said.get("message"))


def public_wire(base: str, limits: Limits, tools: "Tools") -> Wire:
    """Calls without an account; those of one address count together there."""
    budget = tools.budget(credential_of("bluesky", base), WHO)
    return Wire(base, who=WHO, limits=limits, budget=budget, clock=tools.clock, refuse=refuse)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Session:
    """A sign-in."""

    did: str
    handle: str
    home: str
    access: str = field(repr=False)
    refresh: str = field(repr=False)


class Account:
    """Calls in the name of one account; false where no account is configured."""

    def __init__(self, handle: Secret, password: Secret, pds: str, limits: Limits, tools: "Tools") -> None:
        self._handle = handle
        self._password = password
        self._pds = pds.rstrip("/")
        credential = credential_of("bluesky", self._pds, handle.reveal(), password.reveal())
        self._budget = tools.budget(credential, WHO)
        self._kept = tools.sessions()
        self._session: _Session | None = None
        self._entry = Wire(
            self._pds, who=WHO, limits=limits, budget=self._budget, clock=tools.clock, refuse=_refuse_sign_in
        )
        self._home = Wire(
            self._pds,
            who=WHO,
            limits=limits,
            budget=self._budget,
            clock=tools.clock,
            headers=self._headers,
            refuse=refuse,
        )

    def __bool__(self) -> bool:
        return bool(self._handle) and bool(self._password)

    @property
    def did(self) -> str:
        """The account's permanent id; signs in if need be. Raises as a call does."""
        return self._signed_in().did

    @property
    def known_did(self) -> str:
        """The same, if it is known without a call; else empty."""
        known = self._session or self._load()
        return known.did if known else ""

    @property
    def handle(self) -> str:
        return self._signed_in().handle

    @property
    def host(self) -> str:
        return urlsplit(self._signed_in().home).hostname or ""

    def get(self, path: str, query: Query = (), *, purpose: Purpose = Purpose.READ) -> object:
        """The JSON of an answer; a token that has run out is renewed once."""
        try:
            return self._get(path, query, purpose)
        except _TokenRefused:
            self._renew()
        return self._get(path, query, purpose)

    def post(self, path: str, data: Mapping[str, object], *, points: Quota, units: int) -> object:
        """Write something; `units` of what the account may write within a window. Raises as `Wire.post` does."""
        self._signed_in()
        self._budget.ask("points", purpose=Purpose.REPLY, units=units, quota=points)
        try:
            return self._home.post(path, data=data)
        except _TokenRefused:
            self._renew()
        return self._home.post(path, data=data)

    def _get(self, path: str, query: Query, purpose: Purpose) -> object:
        self._signed_in()
        return self._home.get(path, query, purpose=purpose, quota=CALLS)

    def _headers(self) -> Mapping[str, str]:
        return {"Authorization": f"Bearer {self._session.access}"} if self._session else {}

    def _signed_in(self) -> _Session:
        """The session in hand, the one that was kept, or a new one."""
        if self._session is None:
            kept = self._load()
            self._use(kept or self._sign_in(), fresh=kept is None)
        assert self._session is not None
        return self._session

    def _renew(self) -> None:
        """After a refusal: what another process renewed meanwhile, a renewal, or a new sign-in."""
        stale, kept = self._session, self._load()
        if kept is not None and (stale is None or kept.access != stale.access):
            self._use(kept, fresh=False)
            return
        renewed = self._refreshed(stale) if stale else None
        self._use(renewed or self._sign_in(), fresh=True)

    def _refreshed(self, stale: _Session) -> _Session | None:
        """None where the means of renewal has run out too."""
        bearer = {"Authorization": f"Bearer {stale.refresh}"}
        try:
            return self._answered("/xrpc/com.atproto.server.refreshSession", headers=bearer, known=stale)
        except Reauthorize:
            return None

    def _sign_in(self) -> _Session:
        self._budget.ask("sign-ins", purpose=Purpose.REPLY, quota=SIGN_INS)
        who = {"identifier": self._handle.reveal(), "password": self._password.reveal()}
        return self._answered("/xrpc/com.atproto.server.createSession", data=who)

    def _answered(
        self,
        path: str,
        *,
        data: object = None,
        headers: Mapping[str, str] | None = None,
        known: _Session | None = None,
    ) -> _Session:
        try:
            said = table(self._entry.post(path, data=data, headers=headers, bucket="session"))
        except Uncertain as error:  # a sign-in more does no harm
            raise Retry(f"{WHO} did not sign us in: {error.__cause__}") from error
        session = _session_of(said, _home_of(said, self._pds) or (known.home if known else self._pds))
        if session is None:
            raise Retry(f"{WHO} answered the sign-in without a session")
        return session

    def _use(self, session: _Session, *, fresh: bool) -> None:
        self._session = session
        self._home.base = session.home
        if not fresh:
            return
        kept = {"did": session.did, "handle": session.handle, "home": session.home}
        tokens = {"accessJwt": session.access, "refreshJwt": session.refresh}
        self._kept.save(self._budget.credential, Secret(json.dumps({**kept, **tokens})))

    def _load(self) -> _Session | None:
        text = self._kept.load(self._budget.credential)
        try:
            kept = table(loads(text.reveal())) if text else {}
        except ValueError:
            return None
        home = link_of(kept.get("home"))
        return _session_of(kept, home) if home else None


def _session_of(said: Mapping[str, object], home: str) -> _Session | None:
    parts = {key: said.get(key) for key in ("did", "handle", "accessJwt", "refreshJwt")}
    texts = {key: value for key, value in parts.items() if isinstance(value, str) and value.isascii() and value}
    if len(texts) < len(parts) or any(char in text for text in texts.values() for char in "\r\n"):
        return None
    session = _Session(did="", handle="", home=home, access=texts["accessJwt"], refresh=texts["refreshJwt"])
    return replace(session, did=name_of(texts["did"]), handle=name_of(texts["handle"]))


def _home_of(said: Mapping[str, object], pds: str) -> str:
    """The account's own server, as its identity names it; never less protected than the one it signed in at."""
    for service in (table(one) for one in rows(table(said.get("didDoc")).get("service"))):
        home = link_of(service.get("serviceEndpoint"))
        own = str(service.get("id", "")).endswith("#atproto_pds")
        if own and home and urlsplit(home).scheme in ("https", urlsplit(pds).scheme):
            return home.rstrip("/")
    return ""
