"""I1: an upgrade from any released schema, killed at any statement, leaves the file as it was."""

from pathlib import Path

import pytest

from listener.store import open_store
from listener.store.migrations import HEAD, REVISIONS
from tests.store.upgrading import content, kept, older, watching


@pytest.mark.parametrize(
    ("old", "journal"), [*((old, "truncate") for old in REVISIONS[:-1]), ("0001", "wal"), ("0006", "wal")]
)
def test_I1_an_upgrade_killed_at_any_statement_leaves_the_old_file_whole(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, old: str, journal: str
) -> None:
    monkeypatch.setattr("listener.store.database.journal_for", lambda _version: journal)
    older(path, old, monkeypatch)
    before = content(path)
    with watching(path, tmp_path) as seen:
        open_store(path).close()
    assert seen.faults == set()
    assert seen.statements > 5
    assert seen.judged > 2  # the shortest upgrade makes one index
    after = content(path)
    assert after["alembic_version"] == [(HEAD,)]
    assert kept(before, after) == []


def test_I1_control_an_upgrade_committed_by_the_step_is_caught(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    older(path, "0008", monkeypatch)
    with watching(path, tmp_path, commits_each=True) as seen:
        open_store(path).close()
    assert "the schema is not as it was" in seen.faults
