"""Reads what the four loyalty factors are counted from: one brand, one window and the one before."""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from listener.domain.digest import Share
from listener.domain.factors import Factor, FactorName, Question
from listener.domain.loyalty import Saying
from listener.domain.verdict import Sentiment
from listener.insight import recovery
from listener.insight.factors import HOWTO, Heard, factors
from listener.insight.questions import MOST_READ, Asked, asked_most
from listener.insight.usual import SEARCHED, usual_days
from listener.insight.windows import DAY, Window, day_of, day_window
from listener.ports import Reads


def measure(
    reads: Reads,
    brand: str,
    window: Window,
    zone: ZoneInfo,
    now: datetime,
    *,
    messages: bool = True,
    command: Callable[[FactorName], str] = lambda _: "",
) -> tuple[Factor, ...]:
    """All four factors of a window, beside those of the window before; `messages` says if any is configured."""
    heard = gather(reads, brand, window, zone, now, messages=messages)
    earlier = gather(reads, brand, window_before(window, zone), zone, now, messages=messages)
    return factors(heard, earlier, command)


def gather(reads: Reads, brand: str, window: Window, zone: ZoneInfo, now: datetime, *, messages: bool = True) -> Heard:
    sayings = reads.sayings(brand, window.since, window.until)
    looked = reads.taggers(brand, window.since, window.until)
    usual = _usual(reads, brand, window, zone, now)
    days = {day for whole, comparable in usual.items() for day in (whole, *comparable) if comparable}
    return Heard(
        sayings=sayings,
        looked_at=(sum(looked.values()) - looked.get("", 0), sum(looked.values())),
        answered=answered(reads, brand, [one for one in sayings if HOWTO in one.tags]),
        daily={day: _authors(reads, brand, day_window(day, zone)) for day in sorted(days)},
        usual=usual,
        carried=reads.carried(brand, window.since, window.until),
        messages=messages,
        recovery=_recovered(reads, brand, window, now),
    )


def answered(reads: Reads, brand: str, questions: Sequence[Saying]) -> frozenset[int]:
    """Ids of those posts whose case had an answer of ours after they were posted."""
    asked = {one.mention_id: one.at for one in questions}
    found = set()
    for mention_id, case in reads.cases_holding(list(asked)):
        replies = [at for at in (case.first_reply_at, case.answered_at) if at is not None]
        if case.brand == brand and replies and max(replies) >= asked[mention_id]:
            found.add(mention_id)
    return frozenset(found)


def window_before(window: Window, zone: ZoneInfo) -> Window:
    """As many of the team's days, just before."""
    first, end = day_of(window.since, zone), day_of(window.until, zone)
    return Window(since=day_window(first - (end - first), zone).since, until=window.since)


def _recovered(reads: Reads, brand: str, window: Window, now: datetime) -> Share:
    """Of as many days, the latest whose resolutions can be followed by the window's end."""
    end = min(window.until, now)
    days = max(1, round(window.length / DAY))
    return recovery.measure(reads, brand, recovery.followed(end, days), end).whole.recovered


def _usual(reads: Reads, brand: str, window: Window, zone: ZoneInfo, now: datetime) -> dict[date, tuple[date, ...]]:
    """The window's whole days that are over → the days each is compared with."""
    cells = reads.tallies(day_window(day_of(window.since, zone) - SEARCHED, zone).since, window.until, brand)
    first, gaps = reads.first_mention_hour(brand), reads.open_gaps()
    found = {}
    day = day_of(window.since, zone)
    while (whole := day_window(day, zone)).until <= min(window.until, now):
        if whole.since >= window.since:
            found[day] = usual_days(day, zone, first=first, cells=cells, gaps=gaps).days
        day += DAY
    return found


def _authors(reads: Reads, brand: str, day: Window) -> int:
    return reads.distinct_authors(day.since, day.until, brand, "all")


def questions(reads: Reads, brand: str, heard: Heard, window: Window, *, ignore: Sequence[str] = ()) -> list[Question]:
    """The how-to questions that most people ask of the window; `ignore` are names that tell nothing here."""
    howto = [one for one in heard.sayings if one.addressed and HOWTO in one.tags]
    latest = sorted(howto, key=lambda one: -one.mention_id)[:MOST_READ]
    posts = reads.posts([one.mention_id for one in latest])
    asked = [
        Asked(
            mention_id=one.mention_id,
            author_id=one.author_id,
            text=posts[one.mention_id].mention.text,
            answered=one.mention_id in heard.answered,
        )
        for one in latest
        if one.mention_id in posts
    ]
    if not asked:
        return []
    ids = {one.mention_id for one in howto}
    others = [
        row.mention.text
        for mood in Sentiment
        for row in reads.samples(brand, mood, window.since, window.until, MOST_READ)
        if row.id not in ids
    ]
    return asked_most(asked, others, ignore=[brand, *ignore])
