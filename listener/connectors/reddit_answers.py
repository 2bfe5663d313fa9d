"""Reddit, the other way: an answer under a post or comment, found again, and posts looked up again.

There is no key that makes a repeated call harmless: before anything is sent again, the account's own comments are read.
Reddit says why it takes no comment in an answer that looks like a success, as `[code, words, field]`.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from urllib.parse import quote

from listener.connectors.boundary import link_of, optional_id
from listener.connectors.instants import parse_instant
from listener.connectors.jsons import rows, table
from listener.connectors.recognise import same_words
from listener.connectors.reddit_api import Api, Declined
from listener.connectors.reddit_things import PLATFORM, SITE, Reading, is_gone, is_under_review, read_thing
from listener.domain.answers import LIMITS
from listener.domain.budget import Purpose
from listener.domain.mention import Mention, MentionKey
from listener.domain.platform import Fate, Rechecked, Refused, Sent
from listener.domain.text import clean_name
from listener.errors import RateLimited, Reauthorize, Retry, SkipRecord, Uncertain

LONGEST = LIMITS[PLATFORM]
LISTED = 100
OWN_PAGES = 10
"""Of 100 of our own comments each: Reddit lists no more."""
SKEW = timedelta(minutes=5)
"""Between Reddit's clock and ours."""
UNKNOWN_PAUSE = timedelta(minutes=10)
LONGEST_PAUSE = timedelta(hours=6)
_FULLNAME = re.compile(r"t[13]_[a-z0-9_]{1,20}")
_PAUSE = re.compile(r"([0-9]{1,4}) (millisecond|second|minute|hour)")
_SECONDS = {"millisecond": 0.001, "second": 1.0, "minute": 60.0, "hour": 3600.0}

PAUSES = ("RATELIMIT", "QUOTA_FILLED")
UNCLEAR = ("SOMETHING_IS_BROKEN", "INTERNAL_SERVER_ERROR")
SIGNED_OUT = ("USER_REQUIRED", "LOGGED_OUT")
REFUSALS: Mapping[str, str] = {
    "TOO_LONG": f"longer than the {LONGEST:,} characters that Reddit takes",
    "NO_TEXT": "a reply needs words",
    "THREAD_LOCKED": "the thread is locked",
    "COMMENT_LOCKED": "the comment is locked",
    "TOO_OLD": "the thread is archived",
    "DELETED_COMMENT": "the comment is gone",
    "DELETED_LINK": "the post is gone",
    "COMMENT_UNREPLIABLE": "this comment takes no replies",
    "USER_BLOCKED": "its author has blocked the account",
    "SUBREDDIT_BANNED": "the account is banned there",
    "BANNED_FROM_SUBREDDIT": "the account is banned there",
}
"""By Reddit's code: what it means for one reply, which is never taken. Other codes speak in Reddit's words."""


class Answers:
    """Answers through one account, whose name stays out of messages: it is among the secrets."""

    def __init__(self, api: Api, account: str) -> None:
        self._api = api
        self._account = account

    def unable(self) -> str:
        if self._account:
            return ""
        return "the secrets username and password are missing: of the account that owns the script app, without 2FA"

    def reply(self, to: Mention, text: str, now: datetime) -> Sent | Refused:
        if why := self.unable():
            raise Reauthorize(why, next_step="see `listener connect reddit`")
        if not _FULLNAME.fullmatch(to.key.native_id):
            return Refused(reason="its id is none of Reddit's: answer it in a browser")
        if not text.strip():
            return Refused(reason=REFUSALS["NO_TEXT"])
        if len(text) > LONGEST:
            return Refused(reason=REFUSALS["TOO_LONG"])
        try:
            answer = self._api.post("api/comment/", {"thing_id": to.key.native_id, "text": text})
        except Declined as error:
            return Refused(reason=f"Reddit takes no reply there from the account: {error}")
        return _taken(table(answer.get("json")), now)

    def find_sent(self, to: Mention, text: str, since: datetime) -> Sent | None:
        """By what it answers and what it says: Reddit keeps a comment's Markdown as it was written."""
        if why := self.unable():
            raise Reauthorize(why, next_step="see `listener connect reddit`")
        for data in self._own(since - SKEW):
            body = data.get("body")
            if data.get("parent_id") == to.key.native_id and isinstance(body, str) and same_words(body, text):
                return _sent(data)
        return None

    def _own(self, since: datetime) -> Iterator[Mapping[str, object]]:
        """Our own comments since then, newest first. Raises `Retry` where they go on further than Reddit lists."""
        after, followed = "", set[str]()
        for _ in range(OWN_PAGES):
            query = {"sort": "new", "limit": "100", **({"after": after} if after else {})}
            path = f"user/{quote(self._account, safe='')}/comments/"
            children, after = self._api.listing(path, query, purpose=Purpose.REPLY, called="the account's own comments")
            own = [table(table(child).get("data")) for child in children]
            recent = [data for data in own if _at(data, since) >= since]
            yield from recent
            if len(recent) < len(own) or not after:
                return
            if after in followed or not own:
                raise Retry("Reddit's list of the account's own comments leads nowhere")
            followed.add(after)
        raise Retry("too many comments of our own since then to tell whether this one was sent")


