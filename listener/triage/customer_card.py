"""A customer on one screen, for the command line and the desk alike; every stranger's word made visible."""

from collections.abc import Iterator
from datetime import timedelta

from listener.domain.case import Case, CaseState
from listener.domain.customer import Account, CaseNote, Stand
from listener.domain.text import visible
from listener.triage.card import Line, Reader
from listener.triage.card_words import due, handle_line, span
from listener.triage.customers import Answered, BrandTalk, CustomerCard, Month

MONTHS, CASES, NOTES = 12, 12, 5
"""Of the latest, on a screen; JSON has all."""

_STYLES = {Stand.DETRACTOR: "red", Stand.PROMOTER: "green"}


def lines(card: CustomerCard, reader: Reader) -> Iterator[Line]:
    """Who they are, what they said of each brand, their cases, how fast we answered, what colleagues noted."""
    for account in card.facts.accounts:
        yield _account(account, reader)
    yield ((_value(card), ""),)
    yield ()
    for talk in card.talk:
        yield _talk(talk)
    if not card.talk:
        yield (("Nothing posted about a brand, reposts apart.", "dim"),)
    yield from (_month(month) for month in card.months[:MONTHS])
    yield from _more(len(card.months) - MONTHS, "months")
    yield ()
    yield from (_case(case, reader) for case in reversed(card.facts.cases[-CASES:]))
    yield from _more(len(card.facts.cases) - CASES, "cases")
    yield ((_answered(card.answered), ""),)
    if card.facts.notes:
        yield ()
        yield from (_note(note, reader) for note in reversed(card.facts.notes[-NOTES:]))
        yield from _more(len(card.facts.notes) - NOTES, "notes")


def _account(account: Account, reader: Reader) -> Line:
    author = account.author
    followers = "followers unknown" if author.followers is None else f"{author.followers:,} followers"
    since = f"since {account.first_seen:%Y-%m-%d}" if account.first_seen else "no post stored"
    linked = ""
    if account.linked_at is not None:
        linked = f" · linked by {visible(account.linked_by, 60)}, {reader.at(account.linked_at)}"
    return (
        (handle_line(author.handle, author.name), "bold"),
        (f" · {visible(author.platform, 40)} {visible(author.native_id, 60)} · {followers} · {since}{linked}", ""),
    )


def _value(card: CustomerCard) -> str:
    tier = f", tier {visible(card.tier, 40)}" if card.tier else ""
    if card.value_percentile is None:
        return f"Customer value unknown{tier or ': nothing was imported'}."
    worth = "" if card.value is None else f", {card.value:,.0f} a year"
    return f"Customer value above {card.value_percentile:.0%} of known customers{worth}{tier}."


def _talk(talk: BrandTalk) -> Line:
    counts = _counts(talk)
    since = f"{talk.first:%Y-%m-%d} to {talk.last:%Y-%m-%d}"
    return (
        (f"{visible(talk.brand, 60)}: ", "bold"),
        (str(talk.stand), _STYLES.get(talk.stand, "")),
        (f" · {counts}, {since}", ""),
    )


def _counts(of: BrandTalk | Month) -> str:
    counted = (("post", of.posts), ("complaint", of.complaints), ("praise", of.praises))
    return ", ".join(f"{n} {word}" if n == 1 else f"{n} {word}s" for word, n in counted)


def _month(month: Month) -> Line:
    counts = _counts(month)
    return (
        (f"  {month.month} {visible(month.brand, 30)} ", "dim"),
        (f"{month.stand:<9}", _STYLES.get(month.stand, "dim")),
        (f" {counts}", "dim"),
    )


def _case(case: Case, reader: Reader) -> Line:
    if case.state is CaseState.RESOLVED and case.resolved_at is not None:
        outcome = f"resolved {reader.at(case.resolved_at)}: {visible(case.resolution, 100)}"
    else:
        owed = due(case, reader.policy, reader.now)
        outcome = f"{case.state}{f', {owed}' if owed else ''}"
    return (
        (f"Case {case.id} ", "bold"),
        (f"{case.reason} about {visible(case.brand, 40)}, {visible(case.queue, 40)}, {case.opened_at:%Y-%m-%d}: ", ""),
        (outcome, "" if case.state is CaseState.RESOLVED else "yellow"),
        (f" “{visible(case.headline, 60)}”", "dim"),
    )


def _answered(answered: Answered) -> str:
    if answered.median is None or answered.longest is None:
        first = "No case was answered yet"
    else:
        half, longest = _fast(answered.median), _fast(answered.longest)
        first = f"First answer after {half} (median of {answered.cases}, longest {longest}), in working time"
    return f"{first}; {answered.unanswered} open without any answer."


def _fast(length: timedelta) -> str:
    """Under a minute is an answer too."""
    return "under 1m" if length < timedelta(minutes=1) else span(length)


def _note(note: CaseNote, reader: Reader) -> Line:
    head = f"{reader.at(note.at)} {visible(note.agent, 60)} on case {note.case_id}: "
    return ((head, "dim"), (visible(note.text, 300), ""))


def _more(left: int, what: str) -> Iterator[Line]:
    if left > 0:
        yield ((f"  … and {left} more {what}: --json has all", "dim"),)
