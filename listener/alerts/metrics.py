"""The listener's state in Prometheus' text format. Labels hold names out of the settings, and nothing of strangers'."""

from collections.abc import Collection, Iterator, Mapping
from datetime import datetime, timedelta

from listener.alerts.telling import TICKED, severity_of
from listener.domain.alert import AlertKind, OutboxState, Severity
from listener.domain.backups import MADE
from listener.domain.gauges import Gauges, Workforce
from listener.domain.policy import AlertPolicy
from listener.ports import Reads

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
ALIVE = timedelta(minutes=3)
"""A run looks every half minute; one that hasn't for this long is dead or hangs."""
CASE_STATES = ("open", "snoozed", "resolved")

_Sample = tuple[Mapping[str, str], float]


def metrics(
    reads: Reads, policy: AlertPolicy, sources: Collection[str], now: datetime, workforce: Workforce | None = None
) -> str:
    """Everything, for one scrape. `sources` are those of the settings; others are left out."""
    found, ticked = reads.gauges(), last_look(reads)
    lines: list[str] = []
    for name, kind, what, samples in (*_families(found, policy, sources, now), *_of_workers(workforce)):
        lines += [f"# HELP listener_{name} {what}", f"# TYPE listener_{name} {kind}"]
        lines += [f"listener_{name}{_labels(labels)} {value:.15g}" for labels, value in samples]
    if ticked is not None:
        name = "listener_seconds_since_last_look"
        lines += [
            f"# HELP {name} Since the run last looked at what time does to cases and alerts.",
            f"# TYPE {name} gauge",
        ]
        lines.append(f"{name} {(now - ticked).total_seconds():.15g}")
    if made := reads.mark(MADE):
        name = "listener_seconds_since_backup"
        lines += [f"# HELP {name} Since the run last took a backup that was whole.", f"# TYPE {name} gauge"]
        lines.append(f"{name} {(now - datetime.fromisoformat(made)).total_seconds():.15g}")
    return "\n".join(lines) + "\n"


def last_look(reads: Reads) -> datetime | None:
    """When a run last looked at what time does; None if none ever did."""
    said = reads.mark(TICKED)
    return datetime.fromisoformat(said) if said else None


def unready(reads: Reads, now: datetime, workforce: Workforce | None = None) -> list[str]:
    """Why nobody should count on us now; empty if all is well."""
    found, ticked = reads.gauges(), last_look(reads)
    faults = [] if found.current else [f"the database is of schema {found.schema}, which is not this program's"]
    if ticked is None:
        faults.append("no run has looked at this database yet")
    elif now - ticked >= ALIVE:
        faults.append(f"no run has looked for {(now - ticked).total_seconds() / 60:.0f} min")
    return faults + (workforce.faults if workforce else [])


_Family = tuple[str, str, str, list[_Sample]]


def _families(found: Gauges, policy: AlertPolicy, sources: Collection[str], now: datetime) -> Iterator[_Family]:
    yield "mentions_total", "counter", "Mentions ever stored.", [({}, found.mentions)]
    cases: list[_Sample] = [({"state": state}, found.cases.get(state, 0)) for state in CASE_STATES]
    yield "cases", "gauge", "Cases by state.", cases
    yield "mentions_unscored", "gauge", "Mentions that wait for a verdict.", [({}, found.unscored)]
    yield "outbox_messages", "gauge", "Messages that wait, and those given up.", _messages(found, policy)
    yield "alerts_open", "gauge", "Alerts that stand.", _alerts(found, policy)
    yield from _of_sources(found, sources, now)


def _messages(found: Gauges, policy: AlertPolicy) -> list[_Sample]:
    counts = {(target, state): n for target, state, n in found.undelivered}
    states = (OutboxState.WAITING, OutboxState.FAILED)
    names = [target.name for target in policy.targets]
    return [({"target": name, "state": str(s)}, counts.get((name, s), 0)) for name in names for s in states]


def _alerts(found: Gauges, policy: AlertPolicy) -> list[_Sample]:
    standing = [(alert.kind, severity_of(alert, policy)) for alert in found.open_alerts]
    pairs = [(kind, severity) for kind in AlertKind for severity in Severity]
    return [({"kind": str(k), "severity": str(s)}, standing.count((k, s))) for k, s in pairs]


def _of_sources(found: Gauges, sources: Collection[str], now: datetime) -> Iterator[_Family]:
    rows = [row for row in found.health if row.source in sources]
    since: list[_Sample] = [
        ({"source": row.source}, (now - row.last_success).total_seconds()) for row in rows if row.last_success
    ]
    yield "source_seconds_since_success", "gauge", "Since a source was last read without an error.", since
    failures: list[_Sample] = [({"source": row.source}, row.failures) for row in rows]
    yield "source_failures", "gauge", "Attempts that failed in a row.", failures
    gaps: list[_Sample] = [({"source": row.source}, found.gaps.get(row.source, 0)) for row in rows]
    yield "source_gaps", "gauge", "Stretches known to be unseen.", gaps


def _of_workers(found: Workforce | None) -> Iterator[_Family]:
    """Nothing where the run isn't shared."""
    if found is None:
        return
    yield "workers_alive", "gauge", "Workers that were heard of in the last half minute.", [({}, found.alive)]
    jobs: list[_Sample] = []
    for one in found.queues:
        jobs += [({"queue": one.queue, "state": "waiting"}, one.waiting)]
        jobs += [({"queue": one.queue, "state": "in_hand"}, one.in_hand)]
    yield "jobs", "gauge", "Jobs on the board of workers.", jobs
    oldest: list[_Sample] = [({"queue": one.queue}, one.oldest.total_seconds()) for one in found.queues]
    yield "job_oldest_seconds", "gauge", "For how long the longest waiting job could have been done.", oldest


def _labels(labels: Mapping[str, str]) -> str:
    said = ",".join(f'{name}="{_escaped(value)}"' for name, value in labels.items())
    return f"{{{said}}}" if said else ""


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')
