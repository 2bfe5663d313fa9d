"""`[backup]`: what the run copies by itself."""

from datetime import timedelta
from pathlib import Path

from listener.domain.backups import BackupPolicy
from tests.settings.folders import folder, loaded, problems

CONSOLE = "[[target]]\nname = 'ops'\nurl = 'console:'\n"


def test_nothing_is_copied_unless_it_is_asked_for(tmp_path: Path) -> None:
    assert loaded(folder(tmp_path)).backups == BackupPolicy()
    assert not BackupPolicy().scheduled


def test_every_key_is_read_and_a_relative_folder_starts_at_the_settings(tmp_path: Path) -> None:
    said = '[backup]\nscheduled = true\nevery = "90m"\nkeep = 48\nfolder = "copies"\ntell = ["ops"]\n'
    assert loaded(folder(tmp_path, listener=said, alerts=CONSOLE)).backups == BackupPolicy(
        scheduled=True, every=timedelta(minutes=90), keep=48, folder=tmp_path / "copies", tell=("ops",)
    )


def test_a_variable_outranks_the_file(tmp_path: Path) -> None:
    root = folder(tmp_path, listener="[backup]\nkeep = 3\n")
    assert loaded(root, {"LISTENER_BACKUP_KEEP": "9"}).backups.keep == 9


def test_what_makes_no_sense_is_a_problem(tmp_path: Path) -> None:
    root = folder(tmp_path, listener='[backup]\nkeep = 0\nevery = "0s"\ntell = ["op"]\nfolders = "x"\n', alerts=CONSOLE)
    found = {problem.key: (problem.line, problem.fix) for problem in problems(root)}
    assert found["backup.keep"] == (2, "use 1 or more")
    assert found["backup.every"][0] == 3
    assert found["backup.tell[1]"] == (4, "did you mean ops?")
    assert found["backup.folders"][0] == 5
