"""① One platform, one file, one library: a lazy registry of connectors.

To add a platform here: a module with `build(config, tools)` and a page of the same name in `catalogue`. From another
package: a function `build` whose attribute `info` describes it, under the entry point group `listener.connectors`.
Nothing of a platform's library is imported before a source that uses it is built.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import TYPE_CHECKING

from listener.clock import Clock
from listener.connectors.catalogue import BUILT_IN
from listener.connectors.options import ConnectorInfo
from listener.domain.policy import SourceConfig
from listener.errors import ConfigError
from listener.ports import Connector, Ledger

if TYPE_CHECKING:
    from listener.connectors.budget import Budget
    from listener.connectors.sessions import Sessions

GROUP = "listener.connectors"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """What a connector may use besides its own configuration."""

    ledger: Ledger
    clock: Clock
    x_cap_micro_usd: int = 0
    """What X may cost in a calendar month, in millionths of a dollar; 0 means no money may be spent."""
    folder: Path | None = None
    """A private folder beside the database, for sign-ins and received events; None where nothing may be kept."""
    named: list[str] = field(default_factory=list)
    """Credentials that a budget was made for."""

    def budget(self, credential: str, who: str) -> "Budget":
        """The shared count of a credential's calls; `who` names the platform in messages."""
        from listener.connectors.budget import Budget

        self.named.append(credential)
        return Budget(self.ledger, self.clock, credential, who)

    def sessions(self) -> "Sessions":
        """Where a sign-in is kept between runs."""
        from listener.connectors.sessions import Sessions

        return Sessions(self.folder / "sessions" if self.folder else None)


Builder = Callable[[SourceConfig, Tools], Connector]


def build(
    config: SourceConfig, *, ledger: Ledger, clock: Clock, x_cap_micro_usd: int = 0, folder: Path | None = None
) -> Connector:
    """The connector of a source, options checked, no call made. Raises `ConfigError`.

    Its attribute `credential` names whose calls it counts among: what it says itself, else its first budget's.
    """
    tools = Tools(ledger=ledger, clock=clock, x_cap_micro_usd=x_cap_micro_usd, folder=folder)
    built = _builder(config.connector)(config, tools)
    if tools.named and not getattr(built, "credential", ""):
        with suppress(AttributeError, TypeError):  # a third party's may have no room for it
            vars(built)["credential"] = tools.named[0]
    return built


def names() -> list[str]:
    """Every connector that can be configured here, third parties' included."""
    return sorted({*BUILT_IN, *(point.name for point in entry_points(group=GROUP))})


def describe(name: str) -> ConnectorInfo:
    """What a connector reads, needs, costs and can do. Raises `ConfigError` for an unknown name."""
    if name in BUILT_IN:
        return BUILT_IN[name]
    info = getattr(_load(_entry_point(name)), "info", None)
    if isinstance(info, ConnectorInfo):
        return info
    return ConnectorInfo(name=name, summary="a third party's connector", needs="see its own manual", any_option=True)


def _builder(name: str) -> Builder:
    if name not in BUILT_IN:
        return _load(_entry_point(name))
    try:
        found: Builder = import_module(f"{__name__}.{name}").build
    except ModuleNotFoundError as error:
        extra = BUILT_IN[name].extra
        if not extra or (error.name or "").startswith("listener"):
            raise
        line = f"pip install 'social-support-listener[{extra}]'"
        raise ConfigError(f"connector {name} needs a library that isn't installed: {line}", next_step=line) from error
    return found


def _entry_point(name: str) -> EntryPoint:
    for point in entry_points(group=GROUP, name=name):
        return point
    raise ConfigError(f"no connector is called {name!r}; there are {', '.join(names())}")


def _load(point: EntryPoint) -> Builder:
    try:
        loaded: Builder = point.load()
    except (ImportError, AttributeError) as error:
        raise ConfigError(f"connector {point.name} ({point.value}) can't be loaded: {error}") from error
    return loaded
