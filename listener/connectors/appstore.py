"""App Store reviews through App Store Connect, for one's own apps; without a key, through the public feed.

Reviews come newest first, 200 a page, each with the developer's response if it has one. A review whose author edits it
keeps its id. A review bears one response, and a second would replace it without a word: so before a response is sent,
the one that stands is looked at, and only one older than the review's last edit is replaced.

Calls bear a token signed by the key; they are counted against the documented 3,500 an hour. Cursor: `review_walk`.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from math import ceil
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, quote, urlsplit

from listener.connectors.appstore_feed import AppStoreFeedConnector
from listener.connectors.appstore_reviews import (
    PLATFORM,
    Standing,
    answers_it,
    changed_at,
    joined,
    read_review,
    standing_of,
)
from listener.connectors.boundary import MAX_URL, name_of, optional_id
from listener.connectors.budget import credential_of
from listener.connectors.catalogue.appstore import INFO
from listener.connectors.http import Answer, Limits
from listener.connectors.jsons import count, loads, rows, table
from listener.connectors.options import Options, checked
from listener.connectors.refusals import refusal
from listener.connectors.review_walk import Listed, Listing, Place, Walk, begun, place_of, walk_down
from listener.connectors.review_words import same_words
from listener.connectors.signing import AppleKey, require_library
from listener.connectors.wire import Wire
from listener.domain.answers import LIMITS
from listener.domain.budget import Purpose, Quota
from listener.domain.mention import Mention, MentionKey, Page
from listener.domain.platform import Estimate, Fate, Rechecked, Refused, Sent
from listener.domain.policy import SourceConfig
from listener.errors import (
    BadCursor,
    ConfigError,
    ListenerError,
    NotFound,
    NotPermitted,
    RateLimited,
    Retry,
    Uncertain,
)

if TYPE_CHECKING:
    from listener.connectors import Tools

BASE = "https://api.appstoreconnect.apple.com"
WHO = "App Store Connect"
QUOTA = Quota(units=3500, period=timedelta(hours=1))
BUCKET = "calls"
LONGEST = LIMITS[PLATFORM]
ROLE = "give the key the role Customer Support, App Manager or Admin in App Store Connect, Users and Access"

_KEYS = ("private_key", "key_id", "issuer_id")


def build(config: SourceConfig, tools: "Tools") -> "AppStoreConnector | AppStoreFeedConnector":
    """A connector on one app's reviews; no call is made. Raises `ConfigError`."""
    options = checked(INFO, config)
    if not re.fullmatch(r"[0-9]{1,20}", options.text("app_id")):
        raise ConfigError(f"source {config.name!r}: options.app_id is the app's number, such as 1234567890")
    if options.flag("feed"):
        return AppStoreFeedConnector(config.name, options, tools)
    missing = [key for key in _KEYS if not config.secrets.get(key)]
    if missing:
        raise ConfigError(
            f"source {config.name!r}: secret {missing[0]} is missing",
            next_step="set it, or options.feed = true to read the public feed without a key",
        )
    require_library()
    try:
        key = AppleKey(
            config.secrets["private_key"], config.secrets["key_id"], config.secrets["issuer_id"], tools.clock
        )
    except ConfigError as error:
        raise ConfigError(
            f"source {config.name!r}: secret private_key {error}", next_step=error.next_step
        ) from error.__cause__
    credential = credential_of(PLATFORM, *(config.secrets[name].reveal() for name in _KEYS[1:]))
    wire = Wire(
        options.text("api_base") or BASE,
        who=WHO,
        limits=Limits(timeout=options.number("timeout"), deadline=options.number("deadline")),
        budget=tools.budget(credential, WHO),
        clock=tools.clock,
        headers=key.headers,
        refuse=refused,
    )
    return AppStoreConnector(options, wire)


