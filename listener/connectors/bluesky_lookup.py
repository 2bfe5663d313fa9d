"""What Bluesky shows of single posts and accounts to anybody, without an account.

Asked as nobody: an account that a post's author has blocked would be told that the post isn't there.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from listener.clock import Clock
from listener.connectors.bluesky_posts import PLATFORM, Replies, read_view
from listener.connectors.bluesky_session import CALLS, Declined
from listener.connectors.boundary import optional_id
from listener.connectors.jsons import rows, table
from listener.connectors.wire import Wire
from listener.domain.budget import Purpose
from listener.domain.mention import Mention, MentionKey
from listener.domain.platform import Fate, Rechecked
from listener.errors import ListenerError, Retry, SkipRecord

AT_ONCE = 25
"""Posts, or accounts, that one call tells of."""
_REMEMBERED = 5_000
_AFTER_A_FAILURE = timedelta(minutes=5)


class Lookup:
    """Posts and accounts, as everybody sees them."""

    def __init__(self, wire: Wire, clock: Clock, replies: Replies) -> None:
        self._wire = wire
        self._clock = clock
        self._replies = replies
        self._profiles: dict[str, Mapping[str, object]] = {}
        self._not_before: datetime | None = None

    def recheck(self, mentions: Sequence[Mention]) -> list[Rechecked]:
        """A post counts as deleted only where Bluesky says so of it alone: a list that lacks it may be half a list."""
        asked = [one.key.native_id for one in mentions if one.key.platform == PLATFORM]
        found: list[Rechecked] = []
        for at in range(0, len(asked), AT_ONCE):
            chunk = asked[at : at + AT_ONCE]
            shown = self._shown(chunk)
            found += [self._alive(uri, shown[uri]) if uri in shown else self._missing(uri) for uri in chunk]
        return found

    def profiles(self, dids: Sequence[str]) -> Mapping[str, Mapping[str, object]]:
        """What accounts are called; those that can't be told now are left out."""
        wanted = [did for did in dict.fromkeys(dids) if did not in self._profiles]
        if len(self._profiles) + len(wanted) > _REMEMBERED:
            self._profiles.clear()
            wanted = list(dict.fromkeys(dids))
        if self._not_before is None or self._clock.now() >= self._not_before:
            try:
                for at in range(0, len(wanted), AT_ONCE):
                    self._learn(wanted[at : at + AT_ONCE])
            except ListenerError:
                self._not_before = self._clock.now() + _AFTER_A_FAILURE
        return {did: self._profiles[did] for did in dids if did in self._profiles}

    def _learn(self, dids: Sequence[str]) -> None:
        said = self._ask("/xrpc/app.bsky.actor.getProfiles", [("actors", did) for did in dids], Purpose.READ)
        for profile in rows(said.get("profiles")):
            if (did := optional_id(table(profile).get("did"))) in dids:
                kept = ("handle", "displayName", "followersCount")
                self._profiles[did] = {key: value for key, value in table(profile).items() if key in kept}

    def _shown(self, uris: Sequence[str]) -> dict[str, object]:
        said = self._ask("/xrpc/app.bsky.feed.getPosts", [("uris", uri) for uri in uris], Purpose.RECHECK)
        if not isinstance(said.get("posts"), list):
            raise Retry("Bluesky answered without posts")
        return {str(table(post).get("uri")): post for post in rows(said["posts"])}

    def _alive(self, uri: str, view: object) -> Rechecked:
        try:
            mention = read_view(view, self._replies)
        except (SkipRecord, ValueError):
            mention = None
        return Rechecked(key=MentionKey(platform=PLATFORM, native_id=uri), fate=Fate.ALIVE, mention=mention)

    def _missing(self, uri: str) -> Rechecked:
        key = MentionKey(platform=PLATFORM, native_id=uri)
        query = {"uri": uri, "depth": "0", "parentHeight": "0"}
        try:
            thread = table(self._ask("/xrpc/app.bsky.feed.getPostThread", query, Purpose.RECHECK).get("thread"))
        except Declined as error:
            return Rechecked(key=key, fate=Fate.DELETED if error.name == "NotFound" else Fate.UNAVAILABLE)
        match thread.get("$type"):
            case "app.bsky.feed.defs#notFoundPost":
                return Rechecked(key=key, fate=Fate.DELETED)
            case "app.bsky.feed.defs#threadViewPost":
                return self._alive(uri, thread.get("post"))
            case _:
                return Rechecked(key=key, fate=Fate.UNAVAILABLE)

    def _ask(
        self, path: str, query: Mapping[str, str] | Sequence[tuple[str, str]], purpose: Purpose
    ) -> Mapping[str, object]:
        return table(self._wire.get(path, query, purpose=purpose, quota=CALLS))
