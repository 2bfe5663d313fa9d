"""YouTube's Data API: its calls, what they cost, what its refusals mean, and the sign-in that writing needs.

A project has 10,000 units a day, which begin anew at midnight Pacific time: a list costs 1, a reply 50. Answers don't
say what is left, so it is counted here. Reading takes a key; replying takes an access token, which a refresh token
yields for an hour. Both belong to one project, so they share its units.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from listener.connectors.boundary import name_of, optional_id
from listener.connectors.budget import credential_of
from listener.connectors.http import Answer, Limits
from listener.connectors.jsons import count, loads, rows, table
from listener.connectors.options import Options
from listener.connectors.refusals import UNKNOWN_WINDOW, refusal
from listener.connectors.wire import Wire
from listener.domain.budget import Purpose, Quota
from listener.domain.policy import Secret
from listener.errors import (
    BadCursor,
    ConfigError,
    ListenerError,
    NotPermitted,
    RateLimited,
    Reauthorize,
    Retry,
    Uncertain,
)

if TYPE_CHECKING:
    from listener.connectors import Tools

BASE = "https://www.googleapis.com"
OAUTH = "https://oauth2.googleapis.com"
PACIFIC = ZoneInfo("America/Los_Angeles")
UNITS = 10_000
LIST, INSERT = 1, 50
"""What calls cost."""
BUCKET = "units"
NEARLY_OVER = timedelta(minutes=1)
"""Before its end a token is taken for ended."""
SIGN_IN = ("refresh_token", "client_id", "client_secret")
"""Secrets that replying needs."""

_SPENT = ("quotaExceeded", "dailyLimitExceeded")
_TOO_FAST = ("rateLimitExceeded", "userRateLimitExceeded")
_BAD_KEY = ("keyInvalid", "keyExpired", "badRequest.keyInvalid", "API_KEY_INVALID")


def next_midnight(now: datetime) -> datetime:
    """When the day's units begin anew."""
    there = now.astimezone(PACIFIC)
    midnight = there.replace(hour=0, minute=0, second=0, microsecond=0, fold=0) + timedelta(days=1)
    return midnight.astimezone(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """A token that writes, and until when."""

    token: Secret
    until: datetime


class Api:
    """One project's calls."""

    def __init__(self, options: Options, secrets: Mapping[str, Secret], tools: "Tools") -> None:
        self._clock = tools.clock
        self._secrets = secrets
        self._access: Access | None = None
        self.channel = ""
        """Our own channel's id, once asked for."""
        self.reason = ""
        """The reason of the last refusal, in YouTube's word."""
        limits = Limits(timeout=options.number("timeout"), deadline=options.number("deadline"))
        key = secrets["api_key"].reveal()
        budget = tools.budget(credential_of("youtube", key), "YouTube")
        base = options.text("api_base") or BASE
        # The key goes into a header: an address is logged by every proxy on its way.
        self._read = Wire(
            base,
            who="YouTube",
            limits=limits,
            budget=budget,
            clock=tools.clock,
            headers=lambda: {"X-Goog-Api-Key": key},
            refuse=self._refused,
        )
        self._own = Wire(
            base,
            who="YouTube",
            limits=limits,
            budget=budget,
            clock=tools.clock,
            headers=self._signed,
            refuse=self._refused,
        )
        self._door = Wire(
            options.text("oauth_base") or OAUTH,
            who="Google's sign-in",
            limits=limits,
            budget=budget,
            clock=tools.clock,
            refuse=_not_let_in,
        )

    @property
    def missing(self) -> list[str]:
        """Secrets that replying still needs."""
        return [name for name in SIGN_IN if not self._secrets.get(name)]

    # Calls

    def list(
        self, what: str, query: Mapping[str, str], *, purpose: Purpose = Purpose.READ, own: bool = False
    ) -> Mapping[str, object]:
        """A list; `own`: as our channel sees it. Raises as `Wire.get` does, and `Retry` without items."""
        if own:
            self._sign_in()
        wire = self._own if own else self._read
        path = f"/youtube/v3/{what}"
        answer = table(wire.get(path, query, bucket=BUCKET, purpose=purpose, units=LIST, quota=self._quota()))
        if not isinstance(answer.get("items"), list):
            raise Retry("YouTube answered without a list")
        return answer

    def insert(self, what: str, data: object) -> Mapping[str, object]:
        """Write something. Raises as `Wire.post` does."""
        fresh = self._sign_in()
        try:
            return self._insert(what, data)
        except Reauthorize:
            if fresh:
                raise
            self._access = None  # it was taken back before its time; the refusal says that nothing was written
            self._sign_in()
            return self._insert(what, data)

    def _insert(self, what: str, data: object) -> Mapping[str, object]:
        path = f"/youtube/v3/{what}?part=snippet"
        return table(self._own.post(path, data=data, bucket=BUCKET, units=INSERT, quota=self._quota()))

    def own_channel(self) -> str:
        """Who we are: one unit, once. Raises as `list` does, and `Reauthorize` where the account has no channel."""
        if not self.channel:
            answer = self.list("channels", {"part": "id", "mine": "true"}, purpose=Purpose.REPLY, own=True)
            found = [optional_id(table(one).get("id")) for one in rows(answer.get("items"))]
            if not found or not found[0]:
                raise Reauthorize("the account that signed in has no channel", next_step="sign in as the channel")
            self.channel = found[0]
        return self.channel

    def _quota(self) -> Quota:
        now = self._clock.now()
        return Quota(units=UNITS, period=next_midnight(now) - now)

    # Signing in

    def _signed(self) -> Mapping[str, str]:
        return {"Authorization": f"Bearer {self._access.token.reveal()}"} if self._access else {}

    def _sign_in(self) -> bool:
        """Have a token that isn't over; whether it is a new one. Raises `Reauthorize` and `Retry`: no write."""
        if self._access is not None and self._access.until > self._clock.now():
            return False
        if self.missing:
            words = f"secrets are missing: {', '.join(self.missing)}"
            raise Reauthorize(words, next_step="see `listener connect youtube`")
        form = {name: self._secrets[name].reveal() for name in SIGN_IN}
        try:
            answer = table(self._door.post("/token", form={**form, "grant_type": "refresh_token"}, bucket="token"))
        except Uncertain as error:
            raise Retry("Google's sign-in doesn't answer as it should") from error
        token, seconds = answer.get("access_token"), count(answer.get("expires_in"))
        if not isinstance(token, str) or not token or not token.isascii() or not token.isprintable():
            raise Retry("Google's sign-in answered without a token")
        self._access = Access(token=Secret(token), until=self._until(seconds))
        return True

    def _until(self, seconds: int) -> datetime:
        lasting = timedelta(seconds=min(seconds, 86_400))
        return self._clock.now() + max(lasting - NEARLY_OVER, timedelta())

    # Refusals

    def _refused(self, answer: Answer, now: datetime) -> ListenerError:
        """Its reason says more than its status: a spent quota and a forbidden video are both 403."""
        self.reason = reason = reason_of(answer)
        if reason in _SPENT:
            until = next_midnight(now)
            return RateLimited("YouTube: the day's quota is used up until midnight Pacific time", until=until)
        if reason in _TOO_FAST:
            return RateLimited("YouTube asks us to slow down", until=now + UNKNOWN_WINDOW)
        if reason in _BAD_KEY:
            return Reauthorize("YouTube refuses the API key", next_step="renew this source's secret api_key")
        if reason == "commentsDisabled":
            return NotPermitted("comments are switched off there", next_step="name another video, or a channel")
        if reason == "invalidPageToken":
            return BadCursor("YouTube no longer knows the page")
        return refusal(answer, now, who="YouTube")


def reason_of(answer: Answer) -> str:
    """The first error's reason; empty where none is given."""
    try:
        body = table(loads(answer.body[:65_536].decode("utf-8", "replace")))
    except ValueError:
        return ""
    errors = rows(table(body.get("error")).get("errors"))
    reason = table(errors[0]).get("reason") if errors else ""
    return reason if isinstance(reason, str) else ""


def _not_let_in(answer: Answer, now: datetime) -> ListenerError:
    """RFC 6749: a refresh token that was taken back or ran out is a 400."""
    try:
        said = name_of(table(loads(answer.body[:65_536].decode("utf-8", "replace"))).get("error"))
    except ValueError:
        said = ""
    if answer.status in (400, 401, 403) and said:
        words = f"Google refuses the sign-in ({said})"
        return Reauthorize(words, next_step="sign in as the channel again and renew the secret refresh_token")
    error = refusal(answer, now, who="Google's sign-in")
    return Retry(str(error)) if isinstance(error, ConfigError) else error
