"""`[[rota]]` and `[[window]]` of alerts.toml: who is on call when, and when nobody is told."""

import re
from collections.abc import Collection, Sequence
from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

from listener.domain.alert import AlertKind
from listener.domain.on_call import Person, Rota, StandIn
from listener.domain.quiet import Window
from listener.settings.choices import known
from listener.settings.hours import DAYS, working_hours
from listener.settings.table import Table
from listener.settings.values import kind

_HANDOVER = re.compile(r"([a-z]+)\s+(\d{1,2}):(\d{2})")
_KINDS = tuple(str(one) for one in AlertKind)


def rotas(top: Table, brands: Collection[str]) -> tuple[Rota, ...]:
    """Every rota."""
    return tuple(_rota(table, brands) for table in top.children("rota"))


def refuse_unknown_targets(top: Table, rotas: Sequence[Rota], targets: Collection[str]) -> None:
    """A problem for each person whom no target reaches."""
    for table, rota in zip(top.children("rota"), rotas, strict=False):
        for person in rota.people:
            if person.target not in targets:
                fix = f'add a [[target]] of that name, or say targets = {{ {person.name} = "…" }}'
                table.problem("people", f'no target is named "{person.target}"', fix)


def windows(top: Table, brands: Collection[str]) -> tuple[Window, ...]:
    """Every window."""
    return tuple(_window(table, brands) for table in top.children("window"))


def _rota(table: Table, brands: Collection[str]) -> Rota:
    base, name, people = Rota(name="", people=()), table.text("name"), _people(table)
    zone = _zone(table)
    weekday, at = _handover(table)
    starts = table.peek("starts")
    if starts is not None and (not isinstance(starts, date) or isinstance(starts, datetime)):
        table.problem("starts", f"expected a date, found {kind(starts)}", "write it like this: starts = 2026-03-02")
    if not people:
        table.problem("people", "nobody is there to be on call", 'name them: people = ["ana", "ben"]')
    rota = Rota(
        name=name,
        people=people,
        weekday=weekday,
        at=at,
        zone=zone,
        weeks=table.whole("weeks", base.weeks, least=1),
        starts=starts if isinstance(starts, date) and not isinstance(starts, datetime) else base.starts,
        brands=_brands(table, brands),
        stand_ins=tuple(_stand_in(one, zone, [person.name for person in people]) for one in table.children("stand_in")),
    )
    table.done()
    return rota


def _people(table: Table) -> tuple[Person, ...]:
    """Each is reached through the target of their own name, unless `targets` names another."""
    others = table.plain("targets")
    return tuple(
        Person(name=name, target=str(others.get(name, name)) or name) for name in table.texts("people") if name
    )


def _handover(table: Table) -> tuple[int, time]:
    said = table.text("handover", "monday 09:00").casefold()
    match = _HANDOVER.fullmatch(said)
    if match and match[1] in DAYS and int(match[2]) < 24 and int(match[3]) < 60:
        return DAYS.index(match[1]), time(int(match[2]), int(match[3]))
    table.problem("handover", f'"{said}" is no time of the week', 'write it like this: handover = "monday 09:00"')
    return 0, time(9)


def _stand_in(table: Table, zone: str, people: Sequence[str]) -> StandIn:
    person = table.text("person")
    if person not in people:
        table.problem("person", f'"{person}" is none of this rota\'s people', f"one of: {', '.join(people)}")
    since, until = _stretch(table, zone)
    table.done()
    return StandIn(person=person, since=since or _NEVER, until=until or _NEVER)


_NEVER = datetime.max.replace(tzinfo=UTC)
"""Stands where there is a problem anyway."""


def _window(table: Table, brands: Collection[str]) -> Window:
    name = table.text("name")
    if not name:
        table.problem("name", "missing", 'add name = "…": it is shown as the reason why nobody was told')
    recurring = table.has("weekly")
    since, until = (None, None) if recurring else _stretch(table, _zone(table))
    if recurring and (table.has("from") or table.has("until")):
        table.problem("from", "stands beside [window.weekly]", "use one of them")
    window = Window(
        name=name,
        why=table.text("why"),
        since=since,
        until=until,
        weekly=working_hours(table.child("weekly")) if recurring else None,
        brands=_brands(table, brands),
        sources=table.texts("sources"),
        kinds=known(table, "kinds", (), _KINDS),
    )
    if window.weekly is not None and window.weekly.always:
        table.problem("weekly", "never ends", 'name hours: sunday = ["02:00-04:00"]')
    table.done()
    return window


def _brands(table: Table, brands: Collection[str]) -> tuple[str, ...]:
    return known(table, "brands", (), brands) if brands else table.texts("brands")


def _zone(table: Table) -> str:
    name = table.text("zone", "UTC")
    try:
        ZoneInfo(name)
    except (ValueError, OSError, KeyError):
        table.problem("zone", f'"{name}" is no time zone', 'use an IANA name, such as "Europe/Berlin"')
        return "UTC"
    return name


def _stretch(table: Table, zone: str) -> tuple[datetime | None, datetime | None]:
    since, until = _instant(table, "from", zone), _instant(table, "until", zone)
    if since is not None and until is not None and until <= since:
        table.problem("until", "lies before it begins", "put them in order")
    return since, until


def _instant(table: Table, key: str, zone: str) -> datetime | None:
    """A TOML date and time; on the zone's wall clock unless it says its offset."""
    given = table.peek(key)
    if not isinstance(given, datetime):
        what = "missing" if given is None else f"expected a date and time, found {kind(given)}"
        table.problem(key, what, f"write it like this: {key} = 2026-11-27T00:00:00")
        return None
    table.note(key, given, table.place(key))
    aware = given if given.tzinfo else given.replace(tzinfo=ZoneInfo(zone))
    return aware.astimezone(UTC)
