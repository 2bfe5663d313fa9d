"""Fixtures every test may use."""

from pathlib import Path

import pytest

SHARED = Path(__file__).parents[2] / "shared"


@pytest.fixture(scope="session")
def shared() -> Path:
    """Folder of labelled data and recorded platform answers, which users don't have."""
    if not SHARED.is_dir():
        pytest.skip(f"no shared test data at {SHARED}: recordings and labelled sets are not part of the project")
    return SHARED
