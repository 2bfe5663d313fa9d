"""H2: the same canaries where posts are looked up again, where mail is sent, and in the arguments of processes."""

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from listener import rounds
from listener.domain.mention import Mention
from listener.domain.platform import Rechecked
from listener.domain.run import SourceReport
from listener.rounds.jobs import Job
from listener.rounds.rechecking import Rechecking
from tests.alerts.mailbox import Mailbox, mailbox
from tests.attacks.canaries import NAMES, canary, settings
from tests.attacks.flows import FAULTS, Seen, goes_wrong
from tests.contracts.server import Asked, Reply, Server
from tests.triage.builders import fresh_store

POSTS = {
    "appstore": "review-1",
    "bluesky": "at://did:plc:ann/app.bsky.feed.post/3k",
    "facebook": "1234_5",
    "googleplay": "gp:1",
    "hackernews": "8",
    "instagram": "17841400000000001",
    "mastodon": "https://mastodon.example/users/ann/statuses/1",
    "reddit": "t1_abc",
    "x": "1700000000000000000",
    "youtube": "Ugx1",
}
"""One on each platform that can be asked again; ids that its connector takes for its own."""


@pytest.fixture
def only_again(monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    """Rounds that read no source and look up what is stored; platform → posts that were asked about."""
    asked: dict[str, int] = {}
    real = Rechecking._ask

    def ask(
        self: Rechecking, job: Job, due: Sequence[Mention], standing: object, report: SourceReport
    ) -> tuple[list[Mention], list[Rechecked]]:
        asked[job.connector.platform] = max(len(due), asked.get(job.connector.platform, 0))
        return real(self, job, due, standing, report)  # type: ignore[arg-type]

    monkeypatch.setattr(Rechecking, "_ask", ask)
    monkeypatch.setattr(rounds, "_read_all", lambda stages, ready: iter(()))
    return asked


def looks_again(seen: Seen) -> None:
    """A new database with an open case on each platform, old enough to be asked about."""
    (seen.at.folder / "listener.db").unlink(missing_ok=True)
    fresh_store(seen.at.folder)
    with seen.at.hears(ago=timedelta(hours=3)) as office:
        for number, (platform, native_id) in enumerate(POSTS.items()):
            office.hears("@acme is late", platform=platform, native_id=native_id, thread=platform, by=f"ann{number}")
    for words in (("poll",), ("poll", "--json"), ("sources",), ("sources", "--json"), ("doctor", "--json")):
        seen.types(*words)


@pytest.mark.parametrize("fault", FAULTS)
def test_H2_no_secret_is_told_by_looking_posts_up_again(
    fault: str, everywhere: tuple[Seen, Server], only_again: dict[str, int], request: pytest.FixtureRequest
) -> None:
    if fault not in ("403", "broken JSON") and not request.config.getoption("--every-fault"):
        pytest.skip("with --every-fault: seconds each")
    seen, server = everywhere
    if fault == "silence":
        settings(seen.at.folder, server.base, seen.kinds, hasty=True)
    server.script = FAULTS[fault]
    server.asked.clear()
    looks_again(seen)
    seen.kinds.update(FAULTS[fault].minted)
    assert {platform for platform, due in only_again.items() if due} == set(POSTS)
    carried = "\n".join(f"{asked.address} {dict(asked.headers)} {asked.body}" for asked in server.asked)
    assert sum(value in carried for value in seen.kinds.values()) >= 3, "no secret was used: nothing was proved"
    assert seen.leaks() - NAMES == set(), seen.where()


def test_H2_control_a_look_that_hides_nothing_is_caught(
    everywhere: tuple[Seen, Server], only_again: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    seen, server = everywhere
    for hides in ("errors", "pipeline", "cli.show", "cli.narrate"):
        monkeypatch.setattr(f"listener.{hides}.hide", str)
    server.script = FAULTS["403"]
    looks_again(seen)
    assert seen.leaks() != set()


def mailed(seen: Seen, box: Mailbox, more: str = "") -> None:
    """The team's mail goes to this server; what the server repeats is whatever it hears."""
    vault = seen.at.folder / "secrets.toml"
    url = (
        f"mailto://desk:{canary('mail')}@{box.host}/?mode=insecure&from=desk@acme.example&to=oncall@acme.example{more}"
    )
    kept = [line for line in vault.read_text().splitlines() if not line.startswith("mail = ")]
    vault.write_text("\n".join(line + (f'\nmail = "{url}"' if line == "[target]" else "") for line in kept) + "\n")
    seen.kinds["target.mail"] = url


@pytest.mark.parametrize("refusal", ["AUTH", "MAIL", "RCPT", "DATA", ""])
def test_H2_a_mail_server_that_repeats_what_it_hears_learns_nobody_a_secret(
    refusal: str, everywhere: tuple[Seen, Server]
) -> None:
    pytest.importorskip("apprise", reason="needs the extra [notify]")
    seen, _ = everywhere
    with mailbox() as box:
        box.repeats = refusal
        mailed(seen, box)
        fresh_store(seen.at.folder)
        for words in (("alerts", "test", "mail"), ("--traceback", "alerts", "test", "mail"), ("alerts", "outbox")):
            seen.types(*words)
    assert any(b"AUTH" in line for line in box.commands), "it never signed in: nothing was proved"
    assert seen.leaks() - NAMES == set(), seen.where()


# Arguments: everybody on the machine can read them.

_STARTS = ("subprocess.Popen", "os.exec", "os.posix_spawn", "os.spawn", "os.system", "os.startfile", "pty.spawn")
_listening: list[list[str]] = []


def _hook(event: str, given: tuple[object, ...]) -> None:
    if _listening and event in _STARTS:
        _listening[-1].append(f"{event} {given!r}")


sys.addaudithook(_hook)  # there is no way to take one back: it hears only while somebody listens


@contextmanager
def heard(ran: list[str]) -> Iterator[None]:
    """Every process that is started meanwhile, with its arguments."""
    _listening.append(ran)
    try:
        yield
    finally:
        _listening.pop()


def test_H2_no_process_is_started_with_a_secret_by_any_flow(everywhere: tuple[Seen, Server]) -> None:
    seen, server = everywhere
    with heard(seen.ran):
        goes_wrong(seen, server, FAULTS["401"], (("poll", "x", "reddit"), ("alerts", "test"), ("backup",)))
    assert seen.leaks() - NAMES == set(), seen.where()


def test_H2_control_a_process_that_is_told_a_secret_is_caught(everywhere: tuple[Seen, Server]) -> None:
    seen, _ = everywhere
    with heard(seen.ran):
        subprocess.run([sys.executable, "-c", "", seen.kinds["x.bearer_token"]], check=True)
    assert seen.leaks() == {"x.bearer_token"}


def family(process: int) -> list[str]:
    """The arguments of a process and of all that it started, as everybody can read them."""
    parents = {}
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            parents[int(entry.name)] = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
        except (OSError, IndexError):
            continue  # it is over
    found = {process}
    while more := {child for child, parent in parents.items() if parent in found} - found:
        found |= more
    return [_arguments(one) for one in found]


def _arguments(process: int) -> str:
    try:
        return Path(f"/proc/{process}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except OSError:
        return ""


def run_and_read(seen: Seen, server: Server, *, extra: Sequence[str] = ()) -> list[str]:
    """`listener poll` in a process of its own; what its arguments were each time it asked the platform."""
    told: list[str] = []
    process: list[int] = []
    echo = FAULTS["403"]

    def script(asked: Asked) -> Reply:
        told.extend(family(process[0]) if process else [])
        return echo(asked)

    server.script = script
    words = [sys.executable, "-m", "listener", "--config", str(seen.at.folder), "poll", *extra]
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "NO_PROXY", "LANG") if name in os.environ}
    running = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=kept)
    process.append(running.pid)
    running.wait(timeout=120)
    return told


