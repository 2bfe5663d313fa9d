"""`listener board --html`: the board as files."""

import csv
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from listener.errors import ConfigError
from listener.ports import Store
from listener.store import open_store
from listener.web import offline
from listener.web.offline import write_board
from tests.web import board_parts
from tests.web.board_parts import NOW, Parsed


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    made = open_store(tmp_path_factory.mktemp("offline") / "listener.db")
    board_parts.fill(made)
    return made


def write(store: Store, folder: Path) -> int:
    with store.read() as reads:
        return write_board(folder, board_parts.settings(folder.parent / "listener.db"), reads, NOW)


@pytest.fixture
def _few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(offline, "MOST_PAGES", 30)


@pytest.mark.usefixtures("_few")
def test_every_lead_is_a_file_that_is_there_and_nothing_is_fetched(store: Store, tmp_path: Path) -> None:
    folder = tmp_path / "board"
    assert write(store, folder) == 30
    pages = sorted(folder.glob("*.html"))
    assert len(pages) == 31  # index.html leads to the first
    for file in pages:
        found = Parsed(file.read_text())
        for lead in found.ours:
            assert (folder / lead).is_file(), (file.name, lead)
        assert {tag for tag, _ in found.tags} & {"script", "link", "form", "img", "iframe"} == set()
        outside = {urlsplit(lead).netloc for lead in found.leads} - {""}
        assert outside <= {"example.com"}


@pytest.mark.usefixtures("_few")
def test_rows_lie_beside_their_page(store: Store, tmp_path: Path) -> None:
    write(store, tmp_path / "board")
    with (tmp_path / "board" / "queue.csv").open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert len(rows) == len((tmp_path / "board" / "queue.json").read_text().splitlines()) >= 50


@pytest.mark.usefixtures("_few")
def test_it_is_written_over_its_like_and_over_nothing_else(store: Store, tmp_path: Path) -> None:
    folder = tmp_path / "board"
    folder.mkdir()
    write(store, folder)
    (folder / "stale.html").touch()
    write(store, folder)
    assert not (folder / "stale.html").exists()
    other = tmp_path / "letters"
    other.mkdir()
    (other / "dear.txt").touch()
    with pytest.raises(ConfigError, match="holds something else"):
        write(store, other)
    with pytest.raises(ConfigError, match="can't write"):
        write(store, tmp_path / "none" / "board")
    assert sorted(found.name for found in tmp_path.iterdir()) == ["board", "letters"]