class AppStoreConnector:
    """Reads one app's reviews, and answers them."""

    platform = PLATFORM

    def __init__(self, options: Options, wire: Wire) -> None:
        self._options = options
        self._wire = wire
        self._app = options.text("app_id")
        self._path = f"/v1/apps/{self._app}/customerReviews"
        self._query = {"sort": "-createdDate", "limit": str(options.whole("page_size")), "include": "response"}
        self._listing = Listing(
            who=WHO, page=self._page, changed=changed_at, read=lambda record: read_review(record, self._app)
        )

    def __repr__(self) -> str:
        return f"AppStoreConnector({self._app})"

    def check(self) -> str:
        """Asks for the app and counts its reviews: two calls."""
        app = table(table(self._get(f"/v1/apps/{self._app}", {"fields[apps]": "name"})).get("data"))
        name = name_of(table(app.get("attributes")).get("name"))
        return f"reads {self._total():,} reviews of {name or self._app}; answering takes a key that may"

    def poll(self, cursor: str, now: datetime) -> Iterator[Page]:
        """Pages, newest review first, down to some hours before the newest that was known."""
        place = place_of(cursor, now)
        overlap = timedelta(hours=self._options.number("overlap_hours"))
        walk = begun(place, overlap=overlap, first=timedelta(days=self._options.number("first_days")), now=now)
        for step in walk_down(self._listing, walk):
            reached = Place(high=place.high, walk=step.walk)
            cursor = reached.ended().cursor() if step.done else reached.cursor()
            yield Page(mentions=step.mentions, rejects=step.rejects, cursor=cursor, done=step.done)

    def estimate(self, since: datetime, until: datetime) -> Estimate:
        """One call: how many reviews there are in all."""
        total = self._total()
        note = f"of {total:,} reviews, all that are newer than {since:%Y-%m-%d} are walked through"
        return Estimate(calls=ceil(total / self._options.whole("page_size")) + 1, note=f"{note}; calls are the most")

    def backfill(self, since: datetime, until: datetime, cursor: str, now: datetime) -> Iterator[Page]:
        """The same walk, down to `since`."""
        place = place_of(cursor, now)
        walk = replace(place.walk, low=since) if place.walk else Walk(low=since)
        for step in walk_down(self._listing, walk):
            wanted = tuple(mention for mention in step.mentions if since <= mention.created_at < until)
            reached = Place(walk=step.walk).cursor()
            yield Page(mentions=wanted, rejects=step.rejects, cursor=reached, done=step.done)

    def recheck(self, mentions: Sequence[Mention], now: datetime) -> list[Rechecked]:
        """One call each. What is said to be gone is believed only while the app's listing answers."""
        found: list[Rechecked] = []
        gone: list[MentionKey] = []
        for mention in mentions:
            try:
                found.append(self._seen_again(mention))
            except NotFound:
                gone.append(mention.key)
            except RateLimited:
                if not found and not gone:
                    raise
                break
        if gone:
            self._total(Purpose.RECHECK)
        return [*found, *(Rechecked(key=key, fate=Fate.DELETED) for key in gone)]

    def _seen_again(self, mention: Mention) -> Rechecked:
        record = self._review(mention.key.native_id, Purpose.RECHECK)
        try:
            now_reads = read_review(record, self._app)
        except (ListenerError, ValueError):
            return Rechecked(key=mention.key, fate=Fate.ALIVE)
        return Rechecked(key=mention.key, fate=Fate.ALIVE, mention=now_reads)

    def unable(self) -> str:
        """Whether the key may answer shows when it first does."""
        return ""

    def reply(self, to: Mention, text: str, key: str, now: datetime) -> Sent | Refused:
        """A response, unless another stands that answers the review as it reads now."""
        if len(text) > LONGEST:
            return Refused(reason=f"a response has {LONGEST:,} characters at most, this one {len(text):,}")
        try:
            record = self._review(to.key.native_id, Purpose.REPLY)
            standing = standing_of(record)
            if standing is not None and same_words(standing.text, text):
                return _sent(standing)
            if standing is not None and answers_it(standing, changed_at(record)):
                return Refused(reason="a response stands already, and this one would replace it")
            return self._send(to.key.native_id, text)
        except NotFound:
            return Refused(reason="the review is no longer there")

    def _send(self, review_id: str, text: str) -> Sent | Refused:
        data = {
            "type": "customerReviewResponses",
            "attributes": {"responseBody": text},
            "relationships": {"review": {"data": {"type": "customerReviews", "id": review_id}}},
        }
        try:
            answer = self._wire.post("/v1/customerReviewResponses", data={"data": data}, bucket=BUCKET, quota=QUOTA)
        except ConfigError as error:
            return Refused(reason=str(error))
        native_id = optional_id(table(table(answer).get("data")).get("id"))
        if not native_id:
            raise Uncertain(f"{WHO} took the response and didn't say which it is")
        return Sent(key=MentionKey(platform=PLATFORM, native_id=native_id))

    def find_sent(self, to: Mention, text: str, since: datetime, now: datetime) -> Sent | None:
        """The review's response, if it has these words: there is one at most, whenever it was sent."""
        try:
            standing = standing_of(self._review(to.key.native_id, Purpose.REPLY))
        except NotFound:
            return None
        return _sent(standing) if standing is not None and same_words(standing.text, text) else None

    def _page(self, token: str) -> Listed:
        """`token` is what the link to the page bears as its cursor: the link itself could lead anywhere."""
        try:
            answer = self._list(self._query | ({"cursor": token} if token else {}))
        except ConfigError as error:
            if token:
                raise BadCursor(f"{WHO} no longer knows the page") from error
            raise
        records: list[object] = [joined(answer, review) for review in rows(answer["data"])]
        return Listed(records=records, token=self._next(table(answer.get("links")).get("next")))

    def _next(self, link: object) -> str:
        if not isinstance(link, str) or not link:
            return ""
        try:
            parts = urlsplit(link)
        except ValueError as error:
            raise Retry(f"{WHO} links to no address") from error
        here = urlsplit(self._wire.base)
        token = dict(parse_qsl(parts.query[:MAX_URL])).get("cursor", "")
        if (parts.scheme, parts.netloc) != (here.scheme, here.netloc) or parts.path != self._path or not token:
            raise Retry(f"{WHO} links its next page elsewhere")
        return token

    def _total(self, purpose: Purpose = Purpose.READ) -> int:
        """How many reviews there are; proves that the listing answers."""
        answer = self._list({"limit": "1"}, purpose)
        return count(table(table(answer.get("meta")).get("paging")).get("total")) or len(rows(answer["data"]))

    def _list(self, query: dict[str, str], purpose: Purpose = Purpose.READ) -> dict[str, object]:
        try:
            answer = self._get(self._path, query, purpose)
        except NotFound as error:
            raise ConfigError(
                f"{WHO} shows this key no app {self._app}", next_step="check options.app_id, and the key's access"
            ) from error
        if not isinstance(answer, dict) or not isinstance(answer.get("data"), list):
            raise Retry(f"{WHO} answered without reviews")
        return answer

    def _review(self, review_id: str, purpose: Purpose) -> dict[str, object]:
        """A review with its response. Raises `NotFound` where it is gone, `Retry` where another came."""
        path = f"/v1/customerReviews/{quote(review_id, safe='')}"
        answer = self._get(path, {"include": "response"}, purpose)
        review = table(answer).get("data")
        if optional_id(table(review).get("id")) != review_id:
            raise Retry(f"{WHO} answered without the review")
        return joined(table(answer), review)

    def _get(self, path: str, query: dict[str, str], purpose: Purpose = Purpose.READ) -> object:
        return self._wire.get(path, query, bucket=BUCKET, purpose=purpose, quota=QUOTA)


def refused(answer: Answer, now: datetime) -> ListenerError:
    """What a refusal means: its code tells a review that is gone from an address that never was."""
    if answer.status == 404 and _code(answer).startswith("NOT_FOUND"):
        return NotFound(f"{WHO} knows nothing of it")
    error = refusal(answer, now, who=WHO)
    if isinstance(error, NotPermitted):
        return NotPermitted(str(error), next_step=ROLE)
    return error


def _code(answer: Answer) -> str:
    try:
        told = rows(table(loads(answer.body[:65_536].decode("utf-8", "replace"))).get("errors"))
    except ValueError:
        return ""
    code = table(told[0]).get("code") if told else ""
    return code if isinstance(code, str) else ""


def _sent(standing: Standing) -> Sent:
    return Sent(key=MentionKey(platform=PLATFORM, native_id=standing.native_id))
