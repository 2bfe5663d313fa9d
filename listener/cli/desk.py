"""The queue: what waits, and the next case to take."""

import sys
from typing import Annotated

import typer

from listener.cli import show
from listener.cli.case_acts import As, Json, acting, reading_agent
from listener.cli.case_card import print_lines
from listener.cli.case_read import reader_of
from listener.cli.case_words import NARROW, NARROW_COLUMNS
from listener.cli.session import Session, session
from listener.domain.case import CaseState
from listener.errors import ConfigError
from listener.lists.cases import INBOX_COLUMNS, card_json, case_json, inbox_row

Queue = Annotated[str, typer.Option(help="Only this queue.")]


def inbox(
    queue: Queue = "",
    brand: Annotated[str, typer.Option(help="Only this brand.")] = "",
    platform: Annotated[str, typer.Option(help="Only this platform.")] = "",
    state: Annotated[CaseState, typer.Option(help="Only cases in this state.")] = CaseState.OPEN,
    mine: Annotated[bool, typer.Option("--mine", help="Only those you hold.")] = False,
    unassigned: Annotated[bool, typer.Option("--unassigned", help="Only those nobody holds.")] = False,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="At most this many.")] = 50,
    as_agent: As = "",
    as_json: Json = False,
) -> None:
    """What waits, most pressing first, in the order in which `next` takes it."""
    from listener.domain.stored import InboxFilter

    if mine and unassigned:
        raise ConfigError("--mine and --unassigned exclude each other: a case of yours is assigned")
    with session() as ours:
        now, policy = ours.clock.now(), ours.settings.triage
        assignee = _own_name(ours, as_agent) if mine else ("" if unassigned else None)
        want = InboxFilter(queue=queue, brand=brand, platform=platform, states=(state,), assignee=assignee)
        with ours.store.read() as reads:
            cases = reads.inbox(want, now, limit + 1)
            counts = reads.queue_counts(now)
        shown = cases[:limit]
        if as_json:
            show.emit_rows((), (case_json(case, policy, now) for case in shown), as_json=True)
        else:
            rows = [inbox_row(case, policy, now) for case in shown]
            show.emit_rows(_columns(), rows, as_json=False, wide="headline")
    show.say(_count_line(len(shown), counts, queue, more=len(cases) > limit))


def next_case(
    queue: Annotated[list[str] | None, typer.Option(help="Only these queues; repeat for several.")] = None,
    as_agent: As = "",
    as_json: Json = False,
) -> None:
    """Take the most pressing case that nobody holds, and show it."""
    from listener.triage.card import first_screen

    with acting(as_agent) as at:
        case = at.desk.next(at.agent, tuple(queue or ()))
        if case is None:
            show.say("Nothing waits" + (f" in {', '.join(queue)}" if queue else "") + ".")
            return
        with at.ours.store.read() as reads:
            card = reads.case_card(case.id)
        if as_json:
            show.emit_json(card_json(card, at.ours.settings.triage, at.ours.clock.now()))
        else:
            print_lines(first_screen(card, reader_of(at.ours, at.agent)))


def _own_name(ours: Session, as_agent: str) -> str:
    return reading_agent(ours, as_agent) or ours.agent()


def _columns() -> tuple[str, ...]:
    """All in a pipe and on a wide terminal; on a narrow one those that leave the headline room."""
    if sys.stdout.isatty() and show.console().width < NARROW:
        return NARROW_COLUMNS
    return INBOX_COLUMNS


def _count_line(shown: int, counts: dict[str, tuple[int, int]], queue: str, *, more: bool) -> str:
    waiting = {name: pair for name, pair in counts.items() if not queue or name == queue}
    open_, free = (sum(pair[i] for pair in waiting.values()) for i in (0, 1))
    by_queue = ", ".join(f"{name} {n}" for name, (n, _) in waiting.items()) if len(waiting) > 1 else ""
    listed = f"{shown} shown, more wait: raise --limit" if more else f"{shown} shown"
    return f"{listed} · {open_} open, {free} of them free{f' ({by_queue})' if by_queue else ''}"
