"""YouTube: comments on a channel's videos, or on one video, through the Data API with a key; replies with a sign-in.

Plain HTTP rather than Google's library: three calls are needed, and the library brings a hundred and bounds none.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from listener.connectors.catalogue.youtube import INFO
from listener.connectors.options import Options, checked
from listener.connectors.youtube_answers import Answers
from listener.connectors.youtube_api import Api
from listener.connectors.youtube_threads import Threads
from listener.domain.mention import Mention, Page
from listener.domain.platform import Estimate, Rechecked, Refused, Sent
from listener.domain.policy import SourceConfig
from listener.errors import ConfigError

if TYPE_CHECKING:
    from listener.connectors import Tools


def build(config: SourceConfig, tools: "Tools") -> "YouTubeConnector":
    """A connector on a channel or a video; no call is made. Raises `ConfigError`."""
    options = checked(INFO, config)
    if bool(options.text("channel_id")) == bool(options.text("video_id")):
        raise ConfigError(f"source {config.name!r}: give options.channel_id or options.video_id, and not both")
    return YouTubeConnector(options, Api(options, config.secrets, tools), tools)


class YouTubeConnector:
    """Reads comment threads, and answers as a channel."""

    platform = "youtube"

    def __init__(self, options: Options, api: Api, tools: "Tools") -> None:
        self._api = api
        self._threads = Threads(api, options, tools.clock)
        self._answers = Answers(api, self._threads)

    def __repr__(self) -> str:
        return f"YouTubeConnector({self._threads.name})"

    def check(self) -> str:
        """Asks for one thread: one unit; and for our channel where somebody signed in: one more."""
        self._threads.one()
        said = f"the key is good for {self!r}; a page costs 1 of 10,000 units a day"
        if self._api.missing:
            return f"{said}; without a sign-in it only reads"
        return f"{said}; replies go out as channel {self._api.own_channel()}, at 50 units each"

    def poll(self, cursor: str, now: datetime) -> Iterator[Page]:
        """Pages, newest thread first, each with the replies it shows and those listed beside it."""
        return self._threads.poll(cursor, now)

    def estimate(self, since: datetime, until: datetime) -> Estimate:
        """From the newest page: one unit."""
        return self._threads.estimate(since, until)

    def backfill(self, since: datetime, until: datetime, cursor: str, now: datetime) -> Iterator[Page]:
        """From the newest thread down; what is newer costs a unit a page too."""
        return self._threads.backfill(since, until, cursor, now)

    def recheck(self, mentions: Sequence[Mention], now: datetime) -> list[Rechecked]:
        """Forty-nine a unit; comments that YouTube hides count as deleted."""
        return self._answers.recheck(mentions)

    def unable(self) -> str:
        """Which secrets of a sign-in are missing."""
        return self._answers.unable()

    def reply(self, to: Mention, text: str, key: str, now: datetime) -> Sent | Refused:
        """A comment in their thread: 50 units."""
        return self._answers.reply(to, text)

    def find_sent(self, to: Mention, text: str, since: datetime, now: datetime) -> Sent | None:
        """Looks through the thread for a comment of our channel."""
        return self._answers.find_sent(to, text, since)