def _at(data: Mapping[str, object], unknown: datetime) -> datetime:
    try:
        return parse_instant(data.get("created_utc"))
    except ValueError:
        return unknown


def _taken(answer: Mapping[str, object], now: datetime) -> Sent | Refused:
    """What became of a comment. Raises `RateLimited`, `Reauthorize`, and `Uncertain` where Reddit doesn't say."""
    if errors := rows(answer.get("errors")):
        return _refused([str(part) for part in rows(errors[0])], answer.get("ratelimit"), now)
    things = rows(table(answer.get("data")).get("things"))
    data = table(table(things[0]).get("data")) if things else {}
    if not _FULLNAME.fullmatch(str(data.get("name"))):
        # In a quarantined subreddit that the account never entered, Reddit takes a comment and shows nothing of it.
        raise Uncertain("Reddit answered something other than the comment that was made")
    return _sent(data)


def _refused(error: list[str], ratelimit: object, now: datetime) -> Refused:
    code, words = (*error, "", "")[:2]
    said = clean_name(words) or clean_name(code) or "no reason given"
    if code in PAUSES:
        until = now + _pause(ratelimit, words)
        raise RateLimited(f"Reddit takes no comment until {until:%H:%M:%S} UTC: {said}", until=until)
    if code in SIGNED_OUT:
        raise Reauthorize(f"Reddit refuses the account: {said}", next_step="check username and password")
    if not code or code in UNCLEAR:
        raise Uncertain(f"Reddit: {said}")
    return Refused(reason=REFUSALS.get(code) or f"Reddit: {said}")


def _pause(ratelimit: object, words: str) -> timedelta:
    """How long Reddit asks the account to rest: in a field, else in words."""
    found = _PAUSE.search(words)
    seconds = ratelimit if isinstance(ratelimit, (int, float)) and not isinstance(ratelimit, bool) else None
    if seconds is None and found:
        # "9 minutes" may be nearly ten.
        seconds = (int(found[1]) + 1) * _SECONDS[found[2]]
    if seconds is None or not 0 < seconds < 1e9:
        return UNKNOWN_PAUSE
    return min(max(timedelta(seconds=1), timedelta(seconds=seconds)), LONGEST_PAUSE)


def _sent(data: Mapping[str, object]) -> Sent:
    name = optional_id(data.get("name"))
    path, link = data.get("permalink"), optional_id(data.get("link_id")).removeprefix("t3_")
    if not (isinstance(path, str) and path.startswith("/r/")):
        path = f"/comments/{link}/_/{name.removeprefix('t1_')}/" if link else ""
    return Sent(key=MentionKey(platform=PLATFORM, native_id=name), url=link_of(SITE + path) if path else "")


# Looking again


def recheck(api: Api, mentions: Sequence[Mention], reading: Reading) -> list[Rechecked]:
    """What became of them. Reddit tells of what is gone, and leaves out what it doesn't know: of that nothing is said,
    nor of what an answer without anything leaves out."""
    asked = {one.key.native_id: one for one in mentions if _FULLNAME.fullmatch(one.key.native_id)}
    names, told = list(asked), list[Rechecked]()
    for start in range(0, len(names), LISTED):
        ids = ",".join(names[start : start + LISTED])
        children, _ = api.listing("api/info/", {"id": ids}, purpose=Purpose.RECHECK)
        for child in children:
            mention = asked.get(str(table(table(child).get("data")).get("name")))
            if mention is not None:
                told.append(_rechecked(child, mention, reading))
    return told


def _rechecked(record: object, mention: Mention, reading: Reading) -> Rechecked:
    if is_gone(record):
        return Rechecked(key=mention.key, fate=Fate.DELETED)
    if is_under_review(record):
        return Rechecked(key=mention.key, fate=Fate.UNAVAILABLE)
    try:
        read = read_thing(record, replace(reading, told=mention.can_reply))
    except (SkipRecord, ValueError):
        return Rechecked(key=mention.key, fate=Fate.ALIVE)
    return Rechecked(key=mention.key, fate=Fate.ALIVE, mention=read)
