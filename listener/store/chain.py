"""The audit: what people did, each row sealed with the one before, so that nothing can be changed or left out unseen.

    digest = SHA-256(salt ‖ the event's words)        link = SHA-256(the row before's link ‖ this row's facts ‖ digest)

The salt is random and stands beside the digest until somebody is erased: then both words and salt go, the digest no
longer tells what they were, and the chain still holds. What the program does by itself isn't sealed: a case's own
history has it.
"""

import hashlib
import json
import secrets
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection, insert, select

from listener.store.team_tables import audit

GENESIS = "0" * 64
"""The link before the first."""

_LAST = select(audit.c.link).order_by(audit.c.id.desc()).limit(1)
_APPEND = insert(audit)


def seal(
    db: Connection, *, at: datetime, agent: str, kind: str, subject: str, event_id: int, detail: Mapping[str, object]
) -> None:
    """Add one act to the chain, in the caller's transaction, which holds the writers' turn."""
    salt = secrets.token_bytes(16)
    digest = digest_of(salt, detail)
    before = db.scalars(_LAST).first() or GENESIS
    link = link_of(before, at=at, agent=agent, kind=kind, subject=subject, event_id=event_id, digest=digest)
    row = {"at": at, "agent": agent, "kind": kind, "subject": subject, "event_id": event_id}
    db.execute(_APPEND, {**row, "salt": salt, "digest": digest, "link": link})


def digest_of(salt: bytes, detail: Mapping[str, object]) -> str:
    """Of an event's words."""
    words = json.dumps(detail, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(salt + words.encode()).hexdigest()


def link_of(before: str, *, at: datetime, agent: str, kind: str, subject: str, event_id: int, digest: str) -> str:
    """Of a row's facts and the link before it."""
    facts = json.dumps([before, at.isoformat(), agent, kind, subject, event_id, digest], ensure_ascii=True)
    return hashlib.sha256(facts.encode()).hexdigest()
