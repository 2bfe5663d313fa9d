"""The ledger: what a credential has reserved and spent this month."""

from datetime import UTC, datetime

from sqlalchemy import ColumnElement, and_, case, update

from listener.store.base import Part
from listener.store.desk_tables import ledger
from listener.store.dialect import insert_into


class Money(Part):
    """Reserve before a call, settle after it.

    What a crash left reserved stays so until the month ends: the sum is never too small.
    """

    def reserve(self, credential: str, micro_usd: int, cap_micro_usd: int, now: datetime) -> bool:
        self._begin(credential, now)
        room = ledger.c.spent + ledger.c.reserved + micro_usd <= cap_micro_usd
        taken = update(ledger).where(_row(credential, now), room).values(reserved=ledger.c.reserved + micro_usd)
        return self._db.execute(taken).rowcount == 1

    def settle(self, credential: str, reserved: int, spent: int, now: datetime) -> None:
        self._begin(credential, now)
        # A reservation of last month isn't in this month's sum.
        left = case((ledger.c.reserved > reserved, ledger.c.reserved - reserved), else_=0)
        self._db.execute(
            update(ledger).where(_row(credential, now)).values(reserved=left, spent=ledger.c.spent + spent)
        )

    def _begin(self, credential: str, now: datetime) -> None:
        new = insert_into(self._db, ledger).values(credential=credential, month=_month(now), reserved=0, spent=0)
        self._db.execute(new.on_conflict_do_nothing(index_elements=[ledger.c.credential, ledger.c.month]))


def _row(credential: str, now: datetime) -> ColumnElement[bool]:
    return and_(ledger.c.credential == credential, ledger.c.month == _month(now))


def _month(now: datetime) -> str:
    return now.astimezone(UTC).strftime("%Y-%m")
