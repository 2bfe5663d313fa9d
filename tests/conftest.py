"""Fixtures every test may use."""

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from listener.store import ballast
from tests import demo, postgres
from tests.engines import serve

STORE = Path(__file__).parent / "store"
KILLS = [f"test_{name}_kills.py" for name in ("delivery", "reply", "stream", "worker")]
LONGEST = ("test_readme.py", "test_crash.py", *KILLS)
"""Half a minute and more each: one of them that comes last keeps everybody waiting."""
SHARED = Path(__file__).parents[2] / "shared"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--crash-kills", type=int, default=20, metavar="N", help="how often each crash journey kills its run (20)"
    )
    parser.addoption(
        "--engine", choices=("sqlite", "postgresql"), default="sqlite", help="where stores lie that are named by a file"
    )
    parser.addoption("--every-fault", action="store_true", help="plant secrets under every fault, not only two")
    parser.addoption("--crash-states", type=int, default=10_000, metavar="N", help="power cuts to play (10,000)")


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--engine") == "postgresql":
        serve(config)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """The longest first. What is about SQLite alone has nothing to ask a server; the store's tests ask both anyway."""
    items.sort(key=lambda item: item.path.name not in LONGEST)  # the order among the others stays random
    if config.getoption("--engine") == "postgresql":
        for item in items:
            if item.get_closest_marker("sqlite"):
                item.add_marker(pytest.mark.skip(reason="about SQLite alone"))
            elif item.path.is_relative_to(STORE):
                item.add_marker(pytest.mark.skip(reason="asked of both without --engine"))


@pytest.fixture(scope="session", autouse=True)
def small_ballast() -> Iterator[None]:
    """Thousands of databases, each with 32 MiB beside it, would fill the disk that this is for."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ballast, "BYTES", 64 << 10)
        yield


@pytest.fixture(scope="session")
def server() -> Iterator[postgres.Server]:
    """A throwaway PostgreSQL."""
    tools = postgres.binaries()
    if tools is None:
        pytest.skip("PostgreSQL's binaries (initdb) are not on this machine")
    if find_spec("psycopg") is None:
        pytest.skip("psycopg, the extra `pg`, is not installed")
    with postgres.running(tools) as server:
        yield server


@pytest.fixture(scope="session")
def shared() -> Path:
    """Folder of labelled data and recorded platform answers, which users don't have."""
    if not SHARED.is_dir():
        pytest.skip(f"no shared test data at {SHARED}: recordings and labelled sets are not part of the project")
    return SHARED


@pytest.fixture(scope="session")
def demo_posts() -> Path:
    """The bundled sample posts, at their own dates: 3 to 10 March 2026."""
    return demo.POSTS


@pytest.fixture(scope="session")
def demo_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Settings folder with a database that has replayed the sample posts: for reading only.

    `told.txt` in it is what the console was told meanwhile.
    """
    folder = demo.write_settings(tmp_path_factory.mktemp("demo") / "settings")
    told = demo.listener("--config", str(folder), "replay", str(demo.POSTS), cwd=folder).stderr
    (folder / "told.txt").write_text(told, encoding="utf-8")
    return folder
