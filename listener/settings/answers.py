"""answers.toml: canned replies, which answers need a second person, and lengths that differ from the usual."""

from collections.abc import Collection

from listener.domain.answers import LIMITS, Answer, AnswerPolicy, Approval, Variable, pieces
from listener.settings.choices import REASONS, known
from listener.settings.problems import did_you_mean
from listener.settings.table import Table

LONGEST = 100_000
"""No platform takes more."""

_VARIABLES = ", ".join(f"{{{one}}}" for one in Variable)


def answers(top: Table, brands: Collection[str] = (), bands: Collection[str] = ()) -> AnswerPolicy:
    """The whole file."""
    policy = AnswerPolicy(
        answers=_answers(top, brands),
        approval=_approval(top.child("approval"), brands, bands),
        limits=_limits(top.child("limits")),
    )
    top.done()
    return policy


def _answers(top: Table, brands: Collection[str]) -> tuple[Answer, ...]:
    found: dict[str, Answer] = {}
    for table in top.children("answer"):
        answer = _answer(table, brands)
        if answer.name in found:
            table.problem("name", f'a second answer is named "{answer.name}"', "give each its own name")
        found[answer.name] = answer
    return tuple(found.values())


def _answer(table: Table, brands: Collection[str]) -> Answer:
    name = table.text("name")
    if not name or not name.isprintable():
        table.problem("name", "missing", 'add name = "…": what an agent types after --canned')
    answer = Answer(
        name=name,
        text=_template(table),
        langs=tuple(lang.casefold() for lang in table.texts("langs")),
        brands=known(table, "brands", (), brands) if brands else table.texts("brands"),
        queues=table.texts("queues"),
        reasons=known(table, "reasons", (), REASONS),
    )
    table.done()
    return answer


def _template(table: Table) -> str:
    text = table.text("text")
    if not text:
        table.problem("text", "missing", 'add text = "…": the words to post')
    try:
        for _ in pieces(text):
            pass
    except ValueError as error:
        table.problem("text", str(error), f"known: {_VARIABLES}")
        return ""
    return text


def _approval(table: Table, brands: Collection[str], bands: Collection[str]) -> Approval:
    approval = Approval(
        queues=table.texts("queues"),
        brands=known(table, "brands", (), brands) if brands else table.texts("brands"),
        bands=known(table, "bands", (), bands),
        escalated=table.switch("escalated", default=False),
    )
    table.done()
    return approval


def _limits(table: Table) -> dict[str, int]:
    found = {platform: table.whole(platform, usual, least=1) for platform, usual in LIMITS.items()}
    table.done()
    for platform, limit in found.items():
        if limit > LONGEST:
            table.problem(platform, "out of range", f"use {LONGEST} or less")
    return {platform: limit for platform, limit in found.items() if limit != LIMITS[platform]}


def refuse_unknown_queues(top: Table, queues: Collection[str]) -> None:
    """A misspelt queue would let an answer out that needs a second person."""
    for table in (top.child("approval"), *top.children("answer")):
        named = table.peek("queues")
        for number, name in enumerate(named if isinstance(named, list) else ()):
            if isinstance(name, str) and name.strip() and name.strip() not in queues:
                table.problem("queues", f'nothing goes to "{name}"', did_you_mean(name, queues), item=number)
