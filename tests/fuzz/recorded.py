"""What platforms really answered once, bent, before those who read single posts of it."""

import gzip
import importlib.util
import json
from collections.abc import Callable, Iterator, Mapping
from copy import deepcopy
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

from listener import connectors
from listener.clock import VirtualClock
from listener.connectors import (
    bluesky_jetstream,
    bluesky_posts,
    facebook_posts,
    hackernews_hits,
    instagram_posts,
    mastodon_statuses,
    reddit_things,
    x_posts,
    youtube_comments,
)
from listener.connectors.entries import Reading, read_entry
from listener.connectors.feed import FeedConnector
from listener.domain.mention import Mention
from listener.domain.policy import SourceConfig
from listener.errors import SkipRecord
from listener.net import Answer
from tests.builders import NOON
from tests.conftest import SHARED
from tests.contracts.rigs import Purse
from tests.fuzz import mutate
from tests.fuzz.mutate import Broken

Read = Callable[[Any], Mention]
SOME_KEYS = 2
"""Fewer make no record."""
MOST = 3_000
_VIEWER = mastodon_statuses.Viewer(host="mastodon.example", signed_in=True, account_id="1")
_READING = reddit_things.Reading(now=NOON, account="acme", keep_raw=True)
_REPLIES = bluesky_posts.Replies(able=True)
_POST = {"id": "1_2", "media": {"id": "3"}}
READERS: Mapping[str, tuple[Read, ...]] = {
    "bluesky": (lambda one: bluesky_posts.read_view(one, _REPLIES),),
    "mastodon": (lambda one: mastodon_statuses.read_status(one, _VIEWER),),
    "reddit": (lambda one: reddit_things.read_thing(one, _READING),),
    "x": (lambda one: x_posts.read_post(one, {"2": {"username": "ann"}}, frozenset({"acme"}), NOON),),
    "youtube": (
        youtube_comments.read_comment,
        lambda one: youtube_comments.read_comment(youtube_comments.thread_comments(one)[0]),
    ),
    "hackernews": (hackernews_hits.read_hit,),
    "facebook": (
        facebook_posts.read_post,
        facebook_posts.read_rating,
        lambda one: facebook_posts.read_comment(one, _POST),
    ),
    "instagram": (
        lambda one: instagram_posts.read_comment(one, _POST),
        lambda one: instagram_posts.read_mentioned(one, "3"),
        lambda one: instagram_posts.read_post(one, named=True),
    ),
}
FOLDERS: Mapping[str, tuple[str, ...]] = {
    **{name: (name,) for name in READERS},
    "x": ("x-samples", "x-tweepy"),
    "facebook": ("facebook-instagram/facebook",),
    "instagram": ("facebook-instagram/instagram",),
    "feed": ("feeds",),
    "jetstream": ("bluesky",),
}
NAMES = tuple(f"recorded-{name}" for name in (*READERS, "jetstream", "feed"))


class Missing(Exception):
    """There are no recordings here: they are no part of the project."""


def recorded(name: str) -> Callable[[Random], None]:
    """The target of that name. Raises `Missing`."""
    if not (SHARED / "recordings").is_dir():
        raise Missing(f"no recordings at {SHARED}")
    if name == "feed":
        return _feed
    if name == "jetstream":
        return _jetstream
    readers = READERS[name]
    found = [one for body in _bodies(name) for one in _records(body)][:MOST]
    posts = [(reader, one) for one in found for reader in readers if _reads(reader, one)]
    if not posts:
        raise Missing(f"no answers of {name} among the recordings")

    def run(random: Random) -> None:
        reader, record = (
            random.choice(posts) if random.random() < 0.9 else (random.choice(readers), random.choice(found))
        )
        holder = [deepcopy(record)]
        for _ in range(random.randint(1, 3)):
            mutate.bend(random, holder)
        _read(reader, holder[0] if holder else None)

    return run


def _reads(reader: Read, record: object) -> bool:
    try:
        reader(record)
    except (SkipRecord, ValueError):
        return False
    return True


def _read(reader: Read, record: object) -> None:
    try:
        checked(reader(record))
    except ValueError as error:  # set aside, with these words
        if not str(error):
            raise Broken("set aside without a word") from error


def checked(mention: Mention) -> None:
    """What every mention is, whatever it was read from."""
    for text in (mention.text, mention.author.handle, mention.author.name, mention.key.native_id, mention.url):
        text.encode()
        if "\x00" in text:
            raise Broken("a NUL")
    if mention.created_at.tzinfo is None or not mention.key.native_id:
        raise Broken("no instant, or no id")
    if mention.url and not mention.url.lower().startswith(("http://", "https://")):
        raise Broken(f"an address that is none: {mention.url[:80]!r}")
    if len(mention.raw) > 65_536:
        raise Broken("more kept than there is room for")


def _jetstream(random: Random) -> None:
    frame = random.choice(_frames())
    try:
        bluesky_jetstream.read_event(mutate.body(random, frame))
    except ValueError as error:
        if not str(error):
            raise Broken("set aside without a word") from error


def _feed(random: Random) -> None:
    raw = mutate.raw(random, random.choice(_feeds()))[:100_000]
    parsed = _reader()._parsed(Answer(status=200, headers={}, body=raw, url="https://example.com/feed"))
    reading = Reading(platform="news", now=NOON, site="A site", base="https://example.com/feed")
    for entry in parsed.entries[:20]:
        _read(lambda one: read_entry(one, reading), entry)


@cache
def _reader() -> FeedConnector:
    options = {"platform": "news", "url": "https://example.com/feed"}
    config = SourceConfig(name="feed", connector="feed", options=options)
    built = connectors.build(config, ledger=Purse(), clock=VirtualClock(NOON))
    assert isinstance(built, FeedConnector)
    return built


@cache
def _frames() -> list[bytes]:
    files = sorted((SHARED / "recordings/bluesky").glob("*.jsonl"))
    return [line for file in files for line in file.read_bytes().splitlines() if line]


@cache
def _feeds() -> list[bytes]:
    return [file.read_bytes() for file in sorted((SHARED / "recordings/feeds").rglob("*.xml"))]


def _records(value: object) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        if len(value) >= SOME_KEYS:
            yield value
        for inner in value.values():
            yield from _records(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _records(inner)


def _bodies(name: str) -> Iterator[object]:
    for folder in FOLDERS[name]:
        for file in sorted((SHARED / "recordings" / folder).rglob("*")):
            if file.suffix in (".json", ".yaml"):
                yield from _answers(file)


def _answers(file: Path) -> Iterator[object]:
    """The bodies on a tape, or the one body that the file is."""
    value = _tape(file)
    if not (isinstance(value, dict) and ("interactions" in value or "http_interactions" in value)):
        yield value
        return
    for seen in value.get("interactions") or value.get("http_interactions"):
        try:
            yield json.loads(_body(seen["response"]["body"]))
        except ValueError:
            continue  # an answer without words


def _tape(file: Path) -> Any:
    if file.suffix == ".json":
        return json.loads(file.read_text(encoding="utf-8"))
    if importlib.util.find_spec("yaml") is None:
        raise Missing("tapes in YAML need PyYAML")
    import yaml

    return yaml.load(file.read_text(encoding="utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))


def _body(body: Any) -> bytes:
    text = body.get("string") or "" if isinstance(body, dict) else body or ""
    raw = text.encode() if isinstance(text, str) else text
    return gzip.decompress(raw) if raw[:2] == b"\x1f\x8b" else raw
