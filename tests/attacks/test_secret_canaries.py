"""H2: a canary for each kind of secret, through every flow, at DEBUG, with platforms that repeat what they are told."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from listener import connectors, net, redaction
from listener.domain.policy import Secret
from tests.attacks.canaries import (
    NAMES,
    OPTIONS,
    Echo,
    canary,
    needles,
    of_connectors,
    of_targets,
    settings,
    sources,
    taken_elsewhere,
)
from tests.cli.office import Counter, Typed, counter
from tests.contracts.server import Server
from tests.triage.builders import fresh_store

ASKS: tuple[tuple[str, ...], ...] = (("poll",), ("doctor", "--online"), ("alerts", "test"))
"""What asks somebody."""
TELLS: tuple[tuple[str, ...], ...] = (
    ("sources",),
    ("sources", "--json"),
    ("doctor", "--online", "--json"),
    ("replies", "list", "--json"),
    ("config", "show", "--origin"),
    ("config", "show", "--json"),
    ("coverage",),
    ("backup",),
    ("export", "x:ann"),
    ("digest",),
    ("board",),
)
FAULTS = {
    "401": Echo(status=401),
    "401 at the door": Echo(status=401, lets_in=False),
    "403": Echo(status=403),
    "429": Echo(status=429),
    "500": Echo(status=500),
    "404": Echo(status=404),
    "200": Echo(status=200),
    "broken JSON": Echo(manner="broken"),
    "silence": Echo(manner="hang"),
}
REPLIES = ("x", "reddit", "mastodon", "bluesky", "youtube", "facebook", "instagram", "appstore", "googleplay")


@dataclass
class Seen:
    """Whatever left the program."""

    at: Counter
    kinds: dict[str, str]
    words: list[str]
    revealed: set[str]
    ran: list[str]

    def types(self, *words: str) -> Typed:
        typed = self.at.types(*words)
        self.words += [typed.out, typed.err]
        return typed

    def where(self) -> list[str]:
        """For whoever mends one: the words before each find."""
        told = "\n".join([*self.words, *self.ran])
        found = {text: told.find(text) for text in needles(self.kinds)}
        return [told[told.rfind("\n", 0, at) + 1 :][:200] for at in found.values() if at >= 0]

    def leaks(self) -> set[str]:
        """Kinds found in what was told, logged, run or written, the files that are secret by design left out."""
        told = "\n".join([*self.words, *self.ran]).encode("utf-8", "replace")
        files = [path for path in self.at.folder.rglob("*") if path.is_file()]
        kept = [path for path in files if path.name == "secrets.toml" or path.parent.stat().st_mode & 0o777 == 0o700]
        assert all(path.stat().st_mode & 0o077 == 0 for path in kept)
        held = [told, *(path.read_bytes() for path in files if path not in kept)]
        return {kind for text, kind in needles(self.kinds).items() if any(text.encode() in part for part in held)}


class _Ear(logging.Handler):
    """The root logger's, formatted with the exception, as a careless program would."""

    def __init__(self, words: list[str]) -> None:
        super().__init__(logging.DEBUG)
        self.told = words
        self.setFormatter(logging.Formatter("%(name)s %(message)s"))

    def emit(self, record: logging.LogRecord) -> None:
        if not record.name.startswith("listener"):  # our own lines are heard where they come out
            self.told.append(self.format(record))


@pytest.fixture
def everywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Seen, Server]]:
    """A team with every secret there is, and a platform on loopback that speaks for all of them."""
    root, before = logging.getLogger(), logging.getLogger().level
    with Server(Echo()) as server:
        monkeypatch.setenv("NO_PROXY", "127.0.0.1")
        at = counter(tmp_path / "team", monkeypatch)
        kinds = {**of_connectors(), **of_targets(server.base), "web.token": canary("web")}
        settings(at.folder, server.base, kinds)
        seen = Seen(at=at, kinds=kinds, words=[], revealed=set(), ran=[])
        real = Secret.reveal

        def reveal(secret: Secret) -> str:
            seen.revealed.add(real(secret))
            return real(secret)

        monkeypatch.setattr(Secret, "reveal", reveal)
        ear = _Ear(seen.words)
        root.addHandler(ear)
        root.setLevel(logging.DEBUG)
        try:
            yield seen, server
        finally:
            root.removeHandler(ear)
            root.setLevel(before)


def goes_wrong(seen: Seen, server: Server, echo: Echo, flows: tuple[tuple[str, ...], ...] = ASKS) -> None:
    """Every flow, on a new database."""
    server.script = echo
    seen.kinds.update(echo.minted)
    (seen.at.folder / "listener.db").unlink(missing_ok=True)
    fresh_store(seen.at.folder)
    with seen.at.hears() as office:
        for number, platform in enumerate(REPLIES):
            office.hears(
                "@acme my parcel is late",
                platform=platform,
                native_id=str(number + 7),
                thread=platform,
                by=f"ann{number}",
                can_reply=True,
            )
    for number in range(len(REPLIES)):
        seen.types("case", "reply", str(number + 1), "So sorry, we look into it")
    for words in flows:
        seen.types(*words)
    seen.kinds.update(echo.minted)


@pytest.mark.parametrize("fault", FAULTS)
def test_H2_no_secret_is_told_logged_or_written_whatever_a_platform_answers(
    fault: str, everywhere: tuple[Seen, Server], request: pytest.FixtureRequest
) -> None:
    if fault != "403" and not request.config.getoption("--every-fault"):
        pytest.skip("with --every-fault: seconds each")
    seen, server = everywhere
    if fault == "silence":
        settings(seen.at.folder, server.base, seen.kinds, hasty=True)
    goes_wrong(seen, server, FAULTS[fault], (*ASKS, *TELLS) if fault == "403" else ASKS)
    assert seen.leaks() - NAMES == set(), seen.where()
    assert len("".join(seen.words)) > 3_000, "the flows told nothing: nothing was proved"


