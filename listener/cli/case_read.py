"""Looking at a case: the card, and why it stands where it stands."""

from __future__ import annotations

import sys
from dataclasses import asdict
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from listener.cli import show
from listener.cli.case_acts import As, Id, Json, one_id, reading_agent
from listener.cli.case_card import print_lines
from listener.cli.session import Session, session
from listener.domain.text import visible
from listener.errors import ClassifierError
from listener.lists.cases import card_json

if TYPE_CHECKING:
    from listener.domain.stored import CaseCard
    from listener.triage.card import Line, Reader

TELLING = 0.3
"""Log-odds below which a word moved nothing to speak of."""
WORDS = 5


def case_show(case_id: Id, as_agent: As = "", as_json: Json = False) -> None:
    """Everything on a case: what matters first, then every post and the whole history."""
    from listener.triage.card import whole

    with session() as ours:
        with ours.store.read() as reads:
            card = reads.case_card(one_id(case_id))
        now = ours.clock.now()
        if as_json:
            show.emit_json(card_json(card, ours.settings.triage, now))
        else:
            print_lines(whole(card, reader_of(ours, as_agent)))
            if sys.stdout.isatty():  # in a pipe the third of a second that a model takes to load isn't worth it
                print_lines(_decided_by(ours, card))


def _decided_by(ours: Session, card: CaseCard) -> list[Line]:
    """The words of the latest post that moved the model most, where it is the model's verdict that stands."""
    from listener.judging import deciding_words, orders_a_model

    post = next((post for post in reversed(card.mentions) if not post.deleted), None)
    if post is None or post.verdict is None or post.verdict.model.startswith("agent:"):
        return []
    try:
        found = deciding_words(ours.settings.classifier, post.mention.text)
    except ClassifierError as error:
        return [((f"Which words decided can't be said: {error}", "dim"),)]
    heaviest = sorted((one for one in found if abs(one[2]) >= TELLING), key=lambda one: -abs(one[2]))[:WORDS]
    shown = [f"“{visible(post.mention.text[start:end], 40)}” {weight:+.1f}" for start, end, weight in heaviest]
    lines: list[Line] = []
    if orders_a_model(post.mention.text):
        lines.append((("This post tries to tell a model what to make of it; those words were not read.", "bold"),))
    if shown:
        lines.append(((f"The model was moved by {', '.join(shown)} (log-odds).", "dim"),))
    return lines


def case_why(case_id: Id, as_json: Json = False) -> None:
    """Why a case stands where it stands: each term of its priority, the rule that routed it, what matched."""
    from listener.triage.why import explain

    with session() as ours:
        with ours.store.read() as reads:
            card = reads.case_card(one_id(case_id))
        found = explain(card, ours.settings.triage, ours.clock.now())
        deciding = [] if as_json else _decided_by(ours, card)
    if as_json:
        show.emit_json({"case": card.case.id, **asdict(found)})
        return
    lines: list[Line] = [
        ((f"{term.points:7.1f}  {term.name:<10}  ", ""), (visible(term.because, 300), "dim")) for term in found.terms
    ]
    place = "before every case that isn't escalated" if found.escalated else "after every escalated case"
    lines.append(((f"{found.points:7.1f}  points", "bold"), (f"      the most come first, {place}", "")))
    stored = f"Band {found.band} by {found.priority:.1f} points, those without age."
    lines.append(((stored, ""),))
    rule = f"by the rule “{visible(found.rule, 80)}”" if found.rule else "by a rule no event names"
    lines.append(((f"Queue {visible(found.queue, 60)} {rule}.", ""),))
    lines += [
        ((f"Here because “{visible(term, 120)}” points to {visible(brand, 80)}.", ""),)
        for brand, term in dict.fromkeys((match.brand, match.term) for match in found.matches)
    ]
    print_lines([*lines, *deciding])


def reader_of(ours: Session, as_agent: str) -> Reader:
    """For whom a card is drawn."""
    from listener.triage.card import Reader

    return Reader(
        policy=ours.settings.triage,
        now=ours.clock.now(),
        zone=ZoneInfo(ours.settings.timezone),
        agent=reading_agent(ours, as_agent),
    )
