"""agents.toml: who works the queue, when, at what; and how cases are given out."""

from collections.abc import Collection, Mapping

from listener.domain.calendar import WorkingHours
from listener.domain.case import PROGRAM, Reason
from listener.domain.roster import AgentProfile, Mode, Order, QueueWay, Role, Roster, Skills
from listener.settings.hours import working_hours
from listener.settings.problems import did_you_mean
from listener.settings.table import Table

_MODES = tuple(str(mode) for mode in Mode)
_ORDERS = tuple(str(order) for order in Order)
_ROLES = tuple(str(role) for role in Role)
_REASONS = tuple(str(reason) for reason in Reason)


def roster(top: Table, brands: Collection[str] = (), hours: Mapping[str, WorkingHours] | None = None) -> Roster:
    """The whole file. `hours` are those that other files name; this file's own go before them."""
    known = {**(hours or {}), **_named_hours(top)}
    agents = tuple(_agent(table, brands, known) for table in top.children("agent"))
    _refuse_twins(top, agents)
    found = _assignment(top.child("assignment"), agents)
    top.done()
    if found.pushes and top.readable and not any(one.capacity and one.role is Role.AGENT for one in agents):
        top.child("assignment").problem("mode", "nobody is there to be given cases", "name them: [[agent]]")
    return found


def refuse_unknown_queues(top: Table, known: Collection[str]) -> None:
    """A problem for each queue named in the file that no route and no rule sends anything to."""
    for table in top.children("agent"):
        named = table.peek("queues")
        for number, name in enumerate(named if isinstance(named, list) else ()):
            if isinstance(name, str) and name.strip() and name.strip() not in known:
                table.problem("queues", f'nothing goes to "{name}"', did_you_mean(name, known), item=number)
    queues = top.child("assignment").child("queue")
    for name in queues.names():
        if name not in known:
            queues.problem(name, "nothing goes to this queue", did_you_mean(name, known))


def _named_hours(top: Table) -> dict[str, WorkingHours]:
    table = top.child("hours")
    return {name: working_hours(table.child(name)) for name in table.names()}


def _agent(table: Table, brands: Collection[str], hours: Mapping[str, WorkingHours]) -> AgentProfile:
    name = table.text("name")
    if not name or not name.isprintable():
        table.problem("name", "missing", 'add name = "…": as they say it with --as')
    elif name == PROGRAM:
        table.problem("name", f"{PROGRAM} is the program's own name in a case's history", "choose another")
    base = AgentProfile(name="")
    profile = AgentProfile(
        name=name,
        role=Role(table.choice("role", base.role, _ROLES)),
        skills=_skills(table, brands),
        capacity=table.whole("capacity", base.capacity),
        hours=_hours(table, hours),
    )
    table.done()
    return profile


def _skills(table: Table, brands: Collection[str]) -> Skills:
    return Skills(
        queues=table.texts("queues"),
        brands=_of(table, "brands", brands) if brands else table.texts("brands"),
        platforms=tuple(one.lower() for one in table.texts("platforms")),
        langs=tuple(one.lower().replace("_", "-") for one in table.texts("langs")),
        reasons=_of(table, "labels", _REASONS),
    )


def _of(table: Table, key: str, allowed: Collection[str]) -> tuple[str, ...]:
    found = table.items(key)
    for number, item in found:
        if item not in allowed:
            table.problem(key, f'"{item}" is none of the choices', did_you_mean(item, allowed), item=number)
    return tuple(item for _, item in found)


def _hours(table: Table, known: Mapping[str, WorkingHours]) -> WorkingHours:
    if isinstance(table.peek("hours"), dict):
        return working_hours(table.child("hours"))
    name = table.text("hours")
    if not name:
        return WorkingHours()
    if name not in known:
        fix = did_you_mean(name, known) or f"write them under [hours.{name}]"
        table.problem("hours", f'no hours are called "{name}"', fix)
    return known.get(name, WorkingHours())


def _refuse_twins(top: Table, agents: Collection[AgentProfile]) -> None:
    names = [one.name for one in agents if one.name]
    for name in sorted({name for name in names if names.count(name) > 1}):
        top.problem("agent", f'"{name}" stands here twice', "remove one")


def _assignment(table: Table, agents: tuple[AgentProfile, ...]) -> Roster:
    base = Roster()
    way = _way(table, base.way)
    found = Roster(
        agents=agents,
        way=way,
        queues=_queues(table, way),
        sticky=table.switch("sticky", default=base.sticky),
        sticky_within=table.duration("sticky_within", base.sticky_within),
        return_after=table.duration("return_after", base.return_after),
        untouched_after=table.duration("untouched_after", base.untouched_after),
        count_waiting=table.switch("count_waiting", default=base.count_waiting),
    )
    table.done()
    return found


def _queues(table: Table, base: QueueWay) -> dict[str, QueueWay]:
    """What a queue's own table leaves out is as for all."""
    queues = table.child("queue")
    found: dict[str, QueueWay] = {}
    for name in queues.names():
        own = queues.child(name)
        found[name] = _way(own, base)
        own.done()
    return found


def _way(table: Table, base: QueueWay) -> QueueWay:
    return QueueWay(
        mode=Mode(table.choice("mode", base.mode, _MODES)), order=Order(table.choice("order", base.order, _ORDERS))
    )
