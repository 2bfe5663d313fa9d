"""One look at the desk from a browser: what was asked for, read from a store that is open for reading alone."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TypeVar
from zoneinfo import ZoneInfo

from listener.domain.policy import Settings
from listener.errors import ConfigError
from listener.insight.windows import Window, day_of
from listener.lists import Row, asking
from listener.ports import Reads

Choice = TypeVar("Choice", bound=StrEnum)

LONGEST = 300
"""Characters of one value that is asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What a page is made from."""

    settings: Settings
    reads: Reads
    now: datetime
    query: Mapping[str, str]
    at_once: int = 500
    """Rows that are worth reading in one go."""

    @property
    def zone(self) -> ZoneInfo:
        return asking.zone_of(self.settings)

    @property
    def brand(self) -> str:
        """As configured; empty for all own brands."""
        return asking.known_brand(self.settings, self.text("brand"))

    @property
    def brands(self) -> list[str]:
        return asking.brands_of(self.settings, self.brand)

    def text(self, name: str, default: str = "") -> str:
        value = self.query.get(name, default)
        if len(value) > LONGEST:
            raise ConfigError(f"{name} is too long", next_step=f"{LONGEST} characters at most")
        return value

    def whole(self, name: str, default: int, least: int = 1, most: int = 3660) -> int:
        value = self.text(name)
        if not value:
            return default
        if not value.isascii() or not value.isdecimal() or len(value) > 18 or not least <= int(value) <= most:
            raise ConfigError(f"{name} is no number from {least} to {most:,}")
        return int(value)

    def choice(self, name: str, kind: type[Choice], default: Choice) -> Choice:
        """One of a closed set."""
        value = self.text(name)
        try:
            return kind(value) if value else default
        except ValueError:
            raise ConfigError(f"{name} is none of {', '.join(one for one in kind if one)}") from None

    def stretch(self, default_days: int) -> Window:
        """`since`, `until` and `days`, as commands take them."""
        since, until = self.text("since"), self.text("until")
        days = self.whole("days", 0 if since and until else default_days, least=0)
        return asking.window_of(since, until, days or None, self.now, self.zone)

    def listed(self) -> Window:
        """`day`, `week`, or `since` and `until`, as lists take them."""
        day, week, since, until = (self.text(name) for name in ("day", "week", "since", "until"))
        return asking.listed_window(day, week, self.reads, self.settings, self.now, since, until)

    def days_of(self, window: Window) -> dict[str, str]:
        """A stretch as `since` and `until` name it."""
        last = day_of(window.until - timedelta(microseconds=1), self.zone)
        return {"since": f"{day_of(window.since, self.zone)}", "until": f"{last}"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Rows to show, and to download whole."""

    columns: Sequence[str]
    rows: Iterable[Row]
    """Taken once, and no further than is shown."""
    links: Mapping[str, Callable[[Row], str]] = field(default_factory=dict)
    """Column → where a row's cell leads."""
    caption: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """A page's content before it is drawn."""

    title: str
    template: str = "table.html.j2"
    told: Mapping[str, object] = field(default_factory=dict)
    """What the template wants to know beside what follows."""
    table: Table | None = None
    notes: tuple[str, ...] = ()
    live: bool = False
    """Drawn anew by itself while it is looked at."""
    filters: tuple[str, ...] = ()
    """Questions that the page's form offers: `brand`, `days`, `day`."""
