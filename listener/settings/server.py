"""`[store]`: a PostgreSQL database in place of the file."""

from urllib.parse import parse_qsl, urlsplit

from listener.domain.server import SCHEMES, Server
from listener.settings.secrets import STORE, Vault, secret_variable
from listener.settings.table import Table

EXAMPLE = 'write it as url = "postgresql://listener@db.example.org/listener"'


def server(top: Table, vault: Vault) -> Server | None:
    """Where it is, and the password among the secrets; None for the file."""
    table = top.child("store")
    url = _address(table)
    table.done()
    if not url:
        return None
    held = vault.of_store("password")
    if held is None:
        return Server(url=url)
    table.note("password", held.secret, held.origin)
    return Server(url=url, password=held.secret)


def _address(table: Table) -> str:
    """The address as it stands there, if it can be one."""
    url = table.text("url")
    if not url:
        return ""
    try:
        parts = urlsplit(url)
        known = parts.scheme in SCHEMES and bool(parts.path.strip("/"))
        hidden = bool(parts.password) or any(name == "password" for name, _ in parse_qsl(parts.query))
        _ = parts.port
    except ValueError:
        known = hidden = False
    # What was typed may hold a password, so it is not repeated.
    if hidden:
        fix = f"take it out; {secret_variable(STORE, 'password')} or ~/.pgpass may hold it"
        table.problem("url", "holds a password", fix)
    elif not known:
        table.problem("url", "is no address of a PostgreSQL database", EXAMPLE)
    return url if known and not hidden else ""
