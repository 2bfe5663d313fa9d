"""What a platform's refusal means for us: every status becomes an error named by its recovery."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from listener.connectors.http import Answer
from listener.errors import ConfigError, ListenerError, NotPermitted, RateLimited, Reauthorize, Retry

LONGEST_WINDOW = timedelta(minutes=15)
"""No platform's window is longer; a later reset is a broken clock or a broken server."""
RESET_HEADERS = ("x-rate-limit-reset", "x-ratelimit-reset", "ratelimit-reset")
"""Names under which platforms tell when a window ends."""
UNKNOWN_WINDOW = timedelta(minutes=1)
CAPPED_PAUSE = timedelta(hours=6)
"""Between tries while a monthly quota or prepaid credits are used up: a person may top them up any time."""


def refusal(answer: Answer, now: datetime, *, who: str) -> ListenerError:
    """What an answer other than a success means for us."""
    status = answer.status
    said = f"{who} answered {status}"
    if status == 429:
        return _limited(answer, now, who)
    if status >= 500 or status in (408, 425) or status < 400:
        return Retry(said)
    match status:
        case 401:
            return Reauthorize(f"{said}: the credentials are refused", next_step="renew this source's secrets")
        case 402:
            return RateLimited(
                f"{said}: prepaid credits are used up", until=now + CAPPED_PAUSE, next_step=f"buy credits at {who}"
            )
        case 403:
            return NotPermitted(f"{said}: {_detail(answer)}", next_step="check what this app or account may do")
        case _:
            return ConfigError(f"{said}: {_detail(answer)}", next_step="check this source's options")


def _detail(answer: Answer) -> str:
    """The platform's own words, if it says any in JSON."""
    found = re.search(rb'"(?:detail|message|reason)"\s*:\s*"([^"\\]{1,200})', answer.body[:4096])
    return found[1].decode("utf-8", "replace") if found else "no reason given"


def _limited(answer: Answer, now: datetime, who: str) -> RateLimited:
    if b"usage-capped" in answer.body[:4096]:
        return RateLimited(f"{who}: the month's quota is used up", until=now + CAPPED_PAUSE)
    until = now + window(answer.headers, now)
    return RateLimited(f"{who} asks us to wait until {until:%H:%M:%S} UTC", until=until)


def window(headers: Mapping[str, str], now: datetime) -> timedelta:
    """How long a platform asks us to wait: 1 s to 15 min, a minute where it doesn't say or says nonsense.

    Instants are taken against the server's own `Date`, so that a wrong clock on either side cancels out.
    """
    server = _date(headers.get("date", "")) or now
    asked = _seconds(headers.get("retry-after", ""), server)
    if asked is None:
        resets = (headers.get(name) for name in RESET_HEADERS)
        asked = _seconds(next(filter(None, resets), ""), server)
    if asked is None or asked < 0:
        return UNKNOWN_WINDOW
    return min(max(timedelta(seconds=1), timedelta(seconds=min(asked, 1e6))), LONGEST_WINDOW)


def _seconds(text: str, server: datetime) -> float | None:
    """Seconds from now; numbers from a billion on are epoch instants."""
    if re.fullmatch(r"-?[0-9]{1,15}(\.[0-9]{1,6})?", text.strip()):
        number = float(text)
        return number - server.timestamp() if number >= 1e9 else number
    date = _date(text) or _iso(text)
    return (date - server).total_seconds() if date else None


def _iso(text: str) -> datetime | None:
    """Mastodon's way of writing when a window ends."""
    try:
        found = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return found if found.tzinfo else None


def _date(text: str) -> datetime | None:
    try:
        return parsedate_to_datetime(text).astimezone(UTC)
    except (ValueError, TypeError, OverflowError):
        return None
