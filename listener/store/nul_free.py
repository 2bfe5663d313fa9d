"""Text as PostgreSQL takes it."""

from psycopg.adapt import Buffer
from psycopg.types.string import StrDumperUnknown

from listener.store.server import nul_free


class NulFreeDumper(StrDumperUnknown):
    """Writes U+FFFD for NUL, which PostgreSQL keeps in no text: one such post would hold up its whole page."""

    def dump(self, obj: str) -> Buffer | None:
        return super().dump(nul_free(obj))
