"""A throwaway PostgreSQL, made from its binaries in a temporary folder and reached by a socket in it.

By addresses of this machine too, where a test asks for that.
"""

import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

PLACES = ("/usr/lib/postgresql", "/usr/local/pgsql", "/opt/homebrew/opt")
USER = "listener"

# Nothing in it outlives the tests, so nothing waits for the disk.
_HASTY = ("fsync=off", "full_page_writes=off", "synchronous_commit=off", "max_connections=200", "autovacuum=off")


def binaries() -> Path | None:
    """The folder with the newest `initdb`, or None."""
    if found := shutil.which("initdb"):
        return Path(found).parent
    made = [path for place in PLACES for path in Path(place).glob("*/bin/initdb")]
    return max(made, key=lambda path: path.parts[-3]).parent if made else None


@dataclass(slots=True)
class Server:
    """A running one."""

    folder: Path
    _numbers: Iterator[int] = field(default_factory=count)

    def address(self, database: str, host: str = "") -> str:
        """By the socket, or by an address that it listens at."""
        return f"postgresql://{USER}@/{database}?host={host or self.folder}"

    def create(self, template: str = "template0") -> str:
        """A new database's name; with a template, a copy of it."""
        name = f"listener{next(self._numbers)}"
        self._say(f"CREATE DATABASE {name} TEMPLATE {template}")
        return name

    def drop(self, database: str) -> None:
        self._say(f"DROP DATABASE {database} WITH (FORCE)")

    def _say(self, statement: str) -> None:
        import psycopg

        with psycopg.connect(self.address("postgres"), autocommit=True) as connection:
            connection.execute(statement)  # type: ignore[arg-type, unused-ignore]


@contextmanager
def running(tools: Path, at: Sequence[str] = (), network: str = "") -> Iterator[Server]:
    """`at` these addresses too, for whoever comes from `network`."""
    # PostgreSQL refuses to run as root; and a socket's path must be short.
    folder = Path(tempfile.mkdtemp(prefix="listener-pg-"))
    somebody: dict[str, Any] = {}
    if os.getuid() == 0:
        nobody = pwd.getpwnam("nobody")
        os.chown(folder, nobody.pw_uid, nobody.pw_gid)
        somebody = {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}
    data = folder / "data"

    def do(tool: str, *args: str) -> None:
        subprocess.run([tools / tool, "-D", data, *args], check=True, cwd=folder, stdout=subprocess.DEVNULL, **somebody)

    try:
        do("initdb", "-U", USER, "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync")
        if network:
            with (data / "pg_hba.conf").open("a", encoding="utf-8") as access:
                access.write(f"host all all {network} trust\n")
        options = " ".join([f"-h '{','.join(at)}'", f"-k {folder}", *(f"-c {setting}" for setting in _HASTY)])
        do("pg_ctl", "-w", "-l", str(folder / "log"), "-o", options, "start")
        try:
            yield Server(folder)
        finally:
            do("pg_ctl", "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
