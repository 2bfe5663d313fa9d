"""Many cases with one cause: `listener incident VERB`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any
from zoneinfo import ZoneInfo

import typer

from listener.cli import show
from listener.cli.case_acts import As, many_ids, one_id, text_or_stdin
from listener.cli.incident_words import (
    COLUMNS,
    FOLLOW_COLUMNS,
    PROPOSED,
    follow_row,
    incident_lines,
    incident_row,
    proposal_row,
    sent_json,
    told_line,
)
from listener.cli.sending import sender_of, standing
from listener.cli.session import Session, session
from listener.errors import ConfigError

if TYPE_CHECKING:
    from listener.domain.incident import Incident
    from listener.domain.sending import Send
    from listener.triage.incident_answers import Sent
    from listener.triage.incident_desk import IncidentDesk, Look
    from listener.triage.sending import Sender

incident_app = typer.Typer(
    name="incident",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    help="Answer many cases with one cause together.",
)

Id = Annotated[str, typer.Argument(metavar="ID", help="Incident number.")]
Cases = Annotated[list[str], typer.Argument(metavar="CASE...", help="Case numbers; - reads them from stdin.")]
Json = Annotated[bool, typer.Option("--json", help="One JSON object a line.")]
ByHand = Annotated[
    bool, typer.Option("--by-hand", help="Also where no reply can be sent: you post it yourself at the address shown.")
]
Until = Annotated[datetime | None, typer.Option(help="Look back from then, in UTC; else from now.")]
Within = Annotated[str, typer.Option(metavar="SPAN", help="How far back: 12h, 3d; else as routing.toml says.")]
Text = Annotated[
    str, typer.Argument(metavar="TEXT", help="In quotes, with {name} {handle} {brand} {link}; - is stdin.")
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Acting:
    """A desk of incidents, and the agent at it."""

    ours: Session
    desk: IncidentDesk
    agent: str
    sender: Sender | None = None
    """What sends answers; None where none is to send."""


@contextmanager
def acting(as_agent: str = "", *, reading: bool = False, sending: bool = False) -> Iterator[Acting]:
    """The open desk; who only looks needs no name."""
    from listener.triage.incident_desk import IncidentDesk
    from listener.triage.sending_handover import BY_HAND, WayOut

    with session() as ours:
        agent = "" if reading else as_agent or ours.agent()
        sender = sender_of(ours) if sending else None
        way_out = BY_HAND if sender is None else WayOut(outlets=sender.outlets)
        desk = IncidentDesk(ours.store, ours.settings.triage, ours.clock, way_out)
        yield Acting(ours=ours, desk=desk, agent=agent, sender=sender)


@incident_app.command("list")
def list_incidents(
    brand: Annotated[str, typer.Option(help="Only this brand.")] = "",
    closed: Annotated[bool, typer.Option("--closed", help="Closed ones too.")] = False,
    as_json: Json = False,
) -> None:
    """Incidents with their size, owner and answer."""
    with session() as ours:
        long_ago = datetime.fromtimestamp(0, ours.clock.now().tzinfo) if closed else None
        with ours.store.read() as reads:
            lines = reads.incident_lines(reads.incidents(brand, closed_since=long_ago))
        rows = [asdict(line) if as_json else incident_row(line) for line in lines]
        show.emit_rows(COLUMNS, rows, as_json=as_json, wide="title")
    show.say(f"{len(rows)} shown · listener incident propose shows what may become one")


@incident_app.command("show")
def show_incident(incident_id: Id, as_json: Json = False) -> None:
    """Everything on an incident: owner, answer, cases with their latest posts, history."""
    with session() as ours:
        with ours.store.read() as reads:
            found = reads.incident(one_id(incident_id))
            (line,) = reads.incident_lines([found])
            members, history = reads.incident_members(found.id), reads.incident_history(found.id)
        if as_json:
            cases, events = [asdict(one) for one in members], [asdict(one) for one in history]
            show.emit_json({**asdict(line), "members": cases, "history": events})
            return
        zone = ZoneInfo(ours.settings.timezone)
        for text in incident_lines(line, members, history, ours.settings.triage, ours.clock.now(), zone):
            show.out(text)


@incident_app.command()
def propose(
    brand: Annotated[str, typer.Option(help="Only this brand.")] = "",
    until: Until = None,
    within: Within = "",
    usual: Annotated[
        bool, typer.Option("--usual", help="Also what many write of, but no more of them than usual.")
    ] = False,
    samples: Annotated[int, typer.Option(min=0, max=10, help="Posts shown with each.")] = 3,
    as_json: Json = False,
) -> None:
    """What many more people than usual write of, in their own words; you decide whether it is one matter."""
    with acting(reading=True) as at:
        found = at.desk.propose(brand, look=_look(until, within, at), usual_too=usual)
    if as_json:
        show.emit_rows((), (asdict(theme) for theme in found), as_json=True)
        return
    show.emit_rows(PROPOSED, [proposal_row(theme) for theme in found], as_json=False, wide="words")
    for theme in found if samples else ():
        show.out(f"{theme.brand}: {theme.key}")
        for sample in theme.samples[:samples]:
            show.out(f"  case {sample.case}: {' '.join(sample.text.split())}")
    show.say(_advice(found))


def _advice(found: list[Any]) -> str:
    if not found:
        return "Nothing stands out from what is usual: --usual shows what many write of anyway."
    first = found[0]
    return f'Read the posts; if it is one matter: listener incident open "{first.brand}" --theme {first.key}'


@incident_app.command("open")
def open_incident(
    brand: Annotated[str, typer.Argument(help="The brand's name; for --case it is known.")] = "",
    theme: Annotated[
        list[str] | None, typer.Option("--theme", help="A word of a proposed theme; repeat to join several.")
    ] = None,
    case: Annotated[list[str] | None, typer.Option("--case", help="A case number; repeat; - reads stdin.")] = None,
    title: Annotated[str, typer.Option(help="What colleagues call it; else the theme's words.")] = "",
    until: Until = None,
    within: Within = "",
    as_agent: As = "",
    as_json: Json = False,
) -> None:
    """Make one incident of a theme, or of cases you name; it is yours."""
    if bool(theme) == bool(case):
        raise ConfigError("say either --theme WORD (listener incident propose) or --case ID")
    with acting(as_agent) as at:
        if case:
            made = at.desk.open_cases(many_ids(case), title, at.agent)
        elif not brand:
            raise ConfigError('say whose theme it is: listener incident open "BRAND" --theme WORD')
        else:
            made = at.desk.open_themes(brand, theme or (), at.agent, title=title, look=_look(until, within, at))
        _tell(at, made, "opened", as_json=as_json)


@incident_app.command()
def add(incident_id: Id, cases: Cases, as_agent: As = "", as_json: Json = False) -> None:
    """Put cases into an incident."""
    with acting(as_agent) as at:
        _tell(at, at.desk.add(one_id(incident_id), many_ids(cases), at.agent), "grown", as_json=as_json)


@incident_app.command()
def remove(incident_id: Id, cases: Cases, as_agent: As = "", as_json: Json = False) -> None:
    """Take cases out; they don't join again by themselves."""
    with acting(as_agent) as at:
        _tell(at, at.desk.remove(one_id(incident_id), many_ids(cases), at.agent), "reduced", as_json=as_json)


