"""L3: a parser answers, or says what is wrong: a few seeds of each here, minutes of each in `make nightly`."""

from zlib import crc32

import pytest

from listener.connectors import bluesky_paging
from tests.fuzz.__main__ import tried
from tests.fuzz.targets import PURE, TARGETS

MANY, SOME, FEW = 300, 40, 4
SLOW = ("connector-bluesky-phrases", "connector-googleplay", "connector-appstore")
"""Sign or stream for each call."""


def seeds_of(name: str) -> range:
    return range(FEW if name in SLOW else SOME if name in ("toml", "import") or name not in PURE else MANY)


@pytest.mark.parametrize("name", TARGETS)
def test_L3_nonsense_is_read_or_refused_in_words(name: str) -> None:
    done, broken = tried(name, seeds_of(name))
    assert "\n".join(broken.values()) == ""
    assert done == len(seeds_of(name))


def test_L3_control_a_parser_that_trips_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    def trips(text: str) -> str | None:
        return None if "(" in text else text[len(text)]

    monkeypatch.setattr("tests.fuzz.targets.fault", trips)
    assert any(place.startswith("IndexError") for place in tried("query", range(MANY))[1])


def test_L3_control_a_page_token_that_cant_be_encoded_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """As it was until the fuzzer found it."""
    monkeypatch.setattr(bluesky_paging, "checksum", lambda token: crc32(token.encode()))
    assert any(place.startswith("UnicodeEncodeError") for place in tried("connector-bluesky", range(1500))[1])
