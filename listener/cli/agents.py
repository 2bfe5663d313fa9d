"""Who is at work: `listener agents list|available|away|why`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from listener.cli import show
from listener.cli.case_acts import As, Id, one_id
from listener.cli.session import Session, session

if TYPE_CHECKING:
    from listener.domain.roster import AgentState, Skills
    from listener.triage.staff import Changed, Staff

agents_app = typer.Typer(
    name="agents",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help="Who is at work, with how much in hand, and why a case is whose it is.",
)

Name = Annotated[str, typer.Argument(metavar="[NAME]", help="An agent of agents.toml; else whoever acts.")]
JsonOne = Annotated[bool, typer.Option("--json", help="One JSON object.")]

LIST_COLUMNS = ("agent", "now", "load", "given", "skills", "hours")


@agents_app.command("list")
def list_agents(
    free: Annotated[bool, typer.Option("--free", help="Only those who could be given a case now.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object an agent.")] = False,
) -> None:
    """Everybody of agents.toml: whether they are there, what they have in hand, what they can do, when they work."""
    with _staff() as (ours, staff):
        states, now = staff.states(), ours.clock.now()
        rows = [_row(state, now, as_json=as_json) for state in states]
    shown = [row for row in rows if row["now"] == "free" or not free]
    show.emit_rows(LIST_COLUMNS, shown, as_json=as_json, wide="hours")
    ready = sum(row["now"] == "free" for row in rows)
    if states:
        show.say(f"{len(shown)} shown · {len(states)} named, {ready} of them could be given a case now")
    else:
        show.say("agents.toml names nobody: any name may take any case, and nothing is given out")


@agents_app.command()
def available(name: Name = "", as_agent: As = "", as_json: JsonOne = False) -> None:
    """Say that somebody is there again: what waits for them is given out at once."""
    with _staff() as (ours, staff):
        actor = as_agent or ours.agent()
        _tell(staff.available(name or actor, actor), as_json=as_json)


@agents_app.command()
def away(
    name: Name = "",
    keep: Annotated[bool, typer.Option("--keep", help="Leave them what they were given.")] = False,
    as_agent: As = "",
    as_json: JsonOne = False,
) -> None:
    """Say that somebody is going: what they were given and didn't answer goes to others at once.

    Cases they claimed, and those that a person assigned to them, stay theirs.
    """
    with _staff() as (ours, staff):
        actor = as_agent or ours.agent()
        _tell(staff.away(name or actor, actor, keep=keep), as_json=as_json)


@agents_app.command()
def why(case_id: Id, as_json: JsonOne = False) -> None:
    """Why a case is whose it is; or who could be given it, and what keeps the others from it."""
    with _staff() as (_, staff):
        whose = staff.why(one_id(case_id))
    fits = [{"agent": fit.agent, "could": not fit.obstacle, "why not": fit.obstacle} for fit in whose.fits]
    if as_json:
        show.emit_json({"id": whose.case.id, "holder": whose.holder, "says": whose.says, "agents": fits})
        return
    show.out(f"Case {whose.case.id} in {whose.case.queue}: {whose.says}")
    width = max((len(fit.agent) for fit in whose.fits), default=0)
    for fit in whose.fits:
        show.out(f"  {fit.agent:<{width}}  {fit.obstacle or 'could be given it'}")


@contextmanager
def _staff() -> Iterator[tuple[Session, Staff]]:
    from listener.triage.staff import Staff

    with session() as ours:
        yield ours, Staff(ours.store, ours.settings.triage, ours.clock)


def _row(state: AgentState, now: datetime, *, as_json: bool) -> Mapping[str, object]:
    from listener.triage.assignment import absence
    from listener.triage.shifts import clock_of, hours_words, next_open

    profile, here = state.profile, state.presence
    given = here.given_at if here is not None else None
    row: dict[str, object] = {
        "agent": profile.name,
        "now": absence(state, now) or "free",
        "load": f"{state.load}/{profile.capacity}",
        "given": clock_of(given, profile.hours, now) if given else "",
        "skills": _skills(profile.skills),
        "hours": hours_words(profile.hours),
    }
    if not as_json:
        return row
    return row | {
        "role": profile.role,
        "available": here is None or here.available,
        "silent": here is not None and here.silent,
        "load": state.load,
        "capacity": profile.capacity,
        "given": given,
        "next_shift": next_open(profile.hours, now),
    }


def _skills(skills: Skills) -> str:
    named = {
        "": skills.queues,
        "brand ": skills.brands,
        "on ": skills.platforms,
        "in ": skills.langs,
        "label ": skills.reasons,
    }
    return "; ".join(f"{said}{', '.join(values)}" for said, values in named.items() if values) or "any"


def _tell(change: Changed, *, as_json: bool) -> None:
    given = {str(give.case_id): give.to for give in change.given}
    if as_json:
        facts = {"agent": change.agent, "available": change.available, "returned": change.returned}
        show.emit_json({**facts, "kept": change.kept, "given": given})
        return
    show.out(f"{change.agent} is {'available' if change.available else 'away'}")
    if change.returned:
        show.out(f"returned to their queues: {_ids(change.returned)}")
    if change.kept and not change.available:
        show.out(f"kept: {_ids(change.kept)}")
    for give in change.given:
        show.out(f"case {give.case_id} given to {give.to} ({give.why})")


def _ids(case_ids: tuple[int, ...]) -> str:
    return ", ".join(str(case_id) for case_id in case_ids)
