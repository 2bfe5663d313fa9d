"""brands.toml: whom we listen for."""

from collections.abc import Callable

from listener.domain.brand import Brand
from listener.settings.table import Table

CheckQuery = Callable[[str], str | None]
"""What is wrong with a query, column first, or None."""

_SHOWN = 60
"""Characters of a query quoted in a problem."""


def brands(top: Table, check_query: CheckQuery | None) -> tuple[Brand, ...]:
    """Every `[[brand]]`."""
    found = [_brand(table, check_query) for table in top.children("brand")]
    top.done()
    if top.readable and not found and not top.has("brand"):
        top.problem("", "no brand: nobody to listen for", "add a [[brand]] with a name and its handles")
    _unique([brand.name for brand in found], top)
    return tuple(found)


def _brand(table: Table, check_query: CheckQuery | None) -> Brand:
    brand = Brand(
        name=table.text("name"),
        handles=_handles(table, "handles"),
        names=table.texts("names"),
        queries=_queries(table, "queries", check_query),
        exclude=_queries(table, "exclude", check_query),
        own_accounts=_handles(table, "own_accounts"),
        competitor=table.switch("competitor", default=False),
    )
    table.done()
    if not brand.name:
        table.problem("name", "missing", 'add name = "…"')
    if not any(table.peek(key) for key in ("handles", "names", "queries")):
        table.problem("", "has no term to find it by", "add handles, names or queries")
    return brand


def _handles(table: Table, key: str) -> tuple[str, ...]:
    """Handles without the @ they may be written with."""
    found = table.items(key)
    for number, handle in found:
        if not handle.removeprefix("@") or any(char.isspace() for char in handle):
            table.problem(key, f'"{handle}" is no handle', "write the account's name, without spaces", item=number)
    return tuple(handle.removeprefix("@") for _, handle in found)


def _queries(table: Table, key: str, check: CheckQuery | None) -> tuple[str, ...]:
    found = table.items(key)
    for number, query in found:
        fault = check(query) if check else None
        if fault:
            shown = query if len(query) <= _SHOWN else query[: _SHOWN - 1] + "…"
            table.problem(key, f"query {shown!r}: {fault}", "mend it", item=number)
    return tuple(query for _, query in found)


def _unique(names: list[str], top: Table) -> None:
    for number, name in enumerate(names):
        if name and name in names[:number]:
            top.problem("brand", f'a second brand is named "{name}"', "give each its own name", item=number)