@incident_app.command()
def own(
    incident_id: Id,
    to: Annotated[str, typer.Option("--to", help="A colleague; else you.")] = "",
    as_agent: As = "",
    as_json: Json = False,
) -> None:
    """Say who answers for an incident."""
    with acting(as_agent) as at:
        made = at.desk.own(one_id(incident_id), to or at.agent, at.agent)
        _tell(at, made, f"owned by {made.owner}", as_json=as_json)


@incident_app.command()
def title(incident_id: Id, words: Annotated[str, typer.Argument(help="The new title.")], as_agent: As = "") -> None:
    """Give an incident a name that colleagues understand."""
    with acting(as_agent) as at:
        _tell(at, at.desk.retitle(one_id(incident_id), words, at.agent), "renamed", as_json=False)


@incident_app.command()
def answer(incident_id: Id, text: Text, as_agent: As = "", as_json: Json = False) -> None:
    """Write the one answer for all its cases; nothing goes out yet."""
    said = text_or_stdin(text)
    with acting(as_agent) as at:
        made = at.desk.answer(one_id(incident_id), said, at.agent)
        _tell(at, made, "has its answer", as_json=as_json)
        waits = at.ours.settings.triage.incidents.second_person
    who = "A colleague agrees" if waits else "Send it"
    show.say(f"{who}: listener incident {'approve' if waits else 'send'} {made.id}")


