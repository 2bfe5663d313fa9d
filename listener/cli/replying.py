"""What `listener case reply` does: the words, how long they are there, and what became of them."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from listener.cli import show
from listener.cli.answers import answering
from listener.cli.case_acts import Acting, acting, text_or_stdin
from listener.cli.sending import say_became, send_at_once, send_json, sender_of
from listener.cli.session import Session
from listener.domain.sending import Send, SendState
from listener.domain.text import visible, visible_lines
from listener.errors import ConfigError

if TYPE_CHECKING:
    from listener.triage.answering import Answering, Waiting
    from listener.triage.sending import Sender
    from listener.triage.sending_handover import Replied


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """What became of an answer."""

    page: str | None = None
    """Our reply, or where it is to be posted; None while there is nothing to look at."""
    send: Send | None = None


def answer(case_id: int, text: str, *, canned: str, seen: int | None, as_agent: str, as_json: bool) -> Answered:
    """Send the answer, record it, or leave it waiting."""
    from listener.triage.answering import Waiting

    if bool(text) == bool(canned):
        raise ConfigError("give the answer's words, or --canned NAME; not both")
    with acting(as_agent) as at:
        sender = sender_of(at.ours)
        desk = answering(at.ours, sender)
        words = desk.render(canned, case_id, at.agent) if canned else text_or_stdin(text)
        _say_length(at, desk, case_id, words)
        made = desk.reply(case_id, words, at.agent, seen=seen)
        if isinstance(made, Waiting):
            _say_waiting(made, words, as_json=as_json)
            return Answered()
        shown = words if canned else ""
        return say_recorded(
            at.ours, sender, made, shown, did="Recorded", poster="post it yourself at that address", as_json=as_json
        )


def _say_length(at: Acting, desk: "Answering", case_id: int, words: str) -> None:
    """And as whom it goes out, on what condition."""
    with at.ours.store.read() as reads:
        platform = reads.case(case_id).platform
    way = desk.outlet(case_id)
    needs = f"; replies: {way.needs}" if way.needs else ""
    by = f", goes out as {visible(way.source, 60)}{needs}" if way.source else ""
    show.say(f"{desk.measure(platform, words)} on {visible(platform, 40)}{by}")


def say_recorded(
    ours: Session,
    sender: "Sender | None",
    made: "Replied",
    words: str,
    *,
    did: str,
    poster: str,
    as_json: bool,
    draft: int | None = None,
) -> Answered:
    """Send what was handed over, and account for it; `words` are shown again where there are any."""
    send = None if made.send is None or sender is None else send_at_once(ours, sender, made.send)
    url = made.url if send is None or send.state is SendState.FAILED else send.url
    if as_json:
        show.emit_json(_told(made, send, words, draft))
    else:
        show.out(url or _number(send))
    if send is None:
        why = f" ({visible(made.why_not_sent, 300)})" if made.why_not_sent else ""
        show.say(f"{did} on case {made.case.id}, not sent{why}: {poster}.")
    if words and not as_json and (send is None or send.state is not SendState.SENT):
        for line in visible_lines(words, 20_000):
            show.say(f"  {line}")
    _warn(made.warning)
    if send is not None:
        say_became(ours, send, url=made.url)
        return Answered(page=url or None, send=send)
    return Answered(page=url)


def _told(made: "Replied", send: Send | None, words: str, draft: int | None) -> dict[str, object]:
    failed = send is not None and send.state is SendState.FAILED
    told: dict[str, object] = {"id": made.case.id, "ok": not failed, "url": made.url, "warning": made.warning}
    if draft is not None:
        told["draft"] = draft
    if send is not None:
        told["reply"] = send_json(send)
    elif made.why_not_sent:
        told["why_not_sent"] = made.why_not_sent
    return {**told, "text": words} if words else told


def _number(send: Send | None) -> str:
    return f"reply {send.id} is {send.state}" if send is not None else ""


def _say_waiting(made: "Waiting", words: str, *, as_json: bool) -> None:
    if as_json:
        told = {"id": made.case.id, "ok": True, "waiting": made.draft.id, "url": "", "warning": made.warning}
        show.emit_json({**told, "text": words})
    else:
        show.out(f"draft {made.draft.id} waits")
    show.say(
        f"Not recorded as an answer yet: because of {made.why} a second person must approve it"
        f" (listener approvals approve {made.draft.id})."
        f" Case {made.case.id} stays with you meanwhile; its clocks run on."
    )
    _warn(made.warning)


def _warn(warning: str) -> None:
    if warning:
        show.say(f"A reply may not get through: {warning}")
