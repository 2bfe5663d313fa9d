"""Lists whose items are each one of a closed set."""

from collections.abc import Collection

from listener.domain.case import Reason
from listener.domain.verdict import Tone
from listener.settings.problems import did_you_mean
from listener.settings.table import Table

REASONS = tuple(str(reason) for reason in Reason)
TONES = tuple(str(tone) for tone in Tone)


def known(table: Table, key: str, default: Collection[str], allowed: Collection[str]) -> tuple[str, ...]:
    """A list of texts; a problem for each that is none of the choices."""
    found = table.items(key, default)
    for number, item in found:
        if item not in allowed:
            table.problem(key, f'"{item}" is none of the choices', did_you_mean(item, allowed), item=number)
    return tuple(item for _, item in found)
