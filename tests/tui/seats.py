"""An agent at the desk: the program without a terminal, a store with cases, and what stands on the screen."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from textual.pilot import Pilot

from listener import settings
from listener.domain.policy import Settings
from listener.triage.sending import Sender
from listener.tui.app import DeskApp
from listener.tui.clerk import Seat
from listener.tui.view import View
from tests.cli.office import CONFIG
from tests.triage.builders import Office

PATIENCE = 500
"""Looks at the screen before a test gives up."""

STARTER: Settings = replace(settings.load(CONFIG, database=None), database=Path("unused"))


class At:
    """What an agent sees and presses."""

    def __init__(self, app: DeskApp, pilot: Pilot[None]) -> None:
        self.app = app
        self.desk = app.desk
        self._pilot = pilot

    @property
    def lines(self) -> list[str]:
        return [strip.text.rstrip() for strip in self.app.screen._compositor.render_strips()]

    @property
    def text(self) -> str:
        return "\n".join(self.lines)

    @property
    def told(self) -> str:
        return self.desk.told.text.strip()

    @property
    def row(self) -> str:
        """The line under the cursor."""
        return next((line for line in self.lines if line.startswith(">")), "")

    @property
    def listed(self) -> list[int]:
        return [case.id for case in self.desk.list.cases]

    async def press(self, *keys: str) -> None:
        await self._pilot.press(*keys)

    async def write(self, text: str) -> None:
        """Into the question that is open."""
        await self._pilot.press(*("space" if char == " " else "enter" if char == "\n" else char for char in text))

    async def until(self, holds: Callable[[], object], what: str = "") -> None:
        for _ in range(PATIENCE):
            await self._pilot.pause()
            if holds():
                return
            await asyncio.sleep(0.005)
        raise AssertionError(f"{what or 'it'} never came:\n{self.text}\n{self.told}")

    async def sees(self, *words: str) -> None:
        """Waits until all of these stand on the screen."""
        await self.until(lambda: all(word in self.text for word in words), repr(words))

    async def look(self) -> None:
        """What the desk does by itself every second."""
        await self.desk._look()
        await self._pilot.pause()


@asynccontextmanager
async def sitting(
    office: Office,
    agent: str = "ada",
    *,
    size: tuple[int, int] = (80, 24),
    view: View | None = None,
    sender: Sender | None = None,
) -> AsyncIterator[At]:
    """The desk, with its first page read; `sender` lets answers go out."""
    settings = replace(STARTER, triage=office.policy)
    seat = Seat(store=office.store, settings=settings, clock=office.clock, agent=agent, sender=sender)
    app = DeskApp(seat, view)
    async with app.run_test(size=size) as pilot:
        at = At(app, pilot)
        await at.until(lambda: at.desk._page.event >= 0, "the first page")
        await at.until(lambda: not at.listed or at.desk.card is not None, "the first card")
        yield at


def at_the_desk(office: Office, day: Callable[[At], Awaitable[None]], agent: str = "ada", **more: Any) -> None:
    """Run one agent's doings to their end."""

    async def all_of_it() -> None:
        async with sitting(office, agent, **more) as at:
            await day(at)

    run(all_of_it())


def run(doing: Coroutine[Any, Any, None]) -> None:
    asyncio.run(doing)
