"""alerts.toml: when to raise the alarm, how much of a hurry there is, and whom to tell."""

from collections.abc import Collection, Mapping
from dataclasses import replace

from listener.domain.alert import AlertKind, Severity
from listener.domain.policy import DEFAULT_PRESET, PRESETS, SEVERITIES, AlertPolicy, SpikePolicy
from listener.domain.watched import WatchPolicy
from listener.settings import digests, on_call
from listener.settings.secrets import Vault
from listener.settings.table import Table
from listener.settings.targets import targets


def alerts(top: Table, vault: Vault, brands: Collection[str] = ()) -> AlertPolicy:
    """The whole file."""
    base = AlertPolicy()
    rotas = on_call.rotas(top, brands)
    found = targets(top, vault, {person.target for rota in rotas for person in rota.people})
    severity, sending = top.child("severity"), top.child("sending")
    policy = AlertPolicy(
        spike=_spike(top.child("spike")),
        watch=_watch(top.child("watch")),
        targets=found,
        severities=_severities(severity, SEVERITIES),
        brand_severities=_of_brands(severity.child("brand"), brands),
        escalate_after=sending.duration("escalate_after", base.escalate_after),
        cool_down=sending.duration("cool_down", base.cool_down),
        windows=on_call.windows(top, brands),
        rotas=rotas,
        digest=digests.digest_policy(top.child("digest"), found, brands),
    )
    on_call.refuse_unknown_targets(top, rotas, [target.name for target in found])
    for table in (severity, sending, top):
        table.done()
    return policy


def _severities(table: Table, base: Mapping[str, Severity]) -> dict[str, Severity]:
    choices = tuple(str(one) for one in Severity)
    return {kind.value: Severity(table.choice(kind.value, base[kind.value], choices)) for kind in AlertKind}


def _of_brands(brands: Table, known: Collection[str]) -> dict[str, dict[str, Severity]]:
    """What a brand's own table leaves out is as for all."""
    found: dict[str, dict[str, Severity]] = {}
    for name in brands.names():
        own = brands.child(name)
        if known and name not in known:
            brands.problem(name, "no brand is named so", f"one of: {', '.join(known)}")
        said = _severities(own, SEVERITIES)
        found[name] = {kind: severity for kind, severity in said.items() if own.has(kind)}
        own.done()
    return found


def _watch(table: Table) -> WatchPolicy:
    base = WatchPolicy()
    policy = WatchPolicy(
        failing_after=table.duration("failing_after", base.failing_after),
        held_back_after=table.duration("held_back_after", base.held_back_after),
        backlog_posts=table.whole("backlog_posts", base.backlog_posts, least=1),
        backlog_age=table.duration("backlog_age", base.backlog_age),
        nearly_gone=table.number("nearly_gone", base.nearly_gone, most=1.0),
    )
    table.done()
    return policy


def _spike(table: Table) -> SpikePolicy:
    """A preset, and what differs from it."""
    base = PRESETS[table.choice("preset", DEFAULT_PRESET, tuple(PRESETS))]
    policy = replace(
        base,
        max_p=table.number("max_p", base.max_p, least=1e-12, most=0.5),
        min_count=table.whole("min_count", base.min_count, least=1),
        novelty=table.number("novelty", base.novelty),
        refractory=table.duration("refractory", base.refractory),
        warm_up=table.duration("warm_up", base.warm_up),
    )
    table.done()
    return policy
