"""Mastodon, the other way: an answer under a post, found again, and posts looked up again.

An answer is never seen by more people than the post it answers, and begins with its author's handle: without it nobody
is told of it. `Idempotency-Key` makes a repeated call harmless for an hour.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from listener.connectors.boundary import link_of, name_of, optional_id
from listener.connectors.jsons import rows, table
from listener.connectors.mastodon_instance import Found, Instance
from listener.connectors.mastodon_statuses import PUBLIC, local_id, oldest, read_status, words_of, written
from listener.connectors.recognise import same_words
from listener.domain.budget import Purpose
from listener.domain.mention import Mention, MentionKey
from listener.domain.platform import Fate, Rechecked, Refused, Sent
from listener.errors import ConfigError, NotPermitted, Reauthorize, Retry, SkipRecord, Uncertain

LISTED = 20
"""Posts that may be asked for in one call, since 4.3."""
NO_LIST = (400, 404, 405, 422)
NOT_TAKEN = (400, 409, 413, 422)
OWN_PAGES = 25
"""Of 40 of our own posts each, looked through for one answer."""
SKEW = timedelta(minutes=5)
"""Between the instance's clock and ours."""
URL_LENGTH = 23
"""Any address counts so much."""
_ADDRESS = re.compile(r"https?://[^\s<>\"]+", re.IGNORECASE)
_ELSEWHERE = re.compile(r"(?<![\w/])@(\w+(?:[\w.-]*\w)?)@[\w.-]*\w")
_NAMED = re.compile(r"(?:\s*@\w[\w.-]*(?:@[\w.-]*\w)?)+")
GONE = "the post is gone, or this instance can't show it to the account that is signed in"


class Answers:
    """Answers through one account."""

    def __init__(self, instance: Instance) -> None:
        self._instance = instance

    def unable(self) -> str:
        if not self._instance.signed_in:
            return "the secret access_token is missing: make one with the scopes read and write:statuses"
        if self._instance.may_not_post:
            return "the access token lacks the scope write:statuses: make one with it"
        return ""

    def reply(self, to: Mention, text: str, key: str) -> Sent | Refused:
        if why := self.unable():
            raise Reauthorize(why, next_step="see `listener connect mastodon`")
        found = locate(self._instance, to, Purpose.REPLY)
        if found is None or isinstance(found, Fate):
            return Refused(reason=GONE)
        visibility = found.get("visibility")
        if visibility not in PUBLIC:
            return Refused(reason="the post isn't public: answer it in a browser")
        words = addressed(text, name_of(table(found.get("account")).get("acct")))
        longest = self._instance.longest()
        if least_length(words) > longest:
            return Refused(reason=f"longer than the {longest:,} characters that {self._instance.host} takes")
        return self._post({"status": words, "in_reply_to_id": local_id(found), "visibility": visibility}, key)

    def _post(self, status: Mapping[str, object], key: str) -> Sent | Refused:
        try:
            made = table(self._instance.post("/api/v1/statuses", status, key))
        except ConfigError:
            if self._instance.refused_with == 404:
                return Refused(reason=self._instance.refused_saying or GONE)
            if self._instance.refused_with in NOT_TAKEN:
                return Refused(reason=self._instance.refused_saying or "the instance doesn't take it")
            raise
        except NotPermitted:
            self._instance.learn_scopes()
            raise
        if not optional_id(made.get("uri")):
            raise Uncertain(f"{self._instance.host} answered something other than the post that was made")
        return _sent(made)

    def find_sent(self, to: Mention, text: str, since: datetime) -> Sent | None:
        """An answer whose parent was deleted since says no longer what it answers; it begins with the handle."""
        answered = to.ref.rpartition(":")[2] if _is_here(self._instance, to) else self._id_of(to)
        for record in self._own(since - SKEW):
            parent = optional_id(record.get("in_reply_to_id"))
            if parent not in ("", answered):
                continue
            if _says(_words(record), text, to="" if parent else to.author.handle):
                return _sent(record)
        return None

    def _id_of(self, to: Mention) -> str:
        found = locate(self._instance, to, Purpose.REPLY)
        return local_id(found) if isinstance(found, Mapping) else ""

    def _own(self, since: datetime) -> Iterator[Mapping[str, object]]:
        """Our own posts since then, newest first. Raises `Retry` where they go on further than is looked."""
        account = self._instance.account(purpose=Purpose.REPLY)
        path, below = f"/api/v1/accounts/{account.id}/statuses", ""
        for _ in range(OWN_PAGES):
            query = {"limit": "40", "exclude_reblogs": "true", **({"max_id": below} if below else {})}
            found = self._instance.get(path, query, purpose=Purpose.REPLY)
            if not isinstance(found, list) or (found and not local_id(found[0])):
                raise Retry(f"{self._instance.host} answered something other than a list of posts")
            recent = [record for record in found if written(record, since) >= since]
            yield from map(table, recent)
            if len(recent) < len(found) or not found:
                return
            below = oldest([local_id(record) for record in found])
        raise Retry("too many posts of our own since then to tell whether this one was sent")


