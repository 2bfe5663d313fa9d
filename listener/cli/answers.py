"""Canned replies, and answers that wait for a second person: `listener answers`, `listener approvals`."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from listener.cli import show
from listener.cli.case_acts import Acting, As, Json, acting, one_id, reading_agent
from listener.cli.case_read import reader_of
from listener.cli.sending import leave_refused, sender_of
from listener.cli.session import Session, session
from listener.domain.text import visible, visible_lines
from listener.lists.cases import case_json

if TYPE_CHECKING:
    from listener.domain.answers import Answer, Draft, WaitingDraft
    from listener.domain.policy import TriagePolicy
    from listener.triage.answering import Answering
    from listener.triage.sending import Sender

answers_app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Canned replies of answers.toml.")
approvals_app = typer.Typer(no_args_is_help=True, rich_markup_mode=None, help="Answers that need a second person.")

DraftId = Annotated[str, typer.Argument(metavar="DRAFT", help="The draft's number, as approvals list shows it.")]
Limit = Annotated[int, typer.Option(min=1, max=10_000, help="At most this many.")]


def answering(ours: Session, sender: Sender | None = None) -> Answering:
    """Over this session's store; with a sender answers go out, else they are recorded."""
    from listener.triage.answering import Answering
    from listener.triage.sending_handover import BY_HAND, WayOut

    way_out = BY_HAND if sender is None else WayOut(outlets=sender.outlets)
    return Answering(ours.store, ours.settings.triage, ours.clock, way_out)


@answers_app.command("list")
def list_answers(
    case_id: Annotated[str, typer.Option("--case", metavar="ID", help="Only those meant for a case like this.")] = "",
    as_json: Json = False,
) -> None:
    """Canned replies, and where each is offered."""
    with session() as ours:
        known = ours.settings.triage.answers.answers
        some = answering(ours).offered(one_id(case_id)) if case_id else known
    columns = ("name", "langs", "brands", "queues", "reasons", "text")
    show.emit_rows(columns, [_answer_row(one, as_json=as_json) for one in some], as_json=as_json, wide="text")
    show.say(f"{len(some)} of {len(known)} canned replies" + (f" offered for case {case_id}" if case_id else ""))


@answers_app.command("show")
def show_answer(
    name: Annotated[str, typer.Argument(help="The reply's name.")],
    case_id: Annotated[
        str, typer.Option("--case", metavar="ID", help="Filled in for this case; else as written.")
    ] = "",
    as_agent: As = "",
    as_json: Json = False,
) -> None:
    """A canned reply as it would be posted: `listener answers show late --case 12 | listener case reply 12 -`."""
    with session() as ours:
        desk = answering(ours)
        if not case_id:
            _print_text(desk.answer(name).text, {"name": name, "text": desk.answer(name).text}, as_json=as_json)
            return
        number = one_id(case_id)
        text = desk.render(name, number, reading_agent(ours, as_agent) or ours.agent())
        with ours.store.read() as reads:
            platform = reads.case(number).platform
        long = desk.measure(platform, text)
        facts = {"name": name, "case": number, "text": text, "length": long.length, "limit": long.limit}
        _print_text(text, facts, as_json=as_json)
        show.say(f"{long} on {visible(platform, 40)}")
        if name not in [one.name for one in desk.offered(number)]:
            show.say(f"{name} isn't meant for a case like this: listener answers list --case {number}")


@approvals_app.command("list")
def list_approvals(limit: Limit = 50, as_json: Json = False) -> None:
    """What waits for a second person, the oldest first."""
    with session() as ours:
        now, policy = ours.clock.now(), ours.settings.triage
        with ours.store.read() as reads:
            waiting = reads.waiting_drafts(limit + 1)
        desk = answering(ours)
        if as_json:
            show.emit_rows((), (_draft_json(one, policy, now) for one in waiting[:limit]), as_json=True)
        else:
            columns = ("draft", "case", "waits", "due", "by", "queue", "author", "length", "text")
            rows = [_waiting_row(one, desk, policy, now) for one in waiting[:limit]]
            show.emit_rows(columns, rows, as_json=False, wide="text")
    more = ", more wait: raise --limit" if len(waiting) > limit else ""
    show.say(f"{min(len(waiting), limit)} wait{more}; read one: listener approvals show DRAFT")


