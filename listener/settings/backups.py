"""`[backup]` of listener.toml: copies of the database that the run takes by itself."""

from collections.abc import Collection
from pathlib import Path

from listener.domain.backups import BackupPolicy
from listener.settings.problems import did_you_mean
from listener.settings.table import Table


def backups(top: Table, root: Path, targets: Collection[str], *, on_server: bool) -> BackupPolicy:
    """The whole table."""
    table, base = top.child("backup"), BackupPolicy()
    folder = table.text("folder")
    found = BackupPolicy(
        scheduled=table.switch("scheduled", default=base.scheduled),
        every=table.duration("every", base.every),
        keep=table.whole("keep", base.keep, least=1),
        folder=root / Path(folder).expanduser() if folder else None,
        tell=_known(table, targets),
    )
    if on_server and found.scheduled:
        fix = "remove it; docs/postgresql.md says how that is done"
        table.problem("scheduled", "a server's database is backed up where it runs", fix)
    table.done()
    return found


def _known(table: Table, targets: Collection[str]) -> tuple[str, ...]:
    named = table.items("tell")
    for number, name in named:
        if name not in targets:
            fix = did_you_mean(name, targets) if targets else "add a [[target]] to alerts.toml"
            table.problem("tell", f'no target is named "{name}"', fix, item=number)
    return tuple(name for _, name in named)
