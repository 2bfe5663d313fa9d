"""What `listener doctor` sees of the classifier, the sources and the libraries they need."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from listener.cli.checkup_findings import Finding, bad, doubtful, failed, good
from listener.cli.exits import Exit, code_of
from listener.errors import ConfigError, ListenerError

if TYPE_CHECKING:
    from listener.domain.budget import Purpose, Quota, Rate
    from listener.domain.policy import Settings, SourceConfig
    from listener.ports import Connector

SAMPLE = "My parcel is three days late and nobody answers."


def model(settings: Settings) -> Iterator[Finding]:
    """The classifier: its files are whole, it loads, and it answers one text."""
    from listener.judging import LazyClassifier

    if settings.classifier.kind == "hub" and not Path(settings.classifier.model).exists():
        message = f"{settings.classifier.model} was not tried: it may have to be downloaded first"
        yield doubtful("model", message, "try it: echo 'My parcel is late' | listener classify")
        return
    try:
        verdict = LazyClassifier(settings.classifier).classify([SAMPLE])[0]
    except ListenerError as error:
        # The error's own advice is to ask the doctor.
        fix = (
            "install the program again; for a hub model, check its name and pip install 'social-support-listener[hub]'"
        )
        yield bad("model", str(error), fix, code_of(error))
        return
    said = ", ".join(sorted(verdict.labels)) or "no label"
    yield good("model", f"{verdict.model} reads “{SAMPLE}” as {said}")


def sources(settings: Settings) -> Iterator[Finding]:
    """Each enabled source: its connector is known, its library installed, its options and credentials complete."""
    from listener.settings import span_text

    enabled = [source for source in settings.sources if source.enabled]
    if not enabled:
        yield doubtful("sources", "none is enabled", "enable a [[source]] in listener.toml, or import a file")
    for source in enabled:
        every = f"{source.connector}, every {span_text(source.interval)}"
        yield from list(_source_faults(source)) or [good(f"source {source.name}", every)]
    if settings.x_monthly_cap_usd == 0 and any(source.connector == "x" for source in enabled):
        yield doubtful("money", "X may cost nothing, so it is never read", "set x_monthly_cap_usd in listener.toml")


def _source_faults(source: SourceConfig) -> Iterator[Finding]:
    from listener import connectors
    from listener.connectors.options import problems
    from listener.settings import secret_variable

    area = f"source {source.name}"
    try:
        info = connectors.describe(source.connector)
    except ConfigError as error:
        yield failed(area, error)
        return
    for said in problems(replace(info, secrets=None), source):
        yield bad(area, said, f"mend it in listener.toml; {info.name} needs {info.needs}", Exit.USAGE)
    for name, where in (info.secrets or {}).items():
        if not source.secrets.get(name):
            fix = f"{where}; then set {secret_variable(source.name, name)}, or put it into secrets.toml"
            yield bad(area, f"secret {name} is missing", fix, Exit.CREDENTIALS)
    if info.extra and not installed(info.extra):
        yield bad(area, f"the extra [{info.extra}] is not installed", pip(info.extra), Exit.USAGE)


_LIBRARIES = {"x": "tweepy", "reddit": "praw", "notify": "apprise", "hub": "transformers"}


def installed(extra: str) -> bool:
    return extra not in _LIBRARIES or find_spec(_LIBRARIES[extra]) is not None


def pip(extra: str) -> str:
    return f"pip install 'social-support-listener[{extra}]'"


def extras(settings: Settings) -> Iterator[Finding]:
    """Which optional parts are there."""
    there = [extra for extra in _LIBRARIES if installed(extra)]
    missing = [extra for extra in _LIBRARIES if extra not in there]
    said = f"installed: {', '.join(there) or 'none'}"
    yield good("extras", f"{said}; not installed: {', '.join(missing)}" if missing else said)
    if settings.classifier.kind == "hub" and "hub" in missing:
        yield bad("extras", "the classifier is a hub model, and hub is not installed", pip("hub"), Exit.USAGE)


def online(settings: Settings) -> Iterator[Finding]:
    """Ask each platform who we are there."""
    from listener.app import Unavailable

    for source in (source for source in settings.sources if source.enabled):
        area = f"source {source.name}"
        connector = _connector(source)
        if isinstance(connector, Unavailable):
            continue  # `sources` has said why
        try:
            yield good(area, connector.check())
        except ListenerError as error:
            yield failed(area, error)


def _connector(source: SourceConfig) -> Connector:
    """The source's connector with no money to spend: asking who we are is free."""
    from listener import connectors
    from listener.app import Unavailable
    from listener.clock import SystemClock

    try:
        return connectors.build(source, ledger=_NoMoney(), clock=SystemClock())
    except ListenerError as error:
        return Unavailable(platform=source.connector, error=error)


class _NoMoney:
    """A ledger that grants nothing and so has nothing to write down."""

    def reserve(self, credential: str, micro_usd: int, cap_micro_usd: int, now: datetime) -> bool:
        return False

    def settle(self, credential: str, reserved: int, spent: int, now: datetime) -> None:
        """Nothing was reserved."""

    def take(
        self, credential: str, bucket: str, units: int, purpose: Purpose, quota: Quota | None, now: datetime
    ) -> datetime | None:
        return None

    def heard(self, credential: str, bucket: str, said: Rate, now: datetime) -> None:
        """The next run hears it again."""
