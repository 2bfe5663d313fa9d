"""Bookmarks: one value a name."""

from sqlalchemy import Connection, select

from listener.domain.listing import ERASURES
from listener.store.desk_tables import marks
from listener.store.dialect import insert_into


def read_mark(db: Connection, name: str) -> str:
    """Empty if never set."""
    return db.scalars(select(marks.c.value).where(marks.c.name == name)).first() or ""


def write_mark(db: Connection, name: str, value: str) -> None:
    new = insert_into(db, marks).values(name=name, value=value)
    db.execute(new.on_conflict_do_update(index_elements=[marks.c.name], set_={"value": new.excluded.value}))


def count_erasure(db: Connection) -> None:
    """Whoever keeps what was read looks at this number, so that nothing erased is shown again."""
    write_mark(db, ERASURES, str(int(read_mark(db, ERASURES) or "0") + 1))
