"""`[[target]]` of alerts.toml: whom to tell, of what, when, and how a web hook is signed."""

from collections.abc import Collection
from urllib.parse import urlsplit

from listener.domain.alert import DESK, DIGEST, AlertKind, Severity
from listener.domain.calendar import WorkingHours
from listener.domain.policy import WEBHOOK, Secret, Target
from listener.settings.choices import known
from listener.settings.hours import working_hours
from listener.settings.secrets import TARGET, Vault, secret_variable
from listener.settings.table import Table

CONSOLE = "console:"
ALARMS = (*(str(kind) for kind in AlertKind), DESK)
"""What a target is told unless it says otherwise: a pager is no place for a digest."""
KINDS = (*ALARMS, DIGEST)
SEVERITIES = tuple(str(severity) for severity in Severity)
APPRISE, HOOK = "apprise", "webhook"


def targets(top: Table, vault: Vault, on_duty: Collection[str]) -> tuple[Target, ...]:
    """Every target. `on_duty` are those that a rota names."""
    tables = top.children("target")
    found = tuple(_target(table, vault) for table in tables)
    names = [target.name for target in found]
    for number, (table, target) in enumerate(zip(tables, found, strict=True)):
        if target.name in names[:number]:
            top.problem("target", f'a second target is named "{target.name}"', "give each its own name", item=number)
        if target.on_call and target.name not in on_duty:
            table.problem("on_call", "no rota names this target", "name it under [[rota]]")
    return found


def _target(table: Table, vault: Vault) -> Target:
    name, base = table.text("name"), Target(name="", url=Secret(CONSOLE))
    hook = table.choice("kind", "", ("", APPRISE, HOOK)) == HOOK
    url = _url(table, name, vault)
    if hook and not url.reveal().startswith((WEBHOOK, CONSOLE)):
        url = Secret(f"{WEBHOOK}{url.reveal()}")
    target = Target(
        name=name,
        url=url,
        kinds=frozenset(known(table, "kinds", ALARMS, KINDS)),
        include_text=table.switch("include_text", default=base.include_text),
        min_severity=Severity(table.choice("min_severity", base.min_severity, SEVERITIES)),
        quiet_hours=_quiet(table),
        flood=table.whole("flood", base.flood, least=1),
        on_call=table.switch("on_call", default=base.on_call),
        allow_private=table.switch("allow_private", default=base.allow_private),
        signing=_signing(table, name, vault) if url.reveal().startswith(WEBHOOK) else base.signing,
    )
    if target.is_webhook:
        _check_address(table, target)
    table.done()
    if not name:
        table.problem("name", "missing", 'add name = "…"')
    return target


def _quiet(table: Table) -> WorkingHours | None:
    if not table.has("quiet_hours"):
        return None
    hours = working_hours(table.child("quiet_hours"))
    if hours.always:
        table.problem("quiet_hours", "never end", 'name hours: workdays = ["20:00-24:00"]')
    return hours


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


def _signing(table: Table, name: str, vault: Vault) -> Secret:
    held = vault.of_target(f"{name}_signing")
    if held is None:
        table.problem("kind", "a web hook's messages are signed, and there is no key", _elsewhere(f"{name}_signing"))
        return Secret("")
    return held.secret


def _check_address(table: Table, target: Target) -> None:
    """Nothing of the address is shown: it may hold a token."""
    try:
        parts = urlsplit(target.url.reveal().removeprefix(WEBHOOK))
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in ("http", "https") or not parts.hostname:
        table.problem("url", "is no http(s) address", "write it like this: webhook+https://example.com/hook")
    elif parts.scheme == "http" and not target.allow_private:
        table.problem(
            "url", "sends what customers wrote unencrypted", "use https, or allow_private in your own network"
        )


def _elsewhere(name: str) -> str:
    return f"set {secret_variable(TARGET, name or 'NAME')}, or put it under [{TARGET}] in secrets.toml (chmod 600)"
