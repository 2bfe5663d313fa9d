"""Which keys matter now: what a newcomer should press next. Pure."""

from datetime import datetime

from listener.domain.case import Case, CaseState
from listener.triage.card import Line

Hint = tuple[str, str]
ALL_KEYS: Hint = ("?", "all keys")
ALWAYS: tuple[Hint, ...] = (("/", "filter"), ALL_KEYS)


def hints(case: Case | None, agent: str, now: datetime, *, can_undo: bool) -> tuple[Hint, ...]:
    """(key, words), most useful first."""
    undo: tuple[Hint, ...] = (("u", "undo"),) if can_undo else ()
    if case is None:
        return (("Tab", "other cases"), ("Esc", "clear the filter"), *undo, ("q", "quit"), ALL_KEYS)
    holder = case.holder(now)
    if case.state is not CaseState.OPEN and (case.state is CaseState.RESOLVED or holder in ("", agent)):
        return (("b", "bring it back"), ("N", "note"), ("j/k", "move"), *undo, *ALWAYS)
    if holder and holder != agent:
        return (("n", "take the next free one"), ("N", "note"), ("j/k", "move"), *undo, *ALWAYS)
    if holder == agent:
        work = (("r", "reply"), ("d", "done"), ("s", "snooze"), ("e", "escalate"), ("N", "note"), ("x", "give back"))
        return (*work, *undo, ALL_KEYS)
    return (("n", "take next case"), ("c", "take this one"), ("j/k", "move"), ("Tab", "mine"), *undo, *ALWAYS)


def hint_line(shown: tuple[Hint, ...], width: int) -> Line:
    """Keys reversed, their words beside them; where room is short the first ones, and always all the keys' own."""
    kept = list(shown)
    while len(kept) > 1 and sum(len(key) + len(words) + 5 for key, words in kept) > width:
        kept.pop(-2 if kept[-1] == ALL_KEYS else -1)
    return tuple(piece for key, words in kept for piece in ((f" {key} ", "reverse"), (f" {words}  ", "")))
