"""Who may look: this machine, whoever knows the token, or whom a trusted proxy has signed in.

A page in somebody's browser can't borrow their way in: a request must ask for a host that is ours (a foreign name that
resolves to this machine doesn't), and a cookie isn't sent along by other sites.
"""

import hmac
from hashlib import sha256
from ipaddress import ip_address

from starlette.requests import Request
from starlette.responses import Response

from listener.domain.policy import WebPolicy
from listener.errors import ConfigError

COOKIE = "listener_board"
SAFE = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:;"
    " base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": SAFE,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
OURSELVES = ("localhost", "127.0.0.1", "[::1]")


def refuse_exposed(policy: WebPolicy, host: str) -> None:
    """Raises `ConfigError` where others could reach it and nothing asks who they are."""
    try:
        alone = ip_address(host).is_loopback
    except ValueError:
        alone = host == "localhost"
    if not alone and not policy.token and not policy.trusted_proxies:
        raise ConfigError(
            f"{host} can be reached by others, and nothing asks who they are",
            next_step="set LISTENER_SECRET_WEB_TOKEN, or trusted_proxies under [web]; or leave out --host",
        )


class Guard:
    """Decides about one request after another."""

    def __init__(self, policy: WebPolicy, host: str) -> None:
        self._policy = policy
        self._hosts = {*OURSELVES, *(name.lower() for name in policy.names), _bracketed(host)}
        token = policy.token.reveal().encode()
        self.cookie = hmac.new(token, b"listener board", sha256).hexdigest() if token else ""

    def asks_for_us(self, request: Request) -> bool:
        """Whether the host asked for is ours, whatever the port."""
        asked = request.headers.get("host", "").lower()
        name, colon, port = asked.rpartition(":")
        return (name if colon and port.isdecimal() else asked) in self._hosts

    def lets_in(self, request: Request) -> bool:
        """Whether it may see the board."""
        if self._signed_in(request):
            return True
        if not self._policy.token:
            return not self._policy.trusted_proxies
        given = request.cookies.get(COOKIE, "")
        bearer = request.headers.get("authorization", "").removeprefix("Bearer ")
        return _same(given, self.cookie) or self.knows(bearer)

    def knows(self, token: str) -> bool:
        """Whether this is the token."""
        known = self._policy.token.reveal()
        return bool(known) and _same(token, known)

    def _signed_in(self, request: Request) -> bool:
        peer = request.client.host if request.client else ""
        return peer in self._policy.trusted_proxies and bool(request.headers.get(self._policy.user_header, "").strip())


def harden(response: Response) -> Response:
    """No script of others, no frame, no trace in a cache."""
    for name, value in HEADERS.items():
        response.headers[name] = value
    return response


def _same(given: str, known: str) -> bool:
    return hmac.compare_digest(given.encode("utf-8", "replace"), known.encode())


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host.lower()