def test_H2_no_secret_is_told_by_connecting(everywhere: tuple[Seen, Server], monkeypatch: pytest.MonkeyPatch) -> None:
    seen, server = everywhere
    (seen.at.folder / "secrets.toml").unlink()
    (seen.at.folder / "alerts.toml").unlink()
    (seen.at.folder / "listener.toml").write_text('agent = "ada"\nlog_level = "DEBUG"\nx_monthly_cap_usd = 9.0\n')
    for kind, value in seen.kinds.items():
        monkeypatch.setenv("LISTENER_SECRET_" + kind.replace(".", "_").upper(), value)
    for echo in (FAULTS["401 at the door"], FAULTS["403"]):
        server.script = echo
        for name, options in sources(server.base).items():
            pairs = [f"{k}={','.join(v) if isinstance(v, list) else v}" for k, v in options.items()]
            seen.types("connect", name, "--name", f"my-{name}", *(w for pair in pairs for w in ("--set", pair)))
    assert seen.leaks() - NAMES == set(), seen.where()


def test_H2_an_exception_that_holds_the_request_tells_no_secret(
    everywhere: tuple[Seen, Server], monkeypatch: pytest.MonkeyPatch
) -> None:
    seen, _ = everywhere

    async def broken(request: net.Request, limits: net.Limits) -> net.Answer:
        raise RuntimeError(f"{request.url} {dict(request.headers)} {request.content!r}")

    monkeypatch.setattr(net, "_within", broken)
    for flag in ((), ("--traceback",)):
        seen.types(*flag, "poll")
        seen.types(*flag, "doctor", "--online")
    assert "RuntimeError" in "".join(seen.words)
    assert seen.leaks() - NAMES == set(), seen.where()


def test_H2_a_broken_handshake_and_a_proxy_that_refuses_tell_no_secret(
    everywhere: tuple[Seen, Server], monkeypatch: pytest.MonkeyPatch
) -> None:
    seen, server = everywhere
    seen.kinds["proxy"] = canary("proxy")
    monkeypatch.setenv("HTTP_PROXY", server.base.replace("//", f"//us:{canary('proxy')}@"))
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    held = {kind: value for kind, value in seen.kinds.items() if kind != "proxy"}
    settings(seen.at.folder, "http://nowhere.example", held)
    goes_wrong(seen, server, Echo(status=407))
    settings(seen.at.folder, server.base, held, tls=True)
    goes_wrong(seen, server, Echo())
    assert seen.leaks() - NAMES == set(), seen.where()


@pytest.mark.parametrize("key", ["timezone", "database", "log_level", "agent", "no_such_key", "bearer_token"])
def test_H2_a_secret_pasted_under_the_wrong_key_is_not_repeated(key: str, everywhere: tuple[Seen, Server]) -> None:
    seen, _ = everywhere
    file = seen.at.folder / "listener.toml"
    rest = "\n".join(line for line in file.read_text().splitlines() if not line.startswith(f"{key} ="))
    file.write_text(f'{key} = "{seen.kinds["x.bearer_token"]}"\n{rest}')
    for words in (("doctor",), ("inbox",), ("config", "show")):
        seen.types(*words)
    file.unlink()
    assert not [one for one in seen.at.folder.iterdir() if canary("x.bearer_token") in one.name and key != "database"]
    assert seen.leaks() == set(), seen.where()


def test_H2_every_kind_of_secret_is_planted_and_used(everywhere: tuple[Seen, Server]) -> None:
    """A new one fails here until a flow uses it: a canary that nobody touches proves nothing."""
    # A server's password goes to its server alone: tests/cli/test_server.py holds it.
    assert taken_elsewhere() == {'web:"token"', 'store:"password"', "target:name", 'target:f"{name}_signing"'}
    assert set(OPTIONS) | {"file"} == set(connectors.names())
    seen, server = everywhere
    for name in ("401", "401 at the door"):
        goes_wrong(seen, server, FAULTS[name])
    used = "\n".join(seen.revealed)
    kinds = {kind: value for kind, value in seen.kinds.items() if not kind.startswith("minted")}
    assert {kind for kind, value in kinds.items() if value not in used} - _NEVER == set()


_NEVER = {"web.token", "facebook.verify_token", "instagram.verify_token"}
"""Compared with what a browser or Meta sends; tests of `web` and of the webhook hold these."""


def test_H2_control_a_listener_that_hides_nothing_is_caught(
    everywhere: tuple[Seen, Server], monkeypatch: pytest.MonkeyPatch
) -> None:
    seen, server = everywhere
    # By their names, which loads them: one that were first loaded meanwhile would hide nothing for good.
    for hides in ("errors", "pipeline", "cli.show", "cli.narrate"):
        monkeypatch.setattr(f"listener.{hides}.hide", str)
    monkeypatch.setattr(redaction, "hide", str)
    goes_wrong(seen, server, FAULTS["403"])
    assert len(seen.leaks()) >= 3


def test_H2_control_a_library_that_logs_its_token_is_caught(everywhere: tuple[Seen, Server]) -> None:
    seen, _ = everywhere
    logging.getLogger("some_sdk").debug("Authorization: Bearer %s", seen.kinds["x.bearer_token"])
    assert seen.leaks() == {"x.bearer_token"}
