"""Commands on a machine that is short of something: a line that says of what, an exit code, and no traceback."""

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from listener import cli
from listener.cli.exits import Exit, of_the_machine
from listener.store import open_store
from tests import demo
from tests.store.steps import open_case, save

pytest.importorskip("resource", reason="needs limits on a process")

LIMITED = """
import resource, signal, sys
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(getattr(resource, sys.argv.pop(1)), (int(sys.argv[1]), int(sys.argv.pop(1))))
from listener.cli import main
main()
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = demo.write_settings(tmp_path / "settings")
    store = open_store(folder / "demo.sqlite")
    open_case(store, save(store)[0])
    store.close()
    return folder


def under(limit: str, number: int, home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", LIMITED, limit, str(number), "--config", str(home), "--as", "ada", *words],
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.sqlite
def test_B3_a_command_on_a_full_disk_says_so_with_its_code_and_reading_goes_on(home: Path) -> None:
    noted = under("RLIMIT_FSIZE", 32768, home, "case", "note", "1", "hellö" * 1990)
    assert noted.returncode == Exit.DISK_FULL, noted.stderr
    assert "the disk is full or failed" in noted.stderr
    assert "Traceback" not in noted.stderr
    seen = under("RLIMIT_FSIZE", 32768, home, "inbox", "--json")
    assert seen.returncode == Exit.OK, seen.stderr
    assert "hello" not in seen.stdout


@pytest.mark.parametrize(("number", "code"), [(errno.ENOSPC, Exit.DISK_FULL), (errno.EMFILE, Exit.RETRY_LATER)])
def test_B3_what_the_system_is_short_of_is_no_bug(
    number: int, code: Exit, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def short() -> None:
        raise OSError(number, os.strerror(number), "page.html")

    monkeypatch.setattr(cli, "app", short)
    with pytest.raises(SystemExit) as left:
        cli.main()
    assert left.value.code == code
    said = capsys.readouterr().err
    assert "page.html" in said
    assert "→" in said
    assert "bug" not in said


@pytest.mark.parametrize("files", [16, 5])
def test_B4_too_few_open_files_are_said_to_be_too_few(home: Path, files: int) -> None:
    done = under("RLIMIT_NOFILE", files, home, "inbox")
    assert done.returncode != Exit.BUG, done.stderr
    assert "Traceback" not in done.stderr
    if files == 16:
        assert done.returncode == Exit.OK


def test_other_errors_of_the_system_stay_bugs() -> None:
    assert of_the_machine(OSError(2, "No such file")) is None
    assert of_the_machine(ValueError("28")) is None
