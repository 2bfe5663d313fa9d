"""The digest as JSON: every field and every derived figure, ASCII only."""

import json
from dataclasses import fields, is_dataclass
from datetime import date, datetime, timedelta

from listener.domain.digest import Digest


def render_json(digest: Digest) -> str:
    """Instants as ISO 8601 with Z, lengths of time in seconds."""
    return json.dumps(_plain(digest), indent=2) + "\n"


def _plain(value: object) -> object:
    if is_dataclass(value) and not isinstance(value, type):
        derived = [name for name, member in vars(type(value)).items() if isinstance(member, property)]
        return {name: _plain(getattr(value, name)) for name in (*(f.name for f in fields(value)), *derived)}
    match value:
        case tuple() | list():
            return [_plain(one) for one in value]
        case datetime():
            return value.isoformat().replace("+00:00", "Z")
        case date():
            return value.isoformat()
        case timedelta():
            return value.total_seconds()
        case float():
            return round(value, 6)
        case _:
            return value
