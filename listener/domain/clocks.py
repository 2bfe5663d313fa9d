"""A case's clocks as JSON, and back."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from listener.domain.sla import SlaClock


def clocks_json(clocks: Mapping[str, SlaClock]) -> dict[str, dict[str, object]]:
    """Instants as ISO 8601 in UTC, spans in seconds."""
    return {
        str(name): {
            "due": clock.due_at.isoformat() if clock.due_at else None,
            "left": clock.left.total_seconds() if clock.left is not None else None,
            "told": clock.told,
        }
        for name, clock in clocks.items()
    }


def clocks_from(stored: Mapping[str, Mapping[str, Any]]) -> dict[str, SlaClock]:
    """What `clocks_json` made."""
    return {
        name: SlaClock(
            due_at=datetime.fromisoformat(clock["due"]) if clock["due"] else None,
            left=timedelta(seconds=clock["left"]) if clock["left"] is not None else None,
            told=clock["told"],
        )
        for name, clock in stored.items()
    }
