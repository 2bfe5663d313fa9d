"""sla.toml: what is promised, in which hours, and what stops the clocks."""

from collections.abc import Collection, Mapping
from datetime import timedelta

from listener.domain.calendar import WorkingHours
from listener.domain.sla import Promise, QueueTerms, SlaPolicy, Targets
from listener.settings.hours import working_hours
from listener.settings.problems import did_you_mean
from listener.settings.table import Table

LONGEST_PROMISE = timedelta(days=366)
_FIVE_YEARS = 261
"""In weeks."""


def named_hours(top: Table) -> dict[str, WorkingHours]:
    """`[hours.NAME]`: what queues, and agents, may work."""
    named = top.child("hours")
    return {name: working_hours(named.child(name)) for name in named.names()}


def sla(
    top: Table, bands: Collection[str], hours: Mapping[str, WorkingHours], agents: Collection[WorkingHours] = ()
) -> SlaPolicy:
    """The whole file, but for `[bands]`. `hours` are its named ones, `agents` those that somebody works."""
    base = SlaPolicy()
    queues = top.child("queue")
    policy = SlaPolicy(
        targets=_targets(top, bands),
        hours=_worked(top, hours) or base.hours,
        queues={name: _queue(queues.child(name), hours, bands) for name in queues.names()},
        pause_while_snoozed=top.switch("pause_while_snoozed", default=base.pause_while_snoozed),
        pause_while_waiting=top.switch("pause_while_waiting", default=base.pause_while_waiting),
        warn_before=top.duration("warn_before", base.warn_before),
        warn_bands=_spans(top.child("warn"), bands),
        escalate_on_breach=top.switch("escalate_on_breach", default=base.escalate_on_breach),
    )
    top.done()
    _refuse_unused(top.child("hours"), hours, policy, agents)
    _refuse_unreachable(top, policy)
    return policy


def _queue(table: Table, hours: Mapping[str, WorkingHours], bands: Collection[str]) -> QueueTerms:
    terms = QueueTerms(targets=_targets(table, bands), hours=_worked(table, hours))
    table.done()
    return terms


def _worked(table: Table, hours: Mapping[str, WorkingHours]) -> WorkingHours | None:
    """The hours that a table names; None if it names none."""
    name = table.text("working_hours")
    if name and name not in hours:
        table.problem(
            "working_hours", f'no hours are named "{name}"', did_you_mean(name, hours) or f"add [hours.{name}]"
        )
    return hours.get(name)


def _refuse_unused(
    table: Table, hours: Mapping[str, WorkingHours], policy: SlaPolicy, agents: Collection[WorkingHours]
) -> None:
    """Hours that nobody works would leave the clocks running round the clock, by mistake."""
    used = [policy.hours, *(queue.hours for queue in policy.queues.values()), *agents]
    for name, one in hours.items():
        if one not in used:
            table.problem(
                name, "no queue and no agent works these hours", f'write working_hours = "{name}" above the first table'
            )


def _refuse_unreachable(top: Table, policy: SlaPolicy) -> None:
    """A promise that the hours don't hold in five years is a mistake in either."""
    for queue in ("", *policy.queues):
        hours = policy.hours_of(queue)
        most = _weekly(hours) * _FIVE_YEARS
        for promise in Promise:
            own = policy.queues[queue].targets if queue else {}
            spans = {**policy.targets.get(promise, {}), **own.get(promise, {})}
            if any(span > most for span in spans.values()):
                place = f"queue.{queue}.{promise}" if queue else promise
                top.problem(place, "takes more than five years of these hours", "promise less, or work longer hours")


def _weekly(hours: WorkingHours) -> timedelta:
    """Open time of a week without holidays."""
    if not hours.week:
        return timedelta(days=7)
    minutes = sum(
        (b.hour * 60 + b.minute or 1440) - (a.hour * 60 + a.minute) for spans in hours.week.values() for a, b in spans
    )
    return timedelta(minutes=minutes)


def _targets(table: Table, bands: Collection[str]) -> Targets:
    """Only the promises of which a band is named."""
    found = {promise: _spans(table.child(promise), bands) for promise in Promise}
    return {promise: spans for promise, spans in found.items() if spans}


def _spans(table: Table, bands: Collection[str]) -> dict[str, timedelta]:
    """Only the bands that are named."""
    found: dict[str, timedelta] = {}
    for band in bands:
        span = table.optional_duration(band)
        if span is not None and span > LONGEST_PROMISE:
            table.problem(band, "longer than a year", 'promise less: "30d"')
        elif span is not None:
            found[band] = span
    table.done()
    return found
