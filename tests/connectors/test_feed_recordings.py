"""Feedparser's ill-formed feeds, through the real connector: read or refused, kept once however often they are read."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import feedparser
import pytest

from listener.errors import ListenerError
from tests.connectors.into_store import kept
from tests.contracts.connector_contract import storable, walk
from tests.contracts.rigs_web import FeedRig
from tests.contracts.server import Asked, Reply


@pytest.fixture
def rig() -> Iterator[FeedRig]:
    with (rig := FeedRig()).server:
        yield rig


def test_recorded_ill_formed_feeds_are_read_or_refused_and_never_crash(shared: Path, rig: FeedRig) -> None:
    files = sorted((shared / "recordings" / "feeds").rglob("*.xml"))
    read: dict[str, Any] = {}
    for file in files:
        try:
            rig.server.script = partial(_always, Reply(body=file.read_bytes()))
            (page,) = walk(rig)
        except ListenerError as error:
            read[file.stem] = str(error)
            continue
        read[file.stem] = [*(mention.text for mention in page.mentions), *(reject.reason for reject in page.rejects)]
        for mention in page.mentions:
            storable(mention.text + mention.raw + mention.key.native_id)
    assert len(read) == 19
    assert read["rss_empty_document"] == "the address answered something that is not a feed"
    assert read["rdf_channel_empty_textinput"] == ["crashes here"]
    assert read["rss_incomplete_cdata"] == ["entry has no text"]


def _always(reply: Reply, _: Asked) -> Reply:
    return reply


@pytest.mark.sqlite
def test_recorded_ill_formed_feeds_are_kept_once_however_often_they_are_read(
    shared: Path, tmp_path: Path, rig: FeedRig
) -> None:
    """As many entries as the parser finds, each a mention or set aside; the same entry in two feeds is one."""
    files = sorted((shared / "recordings" / "feeds").rglob("*.xml"))
    counts: dict[str, int] = {}
    with kept(tmp_path, rig.clock.now()) as store:
        for file in (file for file in files if file.stem != "rss_empty_document"):
            body = file.read_bytes()
            rig.server.script = partial(_always, Reply(body=body))
            found = len(feedparser.parse(body).entries)
            first = store.read(rig.connector(), file.stem)
            assert first.read + first.rejected == found, file.stem
            counts[file.stem] = first.stored
            second = store.read(rig.connector(), file.stem)
            again = store.read(rig.connector(), f"{file.stem} from the beginning")
            assert (second.stored, second.rejected, again.stored, again.read) == (0, 0, 0, first.read), file.stem
        assert len(store.ids()) == len(set(store.ids())) == sum(counts.values())
    assert sum(counts.values()) >= 5, counts
