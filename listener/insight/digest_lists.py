"""Whom to win back, to thank and to answer, and what to fix: few lines each, those first that matter most."""

from collections.abc import Sequence
from datetime import datetime
from shlex import quote as shell
from zoneinfo import ZoneInfo

from listener.domain.case import Case
from listener.domain.digest import Cycle, Figure, TopReason
from listener.domain.digest_parts import ActList, ActOn, ToDo
from listener.domain.listing import Wanted
from listener.domain.loyalty import Person
from listener.domain.phrases import changed, counted, lasting
from listener.domain.themes import ThemeKind
from listener.domain.verdict import Label
from listener.insight.digest_figures import Figures
from listener.insight.rows_behind import posts
from listener.ports import Reads

MOST = 5
FEWEST = 3
"""People a touchpoint needs before its rise is told."""

_AT = f"{ThemeKind.TOUCHPOINT}:"


def act_lists(figures: Figures, reasons: Sequence[TopReason], thanked: Sequence[ToDo]) -> tuple[ActList, ...]:
    """Those with lines. Cases are as they stand now, whatever day the digest is of."""
    found = (_win_back(figures), _thank(thanked), _answer(figures), _fix(figures, reasons))
    return tuple(one for one in found if one.lines)


def _win_back(figures: Figures) -> ActList:
    window, now = figures.heard, figures.now
    waiting = figures.reads.unanswered(figures.brand, window.since, window.until)
    ours = [case for case in waiting if case.brand in figures.names]
    people = figures.reads.people([case.author_id for case in ours])
    ranked = sorted(ours, key=lambda case: (-_worth(people.get(case.author_id)), -case.priority, case.id))
    return ActList(
        act=ActOn.WIN_BACK,
        chosen="complained and still wait for a first answer; the most valuable, then the most pressing first",
        lines=tuple(_case_line(case, _why_back(case, people.get(case.author_id), now)) for case in ranked[:MOST]),
    )


def _worth(person: Person | None) -> float:
    return -1.0 if person is None or person.percentile is None else person.percentile


def _why_back(case: Case, person: Person | None, now: datetime) -> str:
    parts = [f"waits {lasting(now - case.opened_at)}"]
    if person is not None and person.value is not None:
        parts.append(f"worth {person.value:,.0f} a year")
    if person is not None and person.tier:
        parts.append(f"tier {person.tier}")
    return ", ".join(parts)


def _thank(thanked: Sequence[ToDo]) -> ActList:
    return ActList(
        act=ActOn.THANK,
        chosen="recommend or praise us, may be written to and weren't thanked of late; the furthest-carrying first",
        lines=tuple(thanked),
    )


def _answer(figures: Figures) -> ActList:
    zone, now = figures.period.zone, figures.now
    found = [case for name in figures.names for case in figures.reads.owed(name, MOST)]
    owed = sorted(found, key=lambda case: (case.sla_at or now, case.id))
    return ActList(
        act=ActOn.ANSWER,
        chosen="open cases, the promise that is due first in front",
        lines=tuple(_case_line(case, _why_due(case, now, zone)) for case in owed[:MOST]),
    )


def _why_due(case: Case, now: datetime, zone: ZoneInfo) -> str:
    due = case.sla_at or now
    late = f", {lasting(now - due)} late" if due < now else ""
    return f"due {due.astimezone(zone):%a %d %b %H:%M}{late}"


def _case_line(case: Case, why: str) -> ToDo:
    return ToDo(
        who=_account(case.handle, case.platform),
        why=f"case {case.id}, {why}",
        words=case.headline,
        url=case.url,
        command=f"listener case show {case.id}",
    )


def _account(handle: str, platform: str) -> str:
    return f"@{handle} on {platform}"


def _fix(figures: Figures, reasons: Sequence[TopReason]) -> ActList:
    lines = [*risen_touchpoints(figures), *_risen_reasons(figures, reasons)]
    return ActList(
        act=ActOn.FIX, chosen="what more people complain of than before, touchpoints first", lines=tuple(lines[:MOST])
    )


def risen_touchpoints(figures: Figures) -> list[ToDo]:
    """By how many more people complain there than seven days before; what luck alone can do is left out."""
    heard = [name for name in figures.names if figures.was_tagged(name)]
    now = _complaining(figures.reads, heard, figures.heard.since, figures.heard.until)
    earlier = figures.earlier()
    before = _complaining(figures.reads, heard, earlier.since, earlier.until)
    risen = [
        (people - before.get(key, 0), key)
        for key, people in now.items()
        if people >= FEWEST and _rose(people, before.get(key, 0))
    ]
    then = "the same day a week before" if figures.period.cycle is Cycle.DAILY else "the week before"
    return [
        ToDo(
            who=tag.removeprefix(_AT) if figures.brand else f"{tag.removeprefix(_AT)} ({brand})",
            why=f"{counted(now[brand, tag], 'person', 'people')}, {before.get((brand, tag), 0)} {then}",
            command=posts(figures.period, "complaint", brand=brand, people=True, more=f"--tag {shell(tag)}"),
            ours=True,
        )
        for _, (brand, tag) in sorted(risen, key=lambda one: (-one[0], one[1]))
    ]


def _complaining(reads: Reads, names: Sequence[str], since: datetime, until: datetime) -> dict[tuple[str, str], int]:
    """(brand, tag) → distinct authors who complain at that touchpoint."""
    return {
        (name, tag): people
        for name in names
        for tag, people in reads.tagged_authors(
            Wanted(brand=name, since=since, until=until, label=Label.COMPLAINT), _AT
        ).items()
    }


def _rose(people: int, before: int) -> bool:
    figure = Figure(name="", people=people, posts=0, measured=people, usual=float(before), command="")
    return people > before and changed(figure)


def _risen_reasons(figures: Figures, reasons: Sequence[TopReason]) -> list[ToDo]:
    usually = "on a usual day" if figures.period.cycle is Cycle.DAILY else "in a usual week"
    return [
        ToDo(
            who=f"“{reason.words}”" if figures.brand else f"“{reason.words}” ({reason.quote.brand})",
            why=f"{counted(reason.people, 'person', 'people')}, {reason.usual:.1f} {usually}",
            command=posts(figures.period, brand=reason.quote.brand, people=True, more=f"--words {shell(reason.words)}"),
        )
        for reason in reasons
        if reason.usual is not None and reason.people > reason.usual
    ]
