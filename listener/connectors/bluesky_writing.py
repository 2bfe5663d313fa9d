"""Answers on Bluesky: a record in the account's own repository that points to the post answered and to its thread.

A record's key is chosen here, from the post and the words, so that the same answer can stand only once: a second
attempt is refused by the server, and whether the first arrived is one look at that key. A server takes an answer to a
post that is deleted, or whose author lets nobody answer, and then nobody sees it; so the post is looked at first.
"""

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from listener.connectors.bluesky_posts import PLATFORM, POSTS, Address, address_of
from listener.connectors.bluesky_session import Account, Declined
from listener.connectors.instants import parse_instant
from listener.connectors.jsons import rows, table
from listener.domain.budget import Purpose, Quota
from listener.domain.graphemes import graphemes
from listener.domain.mention import Mention, MentionKey
from listener.domain.platform import Refused, Sent
from listener.errors import ListenerError, Retry, SkipRecord, Uncertain

LONGEST = 300
"""Graphemes."""
MOST_BYTES = 3_000
POINTS = Quota(units=5000, period=timedelta(hours=1))
"""What an account may write; creating a record takes three."""
CREATE_POINTS = 3
MOST_HANDLES = 5
"""Looked up for one answer."""

_ALPHABET = "234567abcdefghijklmnopqrstuvwxyz"
_KEY = re.compile(rf"[{_ALPHABET[:16]}][{_ALPHABET}]{{12}}")
_LATEST = 4_102_444_800_000_000
"""The year 2100, in microseconds: a key that names a later time was made up."""
_WITHIN = 1 << 30
_LINK = re.compile(r"https?://[^\s<>\"]*[^\s<>\".,;:!?'()\[\]…]")
_NAMED = re.compile(
    r"(?<![\w@.])@((?:[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?\.)+[a-zA-Z](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?)"
)


def record_key(answered: Address, text: str) -> str:
    """The key of an answer: always the same for the same post and words, and timed just behind the post.

    Keys are 64 bits in 13 letters: a time in microseconds and 10 bits more (https://atproto.com/specs/tid).
    """
    digest = hashlib.sha256(f"{answered}\0{text}".encode()).digest()
    number = (_posted(answered.rkey) << 10) + int.from_bytes(digest[:8], "big") % _WITHIN + 1
    return "".join(_ALPHABET[(number >> shift) & 31] for shift in range(60, -5, -5))


def _posted(rkey: str) -> int:
    """The time in a post's key, in microseconds; a fixed one where it isn't such a key."""
    if not _KEY.fullmatch(rkey):
        return 1_700_000_000_000_000
    number = 0
    for letter in rkey:
        number = number << 5 | _ALPHABET.index(letter)
    return number >> 10 if number >> 10 < _LATEST else 1_700_000_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class _Place:
    """Where an answer goes: (uri, cid) of the post and of the first of its thread."""

    parent: Mapping[str, object]
    root: Mapping[str, object]


