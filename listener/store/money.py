"""The ledger: what a credential has reserved and spent this month, and how often it may still call."""

from datetime import UTC, datetime

from sqlalchemy import ColumnElement, and_, case, select, update

from listener.domain import budget
from listener.domain.budget import Purpose, Quota, Rate
from listener.store.base import Part
from listener.store.desk_tables import ledger
from listener.store.dialect import insert_into
from listener.store.reach_tables import rates


class Budgets(Part):
    """What is left, for people who look."""

    def rates(self, credential: str) -> dict[str, Rate]:
        r = rates.c
        rows = self._db.execute(
            select(r.bucket, r.capacity, r.left, r.resets_at, r.blocked_until)
            .where(r.credential == credential)
            .order_by(r.bucket)
        )
        return {
            row.bucket: Rate(
                capacity=row.capacity, left=row.left, resets_at=row.resets_at, blocked_until=row.blocked_until
            )
            for row in rows
        }

    def money(self, credential: str, now: datetime) -> int:
        row = self._db.execute(select(ledger.c.reserved, ledger.c.spent).where(_row(credential, now))).first()
        return 0 if row is None else int(row.reserved + row.spent)


class Money(Budgets):
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

    def take(
        self, credential: str, bucket: str, units: int, purpose: Purpose, quota: Quota | None, now: datetime
    ) -> datetime | None:
        rate, until = budget.take(self._rate(credential, bucket), units, purpose, quota, now)
        if until is None and rate != Rate():
            self._save_rate(credential, bucket, rate, now)
        return until

    def heard(self, credential: str, bucket: str, said: Rate, now: datetime) -> None:
        self._save_rate(credential, bucket, budget.heard(self._rate(credential, bucket), said), now)

    def _rate(self, credential: str, bucket: str) -> Rate:
        """How it stands; nothing known where it never called."""
        return self.rates(credential).get(bucket, Rate())

    def _save_rate(self, credential: str, bucket: str, rate: Rate, now: datetime) -> None:
        columns = {
            "capacity": rate.capacity,
            "left": rate.left,
            "resets_at": rate.resets_at,
            "blocked_until": rate.blocked_until,
            "at": now,
        }
        new = insert_into(self._db, rates).values(credential=credential, bucket=bucket, **columns)
        self._db.execute(new.on_conflict_do_update(index_elements=[rates.c.credential, rates.c.bucket], set_=columns))

    def _begin(self, credential: str, now: datetime) -> None:
        new = insert_into(self._db, ledger).values(credential=credential, month=_month(now), reserved=0, spent=0)
        self._db.execute(new.on_conflict_do_nothing(index_elements=[ledger.c.credential, ledger.c.month]))


def _row(credential: str, now: datetime) -> ColumnElement[bool]:
    return and_(ledger.c.credential == credential, ledger.c.month == _month(now))


def _month(now: datetime) -> str:
    return now.astimezone(UTC).strftime("%Y-%m")
