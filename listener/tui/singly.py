"""Reading the list one time after the other, off the screen's thread.

What is asked again before it began isn't read at all. On threads of their own, lists that come slower than they are
asked for would be read several at a time, each held whole in memory.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, TypeVar

Read = TypeVar("Read")


class Singly:
    """One thread; given up is what is cancelled while it waits."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="list")

    async def __call__(self, read: Callable[..., Read], *given: Any, **named: Any) -> Read:
        return await asyncio.get_running_loop().run_in_executor(self._thread, partial(read, *given, **named))

    def close(self) -> None:
        """Wait for what is being read, since the store is closed next."""
        self._thread.shutdown(cancel_futures=True)
