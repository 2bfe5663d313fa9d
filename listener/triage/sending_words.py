"""How far an answer came, in a few words."""

from collections.abc import Callable
from datetime import datetime

from listener.domain.sending import Send, SendState
from listener.domain.text import visible

At = Callable[[datetime], str]
"""An instant as its reader's clock has it."""


def stand(send: Send, at: At) -> str:
    """`sent 09:14, https://…`, `being sent as mastodon`, `not sent: …`."""
    source, why = visible(send.source, 60), visible(send.error, 300)
    match send.state:
        case SendState.SENT:
            where = f", {visible(send.url, 300)}" if send.url else ""
            return f"sent {_at(send.done_at, at)} as {source}{where}"
        case SendState.SENDING:
            return f"being sent as {source}"
        case SendState.QUEUED if why:
            return f"not sent yet as {source}: {why}; tried again {_at(send.due_at, at)}"
        case SendState.QUEUED:
            return f"being sent as {source}, {_at(send.due_at, at)}"
        case SendState.UNKNOWN:
            return f"perhaps sent as {source}: {why}; looked for {_at(send.due_at, at)} before anything is sent again"
        case SendState.FAILED:
            return f"not sent as {source}: {why}"
        case _:
            return f"not sent: taken back {_at(send.done_at, at)}"


def _at(instant: datetime | None, at: At) -> str:
    return at(instant) if instant is not None else "at some time"
