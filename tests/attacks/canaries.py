"""A value for each kind of secret the product takes, a platform that repeats what it hears, and who looks for them."""

import base64
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from urllib.parse import quote

from listener import connectors
from tests.contracts.rigs_reviews import account_json, apple_key, pem_of
from tests.contracts.server import Asked, Reply

ROOT = Path(__file__).parents[2]
NAMES = frozenset({"bluesky.handle", "reddit.username"})
"""Kept as secrets, but they only say who we are: told by `doctor --online` on purpose."""
SIGN_INS = ("/token", "/api/v1/access_token", "/xrpc/com.atproto.server.createSession")
OPTIONS: Mapping[str, Mapping[str, object]] = {
    "appstore": {"app_id": "123456789"},
    "bluesky": {"mentions": True},
    "facebook": {"page_id": "1234"},
    "feed": {"platform": "news"},
    "googleplay": {"package": "com.example.app"},
    "hackernews": {"query": "acme"},
    "instagram": {"account_id": "17841400000000000"},
    "mastodon": {"mentions": True},
    "reddit": {"user_agent": "linux:acme:1 (by /u/acme)", "inbox": True},
    "x": {"query": "@acme", "handles": ["acme"]},
    "youtube": {"channel_id": "UCacme"},
}
BASES = ("api_base", "items_base", "pds", "appview", "instance", "oauth_base", "token_base")


def canary(kind: str) -> str:
    return "k4n" + sha256(kind.encode()).hexdigest()[:24]


def of_connectors() -> dict[str, str]:
    """Every secret that a connector declares → its value. A new one is here by itself."""
    found = {}
    for name in connectors.names():
        info = connectors.describe(name)
        for key in {**(info.secrets or {}), **(info.optional_secrets or {})}:
            found[f"{name}.{key}"] = canary(f"{name}.{key}")
    keys = {"appstore.private_key": pem_of(apple_key()), "googleplay.service_account": account_json()}
    return {**found, **{kind: value for kind, value in keys.items() if kind in found}}


def of_targets(base: str) -> dict[str, str]:
    """What names of alert targets stand for; `base` is where the fake platform listens."""
    host = base.removeprefix("http://")
    return {
        "target.mail": f"mailto://desk:{canary('mail')}@{host.partition(':')[0]}:1/?to=oncall@example.com&from=desk@example.com",
        "target.chat": f"json://chat:{canary('chat')}@{host}/{canary('chat path')}",
        "target.hook": f"{base}/{canary('hook path')}?key={canary('hook key')}",
        "target.hook_signing": canary("signing"),
    }


def needles(kinds: Mapping[str, str]) -> dict[str, str]:
    """Text that gives a secret away → its kind: as it is, encoded, and each part that opens something by itself."""
    found = {}
    for kind, value in kinds.items():
        for part in {*re.findall(r"k4n[0-9a-f]{24}", value), *re.findall(r"[A-Za-z0-9+/=]{40,}", value)}:
            raw = part.encode()
            coded = {part, quote(part, safe=""), raw.hex()}
            coded |= {base64.b64encode(b"\0" * n + raw).decode()[4:-4] for n in range(3)}
            found.update(dict.fromkeys(coded, kind))
    return found


@dataclass(slots=True)
class Echo:
    """A platform that answers with what it was asked, in a way that is wrong; sign-ins may be let through."""

    status: int = 401
    manner: str = "json"
    lets_in: bool = True
    minted: dict[str, str] = field(default_factory=dict)

    def __call__(self, asked: Asked) -> Reply:
        if self.lets_in and asked.path in SIGN_INS:
            token = self.minted.setdefault(f"minted {asked.path}", canary(asked.path))
            told = {"access_token": token, "expires_in": 3600, "token_type": "bearer", "scope": "*"}
            return Reply(
                body=json.dumps(
                    {**told, "accessJwt": token, "refreshJwt": token, "did": "did:plc:a", "handle": "a.b"}
                ).encode(),
                headers={"content-type": "application/json"},
            )
        said = f"{asked.address} {dict(asked.headers)} {asked.body}"
        short = f"{asked.headers.get('authorization', '')} {asked.address} {asked.body}"[:190].replace('"', "'")
        body = {
            "message": short,
            "detail": short,
            "reason": short,
            "error": {"message": short, "code": 190},
            "said": said,
        }
        if self.manner == "broken":
            return Reply(body=json.dumps(body).encode()[:-9])
        if self.manner == "hang":
            return Reply(manner="hang")
        return Reply(status=self.status, body=json.dumps(body).encode(), headers={"x-said": quote(said)[:900]})


def settings(folder: Path, base: str, kinds: Mapping[str, str], *, tls: bool = False, hasty: bool = False) -> None:
    """A team that listens everywhere, with each secret where it belongs."""
    lines = ['agent = "ada"', 'log_level = "DEBUG"', "x_monthly_cap_usd = 1000.0", ""]
    for name, options in sources(base.replace("http:", "https:") if tls else base, hasty=hasty).items():
        reply = connectors.describe(name).capabilities.reply
        lines += ["[[source]]", f"connector = {json.dumps(name)}", f"name = {json.dumps(name)}"]
        lines += ["reply = true"] if reply else []
        lines += ["[source.options]", *(f"{key} = {json.dumps(value)}" for key, value in options.items()), ""]
    (folder / "listener.toml").write_text("\n".join(lines), encoding="utf-8")
    targets = 'include_text = true\n\n[[target]]\nname = "mail"\n\n[[target]]\nname = "chat"\n\n'
    hook = '[[target]]\nname = "hook"\nkind = "webhook"\nallow_private = true\n'
    (folder / "alerts.toml").write_text(
        f'[[target]]\nname = "console"\nurl = "console:"\n{targets}{hook}', encoding="utf-8"
    )
    owners: dict[str, list[str]] = {}
    for kind, value in kinds.items():
        owner, _, key = kind.partition(".")
        owners.setdefault(owner, []).append(f"{key} = {json.dumps(value)}")
    vault = folder / "secrets.toml"
    vault.touch(mode=0o600)
    vault.write_text(
        "".join(f"[{owner}]\n" + "\n".join(held) + "\n" for owner, held in owners.items()), encoding="utf-8"
    )


def sources(base: str, *, hasty: bool = False) -> dict[str, dict[str, object]]:
    """Options of each connector to a network, aimed at the fake platform; the hasty soon give up on a silent one."""
    found: dict[str, dict[str, object]] = {}
    for name, options in OPTIONS.items():
        known = {option.key for option in connectors.describe(name).options}
        aimed = {key: base for key in BASES if key in known}
        waits = (("timeout", 0.3), ("deadline", 0.5)) if hasty else (("timeout", 10.0), ("deadline", 20.0))
        bounds: dict[str, object] = {key: value for key, value in waits if key in known}
        address = {"url": f"{base}/news.rss", "allow_private": True} if name == "feed" else {}
        found[name] = {**options, **aimed, **bounds, **address}
    return found


def taken_elsewhere() -> set[str]:
    """What the program asks its vault for beside the connectors' secrets, read from its source."""
    text = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "listener").rglob("*.py"))
    asked = re.findall(r"vault\.of_(target|web|store)\(([^)]*)\)", text)
    return {f"{owner}:{words}" for owner, words in asked}
