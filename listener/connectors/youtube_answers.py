"""YouTube, the other way: an answer in a thread, found again, and comments looked up again.

Threads are one level deep: who answers a reply answers in its thread and names its author first. There is no key that
makes a repeated call harmless, so a thread is read before anything is sent again. What YouTube holds back for review is
shown to nobody, and can't be found.
"""

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta

from listener.connectors.boundary import link_of, optional_id
from listener.connectors.instants import parse_instant
from listener.connectors.jsons import rows, table
from listener.connectors.recognise import same_words
from listener.connectors.youtube_api import Api
from listener.connectors.youtube_comments import Answering, read_comment, thread_comments
from listener.connectors.youtube_threads import Threads, replies_of
from listener.domain.answers import LIMITS
from listener.domain.budget import Purpose
from listener.domain.mention import Mention, MentionKey
from listener.domain.platform import Fate, Rechecked, Refused, Sent
from listener.errors import ConfigError, NotPermitted, Reauthorize, Retry, SkipRecord, Uncertain

LISTED = 49
"""Comments asked for in one call, which takes 50: a place is kept for one that surely stands."""
LONGEST = LIMITS["youtube"]
SKEW = timedelta(minutes=5)
"""Between YouTube's clock and ours."""

REFUSALS: Mapping[str, str] = {
    "commentTextRequired": "a reply needs words",
    "commentTextTooLong": "longer than YouTube takes",
    "invalidCommentMetadata": "YouTube can't read it",
    "processingFailure": "YouTube couldn't take it",
    "operationNotSupported": "this thread takes no replies",
    "parentCommentIsPrivate": "the comment isn't public",
    "parentCommentNotFound": "the comment is gone",
    "commentNotFound": "the comment is gone",
    "videoNotFound": "the video is gone",
    "commentsDisabled": "comments are switched off there",
    "ineligibleAccount": "the account that signed in must first be joined with its channel",
}
"""By YouTube's reason: what it means for one reply, which is never taken."""


class Answers:
    """Answers as one channel."""

    def __init__(self, api: Api, threads: Threads) -> None:
        self._api = api
        self._threads = threads

    def unable(self) -> str:
        if not self._api.missing:
            return ""
        named = ", ".join(self._api.missing)
        return f"a key reads only; to reply, sign in as the channel once and give the secrets that are missing: {named}"

    def reply(self, to: Mention, text: str) -> Sent | Refused:
        if why := self.unable():
            raise Reauthorize(why, next_step="see `listener connect youtube`")
        words = addressed(to, text)
        if len(words) > LONGEST:
            return Refused(reason=f"longer than the {LONGEST:,} characters that YouTube takes")
        self._api.reason = ""
        try:
            made = self._api.insert("comments", {"snippet": {"parentId": _thread(to), "textOriginal": words}})
        except (NotPermitted, ConfigError) as error:
            if self._api.reason in REFUSALS:
                return Refused(reason=REFUSALS[self._api.reason])
            if self._api.reason == "insufficientPermissions":
                step = "sign in again and allow the scope youtube.force-ssl"
                raise NotPermitted("the sign-in doesn't allow comments", next_step=step) from error
            raise
        if not optional_id(made.get("id")):
            raise Uncertain("YouTube answered something other than the comment that was made")
        return _sent(to, optional_id(made.get("id")))

    def find_sent(self, to: Mention, text: str, since: datetime) -> Sent | None:
        us, words = self._api.own_channel(), addressed(to, text)
        found, whole = replies_of(self._api, _thread(to), purpose=Purpose.REPLY, own=True)
        for record in found:
            said = table(table(record).get("snippet"))
            ours = optional_id(table(said.get("authorChannelId")).get("value")) == us
            shown = said.get("textOriginal") or said.get("textDisplay")
            recent = _at(said.get("publishedAt"), since) >= since - SKEW
            if ours and recent and isinstance(shown, str) and same_words(shown, words):
                return _sent(to, optional_id(table(record).get("id")))
        if not whole:
            raise Retry("the thread has too many replies to tell whether this one was sent")
        return None

    # Looking again

    def recheck(self, mentions: Sequence[Mention]) -> list[Rechecked]:
        """A comment that is gone is left out of a list. If all of a list are, another one must be shown beside them:
        an answer without anything says nothing of anything."""
        told: list[Rechecked] = []
        for start in range(0, len(mentions), LISTED):
            batch = mentions[start : start + LISTED]
            ids = [mention.key.native_id for mention in batch]
            shown = self._shown(ids) or self._beside_another(ids)
            told += [self._rechecked(mention, shown.get(mention.key.native_id)) for mention in batch if shown]
        return told

    def _shown(self, ids: list[str]) -> dict[str, object]:
        """Comments by their ids. Raises `Retry` where something else is shown."""
        query = {"part": "snippet", "id": ",".join(ids), "textFormat": "plainText"}
        answer = self._api.list("comments", query, purpose=Purpose.RECHECK)
        shown = {optional_id(table(record).get("id")): record for record in rows(answer.get("items"))}
        if not shown.keys() <= set(ids):
            raise Retry("YouTube showed other comments than were asked for")
        return shown

    def _beside_another(self, ids: list[str]) -> dict[str, object]:
        """What is shown when they are asked for together with a comment that surely stands."""
        newest = [one for thread in self._threads.one() for one in thread_comments(thread)]
        standing = [found for one in newest if (found := optional_id(table(one).get("id"))) and found not in ids]
        if not standing:
            return {}
        return self._shown([*ids, standing[0]])

    def _rechecked(self, mention: Mention, record: object) -> Rechecked:
        if record is None:
            return Rechecked(key=mention.key, fate=Fate.DELETED)
        try:
            read = read_comment(record, Answering(able=mention.can_reply))
        except (SkipRecord, ValueError):
            return Rechecked(key=mention.key, fate=Fate.ALIVE)
        # A comment by itself doesn't say which video it is under, nor whether its thread is closed.
        url = mention.url if "watch?v=" not in read.url else read.url
        now = replace(read, url=url, can_reply=mention.can_reply, reply_note=mention.reply_note)
        return Rechecked(key=mention.key, fate=Fate.ALIVE, mention=now)


def addressed(to: Mention, text: str) -> str:
    """With the author's handle first where it answers a reply, unless it is named already."""
    handle = to.author.handle
    if not to.parent or not handle or re.search(rf"@{re.escape(handle)}(?![\w.-]*\w)", text, re.IGNORECASE):
        return text
    return f"@{handle} {text}"


def _thread(mention: Mention) -> str:
    return mention.parent or mention.key.native_id


def _sent(to: Mention, native_id: str) -> Sent:
    place = to.url.partition("&lc=")[0]
    url = link_of(f"{place}&lc={native_id}") if "watch?v=" in place else ""
    return Sent(key=MentionKey(platform="youtube", native_id=native_id), url=url)


def _at(value: object, unknown: datetime) -> datetime:
    with suppress(ValueError):
        return parse_instant(value)
    return unknown
