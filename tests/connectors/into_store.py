"""Recorded answers through a real connector into a real store, where every mention is kept."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

import stamina

from listener.clock import VirtualClock
from listener.domain.brand import Match
from listener.domain.mention import Mention
from listener.domain.policy import SourceConfig
from listener.domain.run import SourceReport
from listener.pipeline import Stages, run_source
from listener.ports import Connector
from listener.store import open_store
from tests.pipeline.parts import stages


class Everything:
    """A matcher for which every post concerns Acme."""

    def own_brand(self, mention: Mention) -> str:
        return ""

    def is_own(self, mention: Mention) -> bool:
        return False

    def match(self, mention: Mention) -> tuple[Match, ...]:
        return (Match(brand="Acme", term="anything", start=0, end=1),)


@dataclass
class Kept:
    """A store of its own."""

    path: Path
    stages: Stages
    reports: list[SourceReport] = field(default_factory=list)

    def read(self, connector: Connector, source: str) -> SourceReport:
        """A whole run of a source, which must end well."""
        report = run_source(self.stages, SourceConfig(name=source, connector=connector.platform), connector)
        assert report.error == "", report.error
        return report

    def ids(self) -> list[str]:
        """Native ids of all mentions kept, each as often as it is."""
        with closing(sqlite3.connect(self.path)) as connection:
            return [row[0] for row in connection.execute("SELECT native_id FROM mentions ORDER BY native_id")]


@contextmanager
def kept(folder: Path, now: datetime) -> Iterator[Kept]:
    path = folder / "listener.sqlite"
    store = open_store(path)
    try:
        whole = replace(stages(store, folder, clock=VirtualClock(now)), matcher=Everything())  # type: ignore[arg-type]
        with stamina.set_testing(True, attempts=1):
            yield Kept(path=path, stages=whole)
    finally:
        store.close()
