"""Answers on their way to their platforms: `listener replies`."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from listener.cli import show
from listener.cli.case_acts import As, Json, acting, one_id
from listener.cli.sending import leave_by, send_at_once, send_json, sender_of, standing
from listener.cli.session import Session, session
from listener.domain.sending import UNFINISHED, Send, SendState
from listener.domain.text import visible_lines
from listener.errors import ConfigError

if TYPE_CHECKING:
    from listener.triage.sending import Sender
    from listener.triage.sending_acts import SendDesk

replies_app = typer.Typer(
    no_args_is_help=True, rich_markup_mode=None, help="Answers on their way: what waits, what is sent, what failed."
)

ReplyId = Annotated[str, typer.Argument(metavar="REPLY", help="The reply's number, as replies list shows it.")]
NotThere = Annotated[
    bool, typer.Option("--not-there", help="You have looked: it doesn't stand there, though nobody heard so.")
]
COLUMNS = ("reply", "state", "case", "as", "by", "age", "next", "what")


@replies_app.command("list")
def list_replies(
    state: Annotated[
        list[SendState] | None, typer.Option(help="Only these; repeat for several. Else all that isn't done or failed.")
    ] = None,
    case_id: Annotated[str, typer.Option("--case", metavar="ID", help="Those of one case, in any state.")] = "",
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="At most this many.")] = 50,
    as_json: Json = False,
) -> None:
    """What waits, is being sent, failed, or is in doubt; the newest first."""
    wanted = tuple(state or ()) or (() if case_id else (*UNFINISHED, SendState.FAILED))
    with session() as ours:
        with ours.store.read() as reads:
            found = reads.sends(wanted, limit + 1, one_id(case_id) if case_id else None)
        now = ours.clock.now()
        rows = [send_json(one) if as_json else _row(one, now) for one in found[:limit]]
        show.emit_rows(COLUMNS, rows, as_json=as_json, wide="what")
    more = ", more are older: raise --limit" if len(found) > limit else ""
    show.say(f"{len(rows)} replies{more}; one of them: listener replies show REPLY")


@replies_app.command("show")
def show_reply(reply_id: ReplyId, as_json: Json = False) -> None:
    """One answer: its words, as whom it goes out, how far it came."""
    with session() as ours:
        with ours.store.read() as reads:
            send = reads.send(one_id(reply_id))
            post = reads.mention(send.mention_id)
        if as_json:
            show.emit_json({**send_json(send), "to": post.mention.url})
            return
        show.out(f"Reply {send.id} to case {send.case_id} by {send.agent}: {standing(ours, send)}")
        if post.mention.url:
            show.out(f"under {post.mention.url}")
        for line in visible_lines(send.text or "(erased with its customer)", 20_000):
            show.out(f"  {line}")
        show.out(f"{send.attempts} attempts, written {send.created_at:%Y-%m-%d %H:%M} UTC")


@replies_app.command("send")
def send_replies(as_json: Json = False) -> None:
    """Send now what is due, and look for what is in doubt; `listener run` does so every two seconds."""
    with session() as ours:
        became = _sender(ours).send_due()
        for send in became:
            if as_json:
                show.emit_json(send_json(send))
            else:
                show.out(f"{send.id} case {send.case_id}: {standing(ours, send)}")
    show.say(f"{sum(send.state is SendState.SENT for send in became)} of {len(became)} that were due are sent")
    leave_by(became)


@replies_app.command("retry")
def retry_reply(reply_id: ReplyId, not_there: NotThere = False, as_agent: As = "", as_json: Json = False) -> None:
    """Try one now that waits or is in doubt; one that failed is given again, as your answer."""
    number = one_id(reply_id)
    with acting(as_agent) as at:
        sender = _sender(at.ours)
        with at.ours.store.read() as reads:
            send = reads.send(number)
        if send.state is SendState.FAILED:
            send = _given_again(at.ours, sender, send, at.agent)
        else:
            send = _desk(at.ours).now(number, not_there=not_there)
        became = send_at_once(at.ours, sender, send)
        _account(at.ours, became, as_json=as_json)
    leave_by([became])


@replies_app.command("cancel")
def cancel_reply(reply_id: ReplyId, not_there: NotThere = False, as_agent: As = "", as_json: Json = False) -> None:
    """Call one back that isn't sent; its case is as if it had never been written."""
    with acting(as_agent) as at:
        _desk(at.ours).cancel(one_id(reply_id), at.agent, not_there=not_there)
        with at.ours.store.read() as reads:
            send = reads.send(one_id(reply_id))
        _account(at.ours, send, as_json=as_json)


@replies_app.command("confirm")
def confirm_reply(
    reply_id: ReplyId,
    url: Annotated[str, typer.Argument(help="Its address there.")],
    as_json: Json = False,
) -> None:
    """Say that one in doubt stands there: you have seen it."""
    with session() as ours:
        _account(ours, _desk(ours).confirm(one_id(reply_id), url), as_json=as_json)


def _given_again(ours: Session, sender: Sender, send: Send, agent: str) -> Send:
    """Through everything that an answer passes; its case may have moved on."""
    from listener.cli.answers import answering
    from listener.triage.answering import Waiting

    if not send.text:
        raise ConfigError(f"the words of reply {send.id} were erased with its customer")
    made = answering(ours, sender).reply(send.case_id, send.text, agent)
    if isinstance(made, Waiting):
        raise ConfigError(
            f"draft {made.draft.id} waits for a second person, because of {made.why}",
            next_step=f"listener approvals approve {made.draft.id}",
        )
    if made.send is None:
        raise ConfigError(
            f"recorded on case {send.case_id}, but it can't be sent: {made.why_not_sent or made.warning}",
            next_step=f"post it yourself: {made.url}",
        )
    return made.send


def _sender(ours: Session) -> Sender:
    sender = sender_of(ours)
    if sender is None:
        raise ConfigError("no source sends replies", next_step="set reply = true for one in listener.toml")
    return sender


def _desk(ours: Session) -> SendDesk:
    from listener.triage.sending_acts import SendDesk

    return SendDesk(store=ours.store, policy=ours.settings.triage, clock=ours.clock)


def _account(ours: Session, send: Send, *, as_json: bool) -> None:
    if as_json:
        show.emit_json(send_json(send))
    else:
        show.out(f"{send.id} case {send.case_id}: {standing(ours, send)}")


def _row(send: Send, now: datetime) -> dict[str, object]:
    from listener.triage.card_words import span

    return {
        "reply": send.id,
        "state": send.state,
        "case": send.case_id,
        "as": send.source,
        "by": send.agent,
        "age": span(now - send.created_at),
        "next": send.due_at,
        "what": send.error or send.url or send.text,
    }
