"""L3: a parser answers, or says what is wrong: a few seeds of each here, minutes of each in `make nightly`."""

import warnings
from html.parser import HTMLParser
from zlib import crc32

import pytest

from classifiers import artefact
from listener.connectors import bluesky_paging
from tests.fuzz import guided
from tests.fuzz.fed import CORPUS, Fed, corpus
from tests.fuzz.recorded import Missing
from tests.fuzz.targets import PURE, TARGETS, target
from tests.fuzz.trying import fewest, tried, what_broke

MANY, SOME, FEW = 300, 40, 4
SLOW = ("connector-bluesky-phrases", "connector-googleplay", "connector-appstore")
"""Sign or stream for each call."""


STEADY = ("toml", "import", "webhook", "model", "word-table", "report")
"""Files, or a page, for each call."""


def seeds_of(name: str) -> range:
    if name.startswith("recorded-"):
        return range(MANY)
    return range(FEW if name in SLOW else SOME if name in STEADY or name not in PURE else MANY)


@pytest.mark.parametrize("name", TARGETS)
def test_L3_nonsense_is_read_or_refused_in_words(name: str) -> None:
    try:
        done, broken = tried(name, seeds_of(name))
    except Missing as why:
        pytest.skip(str(why))
    assert "\n".join(broken.values()) == ""
    assert done == len(seeds_of(name))


KEPT = [name for name in TARGETS if corpus(name) and name not in SLOW]
REPLAYED = 25


@pytest.mark.parametrize("name", KEPT)
def test_L3_what_once_reached_new_lines_still_is_read_or_refused(name: str) -> None:
    inputs = corpus(name)[:: max(1, len(corpus(name)) // REPLAYED)]
    with target(name) as run, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        broken = [found for one in inputs if (found := what_broke(lambda: run(Fed(one)))) is not None]  # noqa: B023
    assert broken == []


def test_L3_the_corpus_is_small_of_targets_that_there_are_and_of_nothing_recorded() -> None:
    files = list(CORPUS.glob("*"))
    assert {file.stem for file in files} <= {name for name in TARGETS if not name.startswith("recorded-")}
    assert sum(file.stat().st_size for file in files) < 1_000_000


def test_an_input_steers_and_is_the_same_again() -> None:
    given = bytes(range(100))
    assert [Fed(given).random(), Fed(given).randint(0, 9)] == [Fed(given).random(), Fed(given).randint(0, 9)]
    assert Fed(b"\x00\x05").getrandbits(8) == 5
    assert Fed(b"\xffhello").own() == b"hello"
    assert Fed(b"\x00hello").own() is None
    assert 0 <= Fed(b"").randint(0, 99) <= 99


@pytest.mark.skipif(bool(guided.lacking()), reason=guided.lacking())
def test_L3_an_engine_that_watches_coverage_runs_the_same_targets() -> None:
    found = guided.search("until", 1, keeps=False)
    assert (found.broken, found.skipped) == ({}, "")
    assert found.calls > 10


def test_L3_of_inputs_those_that_take_no_new_step_are_dropped() -> None:
    few = fewest("week", [b"", b"\x00" * 40, b"\x00" * 41, *(bytes([n, 3]) for n in range(40))])
    assert 1 <= len(few) < 43
    assert b"" in few


def test_L3_control_a_parser_that_trips_is_caught(monkeypatch: pytest.MonkeyPatch) -> None:
    def trips(text: str) -> str | None:
        return None if "(" in text else text[len(text)]

    monkeypatch.setattr("tests.fuzz.targets.fault", trips)
    assert any(place.startswith("IndexError") for place in tried("query", range(MANY))[1])


def test_L3_control_a_page_token_that_cant_be_encoded_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """As it was until the fuzzer found it."""
    monkeypatch.setattr(bluesky_paging, "checksum", lambda token: crc32(token.encode()))
    assert any(place.startswith("UnicodeEncodeError") for place in tried("connector-bluesky", range(1500))[1])


def test_L3_control_a_library_that_raises_over_markup_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """As it was until the fuzzer found it."""
    monkeypatch.setattr("tests.fuzz.outside.to_text", lambda html: (HTMLParser().feed(html), "")[1])
    assert any(place.startswith("AssertionError") for place in tried("markup", range(MANY))[1])


def test_L3_control_a_manifest_that_is_believed_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """As it was until the fuzzer found it."""
    monkeypatch.setattr(artefact, "_numbers", lambda found: ())
    monkeypatch.setattr(artefact, "_is_file_name", lambda name: True)
    assert tried("model", range(900))[1]
