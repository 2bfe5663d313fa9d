"""Working a case: `listener case VERB ID`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer

from listener.cli import show
from listener.cli.case_acts import (
    As,
    Id,
    IdOrMany,
    Ids,
    Json,
    Seen,
    act_on,
    acting,
    ids_beside,
    ids_seen,
    one_id,
    text_or_stdin,
)
from listener.cli.case_read import case_show, case_why
from listener.cli.case_shape import link, merge, split, tag, undo
from listener.domain.text import visible
from listener.domain.verdict import Label, Sentiment
from listener.errors import ConfigError
from listener.triage.until import until as instant

if TYPE_CHECKING:
    from listener.domain.case import Case

case_app = typer.Typer(
    name="case", no_args_is_help=True, rich_markup_mode=None, pretty_exceptions_enable=False, help="Work one case."
)
case_app.command("show")(case_show)
case_app.command("why")(case_why)
for shape in (undo, merge, split, link, tag):
    case_app.command()(shape)

Text = Annotated[str, typer.Argument(metavar="TEXT", help="In quotes; - reads it from stdin.")]


@case_app.command()
def claim(ids: Ids, seen: Seen = None, as_agent: As = "", as_json: Json = False) -> None:
    """Take cases for the length of a lease; again: renew it."""
    with acting(as_agent) as at:
        act_on(
            at,
            ids_seen(ids, seen),
            lambda n: at.desk.claim(n, at.agent, seen=seen),
            done=f"claimed by {at.agent}",
            as_json=as_json,
        )


@case_app.command()
def release(ids: Ids, seen: Seen = None, as_agent: As = "", as_json: Json = False) -> None:
    """Give cases back to their queue."""
    with acting(as_agent) as at:
        act_on(
            at, ids_seen(ids, seen), lambda n: at.desk.release(n, at.agent, seen=seen), done="released", as_json=as_json
        )


@case_app.command()
def assign(
    ids: Ids,
    to: Annotated[str, typer.Option("--to", help="The colleague's name.")],
    seen: Seen = None,
    as_agent: As = "",
    as_json: Json = False,
) -> None:
    """Give cases to a colleague, for as long as it takes."""
    with acting(as_agent) as at:
        act_on(
            at,
            ids_seen(ids, seen),
            lambda n: at.desk.assign(n, to, at.agent, seen=seen),
            done=f"assigned to {to}",
            as_json=as_json,
        )


@case_app.command()
def note(case_id: IdOrMany, text: Text, seen: Seen = None, as_agent: As = "", as_json: Json = False) -> None:
    """Write something down for the team; the author never sees it."""
    ids = ids_beside(case_id, text, seen)
    said = text_or_stdin(text)
    with acting(as_agent) as at:
        act_on(at, ids, lambda n: at.desk.note(n, said, at.agent, seen=seen), done="noted", as_json=as_json)


@case_app.command()
def reply(
    case_id: Id,
    text: Annotated[str, typer.Argument(metavar="[TEXT]", help="In quotes; - reads it from stdin.")] = "",
    canned: Annotated[str, typer.Option(metavar="NAME", help="A canned reply instead: listener answers list.")] = "",
    open_page: Annotated[bool, typer.Option("--open", help="Open the reply, or the post, in the browser.")] = False,
    seen: Seen = None,
    as_agent: As = "",
    as_json: Json = False,
) -> None:
    """Send your answer; where it can't be sent, record it and say where to post it. Some wait for a second person."""
    from listener.cli.replying import answer
    from listener.cli.sending import leave_refused

    made = answer(one_id(case_id), text, canned=canned, seen=seen, as_agent=as_agent, as_json=as_json)
    if open_page and made.page is not None:
        _open(made.page)
    leave_refused(made.send)


