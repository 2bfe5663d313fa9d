"""X: posts found by a search, or the mentions of an account; heard live, looked up again, and answered.

Every read costs money, so each call is paid for from a monthly cap before it is made (`x_money`): what it may cost at
most is reserved, and what came is settled. An answer that got lost on its way counts in full, since X may have billed
it. How pages are walked stands in `x_paging`.
"""

import logging
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import tweepy

from listener.connectors import x_paging
from listener.connectors.budget import credential_of
from listener.connectors.catalogue.x import INFO
from listener.connectors.http import Limits
from listener.connectors.jsons import count, table
from listener.connectors.options import Options, checked
from listener.connectors.transport import Transport
from listener.connectors.x_calls import HOST, Ask, Calls
from listener.connectors.x_lookup import recheck
from listener.connectors.x_money import COUNT_PRICE, USER_PRICE, Money
from listener.connectors.x_paging import MENTIONS_REACH, Progress, Window
from listener.connectors.x_past import Past
from listener.connectors.x_reading import BoundRefused, Read, Reading
from listener.connectors.x_stream import Rules, Stream
from listener.connectors.x_writing import KEYS, Writing
from listener.domain.mention import Gap, Mention, Page
from listener.domain.platform import Estimate, Rechecked, Refused, Sent
from listener.domain.policy import SourceConfig
from listener.errors import ConfigError, NotPermitted, Retry

if TYPE_CHECKING:
    from listener.connectors import Tools

# At DEBUG these write tokens, or what is signed with them, into the log.
for _name in ("tweepy", "oauthlib", "requests_oauthlib"):
    logging.getLogger(_name).setLevel(logging.INFO)


def build(config: SourceConfig, tools: "Tools") -> "XConnector":
    """A connector on one search or one account's mentions; no call is made. Raises `ConfigError`."""
    options = checked(INFO, config)
    if bool(options.text("query")) == bool(options.text("user_id")):
        raise ConfigError(f"source {config.name!r}: give either options.query or options.user_id")
    return XConnector(config, options, tools)


