"""Google Play reviews through the Android Publisher API, for one's own apps.

The API shows reviews that bear words and were written or edited within the last seven days, newest change first; what
is older can't be listed, so a source that wasn't read for a week has a gap. A review whose author edits it keeps its
id and comes to the top. A review bears one reply, and a second would replace it: so before a reply is sent, the one
that stands is looked at, and only one older than the review's last edit is replaced.

Calls bear a token that Google gives to a service account; an app has 200 reads an hour and 2,000 replies a day.
Cursor: `review_walk`.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from listener.connectors.boundary import optional_id
from listener.connectors.budget import credential_of
from listener.connectors.catalogue.googleplay import INFO
from listener.connectors.googleplay_reviews import PLATFORM, answers_it, changed_at, read_review, standing_of
from listener.connectors.http import Answer, Limits
from listener.connectors.jsons import loads, rows, table
from listener.connectors.options import Options, checked
from listener.connectors.refusals import LONGEST_WINDOW, UNKNOWN_WINDOW, refusal
from listener.connectors.review_walk import Listed, Listing, Place, Walk, begun, place_of, walk_down
from listener.connectors.review_words import same_words
from listener.connectors.signing import GoogleGrant, ServiceAccount, private_file, require_library, service_account
from listener.connectors.wire import Wire
from listener.domain.answers import LIMITS
from listener.domain.budget import Purpose, Quota
from listener.domain.mention import Gap, Mention, MentionKey, Page
from listener.domain.platform import Estimate, Fate, Rechecked, Refused, Sent
from listener.domain.policy import SourceConfig
from listener.errors import (
    BadCursor,
    ConfigError,
    ListenerError,
    NotFound,
    NotPermitted,
    RateLimited,
    Reauthorize,
    Retry,
)

if TYPE_CHECKING:
    from listener.connectors import Tools

BASE = "https://androidpublisher.googleapis.com"
TOKENS = "https://oauth2.googleapis.com"
SCOPE = "https://www.googleapis.com/auth/androidpublisher"
WHO = "Google Play"
READS = Quota(units=200, period=timedelta(hours=1))
REPLIES = Quota(units=2000, period=timedelta(days=1))
SHOWN = timedelta(days=7)
"""How far back the listing goes."""
LONGEST = LIMITS[PLATFORM]
PERMISSION = 'invite the service account in Play Console, Users and permissions, with "Reply to reviews" for this app'

_TOO_FAST = ("rateLimitExceeded", "userRateLimitExceeded")
_SPENT = ("quotaExceeded", "dailyLimitExceeded")


def build(config: SourceConfig, tools: "Tools") -> "GooglePlayConnector":
    """A connector on one app's reviews; no call is made. Raises `ConfigError`."""
    options = checked(INFO, config)
    package = options.text("package")
    if not re.fullmatch(r"[A-Za-z0-9_]+(\.[A-Za-z0-9_]+)+", package) or len(package) > 200:
        raise ConfigError(f"source {config.name!r}: options.package is the app's name, such as com.example.app")
    require_library()
    account = _account(config, options)
    limits = Limits(timeout=options.number("timeout"), deadline=options.number("deadline"))
    # The quotas are each app's, whoever asks.
    budget = tools.budget(credential_of(PLATFORM, account.email, package), WHO)
    tokens = Wire(
        options.text("token_base") or TOKENS,
        who="Google",
        limits=limits,
        budget=tools.budget(credential_of("google", account.email), "Google"),
        clock=tools.clock,
    )
    grant = GoogleGrant(account, SCOPE, tokens, tools.clock)
    wire = Wire(
        options.text("api_base") or BASE,
        who=WHO,
        limits=limits,
        budget=budget,
        clock=tools.clock,
        headers=grant.headers,
        refuse=lambda answer, now: refused(answer, now, grant),
    )
    return GooglePlayConnector(options, wire)


def _account(config: SourceConfig, options: Options) -> ServiceAccount:
    secret, path = config.secrets.get("service_account"), options.text("service_account_file")
    if bool(secret) == bool(path):
        raise ConfigError(
            f"source {config.name!r}: give the secret service_account or options.service_account_file, and not both",
            next_step="make a key of type JSON for the service account, and chmod 600 its file",
        )
    try:
        return service_account(private_file(Path(path).expanduser()) if path else config.secrets["service_account"])
    except ConfigError as error:
        what = "options.service_account_file" if path else "secret service_account"
        raise ConfigError(f"source {config.name!r}: {what}: {error}", next_step=error.next_step) from error.__cause__


