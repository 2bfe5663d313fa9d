"""A store for the desk, and no model: which words decided is asked of it in one test only."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from listener.tui import pages
from tests.triage.builders import Office, office


@pytest.fixture
def staffed(tmp_path: Path) -> Iterator[Office]:
    with office(tmp_path) as made:
        yield made


@pytest.fixture(autouse=True)
def _no_model(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pages, "deciding", lambda choice, text: [])