@case_app.command()
def snooze(
    ids: Ids,
    until: Annotated[str, typer.Option("--until", "--for", help="30m, 2h, 3d, tomorrow, 17:30 or 2026-03-02 09:00.")],
    seen: Seen = None,
    as_agent: As = "",
    as_json: Json = False,
) -> None:
    """Hide cases until then, or until their author writes again."""
    with acting(as_agent) as at:
        zone = ZoneInfo(at.ours.settings.timezone)
        when = instant(until, at.ours.clock.now(), zone)
        done = f"snoozed until {when.astimezone(zone):%Y-%m-%d %H:%M}"
        act_on(
            at, ids_seen(ids, seen), lambda n: at.desk.snooze(n, when, at.agent, seen=seen), done=done, as_json=as_json
        )


@case_app.command()
def escalate(
    case_id: IdOrMany,
    why: Annotated[str, typer.Argument(help="For whoever takes it next.")],
    seen: Seen = None,
    as_agent: As = "",
    as_json: Json = False,
) -> None:
    """Put a case before all that are not escalated."""
    with acting(as_agent) as at:
        act_on(
            at,
            ids_beside(case_id, why, seen),
            lambda n: at.desk.escalate(n, why, at.agent, seen=seen),
            done="escalated",
            as_json=as_json,
        )


@case_app.command()
def resolve(
    ids: Ids,
    how: Annotated[str, typer.Option("--how", help="What settled it, for the digest.")] = "done",
    seen: Seen = None,
    as_agent: As = "",
    as_json: Json = False,
) -> None:
    """Close cases."""
    with acting(as_agent) as at:
        act_on(
            at,
            ids_seen(ids, seen),
            lambda n: at.desk.resolve(n, how, at.agent, seen=seen),
            done="resolved",
            as_json=as_json,
        )


@case_app.command()
def reopen(
    ids: Ids,
    why: Annotated[str, typer.Option("--why", help="For whoever takes it next.")] = "",
    seen: Seen = None,
    as_agent: As = "",
    as_json: Json = False,
) -> None:
    """Bring resolved or snoozed cases back to their queue."""
    with acting(as_agent) as at:
        act_on(
            at,
            ids_seen(ids, seen),
            lambda n: at.desk.reopen(n, why, at.agent, seen=seen),
            done="reopened",
            as_json=as_json,
        )


@case_app.command()
def relabel(
    case_id: IdOrMany,
    label: Annotated[
        list[str] | None, typer.Option("--label", help="complaint, praise, question (repeat for several), or none.")
    ] = None,
    sentiment: Annotated[Sentiment | None, typer.Option(help="The mood; else as the labels imply.")] = None,
    mention: Annotated[int | None, typer.Option(help="Which post, where the case holds several.")] = None,
    seen: Seen = None,
    as_agent: As = "",
    as_json: Json = False,
) -> None:
    """Correct what the model made of a post; its case is judged again."""
    from listener.triage.corrections import Correction

    said = Correction(labels=_labels(label), sentiment=sentiment)
    told: list[str] = []
    with acting(as_agent) as at:

        def correct(case_id: int) -> Case:
            made = at.desk.relabel(case_id, said, at.agent, mention_id=mention, seen=seen)
            told.append(made.says)
            return made.case

        act_on(at, ids_seen([case_id], seen), correct, done=lambda case: f"relabelled: {case.reason}", as_json=as_json)
    for line in filter(None, told):
        show.say(line)


def _labels(given: list[str] | None) -> frozenset[Label] | None:
    if not given:
        return None
    names = [name.casefold() for name in given]
    if names == ["none"]:
        return frozenset()
    unknown = [name for name in names if name not in set(Label)]
    if unknown:
        raise ConfigError(f"{unknown[0]!r} is no label: complaint, praise, question, or none alone")
    return frozenset(Label(name) for name in names)


def _open(url: str) -> None:
    """In the browser, and only a web page: a stranger's address could name any program."""
    if not url.startswith(("https://", "http://")):
        show.say(f"Not opened: {visible(url) or 'there is no address'}")
        return
    import webbrowser

    webbrowser.open(url)
