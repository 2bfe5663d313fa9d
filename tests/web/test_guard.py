"""Who may look at the board."""

from pathlib import Path

import pytest

pytest.importorskip("starlette", reason="needs the extra [web]")

from listener.domain.policy import Secret, WebPolicy
from listener.errors import ConfigError
from listener.store import open_store
from listener.web.guard import COOKIE, refuse_exposed
from tests.web.board_parts import client

TOKEN = "a-long-and-boring-token-0123456789"


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    at = tmp_path_factory.mktemp("guard") / "listener.db"
    open_store(at).close()
    return at


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost"])
def test_this_machine_alone_needs_no_token(host: str) -> None:
    refuse_exposed(WebPolicy(), host)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "10.1.2.3", "support.example.com"])
def test_what_others_reach_needs_a_token_or_a_proxy(host: str) -> None:
    with pytest.raises(ConfigError, match="nothing asks who they are"):
        refuse_exposed(WebPolicy(), host)
    refuse_exposed(WebPolicy(token=Secret(TOKEN)), host)
    refuse_exposed(WebPolicy(trusted_proxies=("10.0.0.5",)), host)


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ("127.0.0.1:8075", 200),
        ("localhost:8075", 200),
        ("LOCALHOST", 200),
        ("[::1]:8075", 200),
        ("support.example.com", 200),
        ("support.example.com:443", 200),
        ("evil.example", 421),
        ("127.0.0.1.evil.example:8075", 421),
        ("support.example.com.evil.example", 421),
        ("", 421),
    ],
)
def test_a_foreign_name_that_leads_here_gets_nothing(path: Path, asked: str, status: int) -> None:
    with client(path, names=("support.example.com",)) as asks:
        for where in ("/queue", "/login", "/static/board.css"):
            expected = 421 if status == 421 else 200
            assert asks.get(where, headers={"host": asked}, follow_redirects=True).status_code == expected


def test_without_the_token_nothing_is_shown(path: Path) -> None:
    with client(path, token=TOKEN) as asks:
        for where in ("/", "/queue", "/queue.csv", "/search?words=a", "/nowhere"):
            assert asks.get(where).status_code == 401
        assert asks.get("/queue", headers={"authorization": f"Bearer {TOKEN}x"}).status_code == 401
        asks.cookies.set(COOKIE, TOKEN)
        assert asks.get("/queue").status_code == 401
        asks.cookies.clear()
        assert asks.get("/queue", headers={"authorization": f"Bearer {TOKEN}"}).status_code == 200


def test_a_browser_is_asked_for_the_token_once(path: Path) -> None:
    with client(path, token=TOKEN) as asks:
        asked = asks.get("/queue", headers={"accept": "text/html"})
        assert (asked.status_code, 'action="/login"' in asked.text) == (401, True)
        assert asks.post("/login", data={"token": "wrong"}).status_code == 401
        assert "That is not the token" in asks.post("/login", data={"token": TOKEN[:-1]}).text
        assert asks.post("/login", content=b"token=" + b"x" * 5000).status_code == 413
        assert asks.post("/login", content=b"\xff\xfe\x00token").status_code == 401
        let_in = asks.post("/login", data={"token": TOKEN}, follow_redirects=False)
        assert (let_in.status_code, let_in.headers["location"]) == (303, "/today")
        kept = let_in.headers["set-cookie"].lower()
        assert "httponly" in kept
        assert "samesite=strict" in kept
        assert TOKEN not in kept
        assert asks.get("/queue").status_code == 200


def test_whom_a_trusted_proxy_has_signed_in_may_look(path: Path) -> None:
    said = {"x-forwarded-user": "lea"}
    with client(path, peer="10.0.0.5", trusted_proxies=("10.0.0.5",)) as asks:
        assert asks.get("/queue", headers=said).status_code == 200
        assert asks.get("/queue", headers={"x-forwarded-user": " "}).status_code == 401
        assert asks.get("/queue").status_code == 401


def test_nobody_else_is_believed_who_they_say_they_are(path: Path) -> None:
    said = {"x-forwarded-user": "lea", "x-forwarded-for": "10.0.0.5"}
    with client(path, peer="10.0.0.6", trusted_proxies=("10.0.0.5",)) as asks:
        assert asks.get("/queue", headers=said).status_code == 401
    with client(path, peer="10.0.0.6", trusted_proxies=("10.0.0.5",), token=TOKEN) as asks:
        assert asks.get("/queue", headers=said).status_code == 401


def test_every_answer_forbids_foreign_scripts_frames_and_traces(path: Path) -> None:
    with client(path, token=TOKEN) as asks:
        for where in ("/queue", "/login", "/static/board.css", "/nowhere"):
            headers = asks.get(where).headers
            assert "script-src 'self'" in headers["content-security-policy"]
            assert "unsafe" not in headers["content-security-policy"]
            assert headers["x-frame-options"] == "DENY"
            assert headers["x-content-type-options"] == "nosniff"
            assert headers["referrer-policy"] == "no-referrer"
