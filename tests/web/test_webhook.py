"""What Meta tells is checked, kept on disk, and only then said to have come."""

import asyncio
import errno
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from listener.connectors import spool as spool_module
from listener.connectors.spool import Spool
from listener.domain.policy import Secret
from tests.web.receiving import ACCOUNT, APP, PAGE, TOKEN, Served, comment, events, inbox, served, signed, told

QUESTION = f"hub.mode=subscribe&hub.verify_token={TOKEN}&hub.challenge=1158201444"


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    return Spool(tmp_path, "fb")


@pytest.fixture
def receiver(tmp_path: Path, spool: Spool) -> Iterator[Served]:
    with served(inbox(tmp_path, spool=spool)) as running:
        yield running


# Verification


def test_who_knows_the_word_gets_the_challenge_back(receiver: Served) -> None:
    assert receiver.get(QUESTION) == (200, "1158201444")


@pytest.mark.parametrize(
    "query",
    [
        "hub.mode=subscribe&hub.verify_token=wrong&hub.challenge=1",
        f"hub.mode=subscribe&hub.verify_token={TOKEN}x&hub.challenge=1",
        "hub.mode=subscribe&hub.challenge=1",
        f"hub.mode=unsubscribe&hub.verify_token={TOKEN}&hub.challenge=1",
        f"hub.mode=subscribe&hub.verify_token={TOKEN}&hub.challenge={'1' * 300}",
        f"hub.mode=subscribe&hub.verify_token={TOKEN}&hub.challenge=%0d%0aSet-Cookie:%20a",
        "hub.mode=subscribe&hub.verify_token=%C3%A9&hub.challenge=1",
        "",
    ],
)
def test_any_other_question_is_refused_and_nothing_of_it_said_back(receiver: Served, query: str) -> None:
    assert receiver.get(query) == (403, "")


# Signatures


def test_a_signed_event_is_kept_as_it_came(receiver: Served, spool: Spool) -> None:
    assert receiver.post(told(comment(1), comment(2))) == 200
    (first, second) = events(spool)
    assert first == {
        "v": 1,
        "came": "2026-03-02T12:00:00Z",
        "platform": "facebook",
        "time": 1772452800,
        **comment(1),
    }
    assert second["value"]["comment_id"] == "7_2"


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-Hub-Signature-256": ""},
        {"X-Hub-Signature-256": "sha256="},
        {"X-Hub-Signature-256": "sha256=" + "0" * 64},
        {"X-Hub-Signature-256": "sha256=\u00e9"},
        {"X-Hub-Signature": "sha1=" + "0" * 40},
        signed(told(comment()), "another secret"),
        signed(told(comment(2))),
    ],
    ids=range(8),
)
def test_an_event_without_a_true_signature_leaves_nothing(
    receiver: Served, spool: Spool, headers: dict[str, str]
) -> None:
    assert receiver.post(told(comment()), headers) == 403
    assert not spool.folder.exists()


def test_what_is_signed_but_holds_no_events_is_refused(receiver: Served, spool: Spool) -> None:
    for body in (b"", b"null", b"[]", b'{"object": "page"}', b"\xff", b"[" * 100_000, b'{"entry": {}}'):
        assert receiver.post(body) == 400
    assert not spool.folder.exists()


# Whose it is


def test_each_event_goes_to_who_reads_that_page_or_account_and_to_nobody_else(tmp_path: Path) -> None:
    page = inbox(tmp_path)
    twin = inbox(tmp_path, "twin")
    account = inbox(tmp_path, "ig", platform="instagram", kind="instagram", account=ACCOUNT)
    stranger = inbox(tmp_path, "other app", app_secret=Secret("another"))
    change = {"field": "mentions", "value": {"media_id": "1", "comment_id": "2"}}
    with served(page, twin, account, stranger) as running:
        assert running.post(told(comment())) == 200
        assert running.post(told(change, kind="instagram", account=ACCOUNT)) == 200
        assert running.post(told(comment(9), account="999")) == 200
        assert running.post(told(comment(9), kind="instagram")) == 200
    assert [len(events(one.spool)) for one in (page, twin, account, stranger)] == [1, 1, 1, 0]
    assert events(account.spool)[0]["platform"] == "instagram"


def test_private_messages_are_thrown_away(receiver: Served, spool: Spool) -> None:
    body = b'{"object": "page", "entry": [{"id": "%s", "messaging": [{"message": {"text": "psst"}}]}]}' % PAGE.encode()
    assert receiver.post(body) == 200
    assert not spool.folder.exists()


# Bounds


def test_a_body_over_a_mebibyte_is_refused_before_it_is_read(receiver: Served, spool: Spool) -> None:
    head = b"POST /webhook HTTP/1.1\r\nHost: h\r\nContent-Length: 1048577\r\n\r\n"
    assert receiver.raw(head).startswith(b"HTTP/1.1 413")
    assert not spool.folder.exists()


def test_a_body_that_grows_past_a_mebibyte_is_refused_too(receiver: Served) -> None:
    head = b"POST /webhook HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
    piece = b"80000\r\n" + b" " * 0x80000 + b"\r\n"
    assert b" 413 " in receiver.raw(head + piece * 2 + b"1\r\n \r\n")[:20]


