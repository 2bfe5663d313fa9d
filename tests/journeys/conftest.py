"""Options of the journeys."""

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--crash-kills", type=int, default=20, metavar="N", help="how often each crash journey kills its run (20)"
    )
