"""A team with every secret there is."""

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from listener.domain.policy import Secret
from tests.attacks.canaries import Echo, canary, of_connectors, of_targets, settings
from tests.attacks.flows import Ear, Seen
from tests.cli.office import counter
from tests.contracts.server import Server


@pytest.fixture
def everywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Seen, Server]]:
    """A team with every secret there is, and a platform on loopback that speaks for all of them."""
    root, before = logging.getLogger(), logging.getLogger().level
    with Server(Echo()) as server:
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        at = counter(tmp_path / "team", monkeypatch)
        kinds = {**of_connectors(), **of_targets(server.base), "web.token": canary("web")}
        settings(at.folder, server.base, kinds)
        seen = Seen(at=at, kinds=kinds, words=[], revealed=set(), ran=[])
        real = Secret.reveal

        def reveal(secret: Secret) -> str:
            seen.revealed.add(real(secret))
            return real(secret)

        monkeypatch.setattr(Secret, "reveal", reveal)
        ear = Ear(seen.words)
        root.addHandler(ear)
        root.setLevel(logging.DEBUG)
        try:
            yield seen, server
        finally:
            root.removeHandler(ear)
            root.setLevel(before)
