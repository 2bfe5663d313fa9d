"""A fresh office for each test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.triage.builders import Office, office


@pytest.fixture
def desk_office(tmp_path: Path) -> Iterator[Office]:
    with office(tmp_path) as open_office:
        yield open_office
