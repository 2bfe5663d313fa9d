"""Taking back, and which posts and cases belong together: `listener case undo`, `merge`, `split`, `link`, `tag`."""

from typing import Annotated

import typer

from listener.cli import show
from listener.cli.case_acts import As, Id, Ids, Json, Seen, account, act_on, acting, ids_seen, many_ids, one_id
from listener.domain.case import Case, CaseEvent, EventKind


def undo(ids: Ids, seen: Seen = None, as_agent: As = "", as_json: Json = False) -> None:
    """Take back your own latest act on cases; again: the act before."""
    undone: list[CaseEvent] = []
    with acting(as_agent) as at:

        def take_back(case_id: int) -> Case:
            case = at.desk.undo(case_id, at.agent, seen=seen)
            with at.ours.store.read() as reads:
                events = reads.case_card(case_id).events
            undone.extend([event for event in events if event.kind is EventKind.UNDONE][-1:])
            return case

        act_on(
            at,
            ids_seen(ids, seen),
            take_back,
            done=lambda _: f"undone: {undone[-1].detail['kind']}",
            as_json=as_json,
        )
    for why in dict.fromkeys(event.detail.get("why", "") for event in undone):
        if why:
            show.say(f"{why[0].upper()}{why[1:]}.")


def merge(
    ids: Ids,
    into: Annotated[str, typer.Option("--into", metavar="ID", help="The case that takes their posts.")],
    seen: Seen = None,
    as_agent: As = "",
    as_json: Json = False,
) -> None:
    """Put the posts of cases into another, and close them."""
    target = one_id(into)
    with acting(as_agent) as at:
        act_on(
            at,
            ids_seen(ids, seen),
            lambda n: at.desk.merge(n, target, at.agent, seen=seen),
            done=f"merged into {target}",
            as_json=as_json,
        )


def split(
    case_id: Id,
    mention: Annotated[
        list[int] | None, typer.Option("--mention", metavar="N", help="A post that leaves, as the card numbers it.")
    ] = None,
    seen: Seen = None,
    as_agent: As = "",
    as_json: Json = False,
) -> None:
    """Put posts of a case into a new one; one at least stays."""
    number = one_id(case_id)
    with acting(as_agent) as at:
        new = at.desk.split(number, mention or [], at.agent, seen=seen)
        account(at, number, new, f"split: case {new.id} is new", as_json=as_json)


def link(
    ids: Ids,
    to: Annotated[str, typer.Option("--to", metavar="ID", help="The other case; else the last one named.")] = "",
    as_agent: As = "",
    as_json: Json = False,
) -> None:
    """Put cases beside another, so that each stands in the other's card."""
    *cases, other = many_ids([*ids, *([to] if to else [])])
    with acting(as_agent) as at:
        act_on(
            at,
            cases or [other],
            lambda n: at.desk.link(n, other, at.agent),
            done=f"linked with {other}",
            as_json=as_json,
        )


def tag(
    ids: Ids,
    add: Annotated[list[str] | None, typer.Option("--add", help="A word: letters, digits, - and _.")] = None,
    remove: Annotated[list[str] | None, typer.Option("--remove", help="A tag that goes.")] = None,
    seen: Seen = None,
    as_agent: As = "",
    as_json: Json = False,
) -> None:
    """Add tags to cases, and remove them."""
    with acting(as_agent) as at:
        act_on(
            at,
            ids_seen(ids, seen),
            lambda n: at.desk.tag(n, add or [], remove or [], at.agent, seen=seen),
            done=lambda case: f"tags: {', '.join(case.tags) or 'none'}",
            as_json=as_json,
        )
