"""H2: a canary for each kind of secret, through every flow, at DEBUG, with platforms that repeat what they are told."""

import logging

import pytest

from listener import connectors, net, redaction
from tests.attacks.canaries import (
    NAMES,
    OPTIONS,
    Echo,
    canary,
    settings,
    sources,
    taken_elsewhere,
)
from tests.attacks.flows import ASKS, FAULTS, TELLS, Seen, goes_wrong
from tests.contracts.server import Server


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
