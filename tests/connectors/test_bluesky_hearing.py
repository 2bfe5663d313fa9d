"""What is heard of the network: phrases, names, edits, deletions; and the stream that goes on from a poll."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from listener import connectors, pipeline
from listener.clock import VirtualClock
from listener.connectors import bluesky_hearing as hearing
from listener.connectors.bluesky import BlueskyPhrases
from listener.domain.mention import Mention, MentionKey, Page
from listener.domain.policy import SourceConfig
from listener.domain.run import SourceReport
from listener.ports import Connector, Store
from listener.store import open_store
from tests.builders import NOON, author, mention
from tests.contracts.connector_contract import ids, walk
from tests.contracts.rigs import Purse
from tests.contracts.rigs_bluesky import POSTS, BlueskyPhrasesRig
from tests.contracts.server import Reply
from tests.pipeline.parts import SOURCE, stages


def keyless(address: str) -> Connector:
    config = SourceConfig(name="b", connector="bluesky", options={"phrases": ["acme"], "jetstream": address})
    return connectors.build(config, ledger=Purse(), clock=VirtualClock(NOON))


@pytest.fixture
def rig() -> Iterator[BlueskyPhrasesRig]:
    with (rig := BlueskyPhrasesRig()).server:
        yield rig


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("ACME is late", True),
        ("the acme's app", True),
        ("pharmacmeal", False),
        ("#acme!", True),
        ("acme_inc", False),
        ("ソニーの新製品", True),
        ("We fly  Air\nKiwi often", True),
        ("airkiwi", False),
        ("ＡＣＭＥ", True),
    ],
)
def test_phrases_are_found_as_people_write_them(text: str, found: bool) -> None:
    assert hearing.Phrases(["acme", "ソニー", "Air Kiwi"]).named(text) is found


def test_an_author_is_named_where_bluesky_tells_and_by_its_id_where_not(rig: BlueskyPhrasesRig) -> None:
    rig.publish(2)
    named = {m.author.handle for page in walk(rig) for m in page.mentions}
    assert named == {"user0.acme.test", "user1.acme.test"}
    rig.server.fault = Reply(status=503)
    nameless = {m.author.handle for page in walk(rig) for m in page.mentions}
    assert nameless == {"did:plc:user0", "did:plc:user1"}


def test_edits_and_deletions_are_heard_as_they_happen(rig: BlueskyPhrasesRig) -> None:
    rig.publish(3)
    cursor = walk(rig)[-1].cursor
    rig.clock.sleep(60)
    rig.edit(1, "acme is early")
    rig.delete(2)
    rig.clock.sleep(1)
    pages = walk(rig, cursor)
    read = {m.key.native_id: m for page in pages for m in page.mentions}
    assert read[rig.native_id(1)].text == "acme is early"
    assert [key.native_id for page in pages for key in page.overheard] == [rig.native_id(2)]
    assert not any(page.deleted for page in pages)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(tmp_path / "listener.sqlite")
    yield opened
    opened.close()


def test_an_overheard_deletion_erases_ours_and_leaves_no_trace_of_others(store: Store, tmp_path: Path) -> None:
    ours, others = (MentionKey(platform="bluesky", native_id=f"at://did:plc:{n}/{POSTS}/3k") for n in "12")
    said = [_post(ours, "@acme my parcel is late")]
    heard = [
        Page(mentions=tuple(said), cursor="1", done=False),
        Page(mentions=(), overheard=(ours, others), cursor="2", done=False),
        Page(mentions=(*said, _post(others, "@acme it is late")), cursor="3", done=True),
    ]
    run = stages(store, tmp_path)
    report = SourceReport(source=SOURCE.name)
    for page in heard:
        pipeline.store_page(run, SOURCE, "bluesky", page, report)
    with store.read() as reads:
        assert set(reads.known([ours, others])) == {others}, "ours came back, or a stranger's was buried"


def _post(key: MentionKey, text: str) -> Mention:
    return mention(text, key=key, author=author(key.native_id[10:12], platform="bluesky"))


def test_a_stream_goes_on_where_a_poll_ended_and_tells_of_deletions(
    rig: BlueskyPhrasesRig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hearing, "PULSE", 0.1)
    rig.publish(2)
    cursor = walk(rig)[-1].cursor
    wanted = rig.publish(3)
    connector = rig.connector()
    assert isinstance(connector, BlueskyPhrases)
    stopped = [False]
    heard = connector.stream(cursor, rig.clock.now(), lambda: stopped[0])
    assert not next(heard).mentions
    read: set[str] = set()
    while not wanted <= read:
        page = next(heard)
        read |= ids([page])
        assert not page.done
    rig.clock.sleep(60)
    rig.delete(4)
    while not (page := next(heard)).overheard:
        pass
    assert hearing.load(page.cursor, rig.clock.now())
    stopped[0] = True
    assert len(list(heard)) <= 1


def test_check_is_let_in_and_says_what_cannot_be_done_without_an_account(rig: BlueskyPhrasesRig) -> None:
    said = keyless(rig.house.socket_base).check()
    assert said == "127.0.0.1 lets us listen; without an account, replies can't be sent"
    assert rig.connector().check().endswith("answers as @help.acme.test")