@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="reads arguments in /proc")
@pytest.mark.sqlite
def test_H2_a_run_shows_no_secret_in_its_arguments_nor_in_those_of_what_it_starts(
    everywhere: tuple[Seen, Server],
) -> None:
    seen, server = everywhere
    seen.ran += run_and_read(seen, server, extra=["x"])
    assert any("listener" in line and "poll" in line for line in seen.ran), "its arguments were never read"
    assert seen.leaks() - NAMES == set(), seen.where()


@pytest.mark.skipif(not Path("/proc/self/cmdline").exists(), reason="reads arguments in /proc")
def test_H2_control_a_secret_among_the_arguments_is_caught(everywhere: tuple[Seen, Server]) -> None:
    seen, server = everywhere
    server.script = FAULTS["403"]
    with subprocess.Popen(
        [sys.executable, "-c", "input()", seen.kinds["x.bearer_token"]], stdin=subprocess.PIPE
    ) as one:
        seen.ran += family(one.pid)
        one.communicate(b"\n")
    assert seen.leaks() == {"x.bearer_token"}


@pytest.mark.parametrize("word", ["--token", "--password", "--secret", "--api-key", "--bearer-token"])
def test_H2_no_command_takes_a_secret_as_an_argument(word: str, everywhere: tuple[Seen, Server]) -> None:
    seen, _ = everywhere
    typed = seen.types("connect", "x", word, seen.kinds["x.bearer_token"])
    assert typed.code == 2


def test_H2_connect_takes_no_secret_by_set(everywhere: tuple[Seen, Server]) -> None:
    seen, _ = everywhere
    typed = seen.types("connect", "x", "--set", f"bearer_token={seen.kinds['x.bearer_token']}")
    assert typed.code == 2
    assert seen.leaks() - NAMES == set(), seen.where()
