"""The store's ledger as connectors see it."""

from dataclasses import dataclass
from datetime import datetime

from listener.domain.budget import Purpose, Quota, Rate
from listener.ports import Store


@dataclass(frozen=True, slots=True)
class StoreLedger:
    """Each entry is a commit of its own, so a crash can't forget a call."""

    store: Store

    def reserve(self, credential: str, micro_usd: int, cap_micro_usd: int, now: datetime) -> bool:
        with self.store.write() as tx:
            return tx.reserve(credential, micro_usd, cap_micro_usd, now)

    def settle(self, credential: str, reserved: int, spent: int, now: datetime) -> None:
        with self.store.write() as tx:
            tx.settle(credential, reserved, spent, now)

    def take(
        self, credential: str, bucket: str, units: int, purpose: Purpose, quota: Quota | None, now: datetime
    ) -> datetime | None:
        with self.store.write() as tx:
            return tx.take(credential, bucket, units, purpose, quota, now)

    def heard(self, credential: str, bucket: str, said: Rate, now: datetime) -> None:
        with self.store.write() as tx:
            tx.heard(credential, bucket, said, now)
