"""Keys that sign calls: App Store Connect takes a token signed by a key, Google gives one for a signed request.

A key comes as PEM, over several lines or with `\\n` for their breaks; a service account as the JSON file that Google
gives out. Tokens live in memory only.
"""

import json
import os
import re
import stat
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from listener.clock import Clock
from listener.connectors.jsons import table
from listener.connectors.wire import Wire
from listener.domain.policy import Secret
from listener.errors import ConfigError, Reauthorize, Retry, Uncertain

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

    Key = EllipticCurvePrivateKey | RSAPrivateKey

APPLE_LIFE = timedelta(minutes=15)
"""Apple refuses tokens good for more than 20 minutes."""
GOOGLE_LIFE = timedelta(minutes=55)
"""Google refuses requests good for more than an hour."""
SPARE = timedelta(minutes=1)
"""Before its end a token is made anew: clocks differ."""
MAX_ACCOUNT = 65_536
"""Bytes of a service account's file; they have some 2,400."""

_PEM = re.compile(r"-----BEGIN ([A-Z ]+)-----(.*?)-----END \1-----", re.DOTALL)
_INSTALL = "pip install 'social-support-listener[reviews]'"


def require_library() -> None:
    """Raises `ConfigError` with the line that installs what signing needs."""
    try:
        import cryptography
        import jwt
    except ModuleNotFoundError as error:
        raise ConfigError(f"signing needs a library that isn't installed: {_INSTALL}", next_step=_INSTALL) from error
    del cryptography, jwt


def pem(secret: Secret) -> Secret:
    """A key with one break a line, however it was carried through files and variables. Raises `ConfigError`."""
    plain = secret.reveal().replace("\\r", "").replace("\\n", "\n")
    found = _PEM.search(plain)
    if found is None:
        raise ConfigError(
            "is no key in PEM form", next_step="copy the whole file, from -----BEGIN to -----END with both lines"
        )
    body = "".join(found[2].split())
    lines = [body[start : start + 64] for start in range(0, len(body), 64)]
    return Secret("\n".join([f"-----BEGIN {found[1]}-----", *lines, f"-----END {found[1]}-----", ""]))