def _says(shown: str, text: str, *, to: str) -> bool:
    """Whether a post says `text`, whoever is named before it; `to`, if given, must be named first."""
    user = to.partition("@")[0]
    if user and not re.match(rf"@{re.escape(user)}\b", shown, re.IGNORECASE):
        return False
    return same_words(_NAMED.sub("", shown), _NAMED.sub("", text))


def _words(record: object) -> str:
    try:
        return words_of(record)
    except SkipRecord:
        return ""


def _sent(record: Mapping[str, object]) -> Sent:
    uri = optional_id(record.get("uri"))
    return Sent(key=MentionKey(platform="mastodon", native_id=uri), url=link_of(record.get("url")) or link_of(uri))


def addressed(text: str, acct: str) -> str:
    """With the author's handle at the beginning, unless it is named already."""
    if not acct or re.search(rf"(?<![\w/@])@{re.escape(acct)}(?![\w@]|\.\w)", text, re.IGNORECASE):
        return text
    return f"@{acct} {text}"


def least_length(text: str) -> int:
    """At least so long is it for Mastodon: marks and joiners not counted. The last word is the instance's."""
    plain = _ELSEWHERE.sub(r"@\1", _ADDRESS.sub("x" * URL_LENGTH, text))
    return sum(unicodedata.category(char) not in ("Mn", "Mc", "Me", "Cf", "Sk", "Lm") for char in plain)


# Looking again


def _is_here(instance: Instance, mention: Mention) -> bool:
    """Whether its `ref` was given by this instance."""
    host, _, native_id = mention.ref.rpartition(":")
    return bool(native_id) and host == instance.host


def locate(instance: Instance, mention: Mention, purpose: Purpose) -> Found | None:
    """The post on this instance; None where it isn't known here. An id that now means another post counts as none."""
    if _is_here(instance, mention):
        found = instance.status(mention.ref.rpartition(":")[2], purpose=purpose)
        return found if isinstance(found, Fate) or _is(found, mention) else None
    return instance.resolve(mention.key.native_id, purpose=purpose) if instance.signed_in else None


def _is(record: object, mention: Mention) -> bool:
    return optional_id(table(record).get("uri")) == mention.key.native_id


def recheck(instance: Instance, mentions: Sequence[Mention]) -> list[Rechecked]:
    """What became of them. What a list leaves out may only be muted or blocked, so each such post is asked for.

    "Not found" is believed where the instance shows another of these posts, or else who we are.
    """
    here = [one for one in mentions if _is_here(instance, one)]
    try:
        listed = _listed(instance, [one.ref.rpartition(":")[2] for one in here])
    except Reauthorize:
        if instance.signed_in:
            raise
        return [Rechecked(key=one.key, fate=Fate.UNAVAILABLE) for one in here]  # it shows posts to members only
    found: dict[MentionKey, Found] = {}
    for mention in mentions:
        seen: Found | None = listed.get(mention.ref.rpartition(":")[2]) if _is_here(instance, mention) else None
        if seen is None or not _is(seen, mention):
            seen = locate(instance, mention, Purpose.RECHECK)
        if seen is not None:
            found[mention.key] = seen
    if Fate.DELETED in found.values() and not any(isinstance(one, Mapping) for one in found.values()):
        instance.prove(purpose=Purpose.RECHECK)
    return [_rechecked(instance, one, found[one.key]) for one in mentions if one.key in found]


def _rechecked(instance: Instance, mention: Mention, found: Found) -> Rechecked:
    if isinstance(found, Fate):
        return Rechecked(key=mention.key, fate=found)
    try:
        read: Mention | None = read_status(found, instance.viewer([]), told=mention.can_reply)
    except (SkipRecord, ValueError):
        read = None
    return Rechecked(key=mention.key, fate=Fate.ALIVE, mention=read)


def _listed(instance: Instance, ids: list[str]) -> dict[str, Mapping[str, object]]:
    """Those that a list shows; none where the instance has no such list."""
    shown: dict[str, Mapping[str, object]] = {}
    for start in range(0, len(ids), LISTED):
        query = [("id[]", native_id) for native_id in ids[start : start + LISTED]]
        try:
            found = instance.get("/api/v1/statuses", query, purpose=Purpose.RECHECK)
        except ConfigError:
            if instance.refused_with not in NO_LIST:
                raise
            return {}
        if not isinstance(found, list):
            raise Retry(f"{instance.host} answered something other than a list of posts")
        shown |= {local_id(record): table(record) for record in rows(found)}
    return shown
