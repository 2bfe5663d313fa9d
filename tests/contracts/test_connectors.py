"""Every connector that ships, against the contract."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contracts.connector_contract import CHECKS, Check
from tests.contracts.every_rig import RIGS, rig_named
from tests.contracts.rigs import Rig


@pytest.fixture(params=RIGS)
def rig(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Rig]:
    with rig_named(request.param, tmp_path) as rig:
        yield rig


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__)
def test_connector_keeps(check: Check, rig: Rig) -> None:
    check(rig)
