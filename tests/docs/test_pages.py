"""Each page of docs/ is true: its commands are typed in order, in a folder where the demo has run."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import demo, warm
from tests.architecture.source import ROOT
from tests.docs.shell import run_all

PAGES = sorted((ROOT / "docs").glob("*.md"))

EXPORTS = "```console\n$ export LISTENER_CONFIG=$PWD/demo-out\n$ export LISTENER_AGENT=ada\n```\n"
"""As the README has them."""


@pytest.fixture(scope="module")
def demo_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("demo")
    demo.listener("demo", "--out", str(folder / "demo-out"), cwd=folder)
    yield folder
    shutil.rmtree(folder)


OF_THE_FILE = ("backups.md", "blindness.md", "running.md")
"""What they look into, or copy, is a file."""


@pytest.mark.parametrize(
    "page",
    [pytest.param(page, marks=pytest.mark.sqlite if page.name in OF_THE_FILE else ()) for page in PAGES],
    ids=lambda page: page.name,
)
def test_every_command_of_a_page_does_what_it_says(page: Path, demo_folder: Path, tmp_path: Path) -> None:
    shutil.copytree(demo_folder, tmp_path, dirs_exist_ok=True)
    text = page.read_text(encoding="utf-8")
    # Counted from the page's own first line.
    faults = run_all(EXPORTS + text, tmp_path, warm.server().parent)
    assert faults == []
