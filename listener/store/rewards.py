"""The reward ledger: what advocates were given."""

from datetime import datetime

from sqlalchemy import insert, select, update

from listener.domain.loyalty import Gift, Reward
from listener.store.base import Part
from listener.store.desk_log import record
from listener.store.loyalty_tables import rewards
from listener.store.worth import one_persons

_R = rewards.c

GIVEN, TAKEN_BACK = "gave", "took_back"
"""What the audit calls it."""


class Rewards(Part):
    """What is asked."""

    def rewards(self, brand: str = "", *, author_id: int = 0, since: datetime | None = None) -> list[Reward]:
        wanted = select(rewards).order_by(_R.at, _R.id)
        if brand:
            wanted = wanted.where(_R.brand == brand)
        if author_id:
            wanted = wanted.where(_R.author_id.in_(one_persons(self._db, [author_id])))
        if since is not None:
            wanted = wanted.where(_R.at >= since)
        columns = Reward.__slots__
        return [
            Reward(**{name: row._mapping[name] for name in columns} | {"gift": Gift(row.gift)})
            for row in self._db.execute(wanted)
        ]

    def had_gift(self, gift: Gift, since: datetime) -> set[int]:
        had = select(_R.author_id).where(_R.gift == gift, _R.at > since, _R.undone_at.is_(None)).distinct()
        return one_persons(self._db, self._db.scalars(had).all())


class RewardsWrites(Rewards):
    """What is written."""

    def add_reward(self, reward: Reward) -> int:
        row = {name: getattr(reward, name) for name in Reward.__slots__ if name != "id"}
        new = int(self._db.scalars(insert(rewards).returning(_R.id), row).one())
        # Ids and money alone: what it was and why would outlive whoever it was for.
        detail = {"reward": str(new), "gift": str(reward.gift), "cents": str(reward.cost_cents), "brand": reward.brand}
        subject = f"author:{reward.author_id}"
        record(self._db, at=reward.at, agent=reward.agent, subject=subject, kind=GIVEN, detail=detail)
        return new

    def undo_reward(self, reward_id: int, agent: str, now: datetime) -> bool:
        taken = update(rewards).where(_R.id == reward_id, _R.undone_at.is_(None)).values(undone_at=now)
        author_id = self._db.scalars(taken.returning(_R.author_id)).first()
        if author_id is None:
            return False
        detail = {"reward": str(reward_id)}
        record(self._db, at=now, agent=agent, subject=f"author:{author_id}", kind=TAKEN_BACK, detail=detail)
        return True
