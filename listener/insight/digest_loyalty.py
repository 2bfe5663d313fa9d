"""A digest's part on loyalty: recovery, value at stake, touchpoints, advocates to thank, the factors of a week."""

from collections.abc import Sequence
from datetime import date
from shlex import quote as shell

from listener.domain.advocates import Advocate
from listener.domain.digest import Cycle
from listener.domain.digest_parts import Loyal, LoyaltyScore, Survey, ToDo, Touchpoint
from listener.domain.factors import FactorName
from listener.domain.listing import Wanted
from listener.domain.loyalty import Gift, LoyaltyPolicy, Saying
from listener.domain.nps import Nps
from listener.domain.phrases import counted
from listener.domain.recovery import AGAIN
from listener.domain.themes import Theme, ThemeKind, tag
from listener.domain.verdict import Label
from listener.domain.worth import AtStake
from listener.insight import loyalty, nps, recovery
from listener.insight.advocates import advocates, supporters, to_thank
from listener.insight.digest_figures import Figures
from listener.insight.period import Period
from listener.insight.windows import DAY, Window, day_window
from listener.insight.worth import at_stake, authors_in
from listener.ports import Reads

AT = tag(ThemeKind.TOUCHPOINT, "")
THANKED = 5
ASKED = 25
"""Advocates of whom it is looked up whether they may be thanked."""
SHOWN = 10
ASKED_DAYS = 90
"""Days of survey answers that are counted."""


def loyal(figures: Figures, policy: LoyaltyPolicy, themes: Sequence[Theme]) -> Loyal:
    first, last = _followed(figures.period)
    window = Window(
        since=day_window(first, figures.period.zone).since, until=day_window(last, figures.period.zone).until
    )
    told = recovery.measure(figures.reads, figures.names, window, figures.now)
    of_brand = f" --brand {shell(figures.brand)}" if figures.brand else ""
    return Loyal(
        recovery=told.headline if told.whole.resolved else "",
        recovery_command=f"listener recovery --since {first} --until {last}{of_brand}",
        stake=_stake(figures),
        currency=policy.currency,
        touchpoints=_touchpoints(figures),
        survey=_survey(figures, of_brand),
        scores=_scores(figures, themes) if figures.period.cycle is Cycle.WEEKLY else (),
    )


def _survey(figures: Figures, of_brand: str) -> Survey | None:
    """Few answer in a day, so that a quarter's answers up to its end are counted."""
    last, zone = figures.period.last, figures.period.zone
    first = last - (ASKED_DAYS - 1) * DAY

    def answered(begin: date, end: date) -> Nps:
        since, until = day_window(begin, zone).since, day_window(end, zone).until
        return nps.nps(answer for name in figures.names for answer in figures.reads.answers(name, since, until))

    found, before = answered(first, last), answered(first - ASKED_DAYS * DAY, first - DAY)
    if not found.n:
        return None
    command = f"listener nps --since {first} --until {last}{of_brand}"
    return Survey(nps=found, before=before if before.n else None, days=ASKED_DAYS, command=command)


def _followed(period: Period) -> tuple[date, date]:
    """The latest four weeks of which all that followed within 30 days is known."""
    last = period.last - AGAIN
    return last - 27 * DAY, last


def _stake(figures: Figures) -> AtStake | None:
    """Of unresolved cases as they stand now, and of who talked of leaving in the period."""
    reads = figures.reads
    if not reads.imported(limit=1):
        return None
    sayings = [one for name in figures.names for one in figures.sayings(name)]
    cases = [one for name in figures.names for one in reads.unresolved(name)]
    return at_stake(sayings, reads.people(sorted(authors_in(sayings, cases))), cases)


def _touchpoints(figures: Figures) -> tuple[Touchpoint, ...]:
    found = []
    for name in figures.names:
        people, complain, praise = (_authors(figures, name, label) for label in ("all", Label.COMPLAINT, Label.PRAISE))
        found += [
            Touchpoint(
                brand=name,
                name=at.removeprefix(AT),
                people=count,
                complain=complain.get(at, 0),
                praise=praise.get(at, 0),
            )
            for at, count in people.items()
        ]
    return tuple(sorted(found, key=lambda one: (-one.complain, -one.people, one.brand, one.name))[:SHOWN])


def _authors(figures: Figures, brand: str, label: str) -> dict[str, int]:
    window = figures.window
    return figures.reads.tagged_authors(Wanted(brand=brand, since=window.since, until=window.until, label=label), AT)


def _scores(figures: Figures, themes: Sequence[Theme]) -> tuple[LoyaltyScore, ...]:
    asked = f"--since {figures.period.first} --until {figures.period.last}"

    def command(brand: str, factor: FactorName) -> str:
        return f"listener loyalty --brand {shell(brand)} {asked} --factor {factor}"

    found = []
    for name in figures.names:
        factors = loyalty.measure(
            figures.reads,
            name,
            figures.window,
            figures.period.zone,
            figures.now,
            messages=any(one.kind is ThemeKind.MESSAGE and (not one.brands or name in one.brands) for one in themes),
        )
        found += [
            LoyaltyScore(
                brand=name,
                factor=str(one.name),
                score=one.score,
                low=one.low,
                high=one.high,
                before=one.before,
                command=command(name, FactorName(one.name)),
            )
            for one in factors
            if one.score is not None
        ]
    return tuple(found)


def _advocates(reads: Reads, sayings: Sequence[Saying]) -> tuple[Advocate, ...]:
    return advocates(sayings, reads.people(sorted(supporters(sayings))))


def thanked(figures: Figures, policy: LoyaltyPolicy) -> tuple[ToDo, ...]:
    """Advocates of the period whom the terms of their platform allow to thank, and who weren't thanked of late."""
    reads = figures.reads
    found = [one for name in figures.names for one in _advocates(reads, figures.sayings(name))]
    ranked = sorted(found, key=lambda one: (-one.score, one.person.author_id))[:ASKED]
    lines = to_thank(reads, ranked, policy, Gift.THANKS, figures.now).lines[:THANKED]
    told = []
    for one in lines:
        post = reads.mention(one.best_post).mention
        did = [counted(one.recommendations, "recommendation")] if one.recommendations else []
        did += [f"praised {'once' if one.praises == 1 else counted(one.praises, 'time')}"] if one.praises else []
        did += [f"reach ≤ {one.reach:,}"] if one.reach is not None else []
        told.append(
            ToDo(
                who=f"@{one.person.handle} on {one.person.platform}",
                why=", ".join(did),
                words=post.text,
                url=post.url,
                command="listener advocates --next thanks",
            )
        )
    return tuple(told)
