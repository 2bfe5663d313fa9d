"""An agent's day on a server that enforces rights, as it is typed; and what it may not type."""

import json
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest

from listener.cli.exits import Exit
from listener.store import open_store
from tests import demo, postgres
from tests.builders import author, scored
from tests.store.steps import open_case, save

AGENTS = '[[agent]]\nname = "ana"\nqueues = ["support", "urgent"]\n\n[[agent]]\nname = "lea"\nrole = "lead"\n'


class Desk:
    """Settings, a database, and who asks."""

    def __init__(self, folder: Path, server: postgres.Server, database: str) -> None:
        self.folder, self.server, self.database = folder, server, database

    def url(self, login: str) -> str:
        return self.server.address(self.database).replace(f"//{postgres.USER}@", f"//{login}@")

    def says(self, login: str, *words: str, expect: int = 0) -> subprocess.CompletedProcess[str]:
        env = {"LISTENER_STORE_URL": self.url(login)}
        named = ("--config", str(self.folder), "--as", login)
        done = demo.listener(*named, *words, cwd=self.folder, expect=expect, env=env)
        assert "Traceback" not in done.stdout + done.stderr
        return done


@pytest.fixture(scope="module")
def desk(server: postgres.Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    folder = demo.write_settings(tmp_path_factory.mktemp("desk") / "settings")
    (folder / "agents.toml").write_text(AGENTS, encoding="utf-8")
    made = Desk(folder, server, server.create())
    store = open_store(made.url(postgres.USER))
    now = datetime.now(UTC)
    saved = save(store, *(scored(f"post {n}", str(n), author=author(f"a{n}")) for n in range(4)), now=now)
    for number, queue in enumerate(["support", "support", "support", "legal"]):
        open_case(store, saved[number], queue=queue)
    store.close()
    made.says(postgres.USER, "db", "roles", "--apply")
    with psycopg.connect(made.url(postgres.USER)) as owner:
        for login, role in {"ana": "listener_agent", "lea": "listener_lead"}.items():
            if not owner.execute("SELECT FROM pg_roles WHERE rolname = %s", (login,)).fetchall():
                owner.execute(f"CREATE ROLE {login} LOGIN")  # type: ignore[arg-type, unused-ignore]
            owner.execute(f"GRANT {role} TO {login}")  # type: ignore[arg-type, unused-ignore]
    yield made
    server.drop(made.database)


def test_C8_an_agent_works_the_cases_of_its_queues(desk: Desk) -> None:
    lines = desk.says("ana", "inbox", "--json").stdout.splitlines()
    assert sorted(json.loads(line)["id"] for line in lines) == [1, 2, 3]
    taken = str(json.loads(desk.says("ana", "next", "--json").stdout)["case"]["id"])
    for act in (
        ("show", taken),
        ("claim", taken),
        ("note", taken, "asked the depot"),
        ("reply", taken, "So sorry."),
        ("snooze", taken, "--for", "2h"),
        ("reopen", taken, "--why", "the depot answered"),
        ("relabel", taken, "--label", "question"),
        ("escalate", taken, "medicine"),
        ("claim", taken),
        ("release", taken),
        ("undo", taken),
        ("resolve", taken, "--how", "refunded"),
    ):
        desk.says("ana", "case", *act)
    assert "ana" in desk.says("lea", "audit").stdout


def test_C8_what_an_agent_may_not_is_refused_in_words(desk: Desk) -> None:
    desk.says("ana", "case", "show", "4", expect=Exit.USAGE)
    desk.says("lea", "case", "show", "4")
    for words in (("forget", "@a1", "--platform", "x", "--yes"), ("audit",)):
        refused = desk.says("ana", *words, expect=Exit.STORE)
        assert "may not" in refused.stderr


def test_C8_an_agent_can_not_act_as_another(desk: Desk) -> None:
    refused = desk.says("ana", "--as", "lea", "case", "note", "2", "not mine", expect=Exit.STORE)
    assert "may not" in refused.stderr


def test_C8_roles_are_printed_before_they_are_applied(desk: Desk) -> None:
    assert "CREATE POLICY listener_agent_select ON cases" in desk.says(postgres.USER, "db", "roles").stdout
