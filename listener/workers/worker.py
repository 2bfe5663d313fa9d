"""One worker: takes jobs from the board until it is told to stop, and sweeps for work while it lives."""

import asyncio
import contextlib
import logging
from collections.abc import Sequence

from procrastinate.exceptions import ConnectorException

from listener.app import RUN
from listener.clock import SystemClock
from listener.errors import Retry, StoreError
from listener.ports import Store
from listener.workers.board import DEAD_AFTER, SIGN_OF_LIFE, Board
from listener.workers.hints import Hint, Queue
from listener.workers.sweep import Sweep

log = logging.getLogger(__name__)

EVERY = 1.0
"""Seconds between two sweeps."""


def serve(
    board: Board, sweep: Sweep, store: Store, clock: SystemClock, *, queues: Sequence[Queue], threads: int
) -> None:
    """Until `clock.stop()`: jobs in hand are finished after the batch or page they are at. Raises `StoreError`."""
    try:
        asyncio.run(_serve(board, sweep, store, clock, queues, threads))
    except ConnectorException as error:
        raise _lost() from error


async def _serve(
    board: Board, sweep: Sweep, store: Store, clock: SystemClock, queues: Sequence[Queue], threads: int
) -> None:
    async with board.app.open_async():
        worker = asyncio.create_task(
            board.app.run_worker_async(
                queues=[queue.value for queue in queues],
                concurrency=threads,
                install_signal_handlers=False,
                # A hint that is done has nothing to tell.
                delete_jobs="always",
                update_heartbeat_interval=SIGN_OF_LIFE,
                stalled_worker_timeout=DEAD_AFTER,
            )
        )
        try:
            while not clock.stopped and not worker.done():
                await _sweep(board, sweep, store)
                await asyncio.wait([worker], timeout=EVERY)
        finally:
            worker.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await worker
    if not clock.stopped:
        raise _lost()


def _lost() -> StoreError:
    return StoreError("the worker lost the job board", next_step="see that the server runs, and start it again")


async def _sweep(board: Board, sweep: Sweep, store: Store) -> None:
    """By one process at a time; left to the run where one is at it, and to other workers."""
    loop = asyncio.get_running_loop()

    def look() -> None:
        with store.alone(RUN):
            found = sweep.look()
            taken_back, _new = asyncio.run_coroutine_threadsafe(_tell(board, found), loop).result()
        if taken_back:
            log.warning("jobs of a dead worker go on", extra={"count": taken_back})

    try:
        await asyncio.to_thread(look)
    except Retry as error:
        log.debug("not swept", extra={"error": str(error)})


async def _tell(board: Board, found: Sequence[Hint]) -> tuple[int, int]:
    return await board.take_back(), await board.hang_up(found)
