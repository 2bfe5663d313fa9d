"""E6: on a full disk, or killed at any touch of a file: each file is as it was, or as it was to be."""

import os
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from listener import files
from listener.errors import ConfigError
from listener.settings import starter
from tests.faults.writers import WRITERS, Hindrance, attempted, leftovers, prepare, seen

KILLS = 400
"""At most; every writer is done long before."""
_VARIES = ("backups/", "listener.db")


def before_and_after(name: str, folder: Path) -> tuple[dict[str, bytes], dict[str, bytes]]:
    prepare(name, folder / "free")
    before = seen(folder / "free")
    assert attempted(name, folder / "free", Hindrance()) == "done"
    return before, seen(folder / "free")


def torn(found: dict[str, bytes], before: dict[str, bytes], after: dict[str, bytes]) -> list[str]:
    """Files that are neither old nor new; a database's own, and its copy with the hour in it, are checked as such."""
    return [
        name
        for name, held in found.items()
        if not name.startswith(_VARIES) and held not in (before.get(name), after.get(name))
    ]


@pytest.mark.parametrize("name", [name for name in WRITERS if name != "backup"])
def test_E6_on_a_full_disk_each_file_is_old_or_new_and_nothing_else_is_left(name: str, tmp_path: Path) -> None:
    before, after = before_and_after(name, tmp_path)
    sizes = sorted({len(held) for file, held in after.items() if held != before.get(file)})
    told = set()
    for limit in sorted({0, 1, sizes[0] // 2, sizes[-1] // 2, sizes[-1] - 1}):
        folder = tmp_path / str(limit)
        prepare(name, folder)
        said = attempted(name, folder, Hindrance(limit=limit))
        assert torn(seen(folder), before, after) == [], limit
        assert leftovers(folder) == []
        told.add(said.partition(":")[0])
    assert told == ({"done"} if name == "session" else {"refused"}), "a sign-in that isn't kept is made again"


@pytest.mark.parametrize("name", [name for name in WRITERS if name != "backup"])
def test_E6_killed_at_any_touch_of_a_file_each_is_old_or_new(name: str, tmp_path: Path) -> None:
    before, after = before_and_after(name, tmp_path)
    states = set()
    for touch in range(KILLS):
        folder = tmp_path / str(touch)
        prepare(name, folder)
        said = attempted(name, folder, Hindrance(dies_at=touch))
        found = seen(folder)
        assert torn(found, before, after) == [], touch
        states.add(tuple(sorted(found.items())))
        if said == "done":
            break
    else:
        pytest.fail("it never came to its end")
    assert len(states) > 1


@pytest.mark.sqlite
def test_E6_a_backup_that_met_a_full_disk_is_none(tmp_path: Path) -> None:
    _, after = before_and_after("backup", tmp_path)
    size = max(len(held) for name, held in after.items() if name.startswith("backups/"))
    for limit in (0, 10, 4096, size // 2, size - 4096):
        folder = tmp_path / str(limit)
        prepare("backup", folder)
        assert attempted("backup", folder, Hindrance(limit=limit)).startswith("refused")
        assert list((folder / "backups").glob("*")) == []


def test_E6_control_a_writer_in_place_is_caught(tmp_path: Path) -> None:
    before, after = before_and_after("init", tmp_path)
    folder = tmp_path / "careless"
    prepare("init", folder)
    assert attempted("init", folder, Hindrance(limit=1000, careless=True)).startswith("refused")
    assert torn(seen(folder), before, after) != []


def test_E6_listener_init_on_a_full_disk_says_so_and_can_be_tried_again(tmp_path: Path) -> None:
    def narrow() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))

    words = [sys.executable, "-m", "listener", "init", str(tmp_path / "config")]
    done = subprocess.run(words, capture_output=True, text=True, check=False, preexec_fn=narrow)
    assert done.returncode == 2, done.stderr
    assert "can't write to" in done.stderr
    assert "Traceback" not in done.stderr
    assert seen(tmp_path / "config") == {}
    assert len(starter.copy_to(tmp_path / "config").written) > 3


@contextmanager
def noted(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """What is synced, and when a name is given."""
    told: list[str] = []
    real_sync, real_replace, real_link = os.fsync, Path.replace, os.link

    def fsync(handle: int) -> None:
        told.append(f"sync {Path(f'/proc/self/fd/{handle}').readlink().name}")
        real_sync(handle)

    def replace(path: Path, target: Path) -> Path:
        told.append(f"name {target.name}")
        return real_replace(path, target)

    def link(path: Path, target: Path) -> None:
        told.append(f"name {target.name}")
        real_link(path, target)

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", fsync)
        patch.setattr(Path, "replace", replace)
        patch.setattr(os, "link", link)
        yield told


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="asks /proc which file is synced")
@pytest.mark.parametrize("write", [files.write_whole, files.write_new])
def test_E6_a_file_has_its_name_only_once_it_is_on_the_disk_and_so_is_its_name_then(
    write: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    with noted(monkeypatch) as told:
        write(folder / "a.toml", "new")  # type: ignore[operator]
    synced, named, kept = told
    assert synced.startswith("sync .a.toml.")
    assert (named, kept) == ("name a.toml", "sync folder")


def test_E6_private_files_are_private_from_their_first_byte_and_others_stay_as_they_were(tmp_path: Path) -> None:
    path = tmp_path / "a"
    with files.in_one_piece(path) as temporary:
        assert temporary.stat().st_mode & 0o777 == 0o600
    assert path.stat().st_mode & 0o777 == 0o600
    path.chmod(0o640)
    files.write_whole(path, "new")
    assert path.stat().st_mode & 0o777 == 0o640
    files.write_whole(path, "newer", files.PRIVATE)
    assert path.stat().st_mode & 0o777 == 0o600


def test_E6_what_is_to_be_new_replaces_nothing_where_a_file_system_has_no_second_names_either(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_links(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    (tmp_path / "dangling").symlink_to(tmp_path / "nowhere")
    for _ in range(2):
        assert files.write_new(tmp_path / "new", "1")
        assert not files.write_new(tmp_path / "new", "2")
        assert not files.write_new(tmp_path / "dangling", "3")
        assert (tmp_path / "new").read_text() == "1"
        (tmp_path / "new").unlink()
        monkeypatch.setattr(os, "link", no_links)
    assert [path.name for path in tmp_path.iterdir()] == ["dangling"]


def test_E6_a_text_that_cannot_be_written_leaves_the_old_one(tmp_path: Path) -> None:
    from listener.settings.whole import write_whole

    path = tmp_path / "a.toml"
    write_whole(path, "old")
    with pytest.raises(ConfigError, match="can't be written"):
        write_whole(path, "\ud800")
    assert path.read_text() == "old"
    assert leftovers(tmp_path) == []
