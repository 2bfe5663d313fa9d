"""Which page shows what a command lists: `listener mentions --day 2026-03-30 --people` is `/mentions?day=…&people=1`.

Pages take the names of commands and of their options, so that nothing else need be known to lead from a number to its
rows.
"""

import shlex
from collections.abc import Iterator
from urllib.parse import urlencode

PAGES = {
    "digest": ("today", ()),
    "inbox": ("queue", ()),
    "mentions": ("mentions", ()),
    "cases": ("cases", ("what",)),
    "case show": ("case", ("id",)),
    "alerts": ("alerts", ()),
    "alerts show": ("alert", ("key",)),
    "voice": ("voice", ()),
    "loyalty": ("loyalty", ()),
    "journey": ("journey", ()),
    "drivers": ("drivers", ()),
    "advocates": ("advocates", ()),
    "recovery": ("recovery", ()),
    "search": ("search", ("words",)),
}
"""Command → the page, and what its arguments are called there."""

SWITCHES = frozenset({"people", "posts"})
"""Options without a value."""


def address(command: str) -> str:
    """The page's address; empty where no page shows what the command does."""
    try:
        words = shlex.split(command)
    except ValueError:
        return ""
    if words[:1] != ["listener"]:
        return ""
    for length in (2, 1):
        name = " ".join(words[1 : 1 + length])
        if name in PAGES and len(words) > length:
            page, arguments = PAGES[name]
            query = _query(words[1 + length :], arguments)
            return "" if query is None else to(page, **query)
    return ""


def to(page: str, /, **query: object) -> str:
    """A page's address; what is empty isn't asked."""
    asked = urlencode({name: str(value) for name, value in query.items() if value not in ("", None, False)})
    return f"/{page}?{asked}" if asked else f"/{page}"


def _query(words: list[str], arguments: tuple[str, ...]) -> dict[str, str] | None:
    found: dict[str, str] = {}
    rest, names = iter(words), iter(arguments)
    for word in rest:
        pair = _option(word, rest) if word.startswith("--") else (next(names, ""), word)
        if pair is None or not pair[0]:
            return None
        found[pair[0]] = pair[1]
    return found


def _option(word: str, rest: Iterator[str]) -> tuple[str, str] | None:
    name = word.removeprefix("--")
    if name in SWITCHES:
        return name, "1"
    value = next(rest, None)
    return None if value is None else (name, value)
