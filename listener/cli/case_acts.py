"""What the acting commands share: who acts, on which cases, and an honest account of what became of each."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from listener.cli import show
from listener.cli.exits import Exit
from listener.cli.session import Session, flags, session
from listener.errors import ConfigError, ListenerError
from listener.lists.cases import case_json

if TYPE_CHECKING:
    from listener.domain.case import Case
    from listener.triage.desk import Desk

Ids = Annotated[list[str], typer.Argument(metavar="ID...", help="Case numbers; - reads them from stdin.")]
Id = Annotated[str, typer.Argument(metavar="ID", help="Case number.")]
IdOrMany = Annotated[str, typer.Argument(metavar="ID", help="Case number; - reads many from stdin.")]
As = Annotated[str, typer.Option("--as", help="Who acts; else the global --as, else the setting.")]
Json = Annotated[bool, typer.Option("--json", help="One JSON object a case.")]
Seen = Annotated[
    int | None,
    typer.Option("--seen", metavar="VERSION", help="Refuse if the case changed since this version, as the card shows."),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Acting:
    """A desk, and the agent at it."""

    ours: Session
    desk: Desk
    agent: str


@contextmanager
def acting(as_agent: str) -> Iterator[Acting]:
    """The open desk; `--as` of the command wins over the global one, that over the setting."""
    from listener.triage.desk import Desk

    with session() as ours:
        agent = as_agent or ours.agent()
        yield Acting(ours=ours, desk=Desk(ours.store, ours.settings.triage, ours.clock), agent=agent)


def reading_agent(ours: Session, as_agent: str) -> str:
    """Who looks; nobody need say so."""
    return as_agent or flags.agent or ours.settings.agent


def one_id(text: str) -> int:
    """`12` or `#12`. Raises `ConfigError`."""
    digits = text.strip().removeprefix("#")
    if not digits.isascii() or not digits.isdigit() or len(digits) > 18:
        raise ConfigError(f"{text!r} is no case number: listener inbox shows them")
    return int(digits)


def many_ids(texts: Sequence[str]) -> list[int]:
    """Each once, in order; `-` stands for those on stdin. Nothing is done if one of them is no number."""
    given = [word for text in texts for word in (sys.stdin.read().split() if text == "-" else [text])]
    if not given:
        raise ConfigError("no case numbers came on stdin")
    return list(dict.fromkeys(one_id(text) for text in given))


def ids_seen(texts: Sequence[str], seen: int | None) -> list[int]:
    """As `many_ids`; a version that was seen is one case's."""
    ids = many_ids(texts)
    if seen is not None and len(ids) > 1:
        raise ConfigError("--seen is the version of one case: name one")
    return ids


def ids_beside(text: str, words: str, seen: int | None) -> list[int]:
    """As `ids_seen`, beside words that may come from stdin too."""
    if text == words == "-":
        raise ConfigError("case numbers and words can't both come from stdin")
    return ids_seen([text], seen)


def act_on(
    desk: Acting,
    ids: Sequence[int],
    verb: Callable[[int], Case],
    *,
    done: str | Callable[[Case], str],
    as_json: bool,
) -> None:
    """Each case by itself; one that refuses doesn't stop the others.

    Names every case on stdout as done, or on stderr with what stopped it. If all were refused the first refusal is
    raised; if some were, exit 6.
    """
    refusals: list[ListenerError] = []
    for case_id in ids:
        try:
            case = verb(case_id)
        except ListenerError as error:
            refusals.append(error)
            _refused(case_id, error, as_json=as_json, alone=len(ids) == 1)
        else:
            account(desk, case_id, case, done if isinstance(done, str) else done(case), as_json=as_json)
    if not refusals:
        return
    if len(refusals) == len(ids):
        raise refusals[0] if len(ids) == 1 else _all_refused(refusals)
    how = done if isinstance(done, str) else "done"
    show.say(f"{len(ids) - len(refusals)} of {len(ids)} cases {how}; {len(refusals)} refused")
    raise typer.Exit(Exit.PARTIAL)


def account(desk: Acting, case_id: int, case: Case, done: str, *, as_json: bool) -> None:
    """What became of one case; `case` is another where its posts went there."""
    if as_json:
        shown = case_json(case, desk.ours.settings.triage, desk.ours.clock.now())
        show.emit_json({"id": case_id, "ok": True, "did": done, "case": shown})
    else:
        show.out(f"{case_id} {done}")


def _refused(case_id: int, error: ListenerError, *, as_json: bool, alone: bool) -> None:
    if as_json:
        show.emit_json({"id": case_id, "ok": False, "error": str(error), "next_step": error.next_step})
    if not alone:
        show.say(f"{case_id}: {error}")


def _all_refused(refusals: Sequence[ListenerError]) -> ListenerError:
    """One error of the first refusal's kind, so that its exit code holds."""
    first = refusals[0]
    first.args = (f"none of the {len(refusals)} cases could be changed; the first: {first}",)
    return first


def text_or_stdin(text: str) -> str:
    """The text itself, or all of stdin for `-`."""
    return sys.stdin.read() if text == "-" else text
