"""`listener db`: where the database lies."""

from typing import Annotated

import typer

from listener.cli import show
from listener.cli.session import load_settings
from listener.errors import ConfigError

db_app = typer.Typer(help="Where the database lies, and moving it.", no_args_is_help=True)

COLUMNS = ("table", "rows", "digest")


@db_app.command("move")
def move(
    to: Annotated[
        str, typer.Argument(metavar="[ADDRESS]", help="An empty database; url under [store] if not given.")
    ] = "",
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a table.")] = False,
) -> None:
    """Copy the file's database to a PostgreSQL server, and compare every row; what broke off goes on.

    The file is held meanwhile, and left as it is. Stop the run, the desks and the pages first.
    """
    from listener.store.moving import move as copy
    from listener.store.server import is_address, shown

    settings = load_settings()
    address = to or settings.server.reveal()
    if not is_address(address):
        fix = "listener db move postgresql://listener@host/listener, or set url under [store]"
        raise ConfigError("which database is it to move to?", next_step=fix)
    if not settings.database.exists():
        raise ConfigError(f"there is no database at {settings.database}", next_step="name it with --db")
    show.say(f"Copying {settings.database} to {shown(address)}.")
    moved = copy(settings.database, address, _say_page)
    rows = ({"table": one.table, "rows": one.rows, "digest": one.digest} for one in moved)
    show.emit_rows(COLUMNS, rows, as_json=as_json)
    show.say(f"{sum(one.rows for one in moved):,} rows in {len(moved)} tables, all equal on both sides.")
    if not settings.on_server:
        show.say(f'Next: under [store] in listener.toml, url = "{shown(address)}".')
    show.say(f"{settings.database} was left as it is: keep it until you trust the other, then delete it.")


def _say_page(table: str, rows: int) -> None:
    show.say(f"  {table}: {rows:,} rows")
