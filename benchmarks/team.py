"""The team whose work is measured: the starter's settings, three brands and nobody to call."""

from dataclasses import replace
from pathlib import Path

from listener import settings
from listener.domain.brand import Brand
from listener.domain.policy import Secret, Settings, Target

CONFIG = Path(__file__).parents[1] / "config"


def the_settings(database: Path) -> Settings:
    """The starter's, with the brands that the posts are about."""
    found = settings.load(CONFIG, database=database, environ={})
    target = Target(
        name="chat", url=Secret("console:"), kinds=frozenset({"spike", "silence", "blind", "desk", "digest"})
    )
    return replace(
        found,
        brands=tuple(Brand(name=name, handles=(name.lower(),)) for name in ("Acme", "Bolt", "Cirrus")),
        sources=(),
        alerts=replace(found.alerts, targets=(target,)),
    )
