"""What goes through the driver itself lies in the file as if SQLAlchemy had put it there."""

from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import Connection, insert, text

from listener.ports import Store
from listener.store import bulk
from listener.store.bulk import write_all
from listener.store.tables import verdicts
from tests.builders import scored

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
VERDICTS = insert(verdicts)
ROWS: list[dict[str, Any]] = [
    {
        "mention_id": 1,
        "model": model,
        "revision": 1,
        "scores": {"labels": {"complaint": 0.5}, "said": "schön"},
        "thresholds": {},
        "labels": ["complaint"],
        "sentiment": sentiment,
        "abstained": sentiment is None,
        "decided_at": NOON,
        "in_force": False,
    }
    for model, sentiment in (("one@1", "negative"), ("two@1", None))
]
LIES = text(
    "SELECT model, typeof(scores), scores, thresholds, labels, sentiment, typeof(abstained), abstained,"
    " typeof(decided_at), decided_at, in_force FROM verdicts WHERE model IN ('one@1', 'two@1') ORDER BY model"
)


def _kept(store: Store, write: Any) -> list[Any]:
    """The rows as the file has them; they are taken back."""
    with store.write() as tx:
        tx.save_mentions([scored(native_id="1")], NOON)
        db: Connection = tx._db  # type: ignore[attr-defined]
        write(db, ROWS)
        found = [tuple(row) for row in db.execute(LIES)]
        db.execute(verdicts.delete().where(verdicts.c.model.in_(["one@1", "two@1"])))
    return found


@pytest.mark.sqlite
class TestSqlite:
    def test_every_kind_of_column_is_kept_as_sqlalchemy_keeps_it(self, store: Store) -> None:
        ours = _kept(store, lambda db, rows: write_all(db, VERDICTS, rows))
        theirs = _kept(store, lambda db, rows: db.execute(VERDICTS, rows))
        assert ours == theirs
        assert len(ours) == 2

    def test_control_a_column_that_is_not_converted_is_noticed(
        self, store: Store, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(bulk, "microseconds", str)
        bulk._compiled.cache_clear()
        try:
            ours = _kept(store, lambda db, rows: write_all(db, VERDICTS, rows))
        finally:
            bulk._compiled.cache_clear()
        assert ours != _kept(store, lambda db, rows: db.execute(VERDICTS, rows))


def test_rows_are_written_on_either_database(store: Store) -> None:
    with store.write() as tx:
        [post] = tx.save_mentions([scored(native_id="1")], NOON)
        db = tx._db  # type: ignore[attr-defined]
        write_all(db, VERDICTS, [{**row, "mention_id": post.id} for row in ROWS])
        write_all(db, VERDICTS, [])
        found = db.execute(verdicts.select().where(verdicts.c.model == "two@1")).one()
    assert (found.scores, found.decided_at, found.abstained) == (ROWS[1]["scores"], NOON, True)


def test_an_instant_without_its_zone_is_refused(store: Store) -> None:
    with pytest.raises(Exception, match="naive"), store.write() as tx:
        db = tx._db  # type: ignore[attr-defined]
        write_all(db, VERDICTS, [{**ROWS[0], "decided_at": NOON.replace(tzinfo=None)}])
