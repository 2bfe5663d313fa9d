"""The schema's history. Naming it here lets a start compare revisions without importing Alembic (110 ms)."""

REVISIONS = ("0001", "0002", "0003", "0004", "0005", "0006", "0007", "0008", "0009", "0010", "0011")
"""Oldest first; each has its file in `versions/`."""

HEAD = REVISIONS[-1]
