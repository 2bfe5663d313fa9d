"""Tallies by the days people live: what the store counted hour by hour, summed in a time zone."""

from collections import Counter
from collections.abc import Iterable
from datetime import date, datetime
from zoneinfo import ZoneInfo

from listener.domain.digest import Sentiments
from listener.domain.stored import TallyCell
from listener.insight.windows import day_of

MOODS = ("negative", "neutral", "positive", "abstained", "unscored")
"""Labels of which a mention that speaks to the brand bears exactly one."""


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
        negative, neutral, positive, unsure, unscored = (self.posts(day, names, label) for label in MOODS)
        return Sentiments(
            negative=negative,
            neutral=neutral,
            positive=positive,
            unsure=unsure,
            unscored=unscored,
            aside=self.posts(day, names, "all") - (negative + neutral + positive + unsure + unscored),
        )
