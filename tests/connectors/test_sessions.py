"""Sign-ins outlive a run, for their owner's eyes alone."""

import stat
from pathlib import Path

from listener.connectors.sessions import Sessions
from listener.domain.policy import Secret


def test_what_was_kept_is_there_after_a_restart(tmp_path: Path) -> None:
    Sessions(tmp_path / "s").save("bluesky:1", Secret("jwt"))
    assert Sessions(tmp_path / "s").load("bluesky:1").reveal() == "jwt"
    assert not Sessions(tmp_path / "s").load("bluesky:2")


def test_only_its_owner_can_read_it_and_its_name_tells_nothing(tmp_path: Path) -> None:
    Sessions(tmp_path / "s").save("bluesky:ann", Secret("jwt"))
    (file,) = (tmp_path / "s").iterdir()
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "s").stat().st_mode) == 0o700
    assert "ann" not in file.name


def test_a_refused_session_is_forgotten(tmp_path: Path) -> None:
    kept = Sessions(tmp_path / "s")
    kept.save("a", Secret("jwt"))
    kept.forget("a")
    kept.forget("a")
    assert not kept.load("a")


def test_without_a_folder_nothing_is_kept(tmp_path: Path) -> None:
    kept = Sessions(None)
    kept.save("a", Secret("jwt"))
    kept.forget("a")
    assert not kept.load("a")


def test_a_folder_that_cant_be_used_only_means_signing_in_again(tmp_path: Path) -> None:
    (tmp_path / "s").write_text("not a folder")
    kept = Sessions(tmp_path / "s")
    kept.save("a", Secret("jwt"))
    assert not kept.load("a")
