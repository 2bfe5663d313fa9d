"""What an attempt to send a reply comes to, and a look for one of which nobody knows. Pure."""

from datetime import datetime, timedelta

from listener.domain.platform import Refused, Sent
from listener.domain.sending import Outcome, Send, SendState
from listener.errors import ListenerError, RateLimited, Retry, Uncertain

FIRST_LOOK = timedelta(seconds=5)
"""After a call without an answer: what was taken is mostly shown by then."""
SHOWN_BY = timedelta(seconds=60)
"""After a call: what isn't shown by then was never taken."""
CLOCKS_DIFFER = timedelta(minutes=5)
"""By this much a platform's clock may be behind ours: the same words are never sent twice under one post."""
LONGEST_WAIT = timedelta(hours=3)
A_PERSON_ACTS = timedelta(hours=1)
"""Between tries while only a person can help."""
TOO_LATE = timedelta(days=1)
"""After this an answer isn't sent any more: whoever reads it would take it for another question's."""


def after_reply(send: Send, answer: Sent | Refused | ListenerError, now: datetime) -> Outcome:
    """Of a call that was made."""
    match answer:
        case Sent():
            return _sent(answer, now)
        case Refused():
            return Outcome(state=SendState.FAILED, error=answer.reason or "the platform refused it", tried_at=now)
        case Uncertain():
            due = now + FIRST_LOOK
            return Outcome(state=SendState.UNKNOWN, due_at=due, error=said(answer), tried_at=now)
        case _:
            return held_up(send, answer, now)


def after_look(send: Send, found: Sent | None, now: datetime) -> Outcome:
    """Of a look that came to an end."""
    if found is not None:
        return _sent(found, send.tried_at or now)
    shown_by = (send.tried_at or now) + SHOWN_BY
    if now < shown_by:
        return Outcome(state=SendState.UNKNOWN, due_at=shown_by, error=send.error)
    return _queued(send, now, "it was not taken, so it is sent again", now)


def held_up(send: Send, error: ListenerError, now: datetime) -> Outcome:
    """Nothing was sent: when it is tried again."""
    match error:
        case RateLimited():
            return _queued(send, error.until, said(error), now)
        case Retry():
            return _queued(send, now + backed_off(send.attempts), said(error), now)
        case _:
            return _queued(send, now + A_PERSON_ACTS, said(error), now, needs_person=True)


def not_found_out(send: Send, error: ListenerError, now: datetime) -> Outcome:
    """A look that failed says nothing: it is looked for again, the longer it has been the later."""
    if isinstance(error, RateLimited):
        due = error.until
    else:
        since = now - (send.tried_at or now)
        due = now + min(max(since, timedelta(minutes=1)), LONGEST_WAIT)
    blocked = not isinstance(error, Retry)
    return Outcome(state=SendState.UNKNOWN, due_at=due, error=said(error), needs_person=blocked)


def given_up(why: str) -> Outcome:
    return Outcome(state=SendState.FAILED, error=why)


def backed_off(attempts: int) -> timedelta:
    """1, 2, 4 … minutes, at most 3 hours."""
    return min(timedelta(minutes=2 ** min(max(attempts - 1, 0), 10)), LONGEST_WAIT)


def looks_since(send: Send, now: datetime) -> datetime:
    """What is older can't be it."""
    return (send.began_at or now) - CLOCKS_DIFFER


def said(error: ListenerError) -> str:
    return f"{error} → {error.next_step}" if error.next_step else str(error)


def _sent(answer: Sent, tried_at: datetime) -> Outcome:
    native_id = answer.key.native_id
    return Outcome(state=SendState.SENT, native_id=native_id, url=answer.url, tried_at=tried_at)


def _queued(send: Send, due: datetime, why: str, now: datetime, *, needs_person: bool = False) -> Outcome:
    if due - send.created_at > TOO_LATE:
        return given_up(f"not sent within a day: {why}")
    return Outcome(state=SendState.QUEUED, due_at=max(due, now), error=why, needs_person=needs_person)