def key_of(secret: Secret, algorithm: str) -> "Key":
    """The key, fit to sign by `algorithm`, ES256 or RS256. Raises `ConfigError` that says nothing of the key."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    whole = pem(secret)
    try:
        # Takes a tenth of a second for an RSA key, which is proved sound: so once, and not with each signature.
        key = load_pem_private_key(whole.reveal().encode(), password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise ConfigError("can't be read as a private key", next_step="copy the whole file once more") from None
    curve = isinstance(key, EllipticCurvePrivateKey) and isinstance(key.curve, SECP256R1)
    if not (curve if algorithm == "ES256" else isinstance(key, RSAPrivateKey)):
        wanted = "an elliptic curve's (P-256)" if algorithm == "ES256" else "an RSA"
        raise ConfigError(f"is not {wanted} key", next_step="use the key that the platform gave out")
    assert isinstance(key, (EllipticCurvePrivateKey, RSAPrivateKey))
    return key


def _signed(claims: Mapping[str, object], key: "Key", algorithm: str, key_id: str) -> str:
    import jwt

    return jwt.encode(dict(claims), key, algorithm=algorithm, headers={"kid": key_id} if key_id else None)


@dataclass(slots=True)
class _Kept:
    """A token in hand."""

    token: Secret = field(default_factory=lambda: Secret(""))
    until: datetime | None = None

    def good(self, now: datetime) -> bool:
        return self.until is not None and now < self.until - SPARE


class AppleKey:
    """Signs calls to App Store Connect."""

    def __init__(self, private_key: Secret, key_id: Secret, issuer_id: Secret, clock: Clock) -> None:
        """Raises `ConfigError` where the key can't sign."""
        self._key = key_of(private_key, "ES256")
        self._key_id = key_id
        self._issuer_id = issuer_id
        self._clock = clock
        self._kept = _Kept()

    def __repr__(self) -> str:
        return "AppleKey(***)"

    def headers(self) -> Mapping[str, str]:
        """A token good for some minutes yet."""
        now = self._clock.now()
        if not self._kept.good(now):
            claims = {
                "iss": self._issuer_id.reveal(),
                "iat": int(now.timestamp()),
                "exp": int((now + APPLE_LIFE).timestamp()),
                "aud": "appstoreconnect-v1",
            }
            token = _signed(claims, self._key, "ES256", self._key_id.reveal())
            self._kept = _Kept(Secret(token), now + APPLE_LIFE)
        return {"Authorization": f"Bearer {self._kept.token.reveal()}"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceAccount:
    """Who a program is at Google."""

    email: str
    key_id: str
    key: "Key" = field(repr=False)


def service_account(content: Secret) -> ServiceAccount:
    """What Google's JSON file holds. Raises `ConfigError` that says nothing of the key."""
    try:
        # A variable may carry the breaks of the key's lines as they are, which strict JSON forbids.
        told = table(json.loads(content.reveal(), strict=False))
    except (ValueError, RecursionError):
        raise ConfigError("is not JSON", next_step="give the whole JSON file of the service account's key") from None
    email, key, key_id = (told.get(name) for name in ("client_email", "private_key", "private_key_id"))
    if not isinstance(email, str) or not isinstance(key, str) or not email:
        raise ConfigError(
            "holds no client_email and private_key", next_step="make a key of type JSON for the service account"
        )
    return ServiceAccount(
        email=email, key_id=key_id if isinstance(key_id, str) else "", key=key_of(Secret(key), "RS256")
    )


def private_file(path: Path) -> Secret:
    """A file that nobody but its owner may read. Raises `ConfigError`."""
    try:
        with path.open("rb") as stream:
            found = os.fstat(stream.fileno())
            if not stat.S_ISREG(found.st_mode):
                raise ConfigError(f"{path} is no file")
            if stat.S_IMODE(found.st_mode) & 0o077:
                raise ConfigError(
                    f"{path} is readable by others (mode {stat.S_IMODE(found.st_mode):03o}), so it is not used",
                    next_step=f"chmod 600 {path}",
                )
            return Secret(stream.read(MAX_ACCOUNT).decode())
    except OSError as error:
        raise ConfigError(f"{path} can't be read: {error.strerror}", next_step="check its path") from error
    except UnicodeDecodeError:
        raise ConfigError(f"{path} is not text", next_step="name the JSON file of the service account's key") from None


class GoogleGrant:
    """Gets access tokens for a service account, one for all calls of an hour."""

    def __init__(self, account: ServiceAccount, scope: str, wire: Wire, clock: Clock) -> None:
        self._account = account
        self._scope = scope
        self._wire = wire
        self._clock = clock
        self._kept = _Kept()

    def __repr__(self) -> str:
        return f"GoogleGrant({self._account.email})"

    def headers(self) -> Mapping[str, str]:
        """A token good for a minute yet. Raises `Reauthorize` where Google refuses the account, else as `poll` does."""
        now = self._clock.now()
        if not self._kept.good(now):
            self._kept = self._asked(now)
        return {"Authorization": f"Bearer {self._kept.token.reveal()}"}

    def forget(self) -> None:
        """The platform refuses the token."""
        self._kept = _Kept()

    def _asked(self, now: datetime) -> _Kept:
        claims = {
            "iss": self._account.email,
            "scope": self._scope,
            "aud": f"{self._wire.base}/token",
            "iat": int(now.timestamp()),
            "exp": int((now + GOOGLE_LIFE).timestamp()),
        }
        assertion = _signed(claims, self._account.key, "RS256", self._account.key_id)
        form = {"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion": assertion}
        told = table(_harmless(lambda: self._wire.post("/token", form=form, bucket="token")))
        token, life = told.get("access_token"), told.get("expires_in")
        if not isinstance(token, str) or not token.isascii() or not token.isprintable() or not token:
            raise Retry("Google gave no token")
        seconds = life if type(life) is int and 0 < life <= 86_400 else 600
        return _Kept(Secret(token), now + timedelta(seconds=seconds))


def _harmless(ask: Callable[[], object]) -> object:
    """Asking for a token twice does no harm: no need to look first whether it was given."""
    try:
        return ask()
    except Uncertain as error:
        raise Retry(str(error.__cause__ or error)) from error
    except ConfigError as error:
        raise Reauthorize(
            f"Google refuses the service account: {error}", next_step="make a new key for the service account"
        ) from error
