"""Text and bytes a little other than they were: seeded, so that whatever is found comes back."""

import json
from random import Random
from typing import Any

from tests.fuzz.fed import Fed

WORDS = (
    "", "\x00", "\ud800", "\x1b]0;x\x07", "\u202e", "\ufeff", "é", "é", "NaN", "1e400", "-1", "9" * 400, "9" * 5000,
    "null", "true",
    "[" * 600, "{" * 600, "(" * 80, '"', "'", "\\", "\r\n", "\r", "\u2028", "OR", "AND NOT", "::", "=cmd|x",
    "{0.__class__}", "{a!r:>{b}}", "%s", "0001-01-01T00:00:00", "9999-12-31T23:59:59Z", "2026-02-30", "24:60", "+99:99",
    "1" * 19, "٣", "ⅷ", "&#x110000;", "<![CDATA[", "]]>", "<!ENTITY a 'b'>", "&a;", "\t", "a" * 70_000,
)  # fmt: skip
VALUES: tuple[Any, ...] = (None, True, 0, -1, 10**30, 1e308, float("nan"), [], {}, [[]], {"id": {}}, "", *WORDS)


class Broken(Exception):
    """A parser did what it must not."""


def text(random: Random, given: str) -> str:
    """A few cuts, doublings and insertions; or what the input says by itself."""
    if isinstance(random, Fed) and (own := random.own()) is not None:
        return own.decode("utf-8", "surrogateescape")
    for _ in range(random.randint(1, 4)):
        at, end = sorted((random.randint(0, len(given)), random.randint(0, len(given))))
        piece = given[at:end][:200]
        given = random.choice(
            (
                given[:at] + given[end:],
                given[:end] + piece * random.randint(1, 3) + given[end:],
                given[:at] + random.choice(WORDS) + given[at:],
                given[:at] + random.choice(WORDS) + given[end:],
                given[:at]
                + chr(random.choice((random.randint(0, 127), random.randint(0, 0x10FFFF))))
                + given[at + 1 :],
            )
        )
    return given[:300_000]


def raw(random: Random, given: bytes) -> bytes:
    """Bytes: flipped, or as text; or what the input says by itself."""
    if isinstance(random, Fed) and (own := random.own()) is not None:
        return own
    if random.random() < 0.3 and given:
        changed = bytearray(given)
        for _ in range(random.randint(1, 8)):
            changed[random.randrange(len(changed))] = random.randint(0, 255)
        return bytes(changed)
    return text(random, given.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogatepass")


def body(random: Random, given: bytes) -> bytes:
    """An answer: its structure changed where it has one, else its bytes."""
    try:
        value = json.loads(given) if random.random() < 0.8 else None
    except ValueError:
        value = None
    if not isinstance(value, (dict, list)):
        return raw(random, given)
    for _ in range(random.randint(1, 3)):
        bend(random, value)
    return json.dumps(value).encode()


def bend(random: Random, value: Any) -> None:
    """One place in it becomes another thing, goes, or comes twice."""
    place = value
    while True:
        keys = list(place) if isinstance(place, dict) else list(range(len(place)))
        if not keys:
            return
        key = random.choice(keys)
        if isinstance(place[key], (dict, list)) and place[key] and random.random() < 0.8:
            place = place[key]
            continue
        break
    match random.randrange(4):
        case 0:
            del place[key]
        case 1 if isinstance(place, list):
            place.append(place[key])
        case 2 if isinstance(place[key], str):
            place[key] = text(random, place[key])
        case _:
            place[key] = random.choice(VALUES)
