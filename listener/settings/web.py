"""`[web]`: who may look at the board from a browser."""

from ipaddress import ip_address

from listener.domain.policy import Secret, WebPolicy
from listener.settings.secrets import Vault
from listener.settings.table import Table

SHORTEST_TOKEN = 20
"""Characters: whoever guesses one reads what customers wrote."""


def web(top: Table, vault: Vault) -> WebPolicy:
    """The table, and the token among the secrets."""
    table, base = top.child("web"), WebPolicy()
    proxies = tuple(item for n, item in table.items("trusted_proxies") if _is_address(table, n, item))
    policy = WebPolicy(
        names=table.texts("names"),
        trusted_proxies=proxies,
        user_header=table.text("user_header", base.user_header),
        token=_token(table, vault),
    )
    table.done()
    return policy


def _is_address(table: Table, item: int, text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        table.problem("trusted_proxies", f'"{text}" is no address', 'use numbers, such as "10.0.0.5"', item=item)
        return False
    return True


def _token(table: Table, vault: Vault) -> Secret:
    held = vault.of_web("token")
    if held is None:
        return Secret("")
    if len(held.secret.reveal()) < SHORTEST_TOKEN:
        fix = 'make a long one: python3 -c "import secrets; print(secrets.token_urlsafe(32))"'
        table.problem("", f"the token in {held.origin} is shorter than {SHORTEST_TOKEN} characters", fix)
        return Secret("")
    table.note("token", held.secret, held.origin)
    return held.secret
