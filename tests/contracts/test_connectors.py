"""Every connector that ships, against the contract."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.contracts.connector_contract import CHECKS, Check
from tests.contracts.every_rig import RIGS, rig_named
from tests.contracts.exempt import Exempt
from tests.contracts.reach_contract import REACH_CHECKS
from tests.contracts.rigs import Rig


@pytest.fixture(params=RIGS)
def rig(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Rig]:
    with rig_named(request.param, tmp_path) as rig:
        yield rig


@pytest.mark.parametrize("check", [*CHECKS, *REACH_CHECKS], ids=lambda check: check.__name__)
def test_connector_keeps(check: Check, rig: Rig) -> None:
    with suppress(Exempt):  # the scorecard tells of it, with the reason
        check(rig)
