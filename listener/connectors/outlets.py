"""Through which source an answer goes out: chosen from the settings, its connector built when it is to send.

Nothing of a platform's library is loaded to find out that there is nobody to send: a connector whose name is its
platform's is only built once the choice has fallen on it.
"""

import threading
from collections.abc import Callable, Sequence
from datetime import timedelta

from listener.connectors import describe
from listener.domain.platform import TERMS, Capabilities
from listener.domain.policy import SourceConfig
from listener.domain.sending import NO_OUTLET, Outlet
from listener.errors import ConfigError, ListenerError
from listener.ports import Connector
from listener.ports.connectors import Responder
from listener.ports.sends import Line

CALLS = 6
"""Of one sending at the most: signing in again, looking up the post and the limits, and the reply itself."""
SHOWN_BY = timedelta(seconds=60)
DEADLINE = 30.0
"""Seconds of a call whose source doesn't say."""

Build = Callable[[SourceConfig], Connector]


class ReplyOutlets:
    """The enabled sources with `reply = true`; connectors are built once. May be used from several threads."""

    def __init__(self, sources: Sequence[SourceConfig], build: Build) -> None:
        self._sources = [source for source in sources if source.enabled and source.reply]
        self._build = build
        self._built: dict[str, Connector] = {}
        self._turn = threading.Lock()

    def outlet(self, platform: str, brand: str) -> Outlet:
        there = [source for source in self._sources if self._speaks(source, platform)]
        return chosen(there, brand)

    def line(self, source: str) -> Line:
        config = next((one for one in self._sources if one.name == source), None)
        if config is None:
            raise ConfigError(
                f"source {source!r} sends no replies any more",
                next_step="enable it, with reply = true, in listener.toml",
            )
        connector = self._connector(config)
        why_not = connector.unable() if isinstance(connector, Responder) else _no_responder(config, connector)
        if why_not:
            raise ConfigError(f"source {source!r} can't send replies: {why_not}", next_step="listener doctor")
        assert isinstance(connector, Responder), "one that isn't says why"
        return Line(responder=connector, lease=lease_of(config))

    def _speaks(self, source: SourceConfig, platform: str) -> bool:
        if source.connector == platform:
            return True
        if source.connector in TERMS or not _may_reply(source):
            return False
        try:
            return self._connector(source).platform == platform
        except ListenerError:
            return False

    def _connector(self, source: SourceConfig) -> Connector:
        with self._turn:
            if source.name not in self._built:
                self._built[source.name] = self._build(source)
            return self._built[source.name]


def chosen(sources: Sequence[SourceConfig], brand: str) -> Outlet:
    """Of sources that could all send it: the one that names the brand, else the one that names none."""
    named = [source for source in sources if brand in source.reply_for]
    fit = named or [source for source in sources if not source.reply_for]
    if not fit:
        return NO_OUTLET
    if len(fit) > 1:
        names = " and ".join(source.name for source in fit)
        which = f"both name {brand}" if named else "none of them says for which brands"
        return Outlet(why_not=f"{names} could all send it ({which}): say in one source's reply_for whose it is")
    return Outlet(source=fit[0].name, needs=_capabilities(fit[0]).reply_needs)


def lease_of(source: SourceConfig) -> timedelta:
    """Longer than all calls of one sending can take, and what they posted needs to be shown."""
    given = source.options.get("deadline", DEADLINE)
    deadline = float(given) if isinstance(given, (int, float)) else DEADLINE
    return CALLS * timedelta(seconds=deadline) + SHOWN_BY


def _may_reply(source: SourceConfig) -> bool:
    return _capabilities(source).reply or source.connector not in _known()


def _capabilities(source: SourceConfig) -> Capabilities:
    try:
        return describe(source.connector).capabilities
    except ConfigError:
        return Capabilities()


def _known() -> frozenset[str]:
    from listener.connectors.catalogue import BUILT_IN

    return frozenset(BUILT_IN)


def _no_responder(source: SourceConfig, connector: Connector) -> str:
    error = getattr(connector, "error", None)
    return str(error) if error is not None else f"the connector {source.connector} can only read"
