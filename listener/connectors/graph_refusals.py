"""What a refusal of the Graph API means: told by its code, since its status is 400 for nearly everything."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from listener.connectors.boundary import name_of
from listener.connectors.graph_usage import regained
from listener.connectors.http import Answer
from listener.connectors.jsons import count, loads, table
from listener.connectors.refusals import refusal
from listener.errors import ConfigError, ListenerError, NotPermitted, RateLimited, Reauthorize, Retry

UNTOLD_WAIT = timedelta(minutes=5)
"""Where a throttled call isn't told for how long."""
SIGNED_OUT = frozenset({102, 190, 463, 467})
THROTTLED = frozenset({4, 17, 32, 341, 613, *range(80_000, 80_015)})
PASSING = frozenset({1, 2})
FORBIDDEN = frozenset({3, 10, 12, 25, 368, *range(200, 300)})
"""12: not in this version; 25: the Instagram account is restricted; 368: blocked for a while for what it did."""
GONE_CODES = frozenset({33, 803})
GONE_SUBCODES = frozenset({33, 1_349_125, 2_207_006})
"""33: no such object; 1349125: the comment is gone; 2207006: no such media."""
NO_SUCH = ("(#100) Object does not exist", "Unsupported get request", "Unsupported post request")
"""How code 100 begins where it is about an object, not about an argument."""
MOVED = 21
BLOCKED = 368
DUPLICATE = 506


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """What Meta says of a call that it didn't take."""

    code: int = 0
    """0 where it says nothing."""
    subcode: int = 0
    message: str = ""
    transient: bool = False

    @property
    def gone(self) -> bool:
        """Whether the object asked for is said not to be there, or not for us."""
        if self.code in GONE_CODES:
            return True
        about_it = self.subcode in GONE_SUBCODES or self.message.startswith(NO_SUCH)
        return self.code in (24, 100) and about_it

    @property
    def spoils_all(self) -> bool:
        """Whether one of several objects may be why the call failed as a whole."""
        return self.gone or self.code in (10, MOVED, 100)


def refusal_of(answer: Answer) -> Refusal:
    try:
        error = table(table(loads(answer.body[:65_536].decode("utf-8", "replace"))).get("error"))
    except ValueError:
        error = {}
    return Refusal(
        code=count(error.get("code")),
        subcode=count(error.get("error_subcode")),
        message=name_of(error.get("message")),
        transient=error.get("is_transient") is True,
    )


def to_error(said: Refusal, answer: Answer, now: datetime, *, who: str) -> ListenerError:
    """Named by what should be done about it."""
    words = f"{who} refuses ({said.code}): {said.message or 'no reason given'}"
    if said.code == 0 or answer.status == 429:
        return refusal(answer, now, who=who)
    if said.code in THROTTLED:
        until = now + (regained(answer.headers) or UNTOLD_WAIT)
        return RateLimited(f"{who} asks us to wait until {until:%H:%M:%S} UTC", until=until)
    if said.code in SIGNED_OUT:
        return Reauthorize(words, next_step="renew this source's secret access_token")
    if said.transient or said.code in PASSING:
        return Retry(words)
    if said.code in FORBIDDEN:
        return NotPermitted(words, next_step="check the token's permissions and the app's review")
    if answer.status >= 500:
        return Retry(words)
    return ConfigError(words, next_step="check this source's options")