class Writer:
    """Answers in the name of one account."""

    def __init__(self, account: Account) -> None:
        self._account = account

    def reply(self, to: Mention, text: str, now: datetime) -> Sent | Refused:
        """Raises `Uncertain` where it may have been taken although no answer came."""
        if why := unfit(text):
            return Refused(reason=why)
        answered = address_of(to.key.native_id)
        place = self._place(answered)
        if isinstance(place, Refused):
            return place
        key = record_key(answered, text)
        record: dict[str, object] = {
            "$type": POSTS,
            "text": text,
            "createdAt": now.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "reply": {"root": place.root, "parent": place.parent},
        }
        if facets := facets_of(text, self._did_of):
            record["facets"] = facets
        return self._create(answered, key, record)

    def find_sent(self, to: Mention, text: str, since: datetime) -> Sent | None:
        answered = address_of(to.key.native_id)
        found = self._standing(record_key(answered, text))
        if found is None or found.get("text") != text or _parent(found) != str(answered):
            return None
        try:
            made = parse_instant(found.get("createdAt"))
        except ValueError:
            return None
        # The time was written by the clock that `since` was read from, to the millisecond.
        return self._sent(record_key(answered, text)) if made >= since - timedelta(seconds=1) else None

    def _place(self, answered: Address) -> _Place | Refused:
        """Raises where it can't be told whether the post may be answered."""
        said = table(
            self._account.get("/xrpc/app.bsky.feed.getPosts", [("uris", str(answered))], purpose=Purpose.REPLY)
        )
        if not isinstance(said.get("posts"), list):
            raise Retry("Bluesky answered without posts")
        post = next((table(one) for one in rows(said["posts"]) if table(one).get("uri") == str(answered)), None)
        if post is None:
            return Refused(reason="the post is gone, or its author has blocked this account")
        viewer = table(table(post.get("author")).get("viewer"))
        if viewer.get("blockedBy") is True or viewer.get("blocking"):
            return Refused(reason="this account and the post's author have blocked each other, or one the other")
        if table(post.get("viewer")).get("replyDisabled") is True:
            return Refused(reason="the author of the thread lets only some people reply")
        parent = {"uri": str(answered), "cid": post.get("cid")}
        root = table(table(table(post.get("record")).get("reply")).get("root"))
        known = isinstance(root.get("uri"), str) and isinstance(root.get("cid"), str)
        return _Place(parent=parent, root={"uri": root["uri"], "cid": root["cid"]} if known else parent)

    def _create(self, answered: Address, key: str, record: Mapping[str, object]) -> Sent | Refused:
        data = {"repo": self._account.did, "collection": POSTS, "rkey": key, "record": record}
        try:
            said = self._account.post("/xrpc/com.atproto.repo.createRecord", data, points=POINTS, units=CREATE_POINTS)
        except Declined as error:
            return self._repeated(answered, key, record) or Refused(reason=str(error))
        except Uncertain:
            # An answer that stands already comes as an error of the server's own (500).
            if (sent := self._repeated(answered, key, record)) is not None:
                return sent
            raise
        if not isinstance(table(said).get("uri"), str):
            raise Uncertain("Bluesky took the answer without saying where it stands")
        return self._sent(key)

    def _repeated(self, answered: Address, key: str, record: Mapping[str, object]) -> Sent | None:
        """The same answer, where it stood before; None also where that can't be told now."""
        try:
            found = self._standing(key)
        except ListenerError:
            return None
        same = found is not None and found.get("text") == record["text"] and _parent(found) == str(answered)
        return self._sent(key) if same else None

    def _standing(self, key: str) -> Mapping[str, object] | None:
        """The record under a key of our own repository; None if there surely is none."""
        query = {"repo": self._account.did, "collection": POSTS, "rkey": key}
        try:
            said = table(self._account.get("/xrpc/com.atproto.repo.getRecord", query, purpose=Purpose.REPLY))
        except Declined as error:
            if error.name == "RecordNotFound" or "Could not locate record" in str(error):
                return None
            raise
        if not isinstance(said.get("value"), dict):
            raise Retry("Bluesky answered without a record")
        return table(said["value"])

    def _sent(self, key: str) -> Sent:
        did = self._account.did
        return Sent(
            key=MentionKey(platform=PLATFORM, native_id=str(Address(did=did, rkey=key))),
            url=f"https://bsky.app/profile/{did}/post/{key}",
        )

    def _did_of(self, handle: str) -> str:
        """Empty where it can't be told: the handle then stands as plain words."""
        try:
            said = self._account.get(
                "/xrpc/com.atproto.identity.resolveHandle", {"handle": handle}, purpose=Purpose.REPLY
            )
        except ListenerError:
            return ""
        did = table(said).get("did")
        return did if isinstance(did, str) and re.fullmatch(r"did:[a-z]+:[A-Za-z0-9._:%-]{1,200}", did) else ""


def unfit(text: str) -> str:
    """Why a text can't be an answer; empty if it can."""
    if not text.strip():
        return "an answer needs words"
    if (length := graphemes(text)) > LONGEST:
        return f"the answer is {length} characters long, and Bluesky takes {LONGEST}"
    if len(text.encode("utf-8", "replace")) > MOST_BYTES:
        return f"the answer takes more than the {MOST_BYTES:,} bytes that Bluesky allows"
    return ""


def facets_of(text: str, did_of: Callable[[str], str]) -> list[dict[str, object]]:
    """Links and names in a text, which Bluesky shows as such only where they are marked, by bytes."""
    linked = list(_LINK.finditer(text))
    facets = [_facet(text, found, {"$type": "app.bsky.richtext.facet#link", "uri": found[0]}) for found in linked]
    named = [one for one in _NAMED.finditer(text) if not any(a.start() <= one.start() < a.end() for a in linked)]
    dids = [(found, did_of(found[1].lower())) for found in named[:MOST_HANDLES]]
    facets += [
        _facet(text, found, {"$type": "app.bsky.richtext.facet#mention", "did": did}) for found, did in dids if did
    ]
    return facets


def _facet(text: str, found: re.Match[str], feature: Mapping[str, object]) -> dict[str, object]:
    start, end = (len(text[:at].encode("utf-8", "replace")) for at in found.span())
    return {"index": {"byteStart": start, "byteEnd": end}, "features": [feature]}


def _parent(record: Mapping[str, object]) -> str:
    try:
        return str(address_of(table(table(record.get("reply")).get("parent")).get("uri")))
    except SkipRecord:
        return ""
