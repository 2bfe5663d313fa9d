"""A run sends agents' answers, and never takes one for a stranger's post."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from threading import Event

import pytest

from listener import app
from listener.clock import VirtualClock
from listener.domain.policy import SourceConfig
from listener.domain.sending import SendState
from listener.domain.stored import InboxFilter
from listener.errors import ConfigError, StoreError
from listener.pipeline.stages import nothing
from listener.ports import Store
from listener.rounds import Job, one_round, run_forever
from listener.triage.answering import Answering
from listener.triage.sending import Sender
from listener.triage.sending_handover import WayOut
from tests.builders import NOON, author, mention, minutes
from tests.pipeline.parts import SOURCE, Scripted, page, settings, stages
from tests.triage.postbox import Lines, Postbox


def theirs(native_id: str = "1", by: str = "ann", words: str = "@acme late", **more: object) -> Scripted:
    post = mention(words, native_id, author=author(by), can_reply=True, **more)
    return Scripted([page(post, cursor=1, done=True)])


def open_cases(store: Store) -> int:
    with store.read() as reads:
        return len(reads.inbox(InboxFilter(), NOON, 10))


def test_what_was_sent_from_here_is_no_mention(store: Store, tmp_path: Path) -> None:
    """By an account that brands.toml doesn't name, and with words that would open a case."""
    clock, box = VirtualClock(NOON), Postbox()
    ready = stages(store, tmp_path, clock=clock)
    one_round(ready, [Job(source=SOURCE, connector=theirs())], {})
    policy = settings(tmp_path).triage
    Answering(store, policy, clock, WayOut(outlets=Lines(box))).reply(1, "@acme is late, sorry", "zoe")
    sender = Sender(store=store, outlets=Lines(box), policy=policy, clock=clock, tell=lambda *_: None)
    assert [send.state for send in sender.send_due()] == [SendState.SENT]
    echo = theirs("our-1", "AcmeCares", "@acme is late, sorry")
    report = one_round(ready, [Job(source=replace(SOURCE, name="other"), connector=echo)], {})
    assert (report.sources[0].read, report.sources[0].stored, open_cases(store)) == (1, 0, 1)
    stranger = theirs("our-2", "bob", "@acme is late, sorry")
    one_round(ready, [Job(source=replace(SOURCE, name="third"), connector=stranger)], {})
    assert open_cases(store) == 2


def test_a_run_sends_while_it_reads(store: Store, tmp_path: Path) -> None:
    clock, sent = VirtualClock(NOON), Event()
    ready = stages(store, tmp_path, clock=clock, stopping=lambda: sent.is_set() or clock.now() > NOON + minutes(9_999))
    run_forever(replace(ready, send_due=sent.set), [Job(source=SOURCE, connector=theirs())], {})
    assert sent.is_set()


def test_a_store_that_fails_ends_the_run(store: Store, tmp_path: Path) -> None:
    clock = VirtualClock(NOON)

    def send_due() -> None:
        raise StoreError("the disk is full")

    ready = replace(
        stages(store, tmp_path, clock=clock, stopping=lambda: clock.now() > NOON + timedelta(days=9)), send_due=send_due
    )
    with pytest.raises(StoreError, match="disk is full"):
        run_forever(ready, [Job(source=SOURCE, connector=theirs())], {})


def test_what_isn_t_asked_to_send_sends_nothing(store: Store, tmp_path: Path) -> None:
    """A replay, an import: what they read is the past, and nobody waits for an answer in it."""
    assert stages(store, tmp_path).send_due is nothing


def test_the_sender_of_a_team_builds_its_sources_when_they_are_to_send(store: Store, tmp_path: Path) -> None:
    talks = SourceConfig(name="acme-social", connector="mastodon", reply=True, options={"nonsense": 1})
    team = replace(settings(tmp_path), sources=(talks,))
    sender = app.sender(team, store, VirtualClock(NOON))
    assert sender.outlets.outlet("mastodon", "Acme").source == "acme-social"
    assert sender.send_due() == []
    with pytest.raises(ConfigError, match="nonsense"):
        sender.outlets.line("acme-social")