class GooglePlayConnector:
    """Reads one app's reviews, and answers them."""

    platform = PLATFORM

    def __init__(self, options: Options, wire: Wire) -> None:
        self._options = options
        self._wire = wire
        self._package = options.text("package")
        self._path = f"/androidpublisher/v3/applications/{self._package}/reviews"
        self._listing = Listing(
            who=WHO, page=self._page, changed=changed_at, read=lambda record: read_review(record, self._package)
        )

    def __repr__(self) -> str:
        return f"GooglePlayConnector({self._package})"

    def check(self) -> str:
        """Asks for one review."""
        self._list({"maxResults": "1"})
        return f"reads the reviews of {self._package} of the last 7 days; answering takes the permission to"

    def poll(self, cursor: str, now: datetime) -> Iterator[Page]:
        """Pages, latest change first, down to some minutes before the latest that was known."""
        place = place_of(cursor, now)
        overlap = timedelta(minutes=self._options.number("overlap_minutes"))
        gaps = _unseen(place, now)
        for step in walk_down(self._listing, begun(place, overlap=overlap, first=SHOWN, now=now)):
            reached = Place(high=place.high, walk=step.walk)
            cursor = reached.ended().cursor() if step.done else reached.cursor()
            yield Page(mentions=step.mentions, rejects=step.rejects, cursor=cursor, done=step.done, gaps=gaps)
            gaps = ()

    def estimate(self, since: datetime, until: datetime) -> Estimate:
        """No call: the platform counts nothing beforehand."""
        return Estimate(
            note="Google Play shows the last 7 days only; a page of 100 reviews is one of 200 calls an hour"
        )

    def backfill(self, since: datetime, until: datetime, cursor: str, now: datetime) -> Iterator[Page]:
        """The same walk, down to `since`; what lies before the last 7 days is a gap."""
        place, oldest = place_of(cursor, now), now - SHOWN
        reason = f"{WHO} shows only what was written or edited in the last 7 days"
        unseen = not cursor and since < oldest
        gaps = (Gap(since=since, until=min(until, oldest), reason=reason),) if unseen else ()
        walk = replace(place.walk, low=since) if place.walk else Walk(low=since)
        for step in walk_down(self._listing, walk):
            wanted = tuple(mention for mention in step.mentions if since <= mention.created_at < until)
            reached = Place(walk=step.walk).cursor()
            yield Page(mentions=wanted, rejects=step.rejects, cursor=reached, done=step.done, gaps=gaps)
            gaps = ()

    def recheck(self, mentions: Sequence[Mention], now: datetime) -> list[Rechecked]:
        """One call each. What is said to be gone is believed while the app's listing answers, and only of reviews
        that the API still shows: of older ones it may know nothing though they stand."""
        found: list[Rechecked] = []
        gone: list[Rechecked] = []
        for mention in mentions:
            try:
                found.append(self._seen_again(mention))
            except NotFound:
                shown = mention.created_at > now - SHOWN
                gone.append(Rechecked(key=mention.key, fate=Fate.DELETED if shown else Fate.UNAVAILABLE))
            except RateLimited:
                if not found and not gone:
                    raise
                break
        if gone:
            self._list({"maxResults": "1"}, Purpose.RECHECK)
        return [*found, *gone]

    def _seen_again(self, mention: Mention) -> Rechecked:
        record = self._review(mention.key.native_id, Purpose.RECHECK)
        try:
            now_reads = read_review(record, self._package)
        except (ListenerError, ValueError):
            return Rechecked(key=mention.key, fate=Fate.ALIVE)
        return Rechecked(key=mention.key, fate=Fate.ALIVE, mention=now_reads)

    def unable(self) -> str:
        """Whether the account may answer shows when it first does."""
        return ""

    def reply(self, to: Mention, text: str, key: str, now: datetime) -> Sent | Refused:
        """A reply, unless another stands that answers the review as it reads now."""
        if len(text) > LONGEST:
            return Refused(reason=f"a reply has {LONGEST} characters at most, this one {len(text):,}")
        try:
            record = self._review(to.key.native_id, Purpose.REPLY)
            standing = standing_of(record)
            if standing is not None and same_words(standing.text, text):
                return _sent(to)
            if answers_it(record):
                return Refused(reason="a reply stands already, and this one would replace it")
            self._wire.post(
                f"{self._path}/{quote(to.key.native_id, safe='')}:reply",
                data={"replyText": text},
                bucket="replies",
                quota=REPLIES,
            )
        except NotFound:
            return Refused(reason="the review is no longer there")
        except ConfigError as error:
            return Refused(reason=str(error))
        return _sent(to)

    def find_sent(self, to: Mention, text: str, since: datetime, now: datetime) -> Sent | None:
        """The review's reply, if it has these words: there is one at most, whenever it was sent."""
        try:
            standing = standing_of(self._review(to.key.native_id, Purpose.REPLY))
        except NotFound:
            return None
        return _sent(to) if standing is not None and same_words(standing.text, text) else None

    def _page(self, token: str) -> Listed:
        size = str(self._options.whole("page_size"))
        try:
            answer = self._list({"maxResults": size, **({"token": token} if token else {})})
        except ConfigError as error:
            if token:
                raise BadCursor(f"{WHO} no longer knows the page") from error
            raise
        following = table(answer.get("tokenPagination")).get("nextPageToken")
        return Listed(records=rows(answer.get("reviews")), token=following if isinstance(following, str) else "")

    def _list(self, query: dict[str, str], purpose: Purpose = Purpose.READ) -> dict[str, object]:
        try:
            answer = self._wire.get(self._path, query, bucket="reads", purpose=purpose, quota=READS)
        except NotFound as error:
            raise ConfigError(f"{WHO} knows no app {self._package}", next_step="check options.package") from error
        # Where there are no reviews Google leaves their list out, and may answer {}.
        if not isinstance(answer, dict) or not isinstance(answer.get("reviews", []), list) or "error" in answer:
            raise Retry(f"{WHO} answered without reviews")
        return answer

    def _review(self, review_id: str, purpose: Purpose) -> dict[str, object]:
        """One review. Raises `NotFound` where there is none, `Retry` where another came."""
        path = f"{self._path}/{quote(review_id, safe='')}"
        answer = self._wire.get(path, bucket="reads", purpose=purpose, quota=READS)
        if not isinstance(answer, dict) or optional_id(answer.get("reviewId")) != review_id:
            raise Retry(f"{WHO} answered without the review")
        return answer