@incident_app.command()
def approve(incident_id: Id, as_agent: As = "", as_json: Json = False) -> None:
    """Agree to a colleague's answer."""
    with acting(as_agent) as at:
        made = at.desk.approve(one_id(incident_id), at.agent)
        _tell(at, made, f"approved by {made.approved_by}", as_json=as_json)
    show.say(f"Next: listener incident send {made.id}")


@incident_app.command()
def send(incident_id: Id, by_hand: ByHand = False, as_agent: As = "", as_json: Json = False) -> None:
    """Give the approved answer to each open case that has not had it, with its customer's name."""
    with acting(as_agent, sending=True) as at:
        sent = at.desk.send(one_id(incident_id), at.agent, by_hand=by_hand)
        _tell_sent(at, sent, as_json=as_json)
    _tell_passed(sent)


@incident_app.command()
def close(
    incident_id: Id,
    fixed: Annotated[
        str, typer.Option("--fixed", help="What every customer is told, with variables as in answer.")
    ] = "",
    by_hand: ByHand = False,
    as_agent: As = "",
    as_json: Json = False,
) -> None:
    """The cause is gone: tell every case, settle those that wait for their author, leave the rest open."""
    with acting(as_agent, sending=True) as at:
        sent = at.desk.close(one_id(incident_id), fixed, at.agent, by_hand=by_hand)
        _tell_sent(at, sent, as_json=as_json)
    show.say(f"Closed: {len(sent.resolved)} cases resolved.")
    _tell_passed(sent)


@incident_app.command()
def reopen(
    incident_id: Id,
    why: Annotated[str, typer.Option("--why", help="For whoever owns it.")] = "",
    as_agent: As = "",
    as_json: Json = False,
) -> None:
    """The cause is back; the answer needs approval again."""
    with acting(as_agent) as at:
        _tell(at, at.desk.reopen(one_id(incident_id), why, at.agent), "reopened", as_json=as_json)


@incident_app.command("follow-up")
def follow_up(incident_id: Id, as_json: Json = False) -> None:
    """Which of its cases still need something, and what."""
    with acting(reading=True) as at:
        found = at.desk.follow_up(one_id(incident_id))
    rows = [asdict(due) if as_json else follow_row(due) for due in found]
    show.emit_rows(FOLLOW_COLUMNS, rows, as_json=as_json, wide="why")
    show.say(f"{len(found)} still need something" if found else "Nobody needs anything more.")


def _look(until: datetime | None, within: str, at: Acting) -> Look:
    from listener.settings.values import to_duration
    from listener.triage.incident_desk import Look

    span = to_duration(within) if within else None
    if within and not span:
        raise ConfigError(f"{within!r} is no time span: 12h, 3d or 1w")
    zone = at.ours.clock.now().tzinfo
    return Look(until=until and until.replace(tzinfo=zone), within=span)


def _tell(at: Acting, made: Incident, done: str, *, as_json: bool) -> None:
    with at.ours.store.read() as reads:
        (line,) = reads.incident_lines([made])
    if as_json:
        show.emit_json(asdict(line))
    else:
        show.out(f"incident {made.id} {done}: {made.title} ({line.cases} cases, {line.people} people)")


def _tell_sent(at: Acting, sent: Sent, *, as_json: bool) -> None:
    """Send what can be sent, then each answer: where it stands, or is to be posted."""
    sends = _sent_now(at, sent)
    if as_json:
        show.emit_json(sent_json(sent, sends))
    else:
        for one in sent.recorded:
            send = sends.get(one.case)
            stand = f"  {standing(at.ours, send)}" if send else ""
            show.out(f"case {one.case}  {one.url}  {' '.join(one.text.split())}{stand}")
    show.say(told_line(sent, sends))


def _sent_now(at: Acting, sent: Sent) -> dict[int, Send]:
    """By case, as they stand after a first attempt."""
    wanted = [one.send.id for one in sent.recorded if one.send is not None]
    if at.sender is None or not wanted:
        return {}
    at.sender.send_due()
    with at.ours.store.read() as reads:
        return {send.case_id: send for send in map(reads.send, wanted)}


def _tell_passed(sent: Sent) -> None:
    if sent.before:
        show.say(f"{sent.before} had it already.")
    for one in sent.passed:
        show.say(f"case {one.case} passed over: {one.why} {one.url}".rstrip())
    if sent.passed:
        show.say(f"Next: listener incident follow-up {sent.incident.id}")
