"""Rows of board and audit: read only, for nothing here is ever changed by those who look."""

from listener.store.audit_rows import AuditRows
from listener.store.board_rows import BoardRows


class Oversight(BoardRows, AuditRows):
    """What is asked."""
