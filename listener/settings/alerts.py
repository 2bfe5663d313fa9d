"""alerts.toml: when to raise the alarm and whom to tell."""

from listener.domain.alert import DESK, AlertKind
from listener.domain.policy import AlertPolicy, Secret, SpikePolicy, Target
from listener.settings.choices import known
from listener.settings.secrets import TARGET, Vault, secret_variable
from listener.settings.table import Table

CONSOLE = "console:"
KINDS = (*(str(kind) for kind in AlertKind), DESK)


def alerts(top: Table, vault: Vault) -> AlertPolicy:
    """`[spike]` and every `[[target]]`."""
    policy = AlertPolicy(
        spike=_spike(top.child("spike")), targets=tuple(_target(t, vault) for t in top.children("target"))
    )
    top.done()
    names = [target.name for target in policy.targets]
    for number, name in enumerate(names):
        if name in names[:number]:
            top.problem("target", f'a second target is named "{name}"', "give each its own name", item=number)
    return policy


def _spike(table: Table) -> SpikePolicy:
    base = SpikePolicy()
    policy = SpikePolicy(
        max_p=table.number("max_p", base.max_p, least=1e-12, most=0.5),
        min_count=table.whole("min_count", base.min_count, least=1),
        novelty=table.number("novelty", base.novelty),
        refractory=table.duration("refractory", base.refractory),
        warm_up=table.duration("warm_up", base.warm_up),
    )
    table.done()
    return policy


def _target(table: Table, vault: Vault) -> Target:
    name = table.text("name")
    target = Target(
        name=name,
        url=_url(table, name, vault),
        kinds=frozenset(known(table, "kinds", KINDS, KINDS)),
        include_text=table.switch("include_text", default=False),
    )
    table.done()
    if not name:
        table.problem("name", "missing", 'add name = "…"')
    return target


def _url(table: Table, name: str, vault: Vault) -> Secret:
    """The console may stand in the file; any other URL may hold a token, so it is a secret."""
    given = table.peek("url")
    if given is not None and given != CONSOLE:
        table.problem("url", "may hold a token, and this file is no place for one", _elsewhere(name))
        return Secret("")
    held = vault.of_target(name)
    if held is not None:
        table.note("url", held.secret, held.origin)
        return held.secret
    if given is not None:
        table.note("url", CONSOLE, table.place("url"))
    else:
        table.problem("url", "missing", f'write url = "{CONSOLE}", or {_elsewhere(name)}')
    return Secret(CONSOLE)


def _elsewhere(name: str) -> str:
    return f"set {secret_variable(TARGET, name or 'NAME')}, or put it under [{TARGET}] in secrets.toml (chmod 600)"