def _unseen(place: Place, now: datetime) -> tuple[Gap, ...]:
    oldest = now - SHOWN
    if place.walk is not None or place.high is None or place.high >= oldest:
        return ()
    reason = f"{WHO} shows only the last 7 days, and this source wasn't read for longer"
    return (Gap(since=place.high, until=oldest, reason=reason),)


def _sent(to: Mention) -> Sent:
    """Replies bear no id of their own: a review has one at the most."""
    return Sent(key=MentionKey(platform=PLATFORM, native_id=f"{to.key.native_id}:reply"), url=to.url)


def refused(answer: Answer, now: datetime, grant: GoogleGrant) -> ListenerError:
    """Its reason says more than its status: a spent quota and a missing permission are both 403."""
    told = _told(answer)
    if answer.status == 404 and told.get("code") == 404:
        return NotFound(f"{WHO} knows nothing of it")
    reasons = {table(one).get("reason") for one in rows(told.get("errors"))}
    if reasons.intersection(_SPENT):
        return RateLimited(f"{WHO}: the app's quota of calls is used up", until=now + LONGEST_WINDOW)
    if reasons.intersection(_TOO_FAST):
        return RateLimited(f"{WHO} asks us to slow down", until=now + UNKNOWN_WINDOW)
    error = refusal(answer, now, who=WHO)
    if isinstance(error, Reauthorize):
        grant.forget()
    if isinstance(error, NotPermitted):
        return NotPermitted(str(error), next_step=PERMISSION)
    return error


def _told(answer: Answer) -> dict[str, object]:
    try:
        return dict(table(table(loads(answer.body[:65_536].decode("utf-8", "replace"))).get("error")))
    except ValueError:
        return {}
