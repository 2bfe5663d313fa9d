"""Every page of the board: its name in addresses, what makes it, and what the navigation calls it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from listener.web import loyal, pages
from listener.web.view import Sheet, View


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One page."""

    make: Callable[[View], Sheet]
    called: str = ""
    """Empty where the navigation doesn't lead to it."""
    costly: bool = False
    """Whether it counts over weeks of posts."""
    files: bool = True
    """Whether its rows may be downloaded."""


BOARD: Mapping[str, Entry] = {
    "today": Entry(make=pages.today, called="Today", costly=True, files=False),
    "queue": Entry(make=pages.queue, called="Queue"),
    "alerts": Entry(make=pages.alerts_page, called="Alerts"),
    "voice": Entry(make=loyal.voice, called="Word of mouth", costly=True),
    "loyalty": Entry(make=loyal.loyalty, called="Loyalty", costly=True),
    "journey": Entry(make=loyal.journey, called="Journey", costly=True),
    "drivers": Entry(make=loyal.drivers, called="Drivers", costly=True),
    "advocates": Entry(make=loyal.advocates, called="Advocates", costly=True),
    "recovery": Entry(make=loyal.recovery, called="Recovery", costly=True),
    "search": Entry(make=pages.search, called="Search"),
    "case": Entry(make=pages.case, files=False),
    "alert": Entry(make=pages.alert),
    "mentions": Entry(make=pages.mentions),
    "cases": Entry(make=pages.cases_page, costly=True),
}

NAV = tuple((name, entry.called) for name, entry in BOARD.items() if entry.called)
FILES = frozenset(name for name, entry in BOARD.items() if entry.files)
