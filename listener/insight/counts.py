"""Tallies by the days people live: what the store counted hour by hour, summed in a time zone."""

from collections import Counter
from collections.abc import Iterable
from datetime import date, datetime
from zoneinfo import ZoneInfo

from listener.domain.digest import Sentiments
from listener.domain.stored import TallyCell
from listener.insight.windows import day_of


class DayCounts:
    """Posts per day, brand and label; platforms together."""

    def __init__(self, cells: Iterable[TallyCell], zone: ZoneInfo) -> None:
        self._posts: Counter[tuple[date, str, str]] = Counter()
        days: dict[datetime, date] = {}
        for cell in cells:
            day = days.get(cell.hour) or days.setdefault(cell.hour, day_of(cell.hour, zone))
            self._posts[day, cell.brand, cell.label] += cell.mentions

    def posts(self, day: date, brands: Iterable[str], label: str) -> int:
        return sum(self._posts[day, brand, label] for brand in brands)

    def sentiments(self, day: date, brands: Iterable[str]) -> Sentiments:
        names = list(brands)
        return Sentiments(
            negative=self.posts(day, names, "negative"),
            neutral=self.posts(day, names, "neutral"),
            positive=self.posts(day, names, "positive"),
            unsure=self.posts(day, names, "abstained"),
            unscored=self.posts(day, names, "unscored"),
        )
