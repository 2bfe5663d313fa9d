"""Stored posts of X, looked up again: whether they still stand, and how they read now."""

import logging
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from listener.connectors.boundary import optional_id
from listener.connectors.jsons import rows, table
from listener.connectors.x_calls import Ask, Calls
from listener.connectors.x_money import POST_PRICE, of_posts
from listener.connectors.x_posts import edits_of, read_post
from listener.connectors.x_reading import POST_FIELDS
from listener.domain.budget import Purpose
from listener.domain.mention import Mention
from listener.domain.platform import Fate, Rechecked
from listener.errors import Retry, SkipRecord

log = logging.getLogger(__name__)

# X's developer policy asks that what an account made private, or what was suspended or withheld, be deleted as well as
# what was deleted, within 24 hours (docs.x.com, "Developer policy", on compliance with X content).
_GONE = ("resource-not-found", "not-authorized-for-resource")

_Posts = dict[str, Mapping[str, object]]


def recheck(
    calls: Calls, client: Any, mentions: Sequence[Mention], ours: frozenset[str], now: datetime
) -> list[Rechecked]:
    """By the newest version known: an earlier id brings the words of its own version.

    Where a newer one stands behind it, that is looked up too. Authors aren't asked for: they are paid for, and known.
    """
    asked = {version: mention for mention in mentions if (version := _newest_known(mention))}
    if not asked:
        return []
    found, gone = _looked_up(calls, client, asked)
    if not found and not gone:
        raise Retry("X told of none of the posts it was asked for")
    latest = {version: str(max([*edits_of(post), int(version)])) for version, post in found.items()}
    newer = {version: newest for version, newest in latest.items() if newest != version}
    edited, lost = _edits(calls, client, newer.values())
    told = [Rechecked(key=asked[version].key, fate=Fate.DELETED) for version in gone if version not in found]
    for version, post in found.items():
        fate = Fate.DELETED if latest[version] in lost else Fate.ALIVE
        shown = post if version not in newer else edited.get(latest[version])
        mention = _read(shown, asked[version], ours, now) if shown and fate is Fate.ALIVE else None
        told.append(Rechecked(key=asked[version].key, fate=fate, mention=mention))
    return told


def _newest_known(mention: Mention) -> str:
    """The id to look up; empty where it can't be one of X's: a file may bring posts with ids of its own."""
    candidates = (mention.version, mention.key.native_id)
    return next((one for one in candidates if one.isascii() and one.isdigit() and len(one) <= 19), "")


def _looked_up(calls: Calls, client: Any, versions: Iterable[str]) -> tuple[_Posts, set[str]]:
    """Those that stand, and those that don't; what X tells nothing of is in neither."""
    asked = set(versions)
    ask = Ask(
        bucket="lookup",
        purpose=Purpose.RECHECK,
        at_most=len(asked) * POST_PRICE,
        price=of_posts(POST_PRICE),
        wants=("data", "errors"),
    )
    answer = calls.make(ask, client.get_tweets, ids=sorted(asked), tweet_fields=POST_FIELDS)
    posts = {optional_id(post.get("id")): post for post in map(table, rows(answer.get("data")))}
    gone = {_whose(error) for error in map(table, rows(answer.get("errors")))}
    return {one: post for one, post in posts.items() if one in asked}, gone & asked


def _whose(error: Mapping[str, object]) -> str:
    """The post that an error says is gone; empty where it speaks of something else."""
    about = str(error.get("resource_type", "tweet"))
    if about not in ("tweet", "post") or not str(error.get("type", "")).endswith(_GONE):
        return ""
    return optional_id(error.get("resource_id")) or optional_id(error.get("value"))


def _edits(calls: Calls, client: Any, versions: Iterable[str]) -> tuple[_Posts, set[str]]:
    """Newer versions; where they can't be had now, what the first look told stands all the same."""
    wanted = set(versions)
    if not wanted:
        return {}, set()
    try:
        return _looked_up(calls, client, wanted)
    except Retry as error:
        log.warning("edits could not be looked up", extra={"count": len(wanted), "error": str(error)})
        return {}, set()


def _read(post: Mapping[str, object], stored: Mention, ours: frozenset[str], now: datetime) -> Mention | None:
    """As it reads now; None where it can't be read."""
    author = stored.author
    known = {
        "username": author.handle,
        "name": author.name,
        "public_metrics": {"followers_count": author.followers},
    }
    try:
        return read_post(post, {author.native_id: known}, ours, now)
    except (SkipRecord, ValueError, TypeError, KeyError, AttributeError) as error:
        log.warning("a post can't be read again", extra={"id": stored.key.native_id, "error": str(error)})
        return None
