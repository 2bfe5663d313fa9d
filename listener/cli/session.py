"""What every command shares: where the settings are, the open store, who is asking."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from listener.clock import SystemClock
from listener.errors import ConfigError

if TYPE_CHECKING:
    from listener.domain.policy import Settings
    from listener.ports import Store


@dataclass(slots=True)
class _Flags:
    """The global flags, set once by the app's callback before any command runs."""

    config: Path | None = None
    database: Path | None = None
    agent: str = ""
    traceback: bool = False


flags = _Flags()


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """One command's surroundings."""

    settings: Settings
    store: Store
    clock: SystemClock = field(default_factory=SystemClock)

    def agent(self) -> str:
        """Who acts: `--as`, else the setting. Raises `ConfigError` if neither is given."""
        name = flags.agent or self.settings.agent
        if not name:
            raise ConfigError("who is acting? Add --as NAME, or set agent in listener.toml (or LISTENER_AGENT)")
        return name


def load_settings() -> Settings:
    """The validated settings; flags outrank environment, environment outranks files."""
    from listener import settings

    checks = settings.Checks(query=check_query)
    return settings.load(flags.config, database=flags.database, checks=checks)


def check_query(text: str) -> str | None:
    """What is wrong with a boolean query, column first, or None; the parser is loaded only where settings hold one."""
    from listener.matching.query import fault

    return fault(text)


@contextmanager
def session() -> Iterator[Session]:
    """Settings and an open store, closed when the command ends."""
    from listener.store import open_store

    settings = load_settings()
    store = open_store(settings.place)
    try:
        yield Session(settings=settings, store=store)
    finally:
        store.close()
