"""`[incidents]` of routing.toml: how alike complaints must be to be one incident."""

from listener.domain.incident import IncidentPolicy
from listener.settings.table import Table


def incidents(top: Table) -> IncidentPolicy:
    """The whole file."""
    top.done()
    return IncidentPolicy()
