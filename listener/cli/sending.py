"""Sending an answer from a command: at once, in this process, with what came of it."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import typer

from listener.cli import show
from listener.cli.exits import Exit
from listener.cli.session import Session
from listener.domain.sending import UNFINISHED, Send, SendState
from listener.domain.text import visible

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from listener.triage.sending import Sender

MOST = 1000
LOOKS = 150
"""At an answer that another process is sending, a fifth of a second apart."""


def sender_of(ours: Session) -> Sender | None:
    """What sends answers; None where no source is to. The parts of a run are loaded only if there is one."""
    if not any(source.enabled and source.reply for source in ours.settings.sources):
        return None
    from listener.app import sender

    return sender(ours.settings, ours.store, ours.clock)


def send_at_once(ours: Session, sender: Sender, send: Send) -> Send:
    """This one, after what its customer was told before; as it then stands."""
    sender.send_due(send.case_id)
    for _ in range(LOOKS):
        now = _read(ours, send.id)
        if now.state is not SendState.SENDING:
            return now
        # `listener run` was quicker: it is on its way.
        ours.clock.sleep(0.2)
    return _read(ours, send.id)


def say_became(ours: Session, send: Send, *, url: str) -> None:
    """What came of it; a reply that failed is the agent's to post, at `url`."""
    words = standing(ours, send)
    show.say(f"Case {send.case_id}: {words}.")
    if send.state in (SendState.QUEUED, SendState.UNKNOWN):
        show.say("`listener run` goes on with it, or: listener replies send")
    elif send.state is SendState.FAILED:
        where = f"post it yourself: {visible(url, 300)}" if url else "there is no address to post it at"
        show.say(f"The case is back, as if it had not been answered; {where}")


def say_unsent(ours: Session) -> None:
    """What is left to be sent when an agent goes home, and what will send it."""
    with ours.store.read() as reads:
        left = reads.sends(UNFINISHED, MOST)
    if left:
        answers = "1 answer is" if len(left) == 1 else f"{len(left)} answers are"
        show.say(f"{answers} still to be sent: `listener run` does so, or: listener replies send")


def standing(ours: Session, send: Send) -> str:
    """In a few words, by the team's clock."""
    from listener.triage.sending_words import stand

    return stand(send, at_of(ours))


def at_of(ours: Session) -> Callable[[datetime], str]:
    """How instants are written for whoever reads here."""
    from listener.triage.card_words import local

    now, zone = ours.clock.now(), ZoneInfo(ours.settings.timezone)
    return lambda instant: local(instant, now, zone)


def send_json(send: Send) -> dict[str, object]:
    """Without the key, which is nobody's business but the platform's."""
    return {name: value for name, value in asdict(send).items() if name != "key"}


def leave_refused(send: Send | None) -> None:
    """6 for an answer that was recorded and not taken; one that is still to be sent is in good hands."""
    if send is not None and send.state is SendState.FAILED:
        raise typer.Exit(Exit.PARTIAL)


def leave_by(sends: Sequence[Send]) -> None:
    """6 if one failed, 3 if one is still to be sent."""
    states = {send.state for send in sends}
    if SendState.FAILED in states:
        raise typer.Exit(Exit.PARTIAL)
    if states & {SendState.QUEUED, SendState.SENDING, SendState.UNKNOWN}:
        raise typer.Exit(Exit.RETRY_LATER)


def _read(ours: Session, send_id: int) -> Send:
    with ours.store.read() as reads:
        return reads.send(send_id)
