"""The whole listener on a PostgreSQL server, as people type it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from listener.cli.exits import Exit
from tests import demo, postgres

PASSWORD = "correct-horse-battery"
NOWHERE = "postgresql://listener@127.0.0.1:1/listener"


def listener(folder: Path, url: str, *words: str, expect: int = 0) -> subprocess.CompletedProcess[str]:
    env = {"LISTENER_STORE_URL": url, "LISTENER_SECRET_STORE_PASSWORD": PASSWORD}
    done = demo.listener("--config", str(folder), *words, cwd=folder, expect=expect, env=env)
    said = done.stdout + done.stderr
    assert "Traceback" not in said
    assert PASSWORD not in said
    return done


def numbers(lines: str) -> list[int]:
    return [json.loads(line)["id"] for line in lines.splitlines()]


@pytest.mark.sqlite
def test_I5_what_was_replayed_into_the_file_is_worked_on_the_server(
    demo_store: Path, server: postgres.Server, tmp_path: Path
) -> None:
    folder = demo.write_settings(tmp_path / "settings")
    (file,) = demo_store.glob("*.sqlite")
    database = folder / file.name
    database.write_bytes(file.read_bytes())
    on_file = numbers(demo.listener("--config", str(folder), "inbox", "--json", cwd=folder).stdout)
    url = server.address(server.create())

    moved = listener(folder, url, "db", "move", "--json")
    rows = {line["table"]: line["rows"] for line in map(json.loads, moved.stdout.splitlines())}
    assert rows["mentions"] > 300
    assert "all equal on both sides" in moved.stderr
    database.unlink()

    assert numbers(listener(folder, url, "inbox", "--json").stdout) == on_file
    taken = listener(folder, url, "--as", "ana", "next", "--json").stdout
    number = str(json.loads(taken)["case"]["id"])
    listener(folder, url, "--as", "ana", "case", "resolve", number, "--how", "refunded")
    refused = listener(folder, url, "--as", "ben", "case", "resolve", number, "--seen", "1", expect=Exit.STORE)
    assert "ana" in refused.stderr
    for words in (
        ("digest",),
        ("audit", "--verify"),
        ("mentions", "--limit", "3"),
        ("coverage",),
        ("search", "parcel"),
    ):
        assert listener(folder, url, *words).stdout
    held = listener(folder, url, "doctor").stdout
    assert "PostgreSQL 1" in held
    assert "mentions" in held
    assert not database.exists()


def test_a_server_that_cannot_be_reached_is_named_without_its_password(tmp_path: Path) -> None:
    folder = demo.write_settings(tmp_path / "settings")
    pytest.importorskip("psycopg")
    said = listener(folder, NOWHERE, "inbox", expect=Exit.STORE).stderr
    assert "127.0.0.1:1/listener can't be reached" in said
    assert "***" in said
    assert "can't be reached" in listener(folder, NOWHERE, "doctor", expect=Exit.STORE).stdout


def test_backups_are_the_servers_own(tmp_path: Path) -> None:
    folder = demo.write_settings(tmp_path / "settings")
    for words in (("backup",), ("backup", "--list"), ("restore", "some.db", "--yes")):
        assert "docs/postgresql.md" in listener(folder, NOWHERE, *words, expect=2).stderr


def test_a_move_without_an_address_or_a_file_says_what_to_do(tmp_path: Path) -> None:
    folder = demo.write_settings(tmp_path / "settings")
    assert "set url under [store]" in listener(folder, "", "db", "move", expect=2).stderr
    assert "there is no database at" in listener(folder, NOWHERE, "db", "move", expect=2).stderr
    assert "set url under [store]" in listener(folder, "", "db", "move", "mysql://host/db", expect=2).stderr


def test_without_the_driver_the_extra_is_named(tmp_path: Path) -> None:
    folder = demo.write_settings(tmp_path / "settings")
    code = (
        "import sys; sys.modules['psycopg'] = None\n"
        "sys.argv = ['listener', '--config', sys.argv[1], 'inbox']\n"
        "from listener.cli import main\nmain()"
    )
    env = {**os.environ, "LISTENER_STORE_URL": NOWHERE}
    done = subprocess.run(
        [sys.executable, "-c", code, str(folder)], env=env, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "social-support-listener[pg]" in done.stderr
