"""`listener backup` and `listener restore`: copies that can be trusted, taken while everybody works."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from listener.cli import show
from listener.cli.session import load_settings
from listener.errors import ConfigError, StoreError

if TYPE_CHECKING:
    from listener.store.backup import Backup

COLUMNS = ("file", "made", "MB", "mentions", "cases", "erased")
MB = 1_000_000


def backup(
    to: Annotated[Path | None, typer.Option(help="Folder; `backups` beside the database if not given.")] = None,
    keep: Annotated[int, typer.Option(min=0, help="Delete all but so many of the newest; 0 keeps all.")] = 0,
    listed: Annotated[bool, typer.Option("--list", help="Only list those that are there.")] = False,
    checked: Annotated[Path | None, typer.Option("--check", help="Only read every byte of this one.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a backup.")] = False,
) -> None:
    """Copy the live database, check the copy, and write what it should be beside it."""
    from listener.clock import SystemClock
    from listener.store import backup as store_backup

    if checked is not None:
        manifest = store_backup.check(checked)
        show.say(f"{checked} is whole: {manifest.mentions:,} mentions, {manifest.cases:,} cases, {manifest.made_at}")
        return
    database = _database()
    folder = to or database.parent / "backups"
    if not listed:
        made = store_backup.back_up(database, folder, SystemClock().now())
        gone = store_backup.prune(folder, database.stem, keep) if keep else []
        if gone:
            show.say(f"Deleted {len(gone)} older ones.")
        show.emit_rows(COLUMNS, [_row(made)], as_json=as_json)
        return
    show.emit_rows(COLUMNS, map(_row, store_backup.backups(folder, database.stem)), as_json=as_json)


def restore(
    file: Annotated[Path, typer.Argument(help="A backup that `listener backup` took.")],
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask.")] = False,
) -> None:
    """Put a backup in the database's place; what was erased since stays erased, and the old file is kept."""
    from listener.clock import SystemClock
    from listener.store import backup as store_backup
    from listener.store.alone import only_one

    database = _database()
    manifest = store_backup.check(file)
    if not yes:
        _ask(f"Replace {database} by {file} of {manifest.made_at} ({manifest.mentions:,} mentions)?")
    with only_one(database, "run"):
        aside = store_backup.restore(file, database, SystemClock().now())
    show.say(f"{database} is as of {manifest.made_at}, without what was erased since.")
    if aside:
        show.say(f"What stood there is {aside}: delete it once all is well, for it holds what the backup doesn't.")
    show.say("Next: listener doctor, then listener run; each source goes on from where the backup left it.")


def _ask(question: str) -> None:
    if not sys.stdin.isatty():
        raise ConfigError("restoring replaces the database", next_step="add --yes to do it without being asked")
    if not typer.confirm(question, err=True):
        raise typer.Exit(0)


def _database() -> Path:
    settings = load_settings()
    if settings.on_server:
        raise ConfigError("a server's database is backed up where it runs", next_step="docs/postgresql.md says how")
    found = settings.database
    if not found.parent.is_dir():
        raise StoreError(f"there is no folder {found.parent}", next_step="listener doctor")
    return found


def _row(one: "Backup") -> dict[str, object]:
    told = one.manifest
    cells = (str(one.file), told.made_at, round(told.bytes / MB, 1), told.mentions, told.cases, told.erased)
    return dict(zip(COLUMNS, cells, strict=True))