class XConnector:
    """Reads X through tweepy; its transport bounds every call, its ledger every month."""

    platform = "x"

    def __init__(self, config: SourceConfig, options: Options, tools: "Tools") -> None:
        self._name = config.name
        self._options = options
        self._tools = tools
        self._handles = tuple(h.lstrip("@") for h in options.texts("handles") if h.lstrip("@"))
        ours = frozenset(h.lower() for h in (*self._handles, options.text("user_id")) if h)
        secrets = {name: secret.reveal() for name, secret in config.secrets.items() if secret}
        token = secrets["bearer_token"]
        app = credential_of("x", token)
        self._money = Money(tools, app, replies=config.reply)
        self._client = tweepy.Client(token, return_type=dict)
        self._calls = self._calls_of(self._client, app)
        self._reading = Reading(self._calls, self._client, options, ours)
        counted = options.text("query") or self._rule()
        self._past = Past(self._reading, self._calls, self._client, tools.clock, counted)
        self._missing = [name for name in KEYS if name not in secrets]
        self._writing = None if self._missing else self._writing_of(secrets)
        self._token = token
        self._window = Window(
            first=timedelta(hours=options.number("first_hours")),
            overlap=timedelta(minutes=options.number("overlap_minutes")),
            overlap_every=options.whole("overlap_every"),
            limited=bool(options.text("query")),
        )

    def __repr__(self) -> str:
        return f"XConnector({self._options.text('query') or self._options.text('user_id')!r})"

    def _calls_of(self, client: Any, credential: str) -> Calls:
        base = self._options.text("api_base")
        limits = Limits(timeout=self._options.number("timeout"), deadline=self._options.number("deadline"))
        transport = Transport(limits, rewrite=(HOST, base) if base else None)
        transport.mount_on(client.session)
        return Calls(transport, self._tools.budget(credential, "X"), self._money, self._tools.clock)

    def _writing_of(self, secrets: dict[str, str]) -> Writing:
        """An account's calls are counted by themselves; its money is the app's."""
        key, secret, token, token_secret = (secrets[name] for name in KEYS)
        client = tweepy.Client(None, key, secret, token, token_secret, return_type=dict)
        calls = self._calls_of(client, credential_of("x", key, token))
        return Writing(calls, client, longest=self._options.whole("max_length"))

    def _rule(self) -> str:
        """What streams the posts that this source reads, without reposts; empty where no handle is known."""
        if query := " ".join(self._options.text("query").split()):
            return query if "is:retweet" in query else f"({query}) -is:retweet"
        called = " OR ".join(f"@{handle}" for handle in self._handles)
        own = " ".join(f"-from:{handle}" for handle in self._handles)
        return f"({called}) {own} -is:retweet" if called else ""

    # Reading

    def check(self) -> str:
        """One paid call ($0.005 to $0.010): what the search would find, or whose mentions are read."""
        query, user_id = self._options.text("query"), self._options.text("user_id")
        if query:
            ask = Ask(bucket="counts", at_most=COUNT_PRICE, price=lambda _: COUNT_PRICE)
            answer = self._calls.make(ask, self._client.get_recent_tweets_count, query=query)
            total = count(table(answer.get("meta")).get("total_tweet_count"))
            cost = total * self._reading.post_price / 1e6
            return f"about {total:,} posts in the last 7 days, ${cost:,.2f} to read"
        ask = Ask(bucket="users", at_most=USER_PRICE, price=lambda _: USER_PRICE)
        answer = self._calls.make(ask, self._client.get_user, id=user_id)
        return f"mentions of @{table(answer.get('data')).get('username', '?')}"

    def poll(self, cursor: str, now: datetime) -> Iterator[Page]:
        """Pages, newest first; each page's cursor goes on with the page after it, and no post is passed over."""
        progress = x_paging.load(cursor, now)
        gaps: tuple[Gap, ...] = ()
        while True:
            if progress.run is None:
                progress, gaps = x_paging.begin(progress, self._window, now)
            assert progress.run is not None
            try:
                read = self._reading.page(progress.run.bounds(), progress.run.next_token, now)
            except BoundRefused as refused:
                restart = x_paging.by_time if refused.since_id else x_paging.begin
                progress, gaps = restart(progress, self._window, now)
                continue
            looped = progress.repeats(read.token)
            gaps += self._cut_short(progress, read, looped=looped)
            progress = progress.after(read.ids, "" if looped else read.token)
            done = progress.run is None
            yield Page(
                mentions=tuple(read.mentions),
                rejects=tuple(read.rejects),
                gaps=gaps,
                cursor=progress.cursor(),
                done=done and not looped,
            )
            if looped:
                raise Retry("X gave the same page token twice: the rest of that run is recorded as a gap")
            if done:
                return
            gaps = ()

    def _cut_short(self, progress: Progress, read: Read, *, looped: bool) -> tuple[Gap, ...]:
        """What this page's run will never reach."""
        run = progress.run
        assert run is not None
        if looped:
            return x_paging.cut_short(progress, run, read.ids, "X repeated a page token")
        ends = not read.token and not self._window.limited and run.seen + len(read.ids) >= MENTIONS_REACH
        return x_paging.cut_short(progress, run, read.ids, "X lists only the newest 800 mentions") if ends else ()

    def stream(self, cursor: str, now: datetime, stopping: Callable[[], bool]) -> Iterator[Page]:
        """What this source reads, as it is posted. Raises `ConfigError` where X can't be told what that is."""
        wanted = self._rule()
        if not wanted:
            raise ConfigError(
                f"source {self._name!r}: X streams by handle, and options.handles names none",
                next_step="add the account's handle to options.handles",
            )
        client = tweepy.StreamingClient(self._token, return_type=dict)
        calls = self._calls_of(client, credential_of("x", self._token))
        stream = Stream(
            calls=calls,
            money=self._money,
            reading=self._reading,
            clock=self._tools.clock,
            base=self._options.text("api_base").rstrip("/") or HOST,
            token=self._token,
        )
        return stream.pages(
            Rules(calls, client, name=self._name, value=wanted),
            cursor,
            stopping,
            connect=self._options.number("deadline"),
            moment=self._options.number("gather_seconds"),
        )

    def estimate(self, since: datetime, until: datetime) -> Estimate:
        """One call of $0.005."""
        return self._past.estimate(since, until)

    def backfill(self, since: datetime, until: datetime, cursor: str, now: datetime) -> Iterator[Page]:
        """Pages of [since, until), newest first; a search reaches seven days back, mentions the newest 800."""
        return self._past.pages(since, until, cursor, now)

    def recheck(self, mentions: Sequence[Mention], now: datetime) -> list[Rechecked]:
        """What became of at most a hundred posts, at $0.005 each."""
        return recheck(self._calls, self._client, mentions, self._reading.ours, now)

    # Answering

    def unable(self) -> str:
        """Replies are sent in an account's name, with keys that reading doesn't need."""
        if self._missing:
            return f"X takes replies in an account's name: add the secrets {', '.join(self._missing)}"
        if not self._reading.ours:
            return "X takes replies only to who mentioned or quoted the brand: name its handles in options.handles"
        return ""

    def reply(self, to: Mention, text: str, key: str, now: datetime) -> Sent | Refused:
        """X knows no keys of attempts; it refuses the same words twice by itself."""
        return self._writer().reply(to, text)

    def find_sent(self, to: Mention, text: str, since: datetime, now: datetime) -> Sent | None:
        return self._writer().find_sent(to, text, since)

    def _writer(self) -> Writing:
        if self._writing is None:
            raise NotPermitted(self.unable(), next_step="add them with `listener connect x`")
        return self._writing
