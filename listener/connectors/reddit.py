"""Reddit: posts found by search, the comments of subreddits, an account's inbox; walked as `reddit_paging` says.

praw brings authorisation; listings are read as JSON, so that one odd element can't spoil a page. Every endpoint and
credential is given explicitly: praw would otherwise take them from a praw.ini in the working directory. Reddit's terms
ask that what a user deletes be deleted here too, so its JSON is not kept unless wanted.
"""

import logging
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import praw
import requests

from listener.connectors import reddit_answers, reddit_paging, reddit_past
from listener.connectors.boundary import name_of
from listener.connectors.budget import credential_of
from listener.connectors.catalogue.reddit import INFO
from listener.connectors.http import Limits
from listener.connectors.options import Options, checked
from listener.connectors.reddit_answers import Answers
from listener.connectors.reddit_api import Api, Counted
from listener.connectors.reddit_listings import listings_of, page_of, things_of
from listener.connectors.reddit_things import Reading
from listener.domain.budget import Purpose
from listener.domain.mention import Mention, Page
from listener.domain.platform import Estimate, Rechecked, Refused, Sent
from listener.domain.policy import Secret, SourceConfig
from listener.errors import ConfigError, RateLimited

if TYPE_CHECKING:
    from listener.connectors import Tools

WRITES = "comments"
"""Reddit may ask an account to rest from commenting while it may still read."""


def build(config: SourceConfig, tools: "Tools") -> "RedditConnector":
    """A connector on the listings that the options name; no call is made. Raises `ConfigError`."""
    options = checked(INFO, config)
    if not listings_of(options):
        raise ConfigError(f"source {config.name!r}: give options.query, options.subreddits or options.inbox")
    if options.flag("inbox") and not _account(config.secrets):
        raise ConfigError(f"source {config.name!r}: options.inbox needs the secrets username and password")
    return RedditConnector(options, config.secrets, tools)


def _account(secrets: Mapping[str, Secret]) -> str:
    """Who signs in; nobody where either secret is missing."""
    name, password = secrets.get("username"), secrets.get("password")
    return name.reveal().strip().removeprefix("/").removeprefix("u/") if name and password else ""


class RedditConnector:
    """Reads Reddit through praw, and answers through one account."""

    platform = "reddit"

    def __init__(self, options: Options, secrets: Mapping[str, Secret], tools: "Tools") -> None:
        for library in ("praw", "prawcore"):
            logging.getLogger(library).setLevel(max(logging.INFO, logging.getLogger(library).level))
        self._options = options
        self._clock = tools.clock
        self._account = _account(secrets)
        client = secrets["client_id"].reveal()
        limits = Limits(timeout=options.number("timeout"), deadline=options.number("deadline"))
        transport = Counted(limits, tools.budget(credential_of("reddit", client), "Reddit"))
        self._writes = tools.budget(credential_of("reddit", client, self._account.casefold()), "Reddit")
        self._api = Api(_signed_in(options, secrets, self._account, transport), transport, tools.clock)
        self._answers = Answers(self._api, self._account)
        self._listings = listings_of(options)

    def __repr__(self) -> str:
        return f"RedditConnector({[listing.path for listing in self._listings]!r})"

    def check(self) -> str:
        """Who the credentials are, or that reading works without an account."""
        if not self._account:
            now = self._clock.now()
            self._listings[0].children(self._api, "", now, now, limit=1)
            return "read-only, without an account"
        me = self._api.get("api/v1/me", {})
        name = name_of(me.get("name")) or "?"
        return f"u/{name}, suspended: it can read, not reply" if me.get("is_suspended") is True else f"u/{name}"

    def poll(self, cursor: str, now: datetime) -> Iterator[Page]:
        """Pages of each listing in turn, newest first; a listing that ended too early leaves a gap."""
        progress = reddit_paging.load(cursor, [listing.name for listing in self._listings], now)
        first = timedelta(hours=self._options.number("first_hours"))
        for listing in self._listings:
            stream = progress.stream(listing.name).begun(now, first)
            while stream.walk is not None:
                floor = datetime.fromtimestamp(stream.walk.floor, UTC)
                children, after = listing.children(self._api, stream.walk.after, floor, now)
                stream, gaps = stream.after(things_of(children, now), after, empty=not children)
                progress = progress.with_stream(listing.name, stream)
                done = stream.walk is None and listing is self._listings[-1]
                yield page_of(children, self._reading(now), cursor=progress.cursor(), done=done, gaps=gaps)

    def _reading(self, now: datetime) -> Reading:
        return Reading(now=now, account=self._account.casefold(), keep_raw=self._options.flag("keep_raw"))

    def estimate(self, since: datetime, until: datetime) -> Estimate:
        """From how fast the newest came; at the most what Reddit lists."""
        return reddit_past.estimate(self._api, self._listings, since, until, self._clock.now())

    def backfill(self, since: datetime, until: datetime, cursor: str, now: datetime) -> Iterator[Page]:
        """Pages of [since, until), as far back as Reddit lists; a gap below that."""
        return reddit_past.backfill(self._api, self._listings, self._reading(now), since, until, cursor)

    def recheck(self, mentions: Sequence[Mention], now: datetime) -> list[Rechecked]:
        """What became of posts and comments, 100 a call."""
        return reddit_answers.recheck(self._api, mentions, self._reading(now))

    def unable(self) -> str:
        """Why this source can't send replies; empty if it can."""
        return self._answers.unable()

    def reply(self, to: Mention, text: str, key: str, now: datetime) -> Sent | Refused:
        """A comment under a submission or comment. Reddit knows no keys: `find_sent` looks before a repeat."""
        self._writes.ask(WRITES, purpose=Purpose.REPLY)
        try:
            return self._answers.reply(to, text, now)
        except RateLimited as error:
            self._writes.blocked(WRITES, error.until)
            raise

    def find_sent(self, to: Mention, text: str, since: datetime, now: datetime) -> Sent | None:
        """Our own comment under it, in what Reddit lists of our newest."""
        return self._answers.find_sent(to, text, since)


def _signed_in(options: Options, secrets: Mapping[str, Secret], account: str, transport: Counted) -> praw.Reddit:
    """A praw that takes nothing from files or the environment."""
    base = options.text("api_base")
    session = requests.Session()
    transport.mount_on(session)
    session.trust_env = False  # a .netrc must not replace our authorization
    return praw.Reddit(
        "DEFAULT",
        requestor_kwargs={"session": session},
        client_id=secrets["client_id"].reveal(),
        client_secret=secrets["client_secret"].reveal(),
        user_agent=options.text("user_agent"),
        oauth_url=base or "https://oauth.reddit.com",
        reddit_url=base or "https://www.reddit.com",
        refresh_token=None,
        check_for_updates=False,
        check_for_async=False,
        ratelimit_seconds=0,
        username=account or None,
        password=secrets["password"].reveal() if account else None,
    )
