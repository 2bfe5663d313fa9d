"""`listener db`: where the database lies."""

import re
from pathlib import Path
from typing import Annotated

import typer

from listener.cli import show
from listener.cli.session import load_settings, session
from listener.domain.text import visible
from listener.errors import ConfigError

db_app = typer.Typer(help="Where the database lies, and moving it.", no_args_is_help=True)

HASH = re.compile("[0-9a-f]{64}")
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
    from listener.domain.server import is_address
    from listener.store.moving import move as copy
    from listener.store.server import shown

    settings = load_settings()
    address = to or (settings.server.address() if settings.server else "")
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


@db_app.command("erased")
def erased(
    out: Annotated[Path, typer.Option("--out", help="The file, readable by you alone; written anew.")],
) -> None:
    """Write down what was erased, as hashes: keep it with a server's dumps, for `erase-again`."""
    from listener.cli.export import in_one_piece

    count = 0
    with session() as ours, ours.store.read() as reads, in_one_piece(out) as file, file.open("w") as lines:
        for key in reads.erased_keys():
            lines.write(f"{key}\n")
            count += 1
    show.say(f"{count:,} hashes in {out}")


@db_app.command("erase-again")
def again(
    file: Annotated[Path, typer.Argument(help="As `listener db erased` wrote it.")],
) -> None:
    """After an older copy of the database was put back: erase what was erased since."""
    from listener.store.erasing_again import erase_again

    hashes = _hashes(file)
    with session() as ours:
        posts = erase_again(ours.store, hashes, ours.clock.now())
    show.say(f"{posts:,} posts erased again; none of {len(hashes):,} will come back.")


def _hashes(file: Path) -> set[str]:
    try:
        found = set(file.read_text(encoding="ascii").split())
    except (OSError, UnicodeError) as error:
        raise ConfigError(f"can't read {file}: {error}", next_step="name a file of listener db erased") from error
    if wrong := next((one for one in found if not HASH.fullmatch(one)), ""):
        raise ConfigError(
            f"{file} holds {visible(wrong, 20)!r}, which is no hash", next_step="name a file of listener db erased"
        )
    return found


def _say_page(table: str, rows: int) -> None:
    show.say(f"  {table}: {rows:,} rows")


@db_app.command("roles")
def roles(
    apply: Annotated[bool, typer.Option("--apply", help="Do it, as the owner; else the SQL is printed.")] = False,
) -> None:
    """Print, or apply, the roles agent, lead, on-call and admin on a PostgreSQL server, with what each may do.

    Agents see the cases of the queues that agents.toml gives them. A login's name is the agent's name. Repeat it after
    every upgrade and every change of queues; nothing is lost by repeating.
    """
    from listener.store.rights import statements
    from listener.store.roles import apply as put

    settings = load_settings()
    serving = {one.name: one.skills.queues for one in settings.triage.roster.agents}
    if not apply:
        for statement in statements(serving):
            show.out(f"{statement};")
        return
    if settings.server is None:
        raise ConfigError(
            "a file has no roles: whoever opens it may do all",
            next_step="rights need PostgreSQL: docs/postgresql.md",
        )
    done = put(settings.server.address(), serving)
    show.say(f"{done} statements. Next, for each login: GRANT listener_agent TO ana")
