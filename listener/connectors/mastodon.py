"""Mastodon and what speaks its API: posts under hashtags, the mentions of an account, or a search.

Plain HTTP rather than Mastodon.py: that library raises errors without their response and has no bound on a call.

`min_id` pages forward: the posts just after it, none skipped (`since_id` gives the newest and skips the middle). Where
nothing was read yet, the walk goes backward from the newest by `max_id`, as far as the first hours asked for.

Ids of posts are their time in milliseconds and 16 more bits, and a post that arrives late from another server is
sorted in by when it was written. So a hashtag is read again from some minutes before the last post. Notifications are
numbered as they come.

A post's `ref` is `instance:id there`; at another instance it is found by its address.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from listener.connectors.boundary import name_of
from listener.connectors.catalogue.mastodon import INFO, MOST_HASHTAGS
from listener.connectors.jsons import table
from listener.connectors.mastodon_answers import Answers, recheck
from listener.connectors.mastodon_instance import POSTING, Instance
from listener.connectors.mastodon_stream import listen
from listener.connectors.mastodon_timelines import Timelines
from listener.connectors.options import Options, checked
from listener.domain.mention import Mention, Page
from listener.domain.platform import Estimate, Rechecked, Refused, Sent
from listener.domain.policy import Secret, SourceConfig
from listener.errors import ConfigError, NotPermitted

if TYPE_CHECKING:
    from listener.connectors import Tools


def build(config: SourceConfig, tools: "Tools") -> "MastodonConnector":
    """A connector on hashtags, an account's mentions, or a search; no call is made. Raises `ConfigError`."""
    options = checked(INFO, config)
    token = config.secrets.get("access_token") or Secret("")
    asked = (bool(options.texts("hashtags")), options.flag("mentions"), bool(options.text("query").strip()))
    if sum(asked) != 1:
        raise ConfigError(f"source {config.name!r}: give one of options.hashtags, mentions = true, and query")
    if not asked[0] and not token:
        raise ConfigError(f"source {config.name!r}: secret access_token is missing: mentions and query need a token")
    if len(options.texts("hashtags")) > MOST_HASHTAGS:
        words = f"Mastodon reads at most {MOST_HASHTAGS} hashtags at once and passes over the rest without a word"
        raise ConfigError(f"source {config.name!r}: options.hashtags names too many: {words}; make another source")
    return MastodonConnector(options, token, tools)


class MastodonConnector:
    """Reads one instance, and answers through one account there."""

    platform = "mastodon"

    def __init__(self, options: Options, token: Secret, tools: "Tools") -> None:
        self._options = options
        self._instance = Instance(options, token, tools)
        self._timelines = Timelines(self._instance, options)
        self._answers = Answers(self._instance)

    def __repr__(self) -> str:
        tags = " ".join(self._options.texts("hashtags"))
        what = "mentions" if self._timelines.notified else tags or repr(self._options.text("query"))
        return f"MastodonConnector({self._instance.host}, {what})"

    def check(self) -> str:
        """Asks who the token belongs to and what it may do, or without one for the instance's name."""
        host = self._instance.host
        if not self._instance.signed_in:
            about = table(self._instance.get("/api/v2/instance"))
            return f"{name_of(about.get('title')) or host} answers; without a token, hashtags only"
        who = self._instance.identify().acct
        scopes = self._instance.learn_scopes()
        if scopes is None:
            may = f"{host} doesn't say what the token may do"
        else:
            may = "may post replies" if scopes & POSTING else "may not post replies: it lacks the scope write:statuses"
        return f"signed in at {host} as @{who or 'nobody'}; {may}"

    def poll(self, cursor: str, now: datetime) -> Iterator[Page]:
        """Pages: forward from the last post, or, where none is known, backward through the first hours."""
        return self._timelines.poll(cursor, now)

    def stream(self, cursor: str, now: datetime, stopping: Callable[[], bool]) -> Iterator[Page]:
        """New posts, edits, and deletions of what this stream has brought; other deletions are found by `recheck`.

        Raises `NotPermitted` for a search, which can't be streamed.
        """
        if self._options.text("query"):
            raise NotPermitted("Mastodon streams no search", next_step="set stream = false for this source")
        yield from listen(self._instance, self._timelines, self._options.texts("hashtags"), cursor, stopping)

    def estimate(self, since: datetime, until: datetime) -> Estimate:
        """From the newest page: one call."""
        return self._timelines.estimate(since, until, self._instance.clock.now())

    def backfill(self, since: datetime, until: datetime, cursor: str, now: datetime) -> Iterator[Page]:
        """Backward; where ids tell their time, straight from `until`."""
        return self._timelines.backfill(since, until, cursor, now)

    def recheck(self, mentions: Sequence[Mention], now: datetime) -> list[Rechecked]:
        """Twenty a call, and one call more for each that a list leaves out."""
        return recheck(self._instance, mentions)

    def unable(self) -> str:
        """What is missing to reply; whether the token may post is known once `check` was asked."""
        return self._answers.unable()

    def reply(self, to: Mention, text: str, key: str, now: datetime) -> Sent | Refused:
        """A post under theirs, as public as theirs, with their handle first."""
        return self._answers.reply(to, text, key)

    def find_sent(self, to: Mention, text: str, since: datetime, now: datetime) -> Sent | None:
        """Looks through our own posts."""
        return self._answers.find_sent(to, text, since)
