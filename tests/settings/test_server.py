"""`[store]`: which database, and its password."""

from pathlib import Path

import pytest

from listener import settings
from listener.settings import ConfigProblems

URL = "postgresql://listener@db.example.com/listener"
STORE = f'[store]\nurl = "{URL}"\n'


def load(folder: Path, text: str, database: Path | None = None, **variables: str) -> settings.Settings:
    (folder / "listener.toml").write_text(text)
    (folder / "brands.toml").write_text("[[brand]]\nname = 'Acme'\nhandles = ['acme']\n")
    return settings.load(folder, database=database, environ=variables)


def test_without_a_word_it_is_the_file(tmp_path: Path) -> None:
    found = load(tmp_path, "")
    assert (found.place, found.on_server) == (tmp_path / "listener.db", False)


def test_an_address_stands_in_for_the_file(tmp_path: Path) -> None:
    found = load(tmp_path, STORE)
    assert (found.place, found.on_server) == (URL, True)
    assert load(tmp_path, "", LISTENER_STORE_URL=URL).place == URL


def test_a_file_named_by_a_flag_is_meant_all_the_same(tmp_path: Path) -> None:
    assert load(tmp_path, STORE, database=tmp_path / "other.db").place == tmp_path / "other.db"


def test_H1_the_password_is_a_secret_and_is_not_shown(tmp_path: Path) -> None:
    found = load(tmp_path, STORE, LISTENER_SECRET_STORE_PASSWORD="p@ss/word")
    assert found.place == "postgresql://listener:p%40ss%2Fword@db.example.com/listener"
    assert "p@ss" not in repr(found)
    assert "p%40ss" not in repr(found)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('[store]\nurl = "postgresql://me:hunter2@host/db"', "holds a password"),
        ('[store]\nurl = "postgresql://me@host/db?password=hunter2"', "holds a password"),
        ('[store]\nurl = "mysql://me@host/db"', "is no address of a PostgreSQL database"),
        ('[store]\nurl = "postgresql://host"', "is no address of a PostgreSQL database"),
        ('[store]\nurl = "postgresql://host:port/db"', "is no address of a PostgreSQL database"),
        ('[store]\npassword = "hunter2"', "this file is no place for one"),
        (f"{STORE}[backup]\nscheduled = true", "is backed up where it runs"),
        ('[[source]]\nname = "store"\nconnector = "feed"', '"store" is taken'),
    ],
)
def test_what_cannot_be_is_named_and_no_password_is_repeated(tmp_path: Path, text: str, says: str) -> None:
    with pytest.raises(ConfigProblems) as told:
        load(tmp_path, text)
    assert says in str(told.value)
    assert "hunter2" not in str(told.value)
