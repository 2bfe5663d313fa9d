"""Signed JSON to an address of the team's: its receiver can tell that it is ours, whole, new and no repeat.

    Idempotency-Key: spike:Acme/:2026-03-02T12|level1|hook
    Listener-Signature: t=1772452800,v1=<HMAC-SHA256 of "1772452800." and the body, in hex>

The key is the same however often a message is sent; the instant is that of the attempt. `docs/alerts.md` shows how to
check one. Redirects aren't followed, and the local network is out of bounds unless the target allows it.
"""

import hashlib
import hmac
import json
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import quote

from listener.clock import Clock, SystemClock
from listener.domain.alert import OutboxRow
from listener.domain.policy import WEBHOOK, Secret, Target
from listener.errors import ConfigError, ListenerError, RateLimited, Retry
from listener.net import Answer, Limits, Request, fetch

TIMEOUT = 10.0
DEADLINE = 20.0
KEY = "Idempotency-Key"
SIGNATURE = "Listener-Signature"
_SAFE = "".join(chr(code) for code in range(0x20, 0x7F) if chr(code) != "%")


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookNotifier:
    """One address. It may hold a token and so never shows in an error."""

    name: str
    url: Secret
    signing: Secret
    allow_private: bool = False
    clock: Clock = field(default_factory=SystemClock)

    def send(self, row: OutboxRow) -> None:
        body = body_of(row)
        headers = {
            "Content-Type": "application/json",
            KEY: key_of(row),
            SIGNATURE: signature(self.signing.reveal(), self.clock.now(), body),
        }
        request = Request(method="POST", url=self.url.reveal().removeprefix(WEBHOOK), headers=headers, content=body)
        limits = Limits(timeout=TIMEOUT, deadline=DEADLINE, allow_private=self.allow_private, head_only=True)
        try:
            answer = fetch(request, limits)
        except ListenerError as error:
            # Its words name the host, which isn't secret; its type says whether trying again helps.
            kind = Retry if isinstance(error, Retry) else ConfigError
            raise kind(f"target {self.name!r}: {error}", next_step=error.next_step) from error
        self._judge(answer)

    def _judge(self, answer: Answer) -> None:
        """2xx is taken. Whatever else is tried again, a redirect and a refusal too: people mend their receivers."""
        status = answer.status
        if 200 <= status < 300:
            return
        if status == 410:
            raise ConfigError(f"target {self.name!r} is gone (410)", next_step="correct its address in alerts.toml")
        said = f"target {self.name!r} answered {status}"
        if 300 <= status < 400:
            raise Retry(f"{said}; redirects aren't followed", next_step="give its last address")
        seconds = answer.headers.get("retry-after", "")
        if status in (429, 503) and seconds.isascii() and seconds.isdigit() and len(seconds) < 6:
            raise RateLimited(said, until=self.clock.now() + timedelta(seconds=int(seconds)))
        raise Retry(said)


def body_of(row: OutboxRow) -> bytes:
    """The same bytes for the same row, whenever it is sent."""
    said = {
        "key": row.key,
        "target": row.target,
        "title": row.title,
        "body": row.body,
        "alert": row.alert or None,
        "step": row.step or None,
        "severity": str(row.severity),
        "created_at": row.created_at.isoformat().replace("+00:00", "Z"),
    }
    return json.dumps(said, ensure_ascii=True, separators=(",", ":")).encode()


def key_of(row: OutboxRow) -> str:
    """The row's key as a header can hold it: what isn't plain ASCII, and the percent sign, is percent-encoded."""
    return quote(row.key, safe=_SAFE).strip()


def signature(signing: str, at: datetime, body: bytes) -> str:
    """The header's value."""
    instant = str(int(at.timestamp()))
    digest = hmac.new(signing.encode(), instant.encode() + b"." + body, hashlib.sha256).hexdigest()
    return f"t={instant},v1={digest}"


def webhook(target: Target) -> WebhookNotifier:
    return WebhookNotifier(name=target.name, url=target.url, signing=target.signing, allow_private=target.allow_private)