@approvals_app.command("show")
def show_approval(draft_id: DraftId, as_agent: As = "", as_json: Json = False) -> None:
    """A draft beside what it answers."""
    from listener.cli.case_card import print_lines
    from listener.domain.answers import DraftState, WaitingDraft
    from listener.triage.card import first_screen

    with session() as ours:
        with ours.store.read() as reads:
            draft = reads.draft(one_id(draft_id))
            card = reads.case_card(draft.case_id)
        now, policy = ours.clock.now(), ours.settings.triage
        if as_json:
            show.emit_json(_draft_json(WaitingDraft(draft=draft, case=card.case), policy, now))
            return
        print_lines(first_screen(card, reader_of(ours, as_agent)))
        long = answering(ours).measure(card.case.platform, draft.text)
        show.out()
        show.out(f"Draft {draft.id} by {visible(draft.agent, 60)}, {_became(draft)} · {long}")
        for line in visible_lines(draft.text, 20_000):
            show.out(f"  {line}")
    if draft.state is DraftState.WAITING:
        show.say(f'listener approvals approve {draft.id} · listener approvals decline {draft.id} "why"')


@approvals_app.command()
def approve(
    draft_id: DraftId,
    anyway: Annotated[bool, typer.Option("--anyway", help="Though the author wrote after it was drafted.")] = False,
    as_agent: As = "",
    as_json: Json = False,
) -> None:
    """Let a colleague's answer out, as theirs: it is sent, or recorded, and posted at the address."""
    from listener.cli.replying import say_recorded

    number = one_id(draft_id)
    with acting(as_agent) as at:
        sender = sender_of(at.ours)
        made = answering(at.ours, sender).approve(number, at.agent, anyway=anyway)
        with at.ours.store.read() as reads:
            draft = reads.draft(number)
        poster = f"{visible(draft.agent, 60)} or you post it there"
        became = say_recorded(
            at.ours, sender, made, draft.text, did="Approved and recorded", poster=poster, as_json=as_json, draft=number
        )
    leave_refused(became.send)


@approvals_app.command()
def decline(
    draft_id: DraftId,
    why: Annotated[str, typer.Argument(help="What its writer should change.")],
    as_agent: As = "",
    as_json: Json = False,
) -> None:
    """Give a colleague's answer back, with a reason; the case stays theirs."""
    with acting(as_agent) as at:
        draft = answering(at.ours).decline(one_id(draft_id), why, at.agent)
        _settled(at, draft, as_json=as_json)


@approvals_app.command()
def withdraw(draft_id: DraftId, as_agent: As = "", as_json: Json = False) -> None:
    """Take your own answer back before anybody approved it."""
    with acting(as_agent) as at:
        draft = answering(at.ours).withdraw(one_id(draft_id), at.agent)
        _settled(at, draft, as_json=as_json)


def _settled(at: Acting, draft: Draft, *, as_json: bool) -> None:
    if as_json:
        show.emit_json({"id": draft.case_id, "ok": True, "draft": asdict(draft)})
    else:
        show.out(f"{draft.id} {draft.state} by {at.agent}")


def _became(draft: Draft) -> str:
    if draft.decided_at is None:
        return f"waiting since {draft.created_at:%Y-%m-%d %H:%M} UTC"
    said = f": {visible(draft.why, 200)}" if draft.why else ""
    return f"{draft.state} by {visible(draft.decided_by, 60)} at {draft.decided_at:%Y-%m-%d %H:%M} UTC{said}"


def _answer_row(answer: Answer, *, as_json: bool) -> dict[str, object]:
    row = asdict(answer)
    return row if as_json else {name: ", ".join(v) if isinstance(v, tuple) else v for name, v in row.items()}


def _draft_json(waiting: WaitingDraft, policy: TriagePolicy, now: datetime) -> dict[str, object]:
    return {"draft": asdict(waiting.draft), "case": case_json(waiting.case, policy, now)}


def _waiting_row(waiting: WaitingDraft, desk: Answering, policy: TriagePolicy, now: datetime) -> dict[str, object]:
    from listener.triage.card_words import ERASED, due, span

    draft, case = waiting.draft, waiting.case
    return {
        "draft": draft.id,
        "case": case.id,
        "waits": span(now - draft.created_at),
        "due": due(case, policy, now),
        "by": draft.agent,
        "queue": case.queue,
        "author": f"@{case.handle}" if case.handle else ERASED,
        "length": str(desk.measure(case.platform, draft.text)),
        "text": draft.text,
    }


def _print_text(text: str, facts: dict[str, object], *, as_json: bool) -> None:
    if as_json:
        show.emit_json(facts)
    else:
        for line in visible_lines(text, 20_000):
            show.out(line)
