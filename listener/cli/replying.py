"""What `listener case reply` does: the words, how long they are there, and what became of them."""

from typing import TYPE_CHECKING

from listener.cli import show
from listener.cli.answers import answering
from listener.cli.case_acts import Acting, acting, text_or_stdin
from listener.domain.text import visible, visible_lines
from listener.errors import ConfigError

if TYPE_CHECKING:
    from listener.triage.answering import Answering, Waiting
    from listener.triage.sending_handover import Replied


def answer(case_id: int, text: str, *, canned: str, seen: int | None, as_agent: str, as_json: bool) -> str | None:
    """Record the answer, or leave it waiting; where to post it, None while it waits."""
    from listener.triage.answering import Waiting

    if bool(text) == bool(canned):
        raise ConfigError("give the answer's words, or --canned NAME; not both")
    with acting(as_agent) as at:
        desk = answering(at.ours)
        words = desk.render(canned, case_id, at.agent) if canned else text_or_stdin(text)
        _say_length(at, desk, case_id, words)
        made = desk.reply(case_id, words, at.agent, seen=seen)
    if isinstance(made, Waiting):
        _say_waiting(made, words, as_json=as_json)
        return None
    _say_recorded(made, words, shown=bool(canned), as_json=as_json)
    return made.url


def _say_length(at: Acting, desk: "Answering", case_id: int, words: str) -> None:
    with at.ours.store.read() as reads:
        platform = reads.case(case_id).platform
    show.say(f"{desk.measure(platform, words)} on {visible(platform, 40)}")


def _say_recorded(made: "Replied", words: str, *, shown: bool, as_json: bool) -> None:
    if as_json:
        told = {"id": made.case.id, "ok": True, "url": made.url, "warning": made.warning}
        show.emit_json({**told, "text": words} if shown else told)
    else:
        show.out(made.url)
    show.say(f"Recorded on case {made.case.id}, not sent: post it yourself at that address.")
    if shown and not as_json:
        for line in visible_lines(words, 20_000):
            show.say(f"  {line}")
    _warn(made.warning)


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
