"""Sealing: every act of a person becomes a row of the audit; `listener.domain.audit` says how rows hang together."""

import secrets
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection, insert, select

from listener.domain.audit import GENESIS, digest_of, link_of
from listener.store.team_tables import audit

_SALT_BYTES = 16

# Statements made once: building one costs several times what running it does.
_LAST = select(audit.c.link).order_by(audit.c.id.desc()).limit(1)
_APPEND = insert(audit)


def seal(
    db: Connection,
    *,
    at: datetime,
    agent: str,
    kind: str,
    subject: str,
    event_id: int,
    detail: Mapping[str, object],
    before: Mapping[str, object] | None = None,
) -> None:
    """Add one act to the chain, in the caller's transaction, which holds the writers' turn."""
    salt = secrets.token_bytes(_SALT_BYTES)
    digest = digest_of(salt, detail, before or {})
    last = db.scalars(_LAST).first() or GENESIS
    link = link_of(last, at=at, agent=agent, kind=kind, subject=subject, event_id=event_id, digest=digest)
    row = {"at": at, "agent": agent, "kind": kind, "subject": subject, "event_id": event_id}
    db.execute(_APPEND, {**row, "salt": salt, "digest": digest, "link": link})
