"""Builds a digest from the store's tallies and narrow rows; nothing here scans all mentions."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from listener.domain.alert import Alert
from listener.domain.brand import Brand
from listener.domain.digest import AlertLine, Cycle, Digest, HourPoint, Quote
from listener.domain.loyalty import LoyaltyPolicy
from listener.domain.stored import StoredMention
from listener.domain.themes import Theme
from listener.domain.verdict import Label
from listener.insight.advocacy import Stance, balance_counted, stances
from listener.insight.casework import case_counts, slowest
from listener.insight.digest_figures import Figures
from listener.insight.digest_lists import act_lists
from listener.insight.digest_loyalty import loyal, thanked
from listener.insight.digest_trust import blind, trust
from listener.insight.hours import hour_points
from listener.insight.period import period_of
from listener.insight.reasons import quote
from listener.insight.rows_behind import every
from listener.insight.story import tell
from listener.insight.usual import SEARCHED
from listener.insight.windows import DAY, Window
from listener.ports import Reads

PRAISES = 3
THANKED = 5
PRAISE_READ = 200
MOST_ALERTS = 1000


def build(
    reads: Reads,
    *,
    brands: Sequence[Brand],
    timezone: str,
    day: date,
    now: datetime,
    brand: str = "",
    cycle: Cycle = Cycle.DAILY,
    loyalty: LoyaltyPolicy | None = None,
    themes: Sequence[Theme] = (),
) -> Digest:
    """The digest of one brand, or of all own brands together; a day without data gets one too.

    Of a week, `day` is any of its days.
    """
    period = period_of(cycle, day, ZoneInfo(timezone))
    digest = _counted(Figures(reads, brands, period, now, brand), loyalty or LoyaltyPolicy(), themes)
    return replace(digest, story=tell(digest), behind=every(digest, period))


def _counted(figures: Figures, policy: LoyaltyPolicy, themes: Sequence[Theme]) -> Digest:
    """Everything but the story, and the commands behind the numbers, which are told from it."""
    reads, now, names, window = figures.reads, figures.now, figures.names, figures.window
    stands = {name: stances(figures.sayings(name)) for name in names}
    promoters = {author for found in stands.values() for author, stand in found.items() if stand is Stance.PROMOTER}
    praised = [(row, name) for name in names for row in _praising(figures, name)]
    cases = reads.case_facts(window.since - SEARCHED, window.until, figures.brand)
    facts = [fact for fact in cases if fact.brand in names]
    moods, reasons = figures.sentiments(), figures.reasons()
    thanks = _thanks([(row, name) for row, name in praised if row.author_id in promoters])
    return Digest(
        day=figures.period.first,
        timezone=figures.period.zone.key,
        since=window.since,
        until=window.until,
        made_at=now,
        brand=names[0] if len(names) == 1 else "",
        story=(),
        basis=figures.basis(),
        complaints=figures.figure("complaints", Label.COMPLAINT, names),
        praise=figures.figure("praise", Label.PRAISE, names),
        questions=figures.figure("questions", Label.QUESTION, names),
        mentions=figures.posts(names, "all"),
        reposts=figures.posts(names, "repost"),
        sentiments=moods,
        balance=balance_counted(Counter(stand for found in stands.values() for stand in found.values())),
        brands=tuple(figures.line(entry) for entry in figures.brands),
        reasons=reasons,
        praises=_praises(praised),
        thanks=thanks,
        cases=case_counts(facts, window, now),
        slowest=slowest(facts, window, now),
        alerts=_alerts(figures),
        blind=blind(reads, figures.heard, figures.gaps),
        hours=_hours(figures),
        week=figures.days(),
        cycle=figures.period.cycle,
        lists=act_lists(figures, reasons, thanked(figures, policy)),
        loyal=loyal(figures, policy, themes),
        # What was compared in the morning after tells of the day.
        trust=trust(reads, names, moods, min(now, figures.heard.until + DAY)),
    )


def _hours(figures: Figures) -> tuple[HourPoint, ...]:
    if figures.period.cycle is Cycle.WEEKLY:
        return ()
    return hour_points(figures.reads, figures.names, figures.heard, figures.gaps)


def _praising(figures: Figures, name: str) -> list[StoredMention]:
    window = figures.window
    return figures.reads.samples(name, Label.PRAISE, window.since, window.until, PRAISE_READ)


def alerts_within(reads: Reads, window: Window, names: Collection[str]) -> list[Alert]:
    """Those that began in it, about these brands or about none; the first in front."""
    found = [alert for alert in reads.alerts(window.since, MOST_ALERTS) if alert.opened_at < window.until]
    own = [alert for alert in found if not alert.brand or alert.brand in names]
    return sorted(own, key=lambda alert: alert.opened_at)


def _alerts(figures: Figures) -> tuple[AlertLine, ...]:
    return tuple(
        AlertLine(opened_at=a.opened_at, closed_at=a.closed_at, title=a.title, level=a.level)
        for a in alerts_within(figures.reads, figures.window, figures.names)
    )


def _praises(rows: Sequence[tuple[StoredMention, str]]) -> tuple[Quote, ...]:
    ranked = sorted(rows, key=lambda pair: -pair[0].mention.metrics.engagement)
    return tuple(quote(row, name) for row, name in ranked[:PRAISES])


def _thanks(rows: Sequence[tuple[StoredMention, str]]) -> tuple[Quote, ...]:
    """Those who praise, by followers; who has none known is left out."""
    ranked = sorted(rows, key=lambda pair: -(pair[0].mention.author.followers or 0))
    return tuple(quote(row, name) for row, name in ranked[:THANKED] if row.mention.author.followers)
