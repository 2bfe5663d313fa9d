"""Bluesky: what mentions, answers or quotes an account, or every post of the network that names a phrase.

The `atproto` SDK is not used: it bounds neither the time nor the bytes of a call, and brings pydantic and cryptography
for a handful of calls of plain JSON. These go through `wire`, and the websocket through `websockets`.

Bluesky asks bots not to poll its search: phrases are found in Jetstream, the network's own log of records; the search
serves only to look back. What an account does in it when it is closed can't be told here, since an event names no
posts: looking stored posts up again finds them gone.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from listener.connectors import bluesky_hearing as hearing
from listener.connectors import bluesky_paging as paging
from listener.connectors.bluesky_jetstream import Jetstream
from listener.connectors.bluesky_lookup import Lookup
from listener.connectors.bluesky_posts import Replies
from listener.connectors.bluesky_session import Account, public_wire, refuse
from listener.connectors.bluesky_walking import NotificationWalk, SearchWalk
from listener.connectors.bluesky_writing import Writer
from listener.connectors.catalogue.bluesky import INFO
from listener.connectors.http import Limits
from listener.connectors.options import Options, checked
from listener.domain.mention import Mention, Page
from listener.domain.platform import Estimate, Rechecked, Refused, Sent
from listener.domain.policy import Secret, SourceConfig
from listener.errors import ConfigError, NotPermitted

if TYPE_CHECKING:
    from listener.connectors import Tools

_SCHEMES = {"pds": ("https", "http"), "appview": ("https", "http"), "jetstream": ("wss", "ws")}
NO_ACCOUNT = "no account is signed in: give this source the secrets handle and app_password"


def build(config: SourceConfig, tools: "Tools") -> "BlueskyMentions | BlueskyPhrases":
    """A connector on an account's mentions or on phrases; no call is made. Raises `ConfigError`."""
    options = checked(INFO, config)
    phrases = [phrase for phrase in options.texts("phrases") if phrase.strip()]
    if bool(phrases) == options.flag("mentions"):
        raise ConfigError(f"source {config.name!r}: give options.phrases, or mentions = true, and not both")
    for key, schemes in _SCHEMES.items():
        address = urlsplit(options.text(key))
        if address.scheme not in schemes or not address.hostname:
            raise ConfigError(f"source {config.name!r}: options.{key} must begin with {schemes[0]}://")
    handle, password = (config.secrets.get(name) or Secret("") for name in ("handle", "app_password"))
    if options.flag("mentions") and not (handle and password):
        raise ConfigError(f"source {config.name!r}: secrets handle and app_password are missing: mentions need both")
    limits = Limits(timeout=options.number("timeout"), deadline=options.number("deadline"))
    account = Account(Secret(handle.reveal().lstrip("@"), is_name=True), password, options.text("pds"), limits, tools)
    replies = Replies(able=bool(account), note="" if account else NO_ACCOUNT)
    parts = _Parts(
        options=options,
        tools=tools,
        limits=limits,
        account=account,
        replies=replies,
        lookup=Lookup(public_wire(options.text("appview"), limits, tools), tools.clock, replies),
    )
    return BlueskyPhrases(parts, phrases) if phrases else BlueskyMentions(parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Parts:
    """What both kinds of source are made of."""

    options: Options
    tools: "Tools"
    limits: Limits
    account: Account
    replies: Replies
    lookup: Lookup


class _Bluesky:
    """What needs no more than a post: looking it up again, and answering it."""

    platform = "bluesky"

    def __init__(self, parts: _Parts) -> None:
        self._parts = parts
        self._writer = Writer(parts.account)

    def recheck(self, mentions: Sequence[Mention], now: datetime) -> list[Rechecked]:
        return self._parts.lookup.recheck(mentions)

    def unable(self) -> str:
        return "" if self._parts.account else NO_ACCOUNT

    def reply(self, to: Mention, text: str, key: str, now: datetime) -> Sent | Refused:
        """`key` isn't needed: the same words under the same post can stand only once."""
        self._signed_in()
        return self._writer.reply(to, text, now)

    def find_sent(self, to: Mention, text: str, since: datetime, now: datetime) -> Sent | None:
        self._signed_in()
        return self._writer.find_sent(to, text, since)

    def _signed_in(self) -> Account:
        if not self._parts.account:
            raise NotPermitted(f"Bluesky: {NO_ACCOUNT}", next_step="run `listener connect bluesky`")
        return self._parts.account


class BlueskyMentions(_Bluesky):
    """Reads an account's notifications."""

    def __init__(self, parts: _Parts) -> None:
        super().__init__(parts)
        self._walk = NotificationWalk(parts.account, parts.replies, parts.options.whole("page_size"))
        self._first = timedelta(hours=parts.options.number("first_hours"))

    def __repr__(self) -> str:
        return "BlueskyMentions()"

    def check(self) -> str:
        """Asks the account's server who is signed in."""
        account = self._parts.account
        account.get("/xrpc/com.atproto.server.getSession")
        return f"signed in at {account.host} as @{account.handle}"

    def poll(self, cursor: str, now: datetime) -> Iterator[Page]:
        """Pages, newest first, down to where the last walk began; each page's cursor goes on below it."""
        progress = paging.load(cursor, now)
        return self._walk.pages(
            progress.begun(self._first, now), lambda run: paging.Progress(high=progress.high, run=run).cursor()
        )

    def estimate(self, since: datetime, until: datetime) -> Estimate:
        return Estimate(note="Bluesky doesn't tell how many notifications there are; 100 a call, free")

    def backfill(self, since: datetime, until: datetime, cursor: str, now: datetime) -> Iterator[Page]:
        """Pages of the stretch; what is newer is walked through too, since Bluesky lists from the newest on."""
        progress = paging.load(cursor, now)
        run = replace(progress.run or paging.Run(floor=since), floor=since)
        return self._walk.pages(run, lambda run: paging.Progress(run=run).cursor(), until=until)


class BlueskyPhrases(_Bluesky):
    """Listens to the whole network for phrases."""

    def __init__(self, parts: _Parts, phrases: Sequence[str]) -> None:
        super().__init__(parts)
        options = parts.options
        self._words = phrases
        self._replayed = timedelta(hours=options.number("replay_hours"))
        self._source = hearing.Source(
            jetstream=options.text("jetstream"),
            phrases=hearing.Phrases(phrases),
            size=options.whole("page_size"),
            limits=parts.limits,
            kept=timedelta(hours=options.number("kept_hours")),
        )

    def __repr__(self) -> str:
        return f"BlueskyPhrases({', '.join(self._words)!r})"

    def check(self) -> str:
        """Lets itself be let in by Jetstream, and signs in where an account is given."""
        now = self._parts.tools.clock.now()
        with Jetstream(self._source.jetstream, hearing.micros(now), self._parts.limits, lambda a: refuse(a, now)):
            pass
        account = self._parts.account
        who = f"answers as @{account.handle}" if account else "without an account, replies can't be sent"
        return f"{self._source.host} lets us listen; {who}"

    def poll(self, cursor: str, now: datetime) -> Iterator[Page]:
        """Pages of the network's log, oldest first, until it has caught up with now."""
        read = hearing.load(cursor, now)
        start = hearing.micros(now - self._replayed) if read is None else read
        return self._hearing(start, now, resumed=read is not None).poll(now)

    def stream(self, cursor: str, now: datetime, stopping: Callable[[], bool]) -> Iterator[Page]:
        """The same log without an end, from the cursor on, or from now."""
        read = hearing.load(cursor, now)
        start = hearing.micros(now) if read is None else read
        return self._hearing(start, now, resumed=read is not None).stream(stopping)

    def estimate(self, since: datetime, until: datetime) -> Estimate:
        self._signed_in()
        return Estimate(note="Bluesky doesn't tell how many posts a search finds; 100 a call, free")

    def backfill(self, since: datetime, until: datetime, cursor: str, now: datetime) -> Iterator[Page]:
        """Pages that the search finds, phrase by phrase, newest first; an account is needed."""
        walk = SearchWalk(
            self._signed_in(), self._parts.replies, self._parts.options.whole("page_size"), self._source.phrases
        )
        return walk.pages(self._words, since, until, cursor, now)

    def _hearing(self, start: int, now: datetime, *, resumed: bool) -> hearing.Hearing:
        parts = self._parts
        return hearing.Hearing(
            self._source,
            start=start,
            resumed=resumed,
            clock=parts.tools.clock,
            replies=parts.replies,
            profiles=parts.lookup.profiles,
            ours=parts.account.known_did if parts.account else "",
            refuse=lambda answer: refuse(answer, now),
        )