def test_a_body_of_a_mebibyte_is_taken(receiver: Served, spool: Spool) -> None:
    body = told(comment(message="x" * 1_000_000))
    assert receiver.post(body + b" " * (1_048_576 - len(body))) == 200
    assert len(events(spool)) == 1


def test_a_body_that_drips_is_dropped(tmp_path: Path) -> None:
    with served(inbox(tmp_path), seconds=0.2) as running:
        head = b"POST /webhook HTTP/1.1\r\nHost: h\r\nContent-Length: 1000\r\n\r\nx"
        assert running.raw(head).startswith(b"HTTP/1.1 408")
    assert not (tmp_path / "spool").exists()


def test_a_head_that_never_ends_is_dropped(receiver: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("listener.web.serving.ShortLived.life", 0.2)
    assert receiver.raw(b"POST /webhook HTTP/1.1\r\nHost:") == b""


def test_a_sender_that_breaks_off_leaves_nothing(receiver: Served, spool: Spool) -> None:
    async def break_off() -> None:
        _, writer = await asyncio.open_connection("127.0.0.1", receiver.port)
        writer.write(b"POST /webhook HTTP/1.1\r\nHost: h\r\nContent-Length: 1000\r\n\r\nx")
        await writer.drain()
        writer.close()

    asyncio.run(break_off())
    assert receiver.post(told(comment())) == 200
    assert len(events(spool)) == 1


@pytest.mark.parametrize("method", [b"PUT", b"DELETE"])
def test_nothing_else_is_taken(receiver: Served, method: bytes) -> None:
    assert receiver.raw(method + b" /webhook HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n").startswith(
        b"HTTP/1.1 405"
    )


# Kept for good, or not said to be


def test_a_thousand_events_at_once_are_all_kept_once(receiver: Served, spool: Spool) -> None:
    with ThreadPoolExecutor(max_workers=100) as pool:
        statuses = set(pool.map(lambda number: receiver.post(told(comment(number))), range(1_000)))
    assert statuses == {200}
    kept = [one["value"]["comment_id"] for one in events(spool)]
    assert len(kept) == 1_000
    assert set(kept) == {f"7_{number}" for number in range(1_000)}


def test_a_full_disk_is_a_500_and_leaves_nothing_half_written(
    receiver: Served, spool: Spool, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert receiver.post(told(comment(1))) == 200
    write = os.write

    def full(handle: int, block: bytes) -> int:
        if len(block) < 100:  # the end of what was begun
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(handle, block[: len(block) - 50])

    with monkeypatch.context() as patched:
        patched.setattr(spool_module.os, "write", full)
        assert receiver.post(told(comment(2))) == 500
    assert [one["value"]["comment_id"] for one in events(spool)] == ["7_1"]
    assert receiver.post(told(comment(2))) == 200
    assert [one["value"]["comment_id"] for one in events(spool)] == ["7_1", "7_2"]


def test_a_disk_that_does_not_flush_is_a_500(receiver: Served, spool: Spool, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: int) -> None:
        raise OSError(errno.EIO, "Input/output error")

    with monkeypatch.context() as patched:
        patched.setattr(spool_module.os, "fsync", broken)
        assert receiver.post(told(comment(1))) == 500
    assert events(spool) == []


DIES = """
import os, signal, socket, sys
from pathlib import Path
import uvicorn
from listener.connectors.spool import Spool
from listener.web.webhook import Receiver
from listener.web.serving import configuration
from listener.clock import SystemClock
from tests.web.receiving import inbox

append = Spool.append
def die(self, records, now):
    append(self, records, now)
    os.kill(os.getpid(), signal.SIGKILL)
Spool.append = die
listening = socket.socket(fileno=int(sys.argv[2]))
config = configuration(Receiver([inbox(Path(sys.argv[1]))], SystemClock()), host="127.0.0.1", port=0)
uvicorn.Server(config).run(sockets=[listening])
"""


def test_an_event_outlives_a_kill_between_the_disk_and_the_answer_and_comes_again_harmlessly(
    tmp_path: Path, spool: Spool
) -> None:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        command = [sys.executable, "-c", DIES, str(tmp_path), str(listening.fileno())]
        dying = subprocess.Popen(command, pass_fds=[listening.fileno()])
        with pytest.raises(OSError, match=r"."):
            Served(port=listening.getsockname()[1]).post(told(comment(1)))
        assert dying.wait(20) == -signal.SIGKILL
    assert len(events(spool)) == 1
    with served(inbox(tmp_path, spool=spool)) as again:
        assert again.post(told(comment(1))) == 200
    assert {one["value"]["comment_id"] for one in events(spool)} == {"7_1"}


def test_what_is_kept_is_for_its_owner_alone(receiver: Served, spool: Spool, tmp_path: Path) -> None:
    receiver.post(told(comment()))
    assert [path.stat().st_mode & 0o777 for path in (spool.folder, spool.folder.parent)] == [0o700, 0o700]
    assert {path.stat().st_mode & 0o777 for path in spool.folder.iterdir()} == {0o600}


def test_no_secret_is_shown(tmp_path: Path) -> None:
    assert APP not in repr(inbox(tmp_path))
    assert TOKEN not in repr(inbox(tmp_path))
