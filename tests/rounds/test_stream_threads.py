"""Streams in threads of their own, beside a run's loop."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from queue import Empty, SimpleQueue

import pytest

from listener.clock import SystemClock, VirtualClock, monotonic
from listener.domain.mention import Mention, Page
from listener.errors import StoreError
from listener.ports import Store
from listener.rounds import run_forever
from listener.rounds.breaker import Breaker
from listener.rounds.supervisor import Supervisor
from tests.builders import author, mention
from tests.rounds.live import Live, Platform, job, stages, stored

PATIENCE = 20.0
"""Seconds after which a test gives up; none waits that long when all is well."""


@dataclass
class Socket(Live):
    """A stream that gives what is sent, as it is sent."""

    sent: SimpleQueue[Page | Exception] = field(default_factory=SimpleQueue)
    let_in: threading.Event = field(default_factory=threading.Event)
    left: threading.Event = field(default_factory=threading.Event)
    stuck: threading.Event | None = None
    """Waited for in spite of everything."""

    def stream(self, cursor: str, now: datetime, stopping: Callable[[], bool]) -> Iterator[Page]:
        try:
            yield Page(mentions=(), cursor="", done=False)
            self.let_in.set()
            while not stopping():
                if self.stuck is not None:
                    self.stuck.wait(PATIENCE)
                try:
                    page = self.sent.get(timeout=0.01)
                except Empty:
                    continue
                if isinstance(page, Exception):
                    raise page
                yield page
        finally:
            self.left.set()


def posts(count: int, first: int = 0) -> list[Mention]:
    clock = SystemClock()
    return [mention("@acme", f"t{first + n}", author=author(f"a{n}"), created_at=clock.now()) for n in range(count)]


@dataclass
class Running:
    """`run_forever` in a thread, until it is stopped."""

    store: Store
    folder: Path
    socket: Socket
    stop: threading.Event = field(default_factory=threading.Event)
    error: list[BaseException] = field(default_factory=list)

    def __enter__(self) -> "Running":
        clock = _Quick()
        ready = replace(stages(self.store, self.folder, clock), stopping=self.stop.is_set)  # type: ignore[arg-type]
        self._thread = threading.Thread(target=self._run, args=(ready,), daemon=True)
        self._thread.start()
        return self

    def _run(self, ready: object) -> None:
        try:
            run_forever(ready, [job(self.socket)], {})  # type: ignore[arg-type]
        except BaseException as error:  # noqa: BLE001 - told by the test
            self.error.append(error)

    def until(self, true: Callable[[], bool]) -> None:
        waiter, end = threading.Event(), monotonic() + PATIENCE
        while not true():
            assert monotonic() < end, "it never came"
            assert not self.error, self.error
            waiter.wait(0.01)

    def __exit__(self, *_: object) -> None:
        self.stop.set()
        self._thread.join(PATIENCE)
        assert not self._thread.is_alive(), "the run doesn't end"


class _Quick(SystemClock):
    """Looks round all the time."""

    def sleep(self, seconds: float) -> None:
        super().sleep(0.005)


@pytest.fixture
def socket() -> Socket:
    return Socket(Platform(VirtualClock(SystemClock().now())))


def test_what_a_socket_brings_is_stored_by_a_run_and_a_stop_ends_both(
    store: Store, tmp_path: Path, socket: Socket
) -> None:
    found = posts(3)
    with Running(store, tmp_path, socket) as running:
        assert socket.let_in.wait(PATIENCE)
        for one in found:
            socket.sent.put(Page(mentions=(one,), cursor="", done=False))
        running.until(lambda: len(stored(store, found)) == 3)
    assert socket.left.wait(PATIENCE)


def test_a_burst_of_five_thousand_is_stored_whole(store: Store, tmp_path: Path, socket: Socket) -> None:
    found = posts(5000)
    with Running(store, tmp_path, socket) as running:
        assert socket.let_in.wait(PATIENCE)
        for at in range(0, 5000, 250):
            socket.sent.put(Page(mentions=tuple(found[at : at + 250]), cursor="", done=False))
        running.until(lambda: len(stored(store, found)) == 5000)
    with store.read() as reads:
        assert (reads.stats().mentions, reads.open_gaps()) == (5000, [])


def test_what_was_heard_when_a_stop_comes_is_stored(store: Store, tmp_path: Path, socket: Socket) -> None:
    found = posts(40)
    with Running(store, tmp_path, socket) as running:
        assert socket.let_in.wait(PATIENCE)
        for one in found:
            socket.sent.put(Page(mentions=(one,), cursor="", done=False))
        running.until(socket.sent.empty)
    assert len(stored(store, found)) >= 39


def test_a_socket_that_never_ends_is_left_behind(
    store: Store, tmp_path: Path, socket: Socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("listener.rounds.supervisor.PARTING", 0.1)
    socket.stuck = threading.Event()
    with Running(store, tmp_path, socket):
        assert socket.let_in.wait(PATIENCE)
    assert not socket.left.is_set()
    socket.stuck.set()
    assert socket.left.wait(PATIENCE)


def test_a_store_that_fails_ends_the_run_and_leaves_the_socket(
    store: Store, tmp_path: Path, socket: Socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Running(store, tmp_path, socket) as running:
        assert socket.let_in.wait(PATIENCE)

        def broken(*_: object, **__: object) -> None:
            raise StoreError("disk I/O error")

        monkeypatch.setattr("listener.pipeline.store_page", broken)
        socket.sent.put(Page(mentions=tuple(posts(1)), cursor="", done=False))
        running._thread.join(PATIENCE)
    assert [type(error) for error in running.error] == [StoreError]
    assert socket.left.wait(PATIENCE)


def test_a_bug_in_a_stream_is_an_end_like_any_other(store: Store, tmp_path: Path, socket: Socket) -> None:
    found = posts(1)
    with Running(store, tmp_path, socket) as running:
        assert socket.let_in.wait(PATIENCE)
        socket.let_in.clear()
        socket.sent.put(ZeroDivisionError("oops"))
        assert socket.let_in.wait(PATIENCE), "it isn't connected again"
        socket.sent.put(Page(mentions=tuple(found), cursor="", done=False))
        running.until(lambda: len(stored(store, found)) == 1)


def test_a_poll_that_hangs_holds_up_no_other_stream(store: Store, tmp_path: Path) -> None:
    clock = VirtualClock(SystemClock().now())
    release, entered = threading.Event(), threading.Event()

    def hang() -> None:
        entered.set()
        release.wait(PATIENCE)

    slow, quick = Platform(clock, prefix="slow"), Platform(clock, prefix="quick")
    slow.while_polling = hang
    quick.publish(3)
    ready = stages(store, tmp_path, clock)
    supervisor = Supervisor(ready, [job(Live(slow), "slow"), job(Live(quick), "quick")], Breaker({}))
    supervisor.start_due()
    assert entered.wait(PATIENCE)
    end = monotonic() + PATIENCE
    while len(stored(store, quick.posts)) < 3:
        assert monotonic() < end
    release.set()
    supervisor.close()
